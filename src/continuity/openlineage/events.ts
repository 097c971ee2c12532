import { createHash } from 'node:crypto'
import { formatTime, HOUR, type Micros } from '../../core/time.ts'
import { OPEN_LINEAGE_LIMITS } from './limits.ts'

/** Run events of OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json), as far as they are used here. */
export interface RunEvent {
  readonly eventType: 'START' | 'COMPLETE'
  readonly eventTime: string
  readonly producer: string
  readonly schemaURL: string
  readonly run: { readonly runId: string; readonly facets: Facets }
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets }
  readonly inputs: readonly EventDataset[]
  readonly outputs: readonly EventDataset[]
}

export interface EventDataset {
  readonly namespace: string
  readonly name: string
  readonly facets?: Facets
  readonly inputFacets?: Facets
  readonly outputFacets?: Facets
}

type Facets = Readonly<Record<string, Facet>>
type Facet = { readonly _producer: string; readonly _schemaURL: string } & Readonly<Record<string, unknown>>

const SPEC = 'https://openlineage.io/spec'
/** Versions of the facets that are written. */
const FACETS = {
  nominalTime: '1-0-1/NominalTimeRunFacet',
  jobType: '2-0-3/JobTypeJobFacet',
  schema: '1-1-1/SchemaDatasetFacet',
  columnLineage: '1-2-0/ColumnLineageDatasetFacet',
  dataQualityMetrics: '1-0-3/DataQualityMetricsInputDatasetFacet',
  dataQualityAssertions: '1-0-1/DataQualityAssertionsDatasetFacet',
  outputStatistics: '1-0-2/OutputStatisticsOutputDatasetFacet',
} as const

/** One hour of one job: what it read and what it made. */
export interface Run {
  /** `delivery/CONNECTION`, `derive/ID`, `kpi/NAME` ... */
  readonly job: string
  readonly type: 'DELIVERY' | 'DERIVATION'
  readonly hour: Micros
  readonly inputs: readonly RunDataset[]
  readonly outputs: readonly RunDataset[]
  /** More was stored of the hour than was read: counts are too small. */
  readonly isTruncated?: boolean
}

/** Columns of one place: equipment with its signals, a kind of record with its fields, results with their values. */
export interface RunDataset {
  readonly name: string
  readonly columns: readonly RunColumn[]
  /** Rows read or made, where they are counted. */
  readonly rows?: number
  readonly assertions?: readonly { readonly assertion: string; readonly success: boolean; readonly column: string }[]
}

export interface RunColumn {
  readonly name: string
  readonly type: string
  /** Samples that were not null are not counted apart: `bad` may still have a value. */
  readonly counts?: { readonly samples: number; readonly good: number; readonly uncertain: number; readonly bad: number }
  /** Of an output: what it is made of. */
  readonly from?: readonly { readonly dataset: string; readonly column: string }[]
}

export interface Teller {
  readonly site: string
  readonly node: string
  /** Of the program. */
  readonly version: string
  readonly configVersion: string
}

/** The two events of a run, beginning and end. The same hour of the same job under the same configuration is the same run, however often it is told. */
export function eventsOf(run: Run, teller: Teller): [RunEvent, RunEvent] {
  const producer = `urn:ecluse:${teller.version}`
  const namespace = `ecluse://${teller.site}`
  const official = (name: keyof typeof FACETS, body: object): Facet => {
    const [, type] = FACETS[name].split('/')
    return { _producer: producer, _schemaURL: `${SPEC}/facets/${FACETS[name]}.json#/$defs/${type}`, ...body }
  }
  const own = (name: string, body: object): Facet => ({ _producer: producer, _schemaURL: `urn:ecluse:facet:${name}:1`, ...body })
  const [start, end] = [formatTime(run.hour), formatTime(run.hour + HOUR)]
  const left = leftOut(run)
  const head = {
    ...{ producer, schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent` },
    run: {
      runId: runIdOf([teller.site, teller.node, teller.configVersion, run.job, start]),
      facets: {
        nominalTime: official('nominalTime', { nominalStartTime: start, nominalEndTime: end }),
        ecluse_origin: own('origin', { node: teller.node, configVersion: teller.configVersion }),
        ...(left && { ecluse_leftOut: own('left-out', left) }),
      },
    },
    job: {
      ...{ namespace, name: run.job },
      facets: { jobType: official('jobType', { processingType: 'BATCH', integration: 'ECLUSE', jobType: run.type }) },
    },
  }
  const told: Told = { namespace, official, own }
  return [
    { eventType: 'START', eventTime: start, ...head, inputs: [], outputs: [] },
    {
      ...{ eventType: 'COMPLETE', eventTime: end, ...head },
      inputs: run.inputs.slice(0, OPEN_LINEAGE_LIMITS.datasets).map((dataset) => inputOf(dataset, told)),
      outputs: run.outputs.slice(0, OPEN_LINEAGE_LIMITS.datasets).map((dataset) => outputOf(dataset, told)),
    },
  ]
}

interface Told {
  readonly namespace: string
  readonly official: (name: keyof typeof FACETS, body: object) => Facet
  readonly own: (name: string, body: object) => Facet
}

const shown = ({ columns }: RunDataset): readonly RunColumn[] => columns.slice(0, OPEN_LINEAGE_LIMITS.columns)

function inputOf(dataset: RunDataset, { namespace, official, own }: Told): EventDataset {
  const counted = shown(dataset).filter(({ counts }) => counts !== undefined)
  const metrics = Object.fromEntries(counted.map(({ name, counts }) => [name, { count: counts?.samples ?? 0 }]))
  const quality = Object.fromEntries(counted.map(({ name, counts }) => [name, counts]))
  return {
    ...{ namespace, name: dataset.name, facets: { schema: official('schema', { fields: fieldsOf(dataset) }) } },
    inputFacets: {
      ...(counted.length > 0 && {
        dataQualityMetrics: official('dataQualityMetrics', { rowCount: dataset.rows ?? 0, columnMetrics: metrics }),
        ecluse_quality: own('quality', { columns: quality }),
      }),
      ...(dataset.assertions &&
        dataset.assertions.length > 0 && { dataQualityAssertions: official('dataQualityAssertions', { assertions: dataset.assertions }) }),
    },
  }
}

function outputOf(dataset: RunDataset, { namespace, official }: Told): EventDataset {
  const made = shown(dataset).filter(({ from }) => from !== undefined && from.length > 0)
  const inputFields = ({ from = [] }: RunColumn) =>
    from.slice(0, OPEN_LINEAGE_LIMITS.inputFields).map((one) => ({ namespace, name: one.dataset, field: one.column }))
  const fields = Object.fromEntries(made.map((column) => [column.name, { inputFields: inputFields(column) }]))
  return {
    ...{ namespace, name: dataset.name },
    facets: {
      schema: official('schema', { fields: fieldsOf(dataset) }),
      ...(made.length > 0 && { columnLineage: official('columnLineage', { fields }) }),
    },
    ...(dataset.rows !== undefined && { outputFacets: { outputStatistics: official('outputStatistics', { rowCount: dataset.rows }) } }),
  }
}

const fieldsOf = (dataset: RunDataset) => shown(dataset).map(({ name, type }) => ({ name, type }))

/** What found no room, by name; undefined: everything did. */
function leftOut({ inputs, outputs, isTruncated = false }: Run): object | undefined {
  const over = (count: number, most: number) => Math.max(0, count - most)
  const all = [...inputs, ...outputs]
  const datasets = over(inputs.length, OPEN_LINEAGE_LIMITS.datasets) + over(outputs.length, OPEN_LINEAGE_LIMITS.datasets)
  const columns = all.reduce((sum, one) => sum + over(one.columns.length, OPEN_LINEAGE_LIMITS.columns), 0)
  const fields = all
    .flatMap((one) => one.columns)
    .reduce((sum, { from = [] }) => sum + over(from.length, OPEN_LINEAGE_LIMITS.inputFields), 0)
  return isTruncated || datasets + columns + fields > 0 ? { datasets, columns, inputFields: fields, isTruncated } : undefined
}

/** A UUID of the name (RFC 9562, 5.8: version 8, made of SHA-256). */
function runIdOf(name: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(name)).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
