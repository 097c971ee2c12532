import { binary, divide, equal, nearestDouble, subtract } from '../../lib/rational.ts'
import type { Unit } from './unit.ts'

/** Two units between which no factor exists; `why` is for programs, the message for people. */
export class NotConvertible extends Error {
  override name = 'NotConvertible'
  readonly why: 'dimension' | 'gauge' | 'reference-state' | 'power-kind'
  constructor(why: NotConvertible['why'], message: string) {
    super(message)
    this.why = why
  }
}

/** True when both measure the same quantity, relative to the same reference: a value in one can be said in the other. */
export function sameDimension(a: Unit, b: Unit): boolean {
  return a.dimension === b.dimension && a.kind === b.kind
}

/** True when a number means the same in both, however they are written: `°C` and `Cel`, `kWh` and `kW.h`. */
export function sameUnit(a: Unit, b: Unit): boolean {
  return sameDimension(a, b) && equal(a.scale, b.scale) && equal(a.offset, b.offset)
}

/** The value in another unit: the double nearest to the exact result of the units' definitions. Throws NotConvertible. */
export function convert(value: number, from: Unit, to: Unit): number {
  return converter(from, to)(value)
}

/** The same for many values. */
export function converter(from: Unit, to: Unit): (value: number) => number {
  const refusal = whyNot(from, to)
  if (refusal) throw refusal
  if (sameUnit(from, to)) return (value) => value
  const scale = divide(from.scale, to.scale)
  const shift = divide(subtract(from.offset, to.offset), to.scale)
  const n = scale.n * shift.d
  const constant = shift.n * scale.d
  const d = scale.d * shift.d
  const factor = Number(scale.n)
  const divisor = Number(scale.d)
  // One operation of IEEE 754 on exact operands is rounded correctly by itself.
  const oneStep = constant === 0n && Number.isSafeInteger(factor) && Number.isSafeInteger(divisor)
  const scratch = new DataView(new ArrayBuffer(8))
  return (value) => {
    if (!Number.isFinite(value)) return value
    if (oneStep && divisor === 1) return value * factor
    if (oneStep && (factor === 1 || Number.isSafeInteger(value * factor))) {
      if (factor === 1 || Number.isSafeInteger(value)) return (value * factor) / divisor
    }
    const { m, e } = binary(value, scratch)
    return e >= 0 ? nearestDouble((m << BigInt(e)) * n + constant, d) : nearestDouble(m * n + (constant << BigInt(-e)), d << BigInt(-e))
  }
}

/** Doubles for those who convert by themselves: value × factor + offset. Undefined where no factor exists. */
export function linear(from: Unit, to: Unit): { factor: number; offset: number } | undefined {
  if (whyNot(from, to)) return undefined
  const factor = divide(from.scale, to.scale)
  const offset = divide(subtract(from.offset, to.offset), to.scale)
  return { factor: nearestDouble(factor.n, factor.d), offset: nearestDouble(offset.n, offset.d) }
}

/** Why no factor exists between two units; undefined when one does. */
export function whyNot(from: Unit, to: Unit): NotConvertible | undefined {
  if (from.dimension !== to.dimension) {
    return new NotConvertible('dimension', `${from.code} and ${to.code} do not measure the same thing`)
  }
  if (from.kind === to.kind) return undefined
  const kinds = [from.kind, to.kind]
  if (kinds.includes('gauge')) {
    return new NotConvertible(
      'gauge',
      `${from.code} to ${to.code}: a gauge pressure is over the pressure of the air, which is not known here`,
    )
  }
  if (kinds.includes('normal') || kinds.includes('standard')) {
    const message = `${from.code} to ${to.code}: a volume at normal or standard conditions is another at the gas's own pressure and temperature, which are not known here`
    return new NotConvertible('reference-state', message)
  }
  return new NotConvertible(
    'power-kind',
    `${from.code} to ${to.code}: active, reactive and apparent power differ by a power factor, which is not known here`,
  )
}
