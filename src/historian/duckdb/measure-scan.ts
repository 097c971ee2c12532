import type { DuckDBDataChunk } from '@duckdb/node-api'
import { HOUR, type Micros } from '../../core/time.ts'
import type { Facts } from './measure-facts.ts'
import type { ReadContext } from './read-samples.ts'
import { rowsOf } from './rows.ts'
import { columnOf } from './vectors.ts'

/** What is written down while scanning; a slot per hour and signal. */
interface Slots {
  readonly from: Micros
  readonly now: Micros
  readonly keys: readonly number[]
  /** Place of a key among the keys, plus one. */
  readonly places: Uint32Array
  readonly counts: readonly Float64Array[]
  readonly covered: readonly Float64Array[]
  readonly first: Float64Array
  readonly last: Float64Array
  readonly lastRank: Uint8Array
  readonly lastValue: Float64Array
  readonly until: Float64Array
  readonly resolution: Float64Array
  /** Samples by slot and set of reasons, for sets that name something. */
  readonly reasons: Map<number, number>
  readonly duplicates: ReadonlySet<number>
  readonly unordered: Set<number>
}

const SETS = 2 ** 32

/** Twice the expected period by key, and by version where a signal had several; Infinity for none. */
interface Holds {
  readonly plain: Float64Array
  readonly versions: ReadonlyMap<number, readonly { readonly since: number; readonly us: number }[]>
}

async function readHolds({ connection, dictionaries }: ReadContext): Promise<Holds> {
  const plain = new Float64Array(dictionaries.lastSignal + 1).fill(Number.POSITIVE_INFINITY)
  const all = new Map<number, { since: number; us: number }[]>()
  for (const [key, since, period] of await rowsOf(
    connection,
    'SELECT signal, since_ingest, period FROM store.definitions ORDER BY since_ingest, rowid',
  )) {
    const us = period === null ? Number.POSITIVE_INFINITY : 2 * (period as number)
    plain[key as number] = us
    const versions = all.get(key as number)
    if (versions) versions.push({ since: since as number, us })
    else all.set(key as number, [{ since: since as number, us }])
  }
  for (const [key, versions] of all) if (versions.every(({ us }) => us === versions[0]?.us)) all.delete(key)
  return { plain, versions: all }
}

/**
 * One pass over the samples as they are stored, in columns: hot ones lie in order of arrival and cold ones in order of time, so that nearly every
 * signal comes in order of time and needs no sorting (which took three quarters of the time). Signals that do not are named in `unordered`.
 */
export async function scan(
  context: ReadContext,
  span: { readonly from: Micros; readonly to: Micros; readonly keys: readonly number[] },
  source: string,
  duplicates: readonly number[],
  now: Micros,
): Promise<{ facts: Omit<Facts, 'watermark' | 'delayP50' | 'delayP95'>[]; unordered: number[] }> {
  const holds = await readHolds(context)
  const slots = makeSlots(context.dictionaries.lastSignal, span, duplicates, now)
  const result = await context.connection.stream(
    `SELECT signal, epoch_us(time)::DOUBLE, coalesce(value, 'nan'), status, reasons${holds.versions.size > 0 ? ', ingest::DOUBLE' : ''} FROM ${source}`,
  )
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) takeChunk(slots, holds, chunk)
  return { facts: finish(slots, context), unordered: [...slots.unordered] }
}

function makeSlots(
  lastKey: number,
  span: { readonly from: Micros; readonly to: Micros; readonly keys: readonly number[] },
  duplicates: readonly number[],
  now: Micros,
): Slots {
  const size = Math.ceil((span.to - span.from) / HOUR) * span.keys.length
  const numbers = (value = 0) => new Float64Array(size).fill(value)
  const places = new Uint32Array(lastKey + 1)
  span.keys.forEach((key, i) => {
    places[key] = i + 1
  })
  return {
    ...{ from: span.from, now, keys: span.keys, places },
    ...{ counts: [numbers(), numbers(), numbers()], covered: [numbers(), numbers(), numbers()] },
    ...{ first: numbers(Number.NaN), last: numbers(Number.NaN), lastRank: new Uint8Array(size), lastValue: numbers(Number.NaN) },
    ...{ until: numbers(), resolution: numbers(Number.POSITIVE_INFINITY) },
    ...{ reasons: new Map(), duplicates: new Set(duplicates), unordered: new Set() },
  }
}

function takeChunk(slots: Slots, holds: Holds, chunk: DuckDBDataChunk): void {
  const signal = columnOf(chunk, 0, Uint32Array)
  const time = columnOf(chunk, 1, Float64Array)
  const value = columnOf(chunk, 2, Float64Array)
  const status = columnOf(chunk, 3, Uint32Array)
  const reasons = columnOf(chunk, 4, Uint32Array)
  const ingest = holds.versions.size > 0 ? columnOf(chunk, 5, Float64Array) : undefined
  const { places, from, keys } = slots
  const width = keys.length
  // Asked of the engine once: it is a call of its own, and took more time than the rest of this loop.
  const { rowCount } = chunk
  for (let i = 0; i < rowCount; i++) {
    const key = signal[i] as number
    const place = places[key] as number
    if (!(place > 0)) continue
    const t = time[i] as number
    const slot = Math.floor((t - from) / HOUR) * width + place - 1
    const rank = Math.min((status[i] as number) >>> 30, 2)
    const set = reasons[i] as number
    const counts = slots.counts[rank] as Float64Array
    if (set !== 0) {
      const at = slot * SETS + set
      slots.reasons.set(at, (slots.reasons.get(at) ?? 0) + 1)
      if (slots.duplicates.has(set)) continue
    }
    counts[slot] = (counts[slot] as number) + 1
    const versions = ingest && holds.versions.get(key)
    const hold = versions ? holdAt(versions, ingest[i] as number) : (holds.plain[key] as number)
    step(slots, slot, key, t, value[i] as number, rank, hold)
  }
}

function holdAt(versions: readonly { readonly since: number; readonly us: number }[], ingest: number): number {
  return (versions.findLast(({ since }) => since <= ingest) ?? versions[0])?.us ?? Number.POSITIVE_INFINITY
}

/** A sample ends what the one before it covers. */
function step(slots: Slots, slot: number, key: number, t: number, value: number, rank: number, hold: number): void {
  const { first, last, lastRank, lastValue, until, resolution } = slots
  const before = last[slot] as number
  if (Number.isNaN(before)) first[slot] = t
  else if (t > before) {
    cover(slots, slot, t)
    const change = Math.abs(value - (lastValue[slot] as number))
    if (change > 0 && change < (resolution[slot] as number)) resolution[slot] = change
  } else slots.unordered.add(key)
  last[slot] = t
  lastRank[slot] = rank
  lastValue[slot] = value
  until[slot] = t + hold
}

function cover({ last, lastRank, until, covered, now }: Slots, slot: number, end: number): void {
  const us = Math.min(end, until[slot] as number, now) - (last[slot] as number)
  const sum = covered[lastRank[slot] as number] as Float64Array
  if (us > 0) sum[slot] = (sum[slot] as number) + us
}

function finish(slots: Slots, { dictionaries }: ReadContext): Omit<Facts, 'watermark' | 'delayP50' | 'delayP95'>[] {
  const width = slots.keys.length
  const named = new Map<number, Record<string, number>>()
  const duplicates = new Map<number, number>()
  for (const [at, samples] of slots.reasons) {
    const slot = Math.floor(at / SETS)
    const names = dictionaries.namesOf(at % SETS)
    const byReason = named.get(slot) ?? {}
    named.set(slot, byReason)
    for (const name of names) byReason[name] = (byReason[name] ?? 0) + samples
    if (slots.duplicates.has(at % SETS)) duplicates.set(slot, (duplicates.get(slot) ?? 0) + samples)
  }
  return Array.from(slots.first, (first, slot) => {
    const hour = slots.from + Math.floor(slot / width) * HOUR
    if (!Number.isNaN(first)) cover(slots, slot, hour + HOUR)
    const [good = 0, uncertain = 0, bad = 0] = slots.counts.map((column) => column[slot] as number)
    const [goodUs = 0, uncertainUs = 0, badUs = 0] = slots.covered.map((column) => column[slot] as number)
    const orNaN = (value: number) => (Number.isFinite(value) ? value : Number.NaN)
    const byReason = named.get(slot)
    return {
      ...{ key: slots.keys[slot % width] as number, hour, samples: good + uncertain + bad + (duplicates.get(slot) ?? 0) },
      ...{
        good,
        uncertain,
        bad,
        goodUs,
        uncertainUs,
        badUs,
        first,
        last: slots.last[slot] as number,
        lastRank: slots.lastRank[slot] as number,
      },
      lastUntil: Number.isNaN(first) ? Number.NaN : orNaN(slots.until[slot] as number),
      ...{ resolution: orNaN(slots.resolution[slot] as number), byReason: byReason ? JSON.stringify(byReason) : '' },
    }
  })
}
