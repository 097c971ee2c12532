import type { FunctionName } from './index.ts'

/** The unit (UCUM) of what a function makes of values in `unit`; undefined where that is not known. */
export function resultUnit(name: FunctionName, unit: string | undefined): string | undefined {
  if (name === 'Count' || name === 'NumberOfTransitions' || name.startsWith('WorstQuality')) return '1'
  if (name.startsWith('Duration')) return 'ms'
  if (name.startsWith('Percent')) return '%'
  if (unit === undefined) return undefined
  if (name === 'Total' || name === 'Total2') return `(${unit}).s`
  return name.startsWith('Variance') ? `(${unit}).(${unit})` : unit
}
