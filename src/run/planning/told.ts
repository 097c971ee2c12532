import type { PlanTold } from '../../core/planning.ts'
import type { ConfigurationPlan } from './index.ts'

/** A plan as plain data: consumers by kind, id and place. */
export function toldPlan(plan: ConfigurationPlan, ok: boolean): PlanTold {
  const told = (list: ConfigurationPlan['breaks']) =>
    list.map(({ node: { kind, id, equipment }, why, detail }) => ({ kind, id, ...(equipment !== undefined && { equipment }), why, detail }))
  return {
    ...{ before: plan.before, after: plan.after, ok },
    changes: plan.changes.map(({ breaks, changes, ...change }) => ({ ...change, breaks: told(breaks), changes: told(changes) })),
    ...{ breaks: told(plan.breaks), touches: told(plan.touches), contracts: plan.contracts, people: plan.people },
    ...{ recompute: plan.recompute, load: plan.load, problems: plan.problems },
  }
}
