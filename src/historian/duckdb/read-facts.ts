import type { DuckDBConnection } from '@duckdb/node-api'
import type { StoredFact } from '../../core/facts.ts'
import type { FactQuery } from '../../core/history.ts'
import { Conditions, mostOf } from './conditions.ts'
import type { StoreLimits } from './limits.ts'
import { rowsWithin } from './rows.ts'

/** Facts by start, key and revision. Rows lie in order of arrival, so that a question about some time reads little else. */
export async function readFacts(
  connection: DuckDBConnection,
  query: FactQuery,
  limits: StoreLimits,
): Promise<{ facts: StoredFact[]; truncated: boolean }> {
  const where = new Conditions()
  where.oneOf('definition', query.definition, limits)
  where.oneOf('equipment', query.equipment, limits)
  where.oneOf('key', query.keys, limits)
  where.overlapping('from_time', 'to_time', query.overlapping)
  where.known(query.asKnownAt, query.allRevisions)
  if (!query.allRevisions && !query.isWithdrawnToo) where.add('is_withdrawn IS NOT TRUE')
  const { rows, truncated } = await rowsWithin(
    connection,
    {
      columns: `definition, key, type, version, cause, epoch_us(from_time), epoch_us(to_time), revision, epoch_us(known), ingest,
        content, inputs, equipment, is_withdrawn, tolerance`,
      ...{
        table: 'store.facts',
        order: query.newestRevisionFirst ? 'key, revision DESC' : `from_time ${query.descending ? 'DESC' : 'ASC'}, key, revision`,
      },
      ...{ where: where.sql, parameters: where.parameters, isNamed: !!query.keys },
    },
    mostOf(query.limit, limits),
  )
  const facts = rows.map(([definition, key, type, version, cause, from, to, revision, knownTime, ingest, content, inputs, ...rest]) => {
    const [equipment, isWithdrawn, toleranceUs] = rest
    return {
      ...{ definition, key, type, version, cause, from, to, revision, knownTime, ingest },
      ...{ values: JSON.parse(content as string), inputs: JSON.parse(inputs as string) },
      ...(equipment !== null && { equipment }),
      ...(isWithdrawn !== null && { isWithdrawn }),
      ...(toleranceUs !== null && { toleranceUs }),
    } as StoredFact
  })
  return { facts, truncated }
}
