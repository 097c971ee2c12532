import { QueryRefused } from '../../core/historian.ts'
import type { Series, SeriesQuery } from '../../core/history.ts'
import { DAY, HOUR, MINUTE, type Micros, SECOND } from '../../core/time.ts'
import { coldPaths } from './cold.ts'
import { DUPLICATE } from './dictionaries.ts'
import type { StoreLimits } from './limits.ts'
import { orderOf } from './read-aggregate.ts'
import { ingestAt, type ReadContext } from './read-samples.ts'
import { at, whole } from './rows.ts'
import { allSamples } from './schema.ts'
import { SeriesColumns } from './series-columns.ts'
import { columnOf } from './vectors.ts'

interface Span {
  /** Inclusive. */
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
}

/** What every statement of one question has in common. */
interface Asked {
  readonly context: ReadContext
  readonly condition: string
  readonly hasText: boolean
}

/**
 * Samples of many signals, one per time, and the nearest one on either side; read from the engine's vectors in the order in which they lie, no
 * object per row. Memory and time go with the rows between `from` and `to`; to either side only the days are read that have to be.
 */
export async function readSeries(context: ReadContext, query: SeriesQuery, limits: StoreLimits): Promise<Series[]> {
  const { connection, dictionaries } = context
  const { signals, from, to, lookBackUs, lookAheadUs = 0, asKnownAt } = query
  if (signals.length > limits.seriesSignals)
    throw new QueryRefused(`${signals.length} signals in one query, the limit is ${limits.seriesSignals}`)
  const keys = [...new Set(signals)].map((id) => dictionaries.keyOf(id)).filter((key) => key !== undefined)
  const columns = new SeriesColumns(keys)
  if (keys.length > 0) {
    const sets = dictionaries.reasonSetsWith(DUPLICATE)
    const known = asKnownAt === undefined ? [] : [`ingest <= ${await ingestAt(connection, asKnownAt)}`]
    const condition = [...known, ...(sets.length > 0 ? [`reasons NOT IN (${sets.join(', ')})`] : [])].map((one) => ` AND ${one}`).join('')
    const asked = { context, condition, hasText: signals.some((id) => dictionaries.hasText(id)) }
    await nearest(asked, columns, keys, stepsBack(from, lookBackUs), 'newest')
    if (from < to) await between(asked, columns, keys, { from, to }, limits.seriesRows)
    if (lookAheadUs > 0) await nearest(asked, columns, keys, stepsAhead(to, lookAheadUs), 'oldest')
  }
  const found = columns.build()
  return signals.map((signal) => ({ signal, ...found(dictionaries.keyOf(signal)) }))
}

async function between(asked: Asked, columns: SeriesColumns, keys: readonly number[], span: Span, limit: number): Promise<void> {
  const text = asked.hasText ? ', text' : ''
  const sql = `SELECT signal, epoch_us(time)::DOUBLE, coalesce(value, 'nan'), status, ingest::DOUBLE${text} FROM ${await samplesOf(asked, keys, span)}`
  const result = await asked.context.connection.stream(sql)
  let rows = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    rows += chunk.rowCount
    if (rows > limit) throw new QueryRefused(`more than ${limit} samples at once; ask for a shorter time or fewer signals`)
    columns.add(chunk)
  }
}

/** One sample of each signal that has any in these steps: of the first step with one, the newest or the oldest; of several at one time the last to arrive. */
async function nearest(
  asked: Asked,
  columns: SeriesColumns,
  keys: readonly number[],
  steps: Iterable<Span>,
  which: 'newest' | 'oldest',
): Promise<void> {
  let missing = keys
  for (const span of steps) {
    if (missing.length === 0) return
    const { from, to } = span
    const distance = which === 'newest' ? `(epoch_us(time) - ${whole(from)})` : `(${whole(to)} - epoch_us(time))`
    const { order: place } = orderOf(distance, to - from, asked.context.lastIngest)
    const text = asked.hasText ? { cell: ', text: text', column: ', best.text' } : { cell: '', column: '' }
    // One row, whole: of several of one record at one time the same whatever the order in which they are read, as when a series is sorted.
    const best = `max({place: ${place}, status: status, value: coalesce(value, 'nan')${text.cell}, time: epoch_us(time)::DOUBLE, ingest: ingest::DOUBLE})`
    const result = await asked.context.connection.run(
      `SELECT signal, best.time, best.value, best.status, best.ingest${text.column} FROM (
        SELECT signal, ${best} AS best FROM ${await samplesOf(asked, missing, span)} GROUP BY signal)`,
    )
    const found = new Set<number>()
    for (const chunk of await result.fetchAllChunks()) {
      columns.add(chunk)
      for (const key of columnOf(chunk, 0, Uint32Array).subarray(0, chunk.rowCount)) found.add(key)
    }
    missing = missing.filter((key) => !found.has(key))
  }
}

/** A FROM clause: samples of the span that count. */
async function samplesOf({ context, condition }: Asked, keys: readonly number[], { from, to }: Span): Promise<string> {
  const paths = await coldPaths(context.connection, context.coldDirectory, from, to, keys)
  const signals = keys.length === 1 ? `= ${keys[0]}` : `IN (${keys.join(', ')})`
  return `(SELECT * FROM (${allSamples(paths)}) WHERE signal ${signals} AND time >= ${at(from)} AND time < ${at(to)}${condition})`
}

/**
 * Spans back from a time, one before the other: seconds, minutes, an hour, the rest of the day, then whole days, twice as many each time. Most signals have
 * spoken a moment before; and cold files hold a day each.
 */
function* stepsBack(from: Micros, lookBackUs: Micros): Generator<Span> {
  const oldest = from - lookBackUs
  let to = from
  for (const distance of distances(from - Math.floor(from / DAY) * DAY)) {
    if (to <= oldest) return
    const start = Math.max(from - distance, oldest)
    yield { from: start, to }
    to = start
  }
}

/** The same ahead; a sample exactly so far away is the last that counts. */
function* stepsAhead(to: Micros, lookAheadUs: Micros): Generator<Span> {
  const end = to + lookAheadUs + 1
  let from = to
  for (const distance of distances(Math.ceil(to / DAY) * DAY - to)) {
    if (from >= end) return
    const stop = Math.min(to + distance, end)
    yield { from, to: stop }
    from = stop
  }
}

/** Rising distances from a time that is so far from the beginning or the end of its day. */
function* distances(toMidnight: Micros): Generator<Micros> {
  yield* [10 * SECOND, 5 * MINUTE, HOUR].filter((distance) => distance < toMidnight)
  if (toMidnight > 0) yield toMidnight
  for (let days = 1, distance = toMidnight; ; days = Math.min(days * 2, MOST_DAYS)) {
    distance += days * DAY
    yield distance
  }
}

/** Most days that one step takes together. */
const MOST_DAYS = 32
