import { HOUR, MINUTE, type Micros } from '../../core/time.ts'
import { coldPaths } from './cold.ts'
import { DUPLICATE } from './dictionaries.ts'
import { type Facts, type Held, LOOK_BACK, numbersOf } from './measure-facts.ts'
import { scan } from './measure-scan.ts'
import type { ReadContext } from './read-samples.ts'
import { at, whole } from './rows.ts'
import { allSamples } from './schema.ts'

/** What has no delay of a device's own: see MeasureRow. */
const UNTIMED: ReadonlySet<string> = new Set(['duplicate', 'late', 'source-silent', 'overdue', 'node-stopped'])

const US = 'epoch_us(time)'
const RANK = 'least(status >> 30, 2)'
const HOUR_OF = `(${US} - ((${US} % ${HOUR}) + ${HOUR}) % ${HOUR})`

/** The expected period of each version of a definition, and the ingests it holds for. */
const PERIODS = `SELECT signal, period, CASE WHEN lag(since_ingest) OVER versions IS NULL THEN 0 ELSE since_ingest END AS since,
  coalesce(lead(since_ingest) OVER versions, ${Number.MAX_SAFE_INTEGER}) AS until
  FROM store.definitions WINDOW versions AS (PARTITION BY signal ORDER BY since_ingest, rowid)`

export interface Span {
  readonly from: Micros
  readonly to: Micros
  /** Empty: every signal. */
  readonly keys: readonly number[]
}

/** A FROM clause: samples of the span, without those that carry certain reasons. */
async function samplesOf(context: ReadContext, { from, to, keys }: Span, without?: ReadonlySet<string>): Promise<string> {
  const paths = await coldPaths(context.connection, context.coldDirectory, from, to, keys)
  const sets = without ? context.dictionaries.reasonSetsWith(without) : []
  const signals = keys.length === 0 ? '' : ` AND signal IN (${keys.join(', ')})`
  const reasons = sets.length === 0 ? '' : ` AND reasons NOT IN (${sets.join(', ')})`
  return `(SELECT * FROM (${allSamples(paths)}) WHERE time >= ${at(from)} AND time < ${at(to)}${signals}${reasons})`
}

/** How many samples each hour of a span has. */
export async function countHours(context: ReadContext, span: Span): Promise<Map<Micros, number>> {
  const counts = new Map<Micros, number>()
  const rest = `FROM (SELECT ${HOUR_OF} AS hour, count(*) AS samples FROM ${await samplesOf(context, span)} GROUP BY 1)`
  await numbersOf(context.connection, ['hour', 'samples'], rest, ([hour = 0, samples = 0]) => counts.set(hour, samples))
  return counts
}

type Draft = { -readonly [K in keyof Facts]: Facts[K] }
type DraftOf = (key: number, hour: Micros) => Draft | undefined

/** The facts of every hour of a span and every one of its signals. `filter` as in Span: empty when the signals are all there are. */
export async function measureSpan(
  context: ReadContext,
  span: Span & { readonly filter: readonly number[] },
  watermark: number,
  now: Micros,
): Promise<Facts[]> {
  const filtered = { ...span, keys: span.filter }
  const duplicates = context.dictionaries.reasonSetsWith(DUPLICATE)
  const { facts, unordered } = await scan(context, span, await samplesOf(context, filtered), duplicates, now)
  const drafts = facts.map((one): Draft => ({ ...one, watermark, delayP50: Number.NaN, delayP95: Number.NaN }))
  const places = new Map(span.keys.map((key, i) => [key, i]))
  const draft: DraftOf = (key, hour) => {
    const place = places.get(key)
    return place === undefined ? undefined : drafts[((hour - span.from) / HOUR) * span.keys.length + place]
  }
  if (unordered.length > 0) await sortAndCover(context, { ...span, keys: unordered }, now, draft)
  await delay(context, filtered, draft)
  return drafts
}

/** For signals that are not stored in order of time: time covered within the hour, the ends, and the smallest step. Order by time, then severity, so that of several at one time the worst covers. */
async function sortAndCover(context: ReadContext, span: Span, now: Micros, draft: DraftOf): Promise<void> {
  const covered = (rank: number) => `sum(us) FILTER (rank = ${rank})`
  const columns = ['signal', 'hour', 'good', 'uncertain', 'bad', 'first', 'last', 'last_rank', 'last_until', 'resolution']
  const rest = `FROM (
    WITH periods AS (${PERIODS}),
    own AS (SELECT s.signal, ${US} AS t, ${HOUR_OF} AS hour, ${RANK} AS rank, value, ${US} + 2 * period AS until
      FROM ${await samplesOf(context, span, DUPLICATE)} s JOIN periods p ON s.signal = p.signal AND s.ingest >= p.since AND s.ingest < p.until),
    steps AS (SELECT *, abs(value - lag(value) OVER times) AS step, lead(t) OVER times AS next
      FROM own WINDOW times AS (PARTITION BY signal, hour ORDER BY t, rank, value)),
    lengths AS (SELECT *, greatest(0, least(next, until, hour + ${HOUR}, ${whole(now)}) - t) AS us FROM steps)
    SELECT signal, hour, ${covered(0)} AS good, ${covered(1)} AS uncertain, ${covered(2)} AS bad, min(t) AS first, max(t) AS last,
      max(rank) FILTER (next IS NULL) AS last_rank, max(until) FILTER (next IS NULL) AS last_until, min(step) FILTER (step > 0) AS resolution
    FROM lengths GROUP BY signal, hour)`
  await numbersOf(context.connection, columns, rest, (row) => {
    const [key = 0, hour = 0, good = 0, uncertain = 0, bad = 0, first = 0, last = 0, lastRank = 0, lastUntil = 0, resolution = 0] = row
    Object.assign(draft(key, hour) ?? {}, {
      ...{ goodUs: good || 0, uncertainUs: uncertain || 0, badUs: bad || 0, first, last, lastRank, lastUntil, resolution },
    })
  })
}

async function delay(context: ReadContext, span: Span, draft: DraftOf): Promise<void> {
  const rest = `FROM (SELECT signal, ${HOUR_OF} AS hour, quantile_disc(epoch_us(i.received) - ${US}, [0.5, 0.95]) AS q
    FROM ${await samplesOf(context, span, UNTIMED)} s
    JOIN (SELECT ingest, received FROM store.ingests WHERE newest >= ${at(span.from)} AND oldest < ${at(span.to)}) i USING (ingest) GROUP BY ALL)`
  await numbersOf(context.connection, ['signal', 'hour', 'q[1]', 'q[2]'], rest, ([key = 0, hour = 0, delayP50, delayP95]) => {
    Object.assign(draft(key, hour) ?? {}, { delayP50, delayP95 })
  })
}

/** How far back is looked at first: most signals have spoken by then, and the rest are few. */
const STEPS: readonly Micros[] = [5 * MINUTE, HOUR, LOOK_BACK]

/** The newest sample of each signal before a time. `filter` as in Span: empty when the keys are all there are. */
export async function heldBefore(
  context: ReadContext,
  keys: readonly number[],
  filter: readonly number[],
  time: Micros,
): Promise<Map<number, Held>> {
  const held = new Map<number, Held>()
  const columns = ['signal', 'place // 4', 'place % 4', 'until']
  let to = time
  for (const step of STEPS) {
    const missing = keys.filter((key) => !held.has(key))
    if (missing.length === 0) break
    // At first of every signal that is asked for: to name a thousand of them costs more than to read them.
    const source = await samplesOf(context, { from: time - step, to, keys: to === time ? filter : missing }, DUPLICATE)
    const rest = `FROM (SELECT signal, max(${US} * 4 + ${RANK}) AS place, arg_max(ingest, ${US} * 4 + ${RANK}) AS ingest FROM ${source} GROUP BY signal) n
      JOIN (SELECT signal AS of, period, since, until AS before FROM (${PERIODS})) p ON n.signal = p.of AND n.ingest >= p.since AND n.ingest < p.before`
    await numbersOf(
      context.connection,
      [...columns.slice(0, 3), 'place // 4 + 2 * period'],
      rest,
      ([key = 0, last = 0, rank = 0, until = 0]) =>
        held.set(key, { time: last, rank, until: Number.isNaN(until) ? Number.POSITIVE_INFINITY : until }),
    )
    to = time - step
  }
  return held
}
