import { converter, readUnit, whyNot } from '../core/units/index.ts'
import type { CorrelateContext } from './context.ts'

/** The unit of a signal that stands in the file as a whole id; undefined where nobody knows it. */
export const wholeUnit = (signal: string, { site, definitionOf }: Pick<CorrelateContext, 'site' | 'definitionOf'>): string | undefined =>
  signal.startsWith('./') ? undefined : definitionOf?.(`${site}/${signal}`)?.unit

/** How values of one unit become values of another; undefined where the two do not measure the same, or the first is not known. What has no unit may be a plain number. */
export function conversion(from: string | undefined, to: string): ((value: number) => number) | undefined {
  if (from === to || (from === undefined && to === '1')) return (value) => value
  const [a, b] = [from === undefined ? undefined : readUnit(from), readUnit(to)]
  return !a || !b || whyNot(a, b) ? undefined : converter(a, b)
}

/** Into the declared unit; undefined where the two do not measure the same. */
export function inUnit(
  value: number | null,
  from: string | undefined,
  to: string | undefined,
): { readonly value: number | null; readonly unit: string | undefined } | undefined {
  if (to === undefined || value === null) return { value, unit: to ?? from }
  const convert = conversion(from, to)
  return convert && { value: convert(value), unit: to }
}
