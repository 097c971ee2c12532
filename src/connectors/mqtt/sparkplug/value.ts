import { formatTime } from '../../../core/time.ts'
import { Field, type Metric } from './metric.ts'
import { Kind } from './types.ts'
import { utf8, type WireReader } from './wire.ts'

const SAFE_HI = 0x20_0000

/** The number a metric carries for a kind of integer or real; undefined when its field does not fit, or when it is beyond 2^53. */
export function plainNumber(metric: Metric, kind: number): number | undefined {
  const { wire } = metric
  if (kind === Kind.Real) return wire === Field.float || wire === Field.double ? metric.number : undefined
  if (kind === Kind.Boolean) return wire === Field.boolean ? metric.number : undefined
  if (wire === Field.int) {
    switch (kind) {
      // Negative numbers come in two's complement of 32 bits; some encoders keep to the type's own width.
      case Kind.Signed8:
        return (metric.number << 24) >> 24
      case Kind.Signed16:
        return (metric.number << 16) >> 16
      case Kind.Signed32:
        return metric.number | 0
      case Kind.Signed64:
      case Kind.Unsigned:
        return metric.number
    }
    return undefined
  }
  if (wire !== Field.long) return undefined
  if (kind === Kind.Unsigned) return metric.hi < SAFE_HI ? metric.hi * 2 ** 32 + metric.lo : undefined
  if (kind < Kind.Signed8 || kind > Kind.Signed64) return undefined
  const hi = metric.hi | 0
  return hi < SAFE_HI && hi > -SAFE_HI ? hi * 2 ** 32 + metric.lo : undefined
}

/** The value as `admit` wants it: number, bigint, boolean, text; undefined when the field does not fit the type. */
export function anyValue(reader: WireReader, metric: Metric, kind: number): unknown {
  if (kind === Kind.Text) return metric.wire === Field.string ? utf8(reader.bytes, metric.from, metric.until) : undefined
  if (kind === Kind.Time) return metric.wire === Field.long ? formatTime((metric.hi * 2 ** 32 + metric.lo) * 1000) : undefined
  const number = plainNumber(metric, kind)
  if (number !== undefined) return kind === Kind.Boolean ? number === 1 : number
  if (metric.wire !== Field.long || kind === Kind.Real || kind === Kind.Boolean) return undefined
  const bits = (BigInt(metric.hi) << 32n) | BigInt(metric.lo)
  return kind === Kind.Unsigned ? bits : BigInt.asIntN(64, bits)
}
