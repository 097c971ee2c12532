import type { CorrelateContext } from './context.ts'

/** The unit of a signal that stands in the file as a whole id; undefined where nobody knows it. */
export const wholeUnit = (signal: string, { site, definitionOf }: Pick<CorrelateContext, 'site' | 'definitionOf'>): string | undefined =>
  signal.startsWith('./') ? undefined : definitionOf?.(`${site}/${signal}`)?.unit
