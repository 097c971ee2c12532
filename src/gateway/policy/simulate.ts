import type { DeclaredPolicy, Passing } from '../../core/policy.ts'
import { mayRole, PERMISSIONS, type Permission, type Roles } from '../../core/roles.ts'
import type { Micros } from '../../core/time.ts'
import { compilePolicy, decide, type Policy } from './decide.ts'
import { POLICY_LIMITS } from './limits.ts'

/** What somebody may do over a zone. `who`: a role, or a person by the roles of both files. */
export interface Right {
  readonly who: string
  readonly permission: Permission
  readonly zone: string
}

/** What a conduit lets pass. */
export interface Carried extends Passing {
  readonly conduit: string
}

/** A key of a conduit that says something else, as texts; `conduit` where there is none of that name before, or after. */
export interface ConduitChange {
  readonly conduit: string
  readonly key: string
  readonly before: string
  readonly after: string
}

export interface PolicyChange {
  readonly rights: { readonly gained: readonly Right[]; readonly lost: readonly Right[] }
  readonly carried: { readonly gained: readonly Carried[]; readonly lost: readonly Carried[] }
  /** What the conduits themselves say otherwise: it counts also for what nobody has declared yet. */
  readonly conduits: readonly ConduitChange[]
  /** Pairs that were not asked, because there are more than `POLICY_LIMITS.simulated`. */
  readonly unasked: number
}

/** A policy, and who may what under it. */
export interface Governed {
  readonly declared: DeclaredPolicy
  readonly roles: Roles
}

/** Rights over zones: every role that either knows, and everybody given with their roles. */
export function rightsUnder({ declared, roles }: Governed, people: ReadonlyMap<string, readonly string[]>): Right[] {
  const zones = declared.zones.map(({ name }) => name)
  const everybody = new Map([...[...roles.keys()].map((name) => [name, [name]] as const), ...people])
  return [...everybody].flatMap(([who, has]) =>
    PERMISSIONS.flatMap((permission) =>
      zones.filter((zone) => has.some((role) => mayRole(roles, role, permission, zone))).map((zone) => ({ who, permission, zone })),
    ),
  )
}

/** What a conduit lets pass at a time, asked the way it is made for. Whether the other end's address fits is a matter of the crossing, not asked here. */
function carrierOf(policy: Policy, name: string, time: Micros): (passing: Passing) => boolean {
  const compiled = policy.conduits.find(({ conduit }) => conduit.name === name)
  if (!compiled) return () => false
  const only: Policy = { ...policy, conduits: [{ ...compiled, peers: undefined }] }
  const { from, to, transports, direction } = compiled.conduit
  return (passing) => decide(only, { from, to, transport: transports[0] ?? '', direction }, passing, time).permitted
}

/** Before and after: all who × zones, and all that passes × conduits. */
export function simulate(
  before: Governed,
  after: Governed,
  asked: { readonly passing: readonly Passing[]; readonly people: ReadonlyMap<string, readonly string[]>; readonly time: Micros },
): PolicyChange {
  const [rightsBefore, rightsAfter] = [rightsUnder(before, asked.people), rightsUnder(after, asked.people)]
  const keyOf = ({ who, permission, zone }: Right) => JSON.stringify([who, permission, zone])
  const [had, has] = [new Set(rightsBefore.map(keyOf)), new Set(rightsAfter.map(keyOf))]
  const policies = [compilePolicy(before.declared), compilePolicy(after.declared)] as const
  const conduits = [...new Set([...before.declared.conduits, ...after.declared.conduits].map(({ name }) => name))]
  const gained: Carried[] = []
  const lost: Carried[] = []
  const most = Math.floor(POLICY_LIMITS.simulated / Math.max(1, conduits.length))
  const passing = asked.passing.slice(0, most)
  for (const conduit of conduits) {
    const [carried, carries] = policies.map((policy) => carrierOf(policy, conduit, asked.time))
    for (const one of passing) {
      const [was, is] = [carried?.(one), carries?.(one)]
      if (was !== is) (is ? gained : lost).push({ conduit, ...one })
    }
  }
  return {
    rights: { gained: rightsAfter.filter((one) => !had.has(keyOf(one))), lost: rightsBefore.filter((one) => !has.has(keyOf(one))) },
    carried: { gained, lost },
    conduits: conduitChanges(before.declared, after.declared),
    unasked: (asked.passing.length - passing.length) * conduits.length,
  }
}

/** What decides on what passes: business cases and labels are not looked at. */
const DECIDING = [
  ...['from', 'to', 'direction', 'transports', 'signals', 'records', 'results', 'namesInputs', 'peers', 'services'],
  ...['maxSamplesPerSecond', 'maxBytesPerDay', 'isCut', 'reviewBy'],
] as const

function conduitChanges(before: DeclaredPolicy, after: DeclaredPolicy): ConduitChange[] {
  const named = ({ conduits }: DeclaredPolicy) => new Map(conduits.map((one) => [one.name, one]))
  const [had, has] = [named(before), named(after)]
  return [...new Set([...had.keys(), ...has.keys()])].flatMap((conduit) => {
    const [was, is] = [had.get(conduit), has.get(conduit)]
    const way = (one: typeof was) => (one ? `${one.from} -> ${one.to}` : '')
    if (!was || !is) return [{ conduit, key: 'conduit', before: way(was), after: way(is) }]
    return DECIDING.flatMap((key) => {
      const [one, other] = [was, is].map((of) => [of[key as keyof typeof of] ?? []].flat().map(String).join(', '))
      return one === other ? [] : [{ conduit, key: key === 'isCut' ? 'cut' : key, before: one ?? '', after: other ?? '' }]
    })
  })
}

/** Zones × zones: the conduits between each two, and how they stand. */
export interface MatrixCell {
  readonly from: string
  readonly to: string
  readonly conduits: readonly { readonly name: string; readonly state: ConduitState }[]
}
export const CONDUIT_STATES = ['open', 'cut', 'expired'] as const
export type ConduitState = (typeof CONDUIT_STATES)[number]

export function stateOf({ conduits }: Policy, name: string, time: Micros): ConduitState {
  const found = conduits.find(({ conduit }) => conduit.name === name)
  if (found?.conduit.isCut) return 'cut'
  return found && time < found.expires ? 'open' : 'expired'
}

/** Pairs without a conduit are left out: nothing passes there. */
export function matrixOf(policy: Policy, time: Micros): MatrixCell[] {
  const between = Map.groupBy(policy.declared.conduits, ({ from, to }) => JSON.stringify([from, to]))
  return [...between.values()].map((group) => ({
    from: group[0]?.from ?? '',
    to: group[0]?.to ?? '',
    conduits: group.map(({ name }) => ({ name, state: stateOf(policy, name, time) })),
  }))
}

/** What each role may over each zone. */
export function roleMatrix({
  declared,
  roles,
}: Governed): { readonly role: string; readonly zone: string; readonly may: readonly Permission[] }[] {
  return [...roles.keys()].flatMap((role) =>
    declared.zones.map(({ name: zone }) => ({
      role,
      zone,
      may: PERMISSIONS.filter((permission) => mayRole(roles, role, permission, zone)),
    })),
  )
}
