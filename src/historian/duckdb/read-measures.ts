import { type MeasureQuery, type MeasureRow, QueryRefused } from '../../core/historian.ts'
import { DAY, HOUR, type Micros } from '../../core/time.ts'
import type { StoreLimits } from './limits.ts'
import { cachedFacts, type FactsByHour, keep } from './measure-cache.ts'
import { type Facts, type Held, heldAfter, NO_SAMPLES, toMeasures } from './measure-facts.ts'
import { countHours, heldBefore, measureSpan } from './measure-samples.ts'
import type { ReadContext } from './read-samples.ts'
import { rowsOf } from './rows.ts'

/** What one call works with. */
interface Job {
  readonly context: ReadContext
  readonly keys: readonly number[]
  /** For the statements: nothing when it is every signal. */
  readonly filter: readonly number[]
  readonly watermark: number
  readonly now: Micros
  /** The first hour asked for. */
  readonly from: Micros
  readonly limits: StoreLimits
  /** New facts of closed hours, to keep. */
  readonly learnt: Facts[]
  readonly isOver: () => boolean
}

/**
 * Measures per hour and signal, a day at a time: facts that are kept and still true, the others measured from the samples. Once time
 * `isOver` no more of them are begun: what is complete by then, at least an hour, is the answer, and the next call goes on from there. New facts go to `learnt` as they come.
 */
export async function readMeasures(
  context: ReadContext,
  query: MeasureQuery,
  run: { readonly now: Micros; readonly limits: StoreLimits; readonly isOver: () => boolean; readonly learnt: Facts[] },
): Promise<{ rows: MeasureRow[]; truncated: boolean }> {
  const { connection, dictionaries } = context
  const limit = Math.min(Math.max(0, Math.floor(query.limit)), run.limits.measureRows)
  const wanted = keysOf(context, query, run.limits)
  const keys = wanted.slice(0, limit)
  const [known] = await rowsOf(
    connection,
    `SELECT coalesce(max(ingest), 0), epoch_us(least(min(oldest), (SELECT min(oldest) FROM store.files WHERE present))) FROM store.ingests`,
  )
  const oldest = known?.[1]
  if (wanted.length === 0 || typeof oldest !== 'number' || !(query.from < query.to)) return { rows: [], truncated: false }
  const from = hourOf(Math.max(query.from, oldest))
  const to = Math.min(query.to, run.now)
  if (from >= to) return { rows: [], truncated: false }
  if (limit === 0) return { rows: [], truncated: true }
  const end = Math.min(to, from + Math.ceil(limit / keys.length) * HOUR)
  const job: Job = {
    ...{ context, keys, filter: keys.length === dictionaries.lastSignal ? [] : keys, watermark: known?.[0] as number },
    ...{ from, now: run.now, limits: run.limits, learnt: run.learnt, isOver: run.isOver },
  }
  const rows: MeasureRow[] = []
  let held = new Map<number, Held>()
  for (let begin = from; begin < end; begin = nextDay(begin)) {
    const stop = Math.min(hourOf(end - 1) + HOUR, nextDay(begin))
    const facts = await factsOf(job, begin, stop)
    if (begin === from) held = await heldBefore(context, keys, job.filter, from)
    for (let hour = begin; hour < stop; hour += HOUR) {
      const some = facts.get(hour)
      if (!some) return { rows: rows.slice(0, limit), truncated: true }
      for (const key of keys) addRow(rows, job, some.get(key) ?? { key, hour, watermark: 0, ...NO_SAMPLES }, held)
    }
  }
  const truncated = rows.length > limit || end < to || keys.length < wanted.length
  return { rows: rows.slice(0, limit), truncated }
}

function addRow(rows: MeasureRow[], { context, now }: Job, facts: Facts, held: Map<number, Held>): void {
  const before = held.get(facts.key)
  rows.push(toMeasures(context.dictionaries.idOf(facts.key), facts, before, now))
  const after = heldAfter(facts, before)
  if (after) held.set(facts.key, after)
}

function keysOf({ dictionaries }: ReadContext, query: MeasureQuery, limits: StoreLimits): number[] {
  if (!query.signals) return Array.from({ length: dictionaries.lastSignal }, (_, i) => i + 1)
  if (query.signals.length > limits.aggregateSignals)
    throw new QueryRefused(`${query.signals.length} signals in one question, the limit is ${limits.aggregateSignals}`)
  return [...new Set(query.signals)].map((id) => dictionaries.keyOf(id)).filter((key) => key !== undefined)
}

/** Facts of every hour of [from, to), or of the first hours when time ran out. */
async function factsOf(job: Job, from: Micros, to: Micros): Promise<FactsByHour> {
  const facts = await cachedFacts(job.context, { from, to, keys: job.filter }, job.watermark, job.learnt)
  const missing = new Map<Micros, number[]>()
  for (let hour = from; hour < to; hour += HOUR) {
    const some = facts.get(hour)
    const keys = some ? job.keys.filter((key) => !some.has(key)) : job.keys
    if (keys.length > 0) missing.set(hour, [...keys])
  }
  for (const [i, span] of (await spansOf(job, missing)).entries()) {
    if ((i > 0 || from > job.from) && job.isOver()) {
      for (let hour = span.from; hour < to; hour += HOUR) facts.delete(hour)
      break
    }
    await measure(job, span, facts)
  }
  return facts
}

async function measure(job: Job, span: { from: Micros; to: Micros; keys: number[] }, facts: FactsByHour): Promise<void> {
  const filter = span.keys.length === job.keys.length ? job.filter : span.keys
  for (const one of await measureSpan(job.context, { ...span, filter }, job.watermark, job.now)) {
    keep(facts, one)
    if (one.hour + HOUR <= job.now) job.learnt.push(one)
  }
}

/** Hours together, with those between them that are kept already, as long as they have few samples. */
async function spansOf(job: Job, missing: ReadonlyMap<Micros, number[]>): Promise<{ from: Micros; to: Micros; keys: number[] }[]> {
  const hours = [...missing.keys()]
  const [first, last] = [hours[0], hours.at(-1)]
  if (first === undefined || last === undefined) return []
  const counts =
    hours.length === 1 ? new Map<Micros, number>() : await countHours(job.context, { from: first, to: last + HOUR, keys: job.filter })
  const spans: { from: Micros; to: Micros; keys: number[]; samples: number }[] = []
  for (const [hour, keys] of missing) {
    const open = spans.at(-1)
    let samples = 0
    for (let one = open?.to ?? hour; one <= hour; one += HOUR) samples += counts.get(one) ?? 0
    if (open && open.samples + samples <= job.limits.measureStepSamples) {
      open.to = hour + HOUR
      open.samples += samples
      if (keys.length > open.keys.length || keys.some((key, i) => key !== open.keys[i])) open.keys = [...new Set([...open.keys, ...keys])]
    } else spans.push({ from: hour, to: hour + HOUR, keys, samples: counts.get(hour) ?? 0 })
  }
  return spans
}

const hourOf = (time: Micros): Micros => Math.floor(time / HOUR) * HOUR
const nextDay = (time: Micros): Micros => (Math.floor(time / DAY) + 1) * DAY
