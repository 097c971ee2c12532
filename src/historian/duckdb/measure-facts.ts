import type { DuckDBConnection } from '@duckdb/node-api'
import type { MeasureRow } from '../../core/historian.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import { columnOf } from './vectors.ts'

/**
 * What the samples of one signal in one hour say by themselves, whatever came before them. This is what is kept: a late sample changes the facts of
 * its own hour only; time is covered from its first sample on. NaN where there is none.
 */
export interface Facts extends Pick<MeasureRow, 'samples' | 'good' | 'uncertain' | 'bad' | 'goodUs' | 'uncertainUs' | 'badUs'> {
  readonly key: number
  readonly hour: Micros
  /** Newest ingest that was looked at. */
  readonly watermark: number
  /** Source times of the first and last sample that is no duplicate, the last one's severity, and until when it holds at most. */
  readonly first: Micros
  readonly last: Micros
  readonly lastRank: number
  readonly lastUntil: Micros
  readonly delayP50: number
  readonly delayP95: number
  readonly resolution: number
  /** Samples by reason as JSON; empty for none. */
  readonly byReason: string
}

/** What holds when an hour begins. */
export interface Held {
  readonly time: Micros
  readonly rank: number
  readonly until: Micros
}

/** A sample older than this at the start of an hour says nothing about it. */
export const LOOK_BACK: Micros = 24 * HOUR

export const NO_SAMPLES = {
  ...{ samples: 0, good: 0, uncertain: 0, bad: 0, goodUs: 0, uncertainUs: 0, badUs: 0, first: Number.NaN, last: Number.NaN, lastRank: 0 },
  ...{ lastUntil: Number.NaN, delayP50: Number.NaN, delayP95: Number.NaN, resolution: Number.NaN, byReason: '' },
}

/** What holds after an hour. */
export function heldAfter(facts: Facts, before: Held | undefined): Held | undefined {
  if (Number.isNaN(facts.last)) return before
  return { time: facts.last, rank: facts.lastRank, until: Number.isNaN(facts.lastUntil) ? Number.POSITIVE_INFINITY : facts.lastUntil }
}

/** The measures of an hour: its own facts, and what held when it began until the first sample. */
export function toMeasures(signal: string, facts: Facts, before: Held | undefined, now: Micros): MeasureRow {
  const { hour, samples, good, uncertain, bad } = facts
  const end = Math.min(hour + HOUR, now)
  const covered = [facts.goodUs, facts.uncertainUs, facts.badUs]
  if (before && before.time >= hour - LOOK_BACK) {
    const until = Math.min(end, before.until, Number.isNaN(facts.first) ? end : facts.first)
    covered[before.rank] = (covered[before.rank] as number) + Math.max(0, until - hour)
  }
  const [goodUs = 0, uncertainUs = 0, badUs = 0] = covered
  const unknownUs = Math.max(0, end - hour) - goodUs - uncertainUs - badUs
  return {
    ...{ signal, hour, samples, good, uncertain, bad, goodUs, uncertainUs, badUs, unknownUs },
    byReason: facts.byReason === '' ? {} : (JSON.parse(facts.byReason) as Record<string, number>),
    delayP50Us: Number.isNaN(facts.delayP50) ? null : facts.delayP50,
    delayP95Us: Number.isNaN(facts.delayP95) ? null : facts.delayP95,
    ...(!Number.isNaN(facts.resolution) && { resolution: facts.resolution }),
  }
}

/** Rows of numbers, read from the engine's vectors. Each column is an SQL expression of a number; NaN stands for null. The last may be text. */
export async function numbersOf(
  connection: DuckDBConnection,
  columns: readonly string[],
  rest: string,
  take: (row: readonly number[], text: string) => void,
  text?: string,
): Promise<void> {
  const list = columns.map((column) => `coalesce((${column})::DOUBLE, 'nan'::DOUBLE)`)
  const result = await connection.run(`SELECT ${[...list, ...(text ? [text] : [])].join(', ')} ${rest}`)
  for (const chunk of await result.fetchAllChunks()) {
    const vectors = columns.map((_, i) => columnOf(chunk, i, Float64Array))
    const { rowCount } = chunk
    const texts = text ? chunk.getColumnVector(columns.length) : undefined
    for (let i = 0; i < rowCount; i++) {
      const item = texts?.getItem(i)
      take(
        vectors.map((vector) => vector[i] as number),
        typeof item === 'string' ? item : '',
      )
    }
  }
}
