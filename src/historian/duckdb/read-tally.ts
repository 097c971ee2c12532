import { QueryRefused, type TallyQuery, type TallyRow } from '../../core/historian.ts'
import { coldPaths } from './cold.ts'
import type { StoreLimits } from './limits.ts'
import { ingestAt, type ReadContext } from './read-samples.ts'
import { at, rowsOf } from './rows.ts'
import { allSamples } from './schema.ts'

/** Counts the samples of a period by signal, status and reasons: where a result's inputs stand, without reading them one by one. */
export async function readTally(
  context: ReadContext,
  query: TallyQuery,
  limits: StoreLimits,
): Promise<{ rows: TallyRow[]; truncated: boolean }> {
  const { connection, dictionaries } = context
  if (query.signals.length > limits.aggregateSignals)
    throw new QueryRefused(`${query.signals.length} signals in one question, the limit is ${limits.aggregateSignals}`)
  const limit = Math.min(Math.max(0, Math.floor(query.limit)), limits.aggregateRows)
  const keys = [...new Set(query.signals)].map((id) => dictionaries.keyOf(id)).filter((key) => key !== undefined)
  if (keys.length === 0 || !(query.from < query.to)) return { rows: [], truncated: false }
  const known = query.asKnownAt === undefined ? '' : ` AND ingest <= ${await ingestAt(connection, query.asKnownAt)}`
  const paths = await coldPaths(connection, context.coldDirectory, query.from, query.to, keys)
  const list = keys.join(', ')
  const rows = (await rowsOf(
    connection,
    `SELECT signal, status, reasons, samples, oldest, newest, ingest FROM (
      SELECT signal, status, reasons, count(*) AS samples, epoch_us(min(time)) AS oldest, epoch_us(max(time)) AS newest, max(ingest) AS ingest
      FROM (${allSamples(paths)}) WHERE signal IN (${list}) AND time >= ${at(query.from)} AND time < ${at(query.to)}${known}
      GROUP BY signal, status, reasons)
    JOIN (SELECT unnest([${list}])::UINTEGER AS signal, generate_subscripts([${list}], 1) AS place) USING (signal)
    ORDER BY place, status, reasons LIMIT ${limit + 1}`,
  )) as number[][]
  return {
    rows: rows.slice(0, limit).map(([signal = 0, status = 0, reasons = 0, samples = 0, oldest = 0, newest = 0, newestIngest = 0]) => ({
      ...{ signal: dictionaries.idOf(signal), status, reasons: dictionaries.namesOf(reasons) },
      ...{ samples, oldest, newest, newestIngest },
    })),
    truncated: rows.length > limit,
  }
}
