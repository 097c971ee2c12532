import { BatchBuilder } from '../../../core/batch.ts'
import type { SourceContext } from '../../../core/connector.ts'
import type { SourceCounters } from '../../../core/source.ts'
import { type SparkplugConfig, sparkplugConfig } from '../config.ts'
import { contextFor, type Seen, seen } from '../context.fixture.ts'
import { encodePayload, type OutMetric } from './encode.ts'
import { SparkplugHost } from './host.ts'
import { SparkplugType, type SparkplugTypeName } from './types.ts'

/** Monday 2 March 2026, 08:00 UTC. */
export const NOON_MS = Date.UTC(2026, 2, 2, 8)

export interface TestHost {
  readonly host: SparkplugHost
  readonly context: SourceContext
  readonly counters: SourceCounters
  /** Topics of the commands sent. */
  readonly sent: string[]
  /** Sends one message to the host; what came of it. */
  send(topic: string, payload: Uint8Array): Seen[]
  /** Moves the clock and lets the host do what is due. */
  pass(ms: number): Seen[]
}

/** A host on a clock that only `pass` moves. */
export function testHost(config: Partial<SparkplugConfig> = {}, known?: SourceContext): TestHost {
  let elapsedMs = 0
  const clock = { now: () => (NOON_MS + elapsedMs) * 1000, monotonicMs: () => elapsedMs, sleep: async () => {} }
  const context = contextFor({ ...known, clock })
  const counters: SourceCounters = { dropped: {} }
  const sent: string[] = []
  const host = new SparkplugHost({
    config: { ...sparkplugConfig.parse({ url: 'mqtt://127.0.0.1', format: 'sparkplug' }), ...config },
    context,
    counters,
    publish: (topic) => sent.push(topic),
  })
  const with_ = (work: (into: BatchBuilder) => void): Seen[] => {
    const into = new BatchBuilder()
    work(into)
    return seen(into.build(clock.now()), context)
  }
  return {
    host,
    context,
    counters,
    sent,
    send: (topic, payload) => with_((into) => host.handle(topic, payload, into, clock.now())),
    pass(ms) {
      elapsedMs += ms
      return with_((into) => host.tick(elapsedMs, into, clock.now()))
    },
  }
}

export function nbirth(metrics: readonly OutMetric[], { bdSeq = 1, seq = 0 } = {}): Buffer {
  return encodePayload({ timeMs: NOON_MS, seq, metrics: [{ name: 'bdSeq', type: SparkplugType.Int64, value: bdSeq }, ...metrics] })
}

export function data(seq: number, metrics: readonly OutMetric[]): Buffer {
  return encodePayload({ timeMs: NOON_MS + 1000, seq, metrics })
}

export function ndeath(bdSeq: number): Buffer {
  return encodePayload({ timeMs: NOON_MS, metrics: [{ name: 'bdSeq', type: SparkplugType.Int64, value: bdSeq }] })
}

export function metric(
  name: string,
  alias: number,
  type: SparkplugTypeName,
  value: OutMetric['value'],
  more: Partial<OutMetric> = {},
): OutMetric {
  return { name, alias, type: SparkplugType[type], value: value ?? null, ...more }
}
