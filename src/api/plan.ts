import { z } from 'zod'
import { DEPENDENCY_KINDS } from '../core/dependencies.ts'
import { type Offered, type PlannedThing, type PlanRefusalCode, PlanRefused, type PlanTold } from '../core/planning.ts'
import { API_LIMITS } from './limits.ts'
import { type Consequences, type PlanAnswer, planAnswer } from './plan-schemas.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

const { planBodyBytes, planFiles, planItems, planNames, planValue, configProblems } = API_LIMITS

/** Files that are offered as the next configuration. */
export const planBody = z.strictObject({
  files: z
    .array(z.strictObject({ name: z.string().min(1).max(256), text: z.string() }))
    .min(1)
    .max(planFiles)
    .describe('by the names that `GET /api/v1/configurations` tells'),
  whole: z.boolean().default(false).describe('these are all files; false: they take the place of those of the same names'),
  language: z.enum(['en', 'fr']).default('en').describe('of the messages of lint'),
})

/** What offered files would change of what runs, and whom they would break. */
export function planRoutes(server: Server, { view }: Resources): void {
  server.post(
    '/api/v1/plan',
    {
      bodyLimit: planBodyBytes,
      config: { permission: 'operate', scope: 'every' },
      schema: {
        summary: 'What a changed configuration would break. Nothing is carried out',
        body: planBody,
        response: { 200: planAnswer },
      },
    },
    async ({ body: { files, whole, language } }): Promise<PlanAnswer> => {
      const offered = await view.plan({ files, isWhole: whole, language }).catch(refusePlan)
      return answerOf(offered)
    },
  )
}

const STATUS: Readonly<Record<PlanRefusalCode, number>> = {
  ...{ busy: 429, 'not-kept': 404, 'bad-name': 400, 'too-long': 413, 'took-too-long': 503, failed: 500 },
}

export function refusePlan(error: unknown): never {
  if (!(error instanceof PlanRefused)) throw error
  throw Object.assign(new Refusal(STATUS[error.code], `plan-${error.code}`), { cause: error })
}

export function answerOf({ problems, plan, digest }: Offered): PlanAnswer {
  const told = plan?.problems ?? problems
  return {
    ok: plan?.ok ?? false,
    problems: told.slice(0, configProblems).map((one) => ({ ...one })),
    problemsTotal: told.length,
    ...(digest !== undefined && { digest }),
    ...(plan && { plan: planOf(plan) }),
  }
}

function planOf(plan: PlanTold): NonNullable<PlanAnswer['plan']> {
  return {
    before: plan.before,
    changes: plan.changes.slice(0, planItems).map(({ is, kind, ids, keys, cosmetic, breaks, changes }) => ({
      ...{ is, kind: kind as 'setting', ids: ids.slice(0, planNames), idsTotal: ids.length, cosmetic },
      keys: keys.slice(0, planNames).map(({ key, before, after }) => ({ key, ...said('before', before), ...said('after', after) })),
      ...{ breaks: countsOf(breaks), changes: countsOf(changes) },
    })),
    changesTotal: plan.changes.length,
    ...{ breaks: grouped(plan.breaks), touches: grouped(plan.touches) },
    contracts: plan.contracts.slice(0, planItems).map(({ id, version, otOwner, itOwner, isBroken }) => ({
      ...{ id, version, isBroken },
      ...(otOwner !== undefined && { otOwner }),
      ...(itOwner !== undefined && { itOwner }),
    })),
    people: plan.people.slice(0, planItems).map(({ name, roles, breaks, changes }) => ({
      ...{ name, roles: roles as PlanPeople['roles'], breaks: breaks.length, changes: changes.length },
    })),
    recompute: plan.recompute.slice(0, planItems).map((name) => name.slice(name.indexOf(':') + 1)),
    load: plan.load.slice(0, planItems).map(({ connection, before, after }) => ({
      connection,
      ...(before && { before: { ...before } }),
      ...(after && { after: { ...after } }),
    })) as NonNullable<PlanAnswer['plan']>['load'],
  }
}

type PlanPeople = NonNullable<PlanAnswer['plan']>['people'][number]

const said = <K extends string>(name: K, value: unknown) =>
  value === undefined ? {} : ({ [name]: JSON.stringify(value).slice(0, planValue) } as Record<K, string>)

function countsOf(things: readonly PlannedThing[]): Consequences['counts'] {
  const found = Map.groupBy(things, ({ kind }) => kind)
  return DEPENDENCY_KINDS.flatMap((kind) => (found.has(kind) ? [{ kind, count: found.get(kind)?.length ?? 0 }] : []))
}

/** By equipment, what is nowhere in particular first; things beyond the limit are counted and not named. */
function grouped(things: readonly PlannedThing[]): Consequences {
  const groups = [...Map.groupBy(things, ({ equipment }) => equipment ?? '')].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  let room: number = planItems
  return {
    ...{ total: things.length, counts: countsOf(things) },
    groups: groups.slice(0, planItems).map(([equipment, list]) => {
      const items = list.slice(0, room) as Consequences['groups'][number]['items']
      room -= items.length
      return { equipment: equipment === '' ? null : equipment, counts: countsOf(list), items }
    }),
  }
}
