import { type AggregateFunction, type AggregateQuery, type AggregateRow, QueryRefused } from '../../core/historian.ts'
import type { Micros } from '../../core/time.ts'
import { coldPaths } from './cold.ts'
import type { StoreLimits } from './limits.ts'
import type { ReadContext } from './read-samples.ts'
import { at, rowsOf, whole } from './rows.ts'
import { allSamples } from './schema.ts'

/** Good 0, Uncertain 1, Bad 2 and the reserved 3. */
const RANK = '(status >> 30)'
const NOT_BAD = `${RANK} < 2`

/**
 * SQL of a number that orders samples by a distance in time, from 0 to `length`, then by arrival; and of its bound. 64 bits hold both for most
 * questions; where they do not, 128 bits do, at twice the cost.
 */
export function orderOf(distance: string, length: Micros, lastIngest: number): { order: string; bound: string } {
  const spread = 2 ** (Math.ceil(Math.log2(lastIngest + 2)) + 1)
  if (length * spread < 2 ** 61) return { order: `(${distance} * ${spread} + ingest)`, bound: String(2n ** 61n) }
  // Times and ids are below 2^54 here, a place for an id below 2^56: their product stays far from the end of 127 bits.
  return { order: `(${distance}::HUGEINT * ${BigInt(spread)} + ingest)`, bound: String(2n ** 112n) }
}

function statistics(name: AggregateFunction, { order, bound }: { order: string; bound: string }): string {
  switch (name) {
    case 'count':
      return `count(*) FILTER (${NOT_BAD})`
    case 'average':
      return `avg(value) FILTER (${NOT_BAD})`
    case 'minimum':
      return `min(value) FILTER (${NOT_BAD})`
    case 'maximum':
      return `max(value) FILTER (${NOT_BAD})`
    case 'first':
      return `arg_min(value, ${order}) FILTER (${NOT_BAD})`
    case 'last':
      return `arg_max(value, ${order}) FILTER (${NOT_BAD})`
    case 'percentGood':
      return `100.0 * count(*) FILTER (${RANK} = 0) / count(*)`
    case 'worstStatus':
      // The highest severity; of several codes with it, the earliest.
      return `arg_max(status, least(${RANK}, 2) * ${bound} - ${order})`
  }
}

/**
 * Statistics per signal and interval, rows in the order of the signals asked for, then by time. An interval without samples has no row; one
 * where no sample has a usable value has nulls, a count of 0 and its percentGood and worstStatus. Text counts, and has no other statistics.
 */
export async function readAggregate(
  context: ReadContext,
  query: AggregateQuery,
  limits: StoreLimits,
): Promise<{ rows: AggregateRow[]; truncated: boolean }> {
  const { connection, dictionaries } = context
  if (query.signals.length > limits.aggregateSignals) {
    throw new QueryRefused(`${query.signals.length} signals in one aggregate, the limit is ${limits.aggregateSignals}`)
  }
  const step = Math.floor(query.intervalUs)
  if (!(step >= 1 && step <= Number.MAX_SAFE_INTEGER)) throw new QueryRefused('the interval must be at least one microsecond')
  const functions = [...new Set(query.functions)]
  const order = orderOf(`(epoch_us(time) - ${whole(query.from)})`, query.to - query.from, context.lastIngest)
  const keys = [...new Set(query.signals)].map((id) => dictionaries.keyOf(id)).filter((key) => key !== undefined)
  if (keys.length === 0 || !(query.from < query.to)) return { rows: [], truncated: false }
  const limit = Math.min(Math.max(0, Math.floor(query.limit)), limits.aggregateRows)
  const paths = await coldPaths(connection, context.coldDirectory, query.from, query.to, keys)
  const list = keys.join(', ')
  const rows = await rowsOf(
    connection,
    `SELECT signal, start, * EXCLUDE (signal, start) FROM (
      SELECT signal, ${startOf(step, query.from)} AS start${functions.map((name) => `, ${statistics(name, order)} AS "${name}"`).join('')}
      FROM (${allSamples(paths)}) WHERE signal ${keys.length === 1 ? `= ${list}` : `IN (${list})`}
        AND time >= ${at(query.from)} AND time < ${at(query.to)} GROUP BY ALL)
    JOIN (SELECT unnest([${list}])::UINTEGER AS signal, generate_subscripts([${list}], 1) AS place) USING (signal)
    ORDER BY place, start LIMIT ${limit + 1}`,
  )
  const answer = rows.slice(0, limit).map((row): AggregateRow => {
    const values: Partial<Record<AggregateFunction, number | null>> = {}
    functions.forEach((name, i) => {
      values[name] = finite(row[i + 2])
    })
    return { signal: dictionaries.idOf(row[0] as number), time: row[1] as number, values }
  })
  return { rows: answer, truncated: rows.length > limit }
}

/** Start of the interval that holds a time; intervals are aligned to the epoch, also before it. */
function startOf(step: number, from: number): string {
  const us = 'epoch_us(time)'
  const rest = from >= 0 ? `${us} % ${whole(step)}` : `(${us} % ${whole(step)} + ${whole(step)}) % ${whole(step)}`
  return `${us} - ${rest}`
}

/** A number, or null for nothing usable (no value, or a sum beyond the doubles). */
const finite = (cell: unknown): number | null => (typeof cell === 'number' && Number.isFinite(cell) ? cell : null)
