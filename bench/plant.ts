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

/** Data payloads; the first follows the birth. Give each its time when it is sent: the set is sent again and again. */
export function payloads(): Buffer[] {
  const ticks = walk(SIGNALS)
  return Array.from({ length: PAYLOADS }, (_, t) => {
    const bytes = encodeAliasFloats(BEGIN_MS + t * 1000, (t + 1) % 256, Float32Array.from(ticks.next().value))
    return Buffer.from(bytes)
  })
}

/** Writes a payload's time where `encodeAliasFloats` put it: after the tag, six bytes for any millisecond until 2109. */
export function stamp(payload: Buffer, timeMs: number): Buffer {
  let rest = timeMs
  for (let at = 1; at < 6; at++) {
    payload[at] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  payload[6] = rest
  return payload
}

/** Time of the n-th payload: one a millisecond, beginning half a minute ago, so that none is late and none ahead. */
export const timeOf = (beginMs: number, n: number): number => beginMs - 30_000 + n

/**
 * What every metric declares: the limits of five rules; or of every rule that can apply to a walk, ten and more, with the memory they need. The walk
 * steps by 0.2 at most and once a millisecond: its readings are sound.
 */
const FIVE = 'range: [-1000, 1000], maxRatePerSecond: 1000, flatLine: 1h'
const ALL = `${FIVE}, instrumentRange: [-2000, 2000], resolution: 0.01, spike: { threshold: 8, minimum: 1 }, expectedPeriod: 10s, staleAfter: 1h, acceptLate: 1d, calibratedUntil: '2099-12-31'`

/** The connection's part of `ecluse.yaml`: every metric with limits, so that the rules have work to do. */
export function connectionYaml(kind: string, url: string, rules: 'five' | 'all' = 'five'): string {
  const declared = rules === 'all' ? ALL : FIVE
  const signals = Array.from({ length: SIGNALS }, (_, i) => `      - { metric: bench/plant//m${i}, id: bench/m${i}, ${declared} }`)
  return `  plant:\n    kind: ${kind}\n    url: ${url}\n    format: sparkplug\n    groups: [bench]\n    signals:\n${signals.join('\n')}\n`
}
