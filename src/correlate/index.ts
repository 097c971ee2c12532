import type { Derivation } from '../core/derivation.ts'
import type { Correlation, Kpi } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { factsOf } from './facts.ts'
import { createJoin } from './join.ts'
import { createKpi } from './kpi.ts'

/**
 * Every correlation and figure of the file, ready for the engine. `context.events` names what other parts declare; the facts of correlations and figures are
 * known to each other. `equipment`: the declared paths. The file was found right by `lint` before.
 */
export function createCorrelations(
  declared: { readonly correlations: Readonly<Record<string, Correlation>>; readonly kpis: Readonly<Record<string, Kpi>> },
  context: CorrelateContext & { readonly equipment: readonly string[] },
): Derivation[] {
  const all = { ...context, events: factsOf(declared, context) }
  return [
    ...Object.entries(declared.correlations).map(([name, one]) => createJoin(name, one, all)),
    ...Object.entries(declared.kpis).map(([name, one]) => createKpi(name, one, all)),
  ]
}

export type { JoinValue } from './config.ts'
export type { CorrelateContext } from './context.ts'
export { discover } from './discover/index.ts'
export { type ResultReads, readsOfResults } from './reads.ts'
