import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { z } from 'zod'
import type { SampleBatch } from '../../core/batch.ts'
import type { SourceContext } from '../../core/connector.ts'
import { silent } from '../../core/log.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import type { Source } from '../../core/source.ts'
import { systemClock } from '../../core/time.ts'
import { type OpcuaConfig, opcuaConfig } from './config.ts'
import { type OpcuaSimulator, type SimulatorOptions, startOpcuaSimulator } from './simulator.ts'

/** What the tests of this folder share: a context in a folder of its own, a simulator, and reading until something has come. */

/** A connection's context; its folder is removed with the test. */
export async function testContext(t: TestContext): Promise<SourceContext> {
  const directory = await mkdtemp(join(tmpdir(), 'opcua-test-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return {
    connection: 'line1',
    site: 'site',
    signals: new SignalTable(),
    reasons: new ReasonSets(),
    clock: systemClock,
    log: { ...silent },
    directory,
    random: Math.random,
  }
}

/** A simulator that stops with the test. All share one key pair that stays on disk: making one costs more than most tests. */
export async function testSimulator(t: TestContext, options: SimulatorOptions): Promise<OpcuaSimulator> {
  const directory = join(tmpdir(), `opcua-test-keys-${process.getuid?.() ?? 'all'}`)
  const simulator = await startOpcuaSimulator({ directory, ...options })
  t.after(() => simulator.stop())
  return simulator
}

/** A configuration without security and with short intervals; `over` wins. */
export function testConfig(endpoint: string, signals: unknown[], over: Partial<z.input<typeof opcuaConfig>> = {}): OpcuaConfig {
  return opcuaConfig.parse({
    endpoint,
    security: { mode: 'none' },
    subscription: { publishingInterval: '20ms', samplingInterval: '10ms', keepAlive: '100ms' },
    ...over,
    signals,
  })
}

export interface SeenSample {
  readonly id: string
  readonly value: number | string | null
  readonly status: number
  readonly reasons: readonly string[]
  readonly sourceTime: number
  readonly receivedTime: number
}

/** The rows of a batch as objects. */
export function rowsOf(batch: SampleBatch, { signals, reasons, site }: SourceContext): SeenSample[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const value = batch.value[i] as number
    return {
      id: (signals.at(batch.signal[i] as number)?.id ?? '').slice(site.length + 1),
      value: batch.text?.get(i) ?? (Number.isNaN(value) ? null : value),
      status: batch.status[i] as number,
      reasons: reasons.names(batch.reasons[i] as number),
      sourceTime: batch.sourceTime[i] as number,
      receivedTime: batch.receivedTime,
    }
  })
}

/** Reads until `enough` says so of all samples seen; the test's own time-out ends what never comes. */
export async function readUntil(
  source: Source,
  context: SourceContext,
  enough: (seen: readonly SeenSample[]) => boolean,
): Promise<SeenSample[]> {
  const seen: SeenSample[] = []
  const stop = AbortSignal.timeout(10_000)
  while (!enough(seen)) {
    const { batch } = await source.read(stop)
    seen.push(...rowsOf(batch, context))
  }
  return seen
}

/** The newest sample of each signal. */
export function lastOf(seen: readonly SeenSample[]): Map<string, SeenSample> {
  return new Map(seen.map((sample) => [sample.id, sample]))
}
