"""Reads run events, one a line, into the classes of OpenLineage's own Python client, which are made from the JSON schema 2-0-2: what the schema
does not know, or misses, is refused. Says the schema that each part claims and the one that the client knows it by."""
import json
import sys

from openlineage.client.generated import base
from openlineage.client.generated import column_lineage_dataset as columns
from openlineage.client.generated import data_quality_assertions_dataset as assertions
from openlineage.client.generated import data_quality_metrics_input_dataset as metrics
from openlineage.client.generated import job_type_job, nominal_time_run, schema_dataset
from openlineage.client.generated import output_statistics_output_dataset as statistics

seen = {}


def body(facet, kind):
    claimed = facet.pop("_schemaURL")
    producer = facet.pop("_producer")
    known = kind._get_schema()
    assert claimed.split("/")[-1] == known.split("/")[-1], (claimed, known)
    assert claimed == known, (claimed, known)
    seen[kind.__name__] = seen.get(kind.__name__, 0) + 1
    return dict(facet, producer=producer)


def nominal(facet):
    return nominal_time_run.NominalTimeRunFacet(**body(facet, nominal_time_run.NominalTimeRunFacet))


def job_type(facet):
    return job_type_job.JobTypeJobFacet(**body(facet, job_type_job.JobTypeJobFacet))


def schema(facet):
    given = body(facet, schema_dataset.SchemaDatasetFacet)
    given["fields"] = [schema_dataset.SchemaDatasetFacetFields(**field) for field in given["fields"]]
    return schema_dataset.SchemaDatasetFacet(**given)


def lineage(facet):
    given = body(facet, columns.ColumnLineageDatasetFacet)
    given["fields"] = {
        name: columns.Fields(inputFields=[columns.InputField(**one) for one in field.pop("inputFields")], **field)
        for name, field in given["fields"].items()
    }
    return columns.ColumnLineageDatasetFacet(**given)


def quality(facet):
    given = body(facet, metrics.DataQualityMetricsInputDatasetFacet)
    given["columnMetrics"] = {name: metrics.ColumnMetrics(**one) for name, one in given["columnMetrics"].items()}
    return metrics.DataQualityMetricsInputDatasetFacet(**given)


def asserted(facet):
    given = body(facet, assertions.DataQualityAssertionsDatasetFacet)
    given["assertions"] = [assertions.Assertion(**one) for one in given["assertions"]]
    return assertions.DataQualityAssertionsDatasetFacet(**given)


def counted(facet):
    return statistics.OutputStatisticsOutputDatasetFacet(**body(facet, statistics.OutputStatisticsOutputDatasetFacet))


READ = {
    "nominalTime": nominal,
    "jobType": job_type,
    "schema": schema,
    "columnLineage": lineage,
    "dataQualityMetrics": quality,
    "dataQualityAssertions": asserted,
    "outputStatistics": counted,
}


def facets(given):
    out = {}
    for name, facet in given.items():
        if name in READ:
            out[name] = READ[name](facet)
        else:
            # A custom facet: its name has a prefix, and it says who made it and by which schema.
            assert name.startswith("ecluse_") and facet["_producer"] and facet["_schemaURL"], name
    return out


def dataset(given, kind, own):
    if own in given:
        given[own] = facets(given[own])
    given["facets"] = facets(given.get("facets", {}))
    return kind(**given)


count = 0
for line in sys.stdin:
    event = json.loads(line)
    assert event.pop("schemaURL") == base.RunEvent._get_schema()
    run, job = event["run"], event["job"]
    event["run"] = base.Run(runId=run.pop("runId"), facets=facets(run.pop("facets")), **run)
    event["job"] = base.Job(facets=facets(job.pop("facets")), **job)
    event["inputs"] = [dataset(one, base.InputDataset, "inputFacets") for one in event["inputs"]]
    event["outputs"] = [dataset(one, base.OutputDataset, "outputFacets") for one in event["outputs"]]
    event["eventType"] = base.EventType(event["eventType"])
    base.RunEvent(**event)
    count += 1
print(json.dumps({"events": count, "facets": seen}))
