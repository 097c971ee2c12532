import type { DuckDBConnection } from '@duckdb/node-api'
import { HOUR, type Micros } from '../../core/time.ts'
import { appendRows } from './append-rows.ts'
import { coldPaths } from './cold.ts'
import { type Facts, numbersOf } from './measure-facts.ts'
import type { Span } from './measure-samples.ts'
import type { ReadContext } from './read-samples.ts'
import { at, rowsOf, whole } from './rows.ts'
import { allSamples } from './schema.ts'

/** Facts by hour, then by key of signal. */
export type FactsByHour = Map<Micros, Map<number, Facts>>

export function keep(to: FactsByHour, facts: Facts): void {
  const hour = to.get(facts.hour)
  if (hour) hour.set(facts.key, facts)
  else to.set(facts.hour, new Map([[facts.key, facts]]))
}

const COLUMNS = [
  'signal',
  'epoch_us(hour)',
  'watermark',
  'samples',
  'good',
  'uncertain',
  'bad',
  'good_us',
  'uncertain_us',
  'bad_us',
  'first',
].concat('last', 'last_rank', 'last_until', 'delay_p50', 'delay_p95', 'resolution')

/**
 * Facts kept of a span that are still true: no later ingest holds a sample of the signal in the hour. Those that had to be looked up for that go to
 * `confirmed` with the new watermark, to be kept in place of the old ones: late data of one hour must not make its neighbours be looked up for ever.
 */
export async function cachedFacts(context: ReadContext, span: Span, watermark: number, confirmed: Facts[]): Promise<FactsByHour> {
  const found: FactsByHour = new Map()
  const signals = span.keys.length === 0 ? '' : ` AND signal IN (${span.keys.join(', ')})`
  const rest = `FROM store.measures WHERE hour >= ${at(span.from)} AND hour < ${at(span.to)}${signals}`
  await numbersOf(context.connection, COLUMNS, rest, (row, byReason) => keep(found, toFacts(row, byReason)), 'by_reason')
  for (const hour of await forgetChanged(context, found)) {
    for (const one of [...(found.get(hour)?.values() ?? [])]) {
      const stamped = { ...one, watermark }
      keep(found, stamped)
      confirmed.push(stamped)
    }
  }
  return found
}

function toFacts(row: readonly number[], byReason: string): Facts {
  const [key = 0, hour = 0, watermark = 0, samples = 0, good = 0, uncertain = 0, bad = 0, goodUs = 0, uncertainUs = 0, badUs = 0] = row
  const [first = 0, last = 0, lastRank = 0, lastUntil = 0, delayP50 = 0, delayP95 = 0, resolution = 0] = row.slice(10)
  return {
    ...{ key, hour, watermark, samples, good, uncertain, bad, goodUs, uncertainUs, badUs },
    ...{ first, last, lastRank, lastUntil, delayP50, delayP95, resolution, byReason },
  }
}

/** First by the times that each ingest spans, which costs next to nothing; then by its samples, for the few hours that one of them reaches. These hours are returned. */
async function forgetChanged(context: ReadContext, found: FactsByHour): Promise<readonly Micros[]> {
  if (found.size === 0) return []
  const { connection, coldDirectory } = context
  const marks = [...found].map(([hour, facts]) => ({ hour, least: Math.min(...[...facts.values()].map((one) => one.watermark)) }))
  const least = Math.min(...marks.map((mark) => mark.least))
  const hours = marks.map((mark) => `(${whole(mark.hour)}, ${whole(mark.least)})`).join(', ')
  const touched = await rowsOf(
    connection,
    `WITH later AS (SELECT ingest, epoch_us(oldest) AS oldest, epoch_us(newest) AS newest FROM store.ingests WHERE ingest > ${whole(least)}
      AND oldest < ${at(Math.max(...found.keys()) + HOUR)} AND newest >= ${at(Math.min(...found.keys()))})
    SELECT DISTINCT hour, least FROM (VALUES ${hours}) h(hour, least) JOIN later ON ingest > least AND oldest < hour + ${HOUR} AND newest >= hour`,
  )
  if (touched.length === 0) return []
  const paths = await coldPaths(connection, coldDirectory, Math.min(...found.keys()), Math.max(...found.keys()) + HOUR, [])
  // A branch per hour, each with its own bounds, so that the engine skips what lies outside of them.
  const branches = (touched as [number, number][]).map(
    ([hour, least]) => `SELECT signal, ${hour} AS hour, max(ingest) AS newest FROM (${allSamples(paths)})
      WHERE time >= ${at(hour)} AND time < ${at(hour + HOUR)} AND ingest > ${whole(least)} GROUP BY signal`,
  )
  await numbersOf(connection, ['signal', 'hour', 'newest'], `FROM (${branches.join(' UNION ALL ')})`, ([key = 0, hour = 0, newest = 0]) => {
    const facts = found.get(hour)
    if (newest > (facts?.get(key)?.watermark ?? 0)) facts?.delete(key)
  })
  return touched.map(([hour]) => hour as Micros)
}

/** Keeps facts in place of older ones of the same signal and hour, also of those given before them, and forgets the oldest hours beyond the limit. */
export async function saveFacts(connection: DuckDBConnection, facts: readonly Facts[], limit: number): Promise<void> {
  const byHour: FactsByHour = new Map()
  for (const one of facts) keep(byHour, one)
  await connection.run('BEGIN')
  try {
    for (const [hour, some] of byHour) {
      await connection.run(`DELETE FROM store.measures WHERE hour = ${at(hour)} AND signal IN (${[...some.keys()].join(', ')})`)
    }
    await appendRows(
      connection,
      'measures',
      [...byHour.values()].flatMap((some) => [...some.values()].map(toRow)),
    )
    const [counted] = await rowsOf(connection, 'SELECT count(*) FROM store.measures')
    const over = (counted?.[0] as number) - limit
    if (over > 0) {
      await connection.run(
        `DELETE FROM store.measures WHERE hour <= (SELECT hour FROM store.measures ORDER BY hour LIMIT 1 OFFSET ${over - 1})`,
      )
    }
    await connection.run('COMMIT')
  } catch (cause) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw cause
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value)

function toRow(f: Facts): (string | number | null)[] {
  const row = [
    f.key,
    f.hour,
    f.watermark,
    f.samples,
    f.good,
    f.uncertain,
    f.bad,
    f.goodUs,
    f.uncertainUs,
    f.badUs,
    f.first,
    f.last,
    f.lastRank,
  ]
  const rest = [f.lastUntil, f.delayP50, f.delayP95, f.resolution]
  return [...[...row, ...rest].map(orNull), f.byReason === '' ? null : f.byReason]
}
