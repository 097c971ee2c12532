import { fallOf } from '../core/counter.ts'
import type { Derivation } from '../core/derivation.ts'
import type { FactValue } from '../core/facts.ts'
import { Status } from '../core/status.ts'
import type { EventFrame } from './config.ts'
import { versionOf } from './derivation-parts.ts'
import { frameDerivation } from './frame-derivation.ts'
import type { FrameRules, Judged } from './frames.ts'
import { compiled, type Input, inputsAt, signalsOf, toleranceOf } from './inputs.ts'
import { type Known, places } from './places.ts'
import { type Stretch, truthOf } from './timeline.ts'

/** Events that begin and end by conditions over signals. */
export function events(declared: EventFrame, site: string, known: Known): Derivation {
  const attributes = Object.entries(declared.attributes)
  const relative = [...new Set([...signalsOf(declared.inputs), ...attributes.map(([, { signal }]) => signal)])]
  const where = places(site, declared.for, relative, known)
  const severity = declared.severity
  const fixed: Record<string, FactValue> =
    severity === undefined ? {} : { severity: { value: severity, status: Status.Good, coverage: null } }
  return frameDerivation({
    ...{ name: declared.id, version: versionOf(declared), site, known, where, relative, rules: rulesOf(declared) },
    inputs: (place) => inputsAt(place, declared.inputs, declared.tolerance, where, known),
    attributes: (place) =>
      attributes.map(([attribute, { signal, function: name, tolerance }]) => {
        const whole = where.id(place, signal)
        const toleranceUs = toleranceOf(tolerance ?? declared.tolerance, whole, known)
        const fall = fallOf(known.signal(whole))
        return { attribute, signal: whole, name, toleranceUs, fall, stepped: true, minimumCoverage: 100 }
      }),
    judge: (inputs) => judging(declared, inputs),
    values: () => fixed,
  })
}

function rulesOf({ minimum = 0, mergeGap = 0, maximum }: EventFrame): FrameRules {
  return { minimumUs: Math.round(minimum * 1000), mergeGapUs: Math.round(mergeGap * 1000), maximumUs: Math.round(maximum * 1000) }
}

function judging(declared: EventFrame, inputs: readonly Input[]): (stretches: readonly Stretch[]) => Judged[] {
  const result = { type: 'boolean' } as const
  const begin = compiled(declared.start, inputs, result)
  const over = declared.end === undefined ? undefined : compiled(declared.end, inputs, result)
  return (stretches) =>
    stretches.map(({ start, end, values, worst, isSampled }) => {
      const begins = truthOf(begin, values)
      const ends = over ? truthOf(over, values) : begins === undefined ? undefined : !begins
      return { start, end, begins, ends, worst, isSampled }
    })
}
