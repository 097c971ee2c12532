import { QueryRefused, type TallyQuery, type TallyRow } from '../../core/historian.ts'
import { coldPaths } from './cold.ts'
import type { StoreLimits } from './limits.ts'
import { orderOf } from './read-aggregate.ts'
import { ingestAt, type ReadContext } from './read-samples.ts'
import { at, rowsOf, whole } from './rows.ts'
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
  const { from, to, lookBackUs = 0 } = query
  if (keys.length === 0 || !(from - lookBackUs < to)) return { rows: [], truncated: false }
  const known = query.asKnownAt === undefined ? '' : ` AND ingest <= ${await ingestAt(connection, query.asKnownAt)}`
  const paths = await coldPaths(connection, context.coldDirectory, from - lookBackUs, to, keys)
  const list = keys.join(', ')
  const stored = (since: number, until: number) =>
    `FROM (${allSamples(paths)}) WHERE signal IN (${list}) AND time >= ${at(since)} AND time < ${at(until)}${known}`
  const counts = 'count(*) AS samples, min(time) AS oldest, max(time) AS newest, max(ingest) AS ingest'
  // Nearly all are Good without a reason. Grouped by signal alone the engine counts them in a plain array, a third faster than all by three columns. The others are
  // asked for in two parts, each with a condition on one column: where a block of rows has none of them, its least and greatest say so and it is not read.
  const within = `SELECT signal, 0::UINTEGER AS status, 0::UINTEGER AS reasons, ${counts}
    ${stored(from, to)} AND status = 0 AND reasons = 0 GROUP BY signal
    UNION ALL SELECT signal, status, reasons, ${counts} ${stored(from, to)} AND status <> 0 GROUP BY signal, status, reasons
    UNION ALL SELECT signal, status, reasons, ${counts} ${stored(from, to)} AND status = 0 AND reasons <> 0 GROUP BY signal, status, reasons`
  // Of several at one time the last to arrive is in force.
  const { order } = orderOf(`(epoch_us(time) - ${whole(from - lookBackUs)})`, lookBackUs, context.lastIngest)
  const before = `SELECT signal, arg_max(status, ${order}) AS status, arg_max(reasons, ${order}) AS reasons, 1 AS samples, max(time) AS oldest,
      max(time) AS newest, arg_max(ingest, ${order}) AS ingest
    ${stored(from - lookBackUs, from)} GROUP BY signal`
  const all = [...(from < to ? [within] : []), ...(lookBackUs > 0 ? [before] : [])].join(' UNION ALL ')
  const rows = (await rowsOf(
    connection,
    `SELECT signal, status, reasons, samples, oldest, newest, ingest FROM (
      SELECT signal, status, reasons, sum(samples)::BIGINT AS samples, epoch_us(min(oldest)) AS oldest, epoch_us(max(newest)) AS newest, max(ingest) AS ingest
      FROM (${all}) GROUP BY signal, status, reasons)
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
