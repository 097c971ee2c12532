import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import type { Historian } from '../src/core/historian.ts'
import { silent } from '../src/core/log.ts'
import type { RecordKind, SpoolRecord } from '../src/core/spool.ts'
import { DAY, HOUR, SECOND, systemClock } from '../src/core/time.ts'
import { openHistorian } from '../src/historian/index.ts'
import { BEGIN_MS, walk } from './data.ts'
import { type Figure, repeat } from './report.ts'

/**
 * A day of 1,000 signals every 5 s (17.3 M samples), one of them every second, and 30 days of one signal every 30 s: written hot, then compacted.
 * The values walk at random; 70 % of the signals are quantised to 0.01 and 30 % are full doubles.
 */
export const title = 'Historian: size and queries'

const SIGNALS = 1_000
const STEP_S = 5
const BEGIN = BEGIN_MS * 1000
const LIMITS = { memoryLimitBytes: 2 ** 30, clock: systemClock, log: silent, queryTimeoutMs: 60_000 }
const RUNS = 7

export async function measure(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-storage-'))
  const historian = await openHistorian({ ...LIMITS, directory })
  try {
    const begin = performance.now()
    const samples = await fill(historian)
    const seconds = (performance.now() - begin) / 1000
    const hot = await historian.stats()
    const before = await queries(historian, 'hot')
    const compacting = performance.now()
    await historian.compact(systemClock.now())
    const compacted = (performance.now() - compacting) / 1000
    const cold = await historian.stats()
    return [
      {
        what: 'written, from encoded batches of 5,000',
        unit: 'samples/s',
        runs: [samples / seconds],
        note: `${samples.toLocaleString('en')} samples`,
      },
      { what: 'hot', unit: 'bytes a sample', runs: [hot.hotBytes / samples] },
      { what: 'after compaction', unit: 'bytes a sample', runs: [cold.coldBytes / samples], aim: '≤ 4' },
      { what: 'of these, the counts by hour', unit: '%', runs: [(100 * countBytes(directory)) / cold.coldBytes], aim: '< 1' },
      { what: 'compaction', unit: 'samples/s', runs: [samples / compacted] },
      ...before,
      ...(await queries(historian, 'compacted')),
    ]
  } finally {
    await historian.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Of the files of counts beside the cold files. */
const countBytes = (directory: string): number =>
  globSync(join(directory, 'cold', '*.counts')).reduce((sum, path) => sum + statSync(path).size, 0)

async function queries(historian: Historian, state: string): Promise<Figure[]> {
  const day = { from: BEGIN, to: BEGIN + DAY }
  const timed = async (what: string, aim: string, ask: () => Promise<number>): Promise<Figure> => {
    let answered = 0
    const runs = await repeat(RUNS, async () => {
      const begin = performance.now()
      answered = await ask()
      return performance.now() - begin
    })
    return { what: `${state}: ${what}`, unit: 'ms', runs, aim, note: `${answered.toLocaleString('en')} rows` }
  }
  const all = Array.from({ length: SIGNALS }, (_, i) => `b/s${i}`)
  const hourly = async (signals: readonly string[], from: number, to: number) =>
    (await historian.aggregate({ signals, from, to, intervalUs: HOUR, functions: ['average', 'percentGood'], limit: 100_000 })).rows.length
  return [
    await timed(
      'one day of one signal, raw at 1 s',
      '',
      async () => (await historian.samples({ signal: 'b/second', ...day, limit: 100_000 })).count,
    ),
    await timed('30 days of one signal by the hour', '', () => hourly(['b/month'], BEGIN - 30 * DAY, BEGIN)),
    await timed('one day of 1,000 signals by the hour', '', () => hourly(all, day.from, day.to)),
    await timed('newest of every signal, from the historian', '', async () => (await historian.lastAll()).length),
  ]
}

async function fill(historian: Historian): Promise<number> {
  let sequence = 0
  const record = (kind: RecordKind, payload: Uint8Array): SpoolRecord => ({
    ...{ node: 'bench', epoch: 1, sequence: ++sequence, kind, recordedTime: systemClock.now(), payload },
  })
  const define = (id: string, index: number) => [index, { id, connection: 'bench', address: id, dataType: 'number' }]
  const signals = Array.from({ length: SIGNALS }, (_, i) => define(`b/s${i}`, i))
  signals.push(define('b/second', SIGNALS), define('b/month', SIGNALS + 1))
  await historian.write([record('signals', Buffer.from(JSON.stringify(signals)))])
  let samples = 0
  let group: SpoolRecord[] = []
  let builder = new BatchBuilder(6_000)
  const flush = async (least: number, receivedTime: number) => {
    if (builder.count >= least) {
      samples += builder.count
      group.push(record('batch', encodeBatch(builder.build(receivedTime))))
      builder = new BatchBuilder(6_000)
    }
    if (group.length < 20 && least > 0) return
    await historian.write(group)
    group = []
  }
  const month = walk(1, 7)
  for (let t = BEGIN - 30 * DAY; t < BEGIN; t += 30 * SECOND) {
    builder.push(SIGNALS + 1, t, month.next().value[0] as number, 0)
    await flush(5_000, t)
  }
  const ticks = walk(SIGNALS)
  const second = walk(1, 9)
  for (let t = 0; t < 86_400; t += STEP_S) {
    const values = ticks.next().value
    const time = BEGIN + t * SECOND
    for (let i = 0; i < SIGNALS; i++) builder.push(i, time, values[i] as number, 0)
    for (let s = 0; s < STEP_S; s++) builder.push(SIGNALS, time + s * SECOND, second.next().value[0] as number, 0)
    await flush(5_000, time)
  }
  await flush(0, BEGIN + DAY)
  return samples
}
