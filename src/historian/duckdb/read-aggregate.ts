import { type AggregateFunction, type AggregateQuery, type AggregateRow, QueryRefused } from '../../core/historian.ts'
import type { Micros } from '../../core/time.ts'
import { coldPaths } from './cold.ts'
import { DUPLICATE } from './dictionaries.ts'
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
 * Reasons without which a sample is the first of its time: whoever takes samples in tells so of any other, and whoever computes them. Where one has one of these, its
 * interval is counted a second time, one sample per time, which costs five times as much.
 */
const TOLD_AGAIN: ReadonlySet<string> = new Set(['duplicate', 'same-time', 'out-of-order', 'recomputed', 'withdrawn'])

/**
 * Statistics per signal and interval, rows in the order of the signals asked for, then by time. Of several samples of one time the one counts that does in a series. An
 * interval without samples has no row; one where no sample has a usable value has nulls, a count of 0 and its percentGood and worstStatus. Text counts, and has no other
 * statistics.
 */
export async function readAggregate(
  context: ReadContext,
  query: AggregateQuery,
  limits: StoreLimits,
): Promise<{ rows: AggregateRow[]; truncated: boolean }> {
  const { dictionaries } = context
  if (query.signals.length > limits.aggregateSignals) {
    throw new QueryRefused(`${query.signals.length} signals in one aggregate, the limit is ${limits.aggregateSignals}`)
  }
  const step = Math.floor(query.intervalUs)
  if (!(step >= 1 && step <= Number.MAX_SAFE_INTEGER)) throw new QueryRefused('the interval must be at least one microsecond')
  const functions = [...new Set(query.functions)]
  const keys = [...new Set(query.signals)].map((id) => dictionaries.keyOf(id)).filter((key) => key !== undefined)
  if (keys.length === 0 || !(query.from < query.to)) return { rows: [], truncated: false }
  const limit = Math.min(Math.max(0, Math.floor(query.limit)), limits.aggregateRows)
  const asked = { context, query, functions, step }
  const again = dictionaries.reasonSetsWith(TOLD_AGAIN)
  const shared = keys.filter((key) => dictionaries.isShared(key))
  const isAgain = [
    ...(again.length > 0 ? [`bool_or(reasons IN (${again.join(', ')}))`] : []),
    ...(shared.length > 0 ? [`signal IN (${shared.join(', ')})`] : []),
  ].join(' OR ')
  const from = await samplesOf(asked, keys, query)
  const found = await statisticsOf(asked, keys, `SELECT * FROM ${from}`, isAgain === '' ? 'false' : isAgain, limit + 1)
  const rows = found.slice(0, limit)
  const doubtful = rows.filter((row) => row[2] === true)
  const counted = doubtful.length > 0 ? await countedOnce(asked, doubtful) : new Map<string, Row>()
  const answer = rows.flatMap((row): AggregateRow[] => {
    const own = row[2] === true ? counted.get(nameOf(row)) : row
    if (!own) return []
    const values: Partial<Record<AggregateFunction, number | null>> = {}
    functions.forEach((name, i) => {
      values[name] = finite(own[i + 3])
    })
    return [{ signal: dictionaries.idOf(own[0] as number), time: own[1] as number, values }]
  })
  return { rows: answer, truncated: found.length > limit }
}

interface Asked {
  readonly context: ReadContext
  readonly query: AggregateQuery
  readonly functions: readonly AggregateFunction[]
  /** Microseconds. */
  readonly step: number
}

/** Key of the signal, start, whether to count it again, the statistics. */
type Row = readonly unknown[]

const nameOf = ([key, start]: Row): string => `${key} ${start}`

/** A FROM clause: the stored samples of a time. */
async function samplesOf({ context }: Asked, keys: readonly number[], { from, to }: { from: Micros; to: Micros }): Promise<string> {
  const paths = await coldPaths(context.connection, context.coldDirectory, from, to, keys)
  const signals = keys.length === 1 ? `= ${keys[0]}` : `IN (${keys.join(', ')})`
  return `(${allSamples(paths)}) WHERE signal ${signals} AND time >= ${at(from)} AND time < ${at(to)}`
}

async function statisticsOf(asked: Asked, keys: readonly number[], samples: string, isAgain: string, limit: number): Promise<Row[]> {
  const { context, query, functions, step } = asked
  const order = orderOf(`(epoch_us(time) - ${whole(query.from)})`, query.to - query.from, context.lastIngest)
  const list = keys.join(', ')
  return rowsOf(
    context.connection,
    `SELECT signal, start, * EXCLUDE (signal, start) FROM (
      SELECT signal, ${startOf(step, query.from)} AS start, ${isAgain} AS again${functions.map((name) => `, ${statistics(name, order)} AS "${name}"`).join('')}
      FROM (${samples}) GROUP BY ALL)
    JOIN (SELECT unnest([${list}])::UINTEGER AS signal, generate_subscripts([${list}], 1) AS place) USING (signal)
    ORDER BY place, start LIMIT ${limit}`,
  )
}

/** Intervals in which a time was told more than once, each time counted once: as in a series, the last to arrive, and of one record the worse, then the greater. */
async function countedOnce(asked: Asked, doubtful: readonly Row[]): Promise<Map<string, Row>> {
  const { context, query, step } = asked
  const keys = [...new Set(doubtful.map(([key]) => key as number))]
  const starts = doubtful.map(([, start]) => start as number)
  const first = starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY)
  const last = starts.reduce((most, start) => Math.max(most, start), Number.NEGATIVE_INFINITY)
  const from = await samplesOf(asked, keys, { from: Math.max(query.from, first), to: Math.min(query.to, last + step) })
  const duplicates = context.dictionaries.reasonSetsWith(DUPLICATE)
  const counts = duplicates.length > 0 ? ` AND reasons NOT IN (${duplicates.join(', ')})` : ''
  const one = `SELECT signal, time, best.value AS value, best.status AS status, best.ingest AS ingest FROM (
    SELECT signal, time, max({ingest: ingest, status: status, ranked: coalesce(value, 'nan'), value: value}) AS best FROM ${from}${counts} GROUP BY signal, time)`
  const rows = await statisticsOf(asked, keys, one, 'false', Number.MAX_SAFE_INTEGER)
  return new Map(rows.map((row) => [nameOf(row), row]))
}

/** Start of the interval that holds a time; intervals are aligned to the epoch, also before it. */
function startOf(step: number, from: number): string {
  const us = 'epoch_us(time)'
  const rest = from >= 0 ? `${us} % ${whole(step)}` : `(${us} % ${whole(step)} + ${whole(step)}) % ${whole(step)}`
  return `${us} - ${rest}`
}

/** A number, or null for nothing usable (no value, or a sum beyond the doubles). */
const finite = (cell: unknown): number | null => (typeof cell === 'number' && Number.isFinite(cell) ? cell : null)
