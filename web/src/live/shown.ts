import type { Sample, Signal } from '../../../src/api/schemas.ts'

/** Values are stored in `unit` and seen in `displayUnit`. What the pages write goes through here; what they judge stays as it is stored. */

/** Digits of a double that survive a multiplication and a sum: 68 and not 68.00000000000001. */
const DIGITS = 15

type Scale = Pick<Signal, 'display'>

/** The unit people see. */
export const shownUnit = ({ display, displayUnit, unit }: Signal): string | undefined => (display ? displayUnit : unit)

/** A stored number as people see it. */
export const shownNumber = ({ display }: Scale, value: number): number =>
  display ? Number((value * display.factor + display.offset).toPrecision(DIGITS)) : value

/** The distance between two stored numbers as people see it: without the offset between the scales. */
export const shownStep = ({ display }: Scale, step: number): number =>
  display ? Number((step * display.factor).toPrecision(DIGITS)) : step

export const shownValue = (scale: Scale, value: Sample['value']): Sample['value'] =>
  typeof value === 'number' ? shownNumber(scale, value) : value

/** Limits as people see them. */
export const shownRange = (signal: Signal): [number, number] | undefined =>
  signal.range && [shownNumber(signal, signal.range[0]), shownNumber(signal, signal.range[1])]
