import { encodeAliasFloats, encodePayload } from '../src/connectors/mqtt/sparkplug/encode.ts'
import { SparkplugType } from '../src/connectors/mqtt/sparkplug/types.ts'
import { BEGIN_MS, walk } from './data.ts'

/** One Sparkplug edge node `bench/plant` with so many metrics, all of them in every payload. */
export const TOPIC = 'spBv1.0/bench'
export const SIGNALS = 1_000
/** A multiple of 256, so that the set can be sent again and again with its sequence numbers intact. */
export const PAYLOADS = 2_048

export function birth(): Buffer {
  const metrics = Array.from({ length: SIGNALS }, (_, alias) => ({ name: `m${alias}`, alias, type: SparkplugType.Float, value: 50 }))
  const bdSeq = { name: 'bdSeq', type: SparkplugType.UInt64, value: 0 }
  return encodePayload({ timeMs: BEGIN_MS, seq: 0, metrics: [bdSeq, ...metrics] })
}

/** Data payloads of a minute and more, one tick per second; the first follows the birth. */
export function payloads(): Buffer[] {
  const ticks = walk(SIGNALS)
  return Array.from({ length: PAYLOADS }, (_, t) => {
    const bytes = encodeAliasFloats(BEGIN_MS + t * 1000, (t + 1) % 256, Float32Array.from(ticks.next().value))
    return Buffer.from(bytes)
  })
}

/** The connection's part of `ecluse.yaml`: every metric with limits, so that all five rules have work to do. */
export function connectionYaml(kind: string, url: string): string {
  const signals = Array.from(
    { length: SIGNALS },
    (_, i) => `      - { metric: bench/plant//m${i}, id: bench/m${i}, range: [-1000, 1000], maxRatePerSecond: 5, flatLine: 1h }`,
  )
  return `  plant:\n    kind: ${kind}\n    url: ${url}\n    format: sparkplug\n    groups: [bench]\n    signals:\n${signals.join('\n')}\n`
}
