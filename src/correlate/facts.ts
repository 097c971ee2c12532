import type { Variable } from '../core/expression/index.ts'
import type { Correlation, JoinValue, Kpi } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { variableOf } from './expressions.ts'
import { kpiValues } from './kpi.ts'

/** Names of all facts, those of `context.events` and what correlations and figures make, with their values: each may be an input of another. */
export function factsOf(
  { correlations, kpis }: { readonly correlations: Readonly<Record<string, Correlation>>; readonly kpis: Readonly<Record<string, Kpi>> },
  context: CorrelateContext,
): Map<string, Readonly<Record<string, Variable>>> {
  const facts = new Map(context.events)
  const all = { ...context, events: facts }
  const variables = (values: Readonly<Record<string, JoinValue>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, variableOf(value, all)]))
  for (const [name, { values }] of Object.entries(correlations)) facts.set(name, variables(values))
  for (const [name, figure] of Object.entries(kpis)) facts.set(name, variables(kpiValues(figure)))
  return facts
}
