import { z } from 'zod'
import type { AggregateFunction } from '../core/historian.ts'
import type { SignalDefinition } from '../core/signals.ts'
import { converter, NotConvertible, nearestUnits, readUnit, unitReader } from '../core/units/index.ts'
import { Refusal } from './problem.ts'
import type { Sample } from './schemas.ts'

/** Query parameter of every answer with values. */
export const unitQuery = z.string().max(64).optional().describe('Say values in this unit: UCUM code or alias, e.g. degF, kWh, m3/h')

/** How one signal's values are said. */
export interface Saying {
  readonly unit: string | undefined
  say(value: number): number
}
type InUnit = (signal: SignalDefinition) => Saying

/**
 * Says values in the unit asked for, or as they are stored when none is. Refuses with 400: an unknown unit, a signal without a unit or
 * with one nobody knows, and units between which nothing converts. `unit` of the answer is the one asked for, as it was written.
 */
export function inUnit(asked: string | undefined): InUnit {
  if (asked === undefined) return ({ unit }) => ({ unit, say: (value) => value })
  const wanted = readUnit(asked)
  if (!wanted) throw new Refusal(400, 'unknown-unit', `nobody knows the unit ${asked}`, near(asked))
  const read = unitReader()
  return ({ id, dataType, unit }) => {
    if (dataType !== 'number' || unit === undefined) {
      throw new Refusal(400, 'no-unit', `${id} has no unit`, 'leave `unit` out, or narrow the signals asked for to those that have one')
    }
    const stored = read(unit)
    if (!stored)
      throw new Refusal(400, 'unknown-unit', `${id} is in ${unit}, a unit nobody knows`, 'leave `unit` out to read it as it is stored')
    try {
      return { unit: asked, say: converter(stored, wanted) }
    } catch (error) {
      if (!(error instanceof NotConvertible)) throw error
      throw new Refusal(400, 'unit-not-convertible', `${id} is in ${unit}: ${error.message}`, 'leave `unit` out to read it as it is stored')
    }
  }
}

function near(text: string): string {
  const known = nearestUnits(text)
  return known.length > 0 ? `did you mean ${known.join(', ')}?` : 'units are UCUM codes: m3/h, Cel, kW.h; encode % as %25 in an address'
}

/** A sample in the unit of its signal. */
export function restated(sample: Sample, { unit, say }: Saying): Sample {
  return { ...sample, ...(unit !== undefined && { unit }), ...(typeof sample.value === 'number' && { value: say(sample.value) }) }
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
