import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { SampleBatch } from '../../core/batch.ts'
import { BatchBuilder } from '../../core/batch.ts'
import { decodeBatch } from '../../core/batch-codec.ts'
import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import { type Clock, parseTime, SECOND } from '../../core/time.ts'
import { machineFiles, type SpoolFile, type SpoolFiles } from './files.ts'
import { type OpenedSpool, openSpool, type SpoolOptions } from './open.ts'

/** What the spool's tests share: a clock they own, a file system they can break, and a spool on a directory of its own. */

export class TestClock implements Clock {
  time = parseTime('2026-11-23T08:00:00Z')
  /** Called for every sleep, in place of time passing. */
  onSleep: (ms: number) => void = () => {}

  /** How far the wall clock is ahead of the timer: somebody set it. */
  ahead = 0

  now(): number {
    return this.time + this.ahead
  }
  monotonicMs(): number {
    return this.time / 1000
  }
  async sleep(ms: number): Promise<void> {
    this.time += ms * 1000
    this.onSleep(ms)
  }
}

/** The machine's files, with a say in every write and sync. Throw from a hook to make the operation fail. */
export class BreakableFiles implements SpoolFiles {
  /** Bytes that are still let through before the error; for a write that is torn. */
  onWrite: (path: string, bytes: number) => { error: Error; letThrough: number } | undefined = () => undefined
  onSync: (path: string) => Error | undefined = () => undefined
  onOpen: (path: string, mode: string) => Error | undefined = () => undefined
  /** Held before each sync, so that a test can look while one is under way. */
  gate: Promise<void> = Promise.resolve()
  readonly synced: string[] = []
  readonly writes: number[] = []

  async open(path: string, mode: 'read' | 'create' | 'repair'): Promise<SpoolFile> {
    const refused = this.onOpen(path, mode)
    if (refused) throw refused
    const file = await machineFiles.open(path, mode)
    return {
      ...file,
      write: async (buffers, position) => {
        const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
        const broken = this.onWrite(path, bytes)
        if (broken) {
          if (broken.letThrough > 0) await file.write([Buffer.concat(buffers).subarray(0, broken.letThrough)], position)
          throw broken.error
        }
        this.writes.push(bytes)
        await file.write(buffers, position)
      },
      sync: async () => {
        await this.gate
        const error = this.onSync(path)
        this.synced.push(path)
        if (error) throw error
        // The tests die by no power cut, and a hundred thousand real syncs are not their subject.
      },
    }
  }
  list = machineFiles.list
  makeDirectory = machineFiles.makeDirectory
  rename = machineFiles.rename
  remove = machineFiles.remove
  async syncDirectory(): Promise<void> {}
}

export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code })
}

export async function temporaryDirectory(test: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-spool-'))
  test.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export interface Bench extends OpenedSpool {
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly clock: TestClock
  readonly files: BreakableFiles
}

/** Opens a spool as a starting node does: with empty tables. */
export async function start(
  directory: string,
  options: Partial<SpoolOptions> & { clock?: TestClock; files?: BreakableFiles } = {},
): Promise<Bench> {
  const clock = options.clock ?? new TestClock()
  const files = options.files ?? new BreakableFiles()
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const opened = await openSpool({
    ...{ directory, node: 'edge-1', signals, reasons, config: { version: 'v1', loadedTime: clock.time } },
    ...{ maxBytes: 64 * 2 ** 20, maxAgeMs: 7 * 86_400_000, overflow: 'block', segmentBytes: 2 ** 20, log: silent },
    ...{ ...options, clock, files },
  })
  return { ...opened, signals, reasons, clock, files }
}

export function defineSignals(signals: SignalTable, count: number): void {
  for (let i = 0; i < count; i++)
    signals.define({ id: `hall/pump-${i}/flow`, connection: 'plc', address: `holding ${i}`, dataType: 'number' })
}

/** A batch whose values tell which it is: `number` in the first row, and rows that follow from it. */
export function numbered(number: number, count = 3, time = parseTime('2026-11-23T08:00:00Z')): SampleBatch {
  const builder = new BatchBuilder(count)
  for (let i = 0; i < count; i++) builder.push(i % 2, time + number * SECOND + i, number + i * 0.125, 0)
  return builder.build(time + number * SECOND)
}

/** The number of a batch made by `numbered`; throws when any part of it is not as made. */
export function numberOf(record: SpoolRecord): number {
  const batch = decodeBatch(record.payload)
  const number = batch.value[0] as number
  const expected = numbered(number, batch.count)
  for (let i = 0; i < batch.count; i++) {
    if (batch.value[i] !== expected.value[i] || batch.sourceTime[i] !== expected.sourceTime[i] || batch.signal[i] !== expected.signal[i]) {
      throw new Error(`row ${i} of batch ${number} is wrong`)
    }
  }
  return number
}

export function gapOf(record: SpoolRecord): { from: number; to: number; cause: string; samples?: number } {
  return JSON.parse(new TextDecoder().decode(record.payload)) as { from: number; to: number; cause: string; samples?: number }
}

export async function readAll(spool: Spool, from = 1): Promise<SpoolRecord[]> {
  const all: SpoolRecord[] = []
  for (let next = from; ; ) {
    const records = await spool.read(next, 100, 2 ** 20)
    const last = records.at(-1)
    if (!last) return all
    all.push(...records)
    next = last.sequence + 1
  }
}

export const batchesOf = (records: readonly SpoolRecord[]): SpoolRecord[] => records.filter((record) => record.kind === 'batch')

export async function segmentFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.seg')).sort()
}
