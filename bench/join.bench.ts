import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import type { Historian } from '../src/core/historian.ts'
import type { Series } from '../src/core/history.ts'
import { silent } from '../src/core/log.ts'
import type { RecordKind, SpoolRecord } from '../src/core/spool.ts'
import { Status } from '../src/core/status.ts'
import { DAY, systemClock } from '../src/core/time.ts'
import { openHistorian } from '../src/historian/index.ts'
import { BEGIN_MS, seeded, walk } from './data.ts'
import { type Covered, type Interval, inPandas, inPostgres, inSql, SQL_NAMES } from './join-peers.ts'
import { clocked, type Figure, figureOf, median, type Run, repeat } from './report.ts'

/**
 * Ten days of 100 signals, 10 M samples, 1 % of them Bad, in 10,000 intervals of records (100 for each signal, 0.5 to 1.2 h long): for each interval
 * the average of its signal weighted with time, and how much of it is covered. A sample holds until the next one, 20 s at most.
 */
export const title = 'Signals in the intervals of records'

const SIGNALS = 100
const DAYS = 10
const STEP = DAY / 10_000
const HOLD = 20_000_000
const BEGIN = BEGIN_MS * 1000
const SLOT = DAY / 10
const RUNS = 3
/** The slow ones are measured once, so that the whole stays within its minute and a half. */
const RUNS_OF = { 'joined by range': 1, 'joined as of': RUNS, pandas: 1, PostgreSQL: 1 } as const
const idOf = (signal: number) => `b/s${signal}`

export async function measure(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-join-'))
  const historian = await openHistorian({
    ...{ directory, memoryLimitBytes: 2 ** 30, clock: systemClock, log: silent, queryTimeoutMs: 60_000 },
  })
  try {
    await fill(historian)
    await historian.compact(systemClock.now())
    const intervals = drawn()
    let reading = 0
    let expected: Covered[] = []
    const own = await repeat(RUNS, async () => {
      const read = { ms: 0 }
      const run = await clocked(async () => {
        expected = await overDays(historian, intervals, read)
      })
      reading = read.ms
      return run
    })
    const note = `${DAYS} calls of \`series\`, then plain loops; of the last run ${Math.round(reading)} ms were reading`
    const figures: Figure[] = [figureOf('day by day from the historian', own, note)]
    const cpuOf = (of: readonly Run[]) => median(of.map(({ cpuSeconds }) => cpuSeconds))
    for (const name of SQL_NAMES) {
      const runs = await inSql(join(directory, 'cold'), name, intervals, HOLD, RUNS_OF[name], (found) => compare(found, expected))
      figures.push(figureOf(`DuckDB alone, one query, ${name}`, runs, `ours takes ${(cpuOf(own) / cpuOf(runs)).toFixed(2)} times that`))
    }
    figures.push(await inPandas(directory, intervals, HOLD, RUNS_OF.pandas, (found) => compare(found, expected)))
    figures.push(await inPostgres(directory, intervals, HOLD, RUNS_OF.PostgreSQL, (found) => compare(found, expected)))
    return figures
  } finally {
    await historian.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The same intervals in every run; those of one signal do not overlap, and one in ten goes over midnight. */
function drawn(): Interval[] {
  const random = seeded(3)
  return Array.from({ length: SIGNALS * DAYS * 10 }, (_, id) => {
    const slot = BEGIN + SLOT / 2 + Math.floor(id / SIGNALS) * SLOT
    const from = slot + Math.floor((random() * SLOT) / 2)
    return { id, signal: (id % SIGNALS) + 1, from, to: from + Math.floor(SLOT * (0.2 + 0.3 * random())) }
  })
}

async function overDays(historian: Historian, intervals: readonly Interval[], read: { ms: number }): Promise<Covered[]> {
  const sums = intervals.map(() => ({ weighted: 0, us: 0 }))
  const signals = Array.from({ length: SIGNALS }, (_, i) => idOf(i + 1))
  for (let from = BEGIN; from <= BEGIN + DAYS * DAY; from += DAY) {
    const begin = performance.now()
    const series = await historian.series({ signals, from, to: from + DAY, lookBackUs: HOLD })
    read.ms += performance.now() - begin
    for (const interval of intervals) {
      const of = series[interval.signal - 1]
      const [start, end] = [Math.max(interval.from, from), Math.min(interval.to, from + DAY)]
      const sum = sums[interval.id]
      if (of && sum && start < end) add(of, start, end, sum)
    }
  }
  return sums.map(({ weighted, us }, i) => ({
    ...{ id: i, average: us > 0 ? weighted / us : null },
    coverage: us / ((intervals[i]?.to ?? 0) - (intervals[i]?.from ?? 0)),
  }))
}

/** Adds what a signal's samples cover of [from, to). */
function add({ time, value, status, count }: Series, from: number, to: number, sum: { weighted: number; us: number }): void {
  let low = 0
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1
    if ((time[middle] as number) < from) low = middle + 1
    else high = middle
  }
  for (let i = Math.max(0, low - 1); i < count; i++) {
    const at = time[i] as number
    if (at >= to) return
    const until = Math.min(i + 1 < count ? (time[i + 1] as number) : to, at + HOLD, to)
    const us = until - Math.max(at, from)
    if (us <= 0 || (status[i] as number) >= Status.Bad) continue
    sum.weighted += us * (value[i] as number)
    sum.us += us
  }
}

function compare(found: readonly Covered[], expected: readonly Covered[]): void {
  const near = (a: number | null, b: number | null) =>
    a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)))
  const same = expected.every(
    ({ average, coverage }, i) => near(found[i]?.average ?? null, average) && near(found[i]?.coverage ?? 0, coverage),
  )
  if (found.length !== expected.length || !same) throw new Error('the results are not the same')
}

async function fill(historian: Historian): Promise<void> {
  let sequence = 0
  const record = (kind: RecordKind, payload: Uint8Array): SpoolRecord => ({
    ...{ node: 'bench', epoch: 1, sequence: ++sequence, kind, recordedTime: systemClock.now(), payload },
  })
  const signals = Array.from({ length: SIGNALS }, (_, i) => [
    i,
    { id: idOf(i + 1), connection: 'bench', address: `${i}`, dataType: 'number' },
  ])
  await historian.write([record('signals', Buffer.from(JSON.stringify(signals)))])
  const random = seeded(5)
  const ticks = walk(SIGNALS)
  let group: SpoolRecord[] = []
  let builder = new BatchBuilder(5_000)
  for (let tick = 0; tick < 10_000 * DAYS; tick++) {
    const values = ticks.next().value
    const time = BEGIN + tick * STEP
    for (let i = 0; i < SIGNALS; i++) {
      const isBad = random() < 0.01
      // Irregular by up to half a second, in whole milliseconds.
      const at = time + Math.floor(random() * 500) * 1000
      builder.push(i, at, isBad ? Number.NaN : (values[i] as number), isBad ? Status.Bad : 0)
    }
    if (builder.count < 5_000) continue
    group.push(record('batch', encodeBatch(builder.build(time))))
    builder = new BatchBuilder(5_000)
    if (group.length < 20) continue
    await historian.write(group)
    group = []
  }
  await historian.write(group)
}
