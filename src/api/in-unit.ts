import { z } from 'zod'
import type { AggregateFunction } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { converter, linear, NotConvertible, nearestUnits, readUnit, type Unit, unitReader } from '../core/units/index.ts'
import { Refusal } from './problem.ts'
import type { Sample, Trend } from './schemas.ts'

/** Query parameter of every answer with values. */
export const unitQuery = z
  .string()
  .max(64)
  .optional()
  .describe(
    'Say values in this unit: UCUM code or alias, e.g. degF, kWh, m3/h; or `display`, each signal in its `displayUnit` where it has one',
  )

/** The word that asks for what people see. */
const DISPLAY = 'display'

/** How one signal's values are said. */
export interface Saying {
  readonly unit: string | undefined
  say(value: number): number
  /** The distance between two values: without the offset between two scales. */
  sayDifference(value: number): number
}
type InUnit = (signal: SignalDefinition) => Saying

const same = (value: number): number => value

/** As it is stored. */
const asStored = ({ unit }: SignalDefinition): Saying => ({ unit, say: same, sayDifference: same })

/**
 * Says values in the unit asked for, or as they are stored when none is. Refuses with 400: an unknown unit, a signal without a unit or
 * with one nobody knows, and units between which nothing converts. `unit` of the answer is the one asked for, as it was written. With
 * `display` each signal is said in its `displayUnit`, and as it is stored where it has none.
 */
export function inUnit(asked: string | undefined): InUnit {
  if (asked === undefined) return asStored
  const read = unitReader()
  if (asked === DISPLAY) return (signal) => shown(signal, read) ?? asStored(signal)
  const wanted = readUnit(asked)
  if (!wanted) throw new Refusal(400, 'unknown-unit', asked, nearestUnits(asked))
  return ({ id, dataType, unit }) => {
    if (dataType !== 'number' || unit === undefined) {
      throw new Refusal(400, 'no-unit', id)
    }
    const stored = read(unit)
    if (!stored) throw new Refusal(400, 'unknown-unit/stored', id, unit)
    try {
      return between(stored, wanted, asked)
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error
      throw new Refusal(400, 'unit-not-convertible', id, stored.code, wanted.code, error.why)
    }
  }
}

function between(stored: Unit, wanted: Unit, unit: string): Saying {
  const step = (of: Unit): Unit => ({ ...of, offset: { n: 0n, d: 1n } })
  return { unit, say: converter(stored, wanted), sayDifference: converter(step(stored), step(wanted)) }
}

/** Stored and display unit of a signal that has both, and whose values can be said in the second (lint refuses the others). */
function pair({ dataType, unit, displayUnit }: SignalDefinition, read: (text: string) => Unit | undefined): [Unit, Unit] | undefined {
  if (dataType !== 'number' || unit === undefined || displayUnit === undefined) return undefined
  const units = [read(unit), read(displayUnit)] as const
  return units[0] && units[1] && linear(units[0], units[1]) ? [units[0], units[1]] : undefined
}

function shown(signal: SignalDefinition, read: (text: string) => Unit | undefined): Saying | undefined {
  const units = pair(signal, read)
  return units && between(units[0], units[1], signal.displayUnit as string)
}

/** How pages turn stored values into what people see: `value × factor + offset`. Undefined where they are shown as stored. */
export function displayOf(): (signal: SignalDefinition) => { factor: number; offset: number } | undefined {
  const read = unitReader()
  return (signal) => {
    const units = pair(signal, read)
    return units && linear(units[0], units[1])
  }
}

/** The same for signals that come again and again, as in a stream; a signal nothing converts is said as it is stored. */
export function sayingOnce(asked: string | undefined): InUnit {
  const saying = inUnit(asked)
  const known = new WeakMap<SignalDefinition, Saying>()
  return (signal) => {
    let found = known.get(signal)
    if (!found) {
      try {
        found = saying(signal)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        found = asStored(signal)
      }
      known.set(signal, found)
    }
    return found
  }
}

/** A sample in the unit of its signal. */
export function restated(sample: Sample, { unit, say }: Saying): Sample {
  if (say === same && unit === sample.unit) return sample
  return { ...sample, ...(unit !== undefined && { unit }), ...(typeof sample.value === 'number' && { value: say(sample.value) }) }
}

/** The columns of a trend in the unit of its signal. */
export function restatedColumns<T extends Pick<Trend, 'value' | 'minimum' | 'maximum'>>(columns: T, { say }: Saying): T {
  const all = (column: (number | null)[]) => column.map((value) => (value === null ? null : say(value)))
  const { value, minimum, maximum } = columns
  return { ...columns, value: all(value), ...(minimum && { minimum: all(minimum) }), ...(maximum && { maximum: all(maximum) }) }
}

/** What each statistic is said in: the signal's unit, or none. */
const IN_UNIT: Readonly<Record<AggregateFunction, boolean>> = {
  ...{ average: true, minimum: true, maximum: true, first: true, last: true },
  ...{ count: false, percentGood: false, worstStatus: false },
}

/** Statistics in the unit of their signal; a mean converts like a value, offsets included, since both are linear. */
export function restatedValues<T extends Partial<Record<AggregateFunction, number | null>>>(values: T, { say }: Saying): T {
  const entries = Object.entries(values) as [AggregateFunction, number | null][]
  return Object.fromEntries(entries.map(([name, value]) => [name, IN_UNIT[name] && value !== null ? say(value) : value])) as T
}
