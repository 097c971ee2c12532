import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Historian } from '../core/historian.ts'
import { DAY, type Micros, parseTime } from '../core/time.ts'

export interface ContractOptions {
  readonly directory: string
  readonly clock: { now(): Micros }
  readonly compactAfterMs: number
  readonly retentionMs?: number
}

export const START = parseTime('2026-11-20T00:00:00Z')
export const DAY_MS = DAY / 1000

/** Opens or reopens the historian in a directory. */
export type Open = (options: ContractOptions) => Promise<Historian>

export interface Bench {
  historian: Historian
  readonly clock: { time: Micros; now(): Micros }
  reopen(): Promise<void>
}

/** A historian in a directory of its own, with a clock that the test sets. */
export async function bench(t: TestContext, open: Open, retentionMs?: number): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-historian-'))
  const clock = { time: START, now: () => clock.time }
  const options = { directory, clock, compactAfterMs: DAY_MS, ...(retentionMs !== undefined && { retentionMs }) }
  const b: Bench = {
    historian: await open(options),
    clock,
    reopen: async () => {
      await b.historian.close()
      b.historian = await open(options)
    },
  }
  t.after(async () => {
    await b.historian.close()
    await rm(directory, { recursive: true })
  })
  return b
}

/** Every sample of a signal. */
export const all = (historian: Historian, signal: string) => historian.samples({ signal, from: 0, to: START + 1000 * DAY, limit: 100_000 })
