import type { Fact } from '../../core/facts.ts'
import {
  type Conduit,
  type Crossing,
  type DeclaredPolicy,
  type Passing,
  type PassingKind,
  PERMITTING,
  type PolicyDecision,
  type PolicyReason,
} from '../../core/policy.ts'
import type { Micros } from '../../core/time.ts'
import { compileGlob, type Glob, GlobError } from '../../lib/glob.ts'
import { GLOB_LIMITS } from './limits.ts'
import { compilePeers, type PeerMatch } from './peers.ts'

/** A declared policy, ready to be asked. Data only: it remembers nothing that it was asked. */
export interface Policy {
  readonly declared: DeclaredPolicy
  readonly zones: ReadonlySet<string>
  readonly conduits: readonly Compiled[]
}

interface Compiled {
  readonly conduit: Conduit
  readonly peers: PeerMatch | undefined
  readonly named: Readonly<Record<PassingKind, readonly Glob[]>>
  /** Exclusive. */
  readonly expires: Micros
}

/** Which list of a conduit names what. */
const LIST: Readonly<Record<PassingKind, 'signals' | 'records' | 'results'>> = { signal: 'signals', record: 'records', result: 'results' }
const DAY_MS = 86_400_000

/** Throws GlobError or RangeError for patterns and networks that cannot be read; `lint` finds them first. */
export function compilePolicy(declared: DeclaredPolicy): Policy {
  const globs = (list: readonly string[]) => list.map((glob) => compileGlob(glob, GLOB_LIMITS))
  return {
    declared,
    zones: new Set(declared.zones.map(({ name }) => name)),
    conduits: declared.conduits.map((conduit) => ({
      conduit,
      peers: compilePeers(conduit.peers),
      named: { signal: globs(conduit.signals), record: globs(conduit.records), result: globs(conduit.results) },
      expires: expiryOf(conduit),
    })),
  }
}

/** The same where it is not known yet who is at the other end, or it has no address: what is said of addresses is not asked. */
export const whoeverItIs = (policy: Policy): Policy => ({
  ...policy,
  conduits: policy.conduits.map((one) => ({ ...one, peers: undefined })),
})

/** The end of the last day on which the conduit's decision holds, UTC. */
export const expiryOf = ({ reviewBy }: Pick<Conduit, 'reviewBy'>): Micros => (Date.parse(`${reviewBy}T00:00:00Z`) + DAY_MS) * 1000

/** How far each check lies on the way: of several conduits, the one that came furthest says why nothing passes. */
const ORDER: readonly PolicyReason[] = ['no-conduit', 'transport', 'direction', 'peer', 'not-named', 'cut', 'expired', 'conduit']

/**
 * Whether something may cross, and what decides it. Without `passing`: whether the way may be open at all. Where a conduit limits the addresses of the other end
 * and the crossing has none, it does not fit. What is not declared is never permitted; without conduits nothing crosses.
 */
export function decide(policy: Policy, crossing: Crossing, passing: Passing | undefined, time: Micros): PolicyDecision {
  const { zones, declared } = policy
  const { from, to } = crossing
  if (zones.size === 0) return { permitted: true, reason: 'no-zones', path: ['zones'] }
  if (from === undefined || to === undefined || !zones.has(from) || !zones.has(to))
    return { permitted: false, reason: 'no-zone', path: ['zones'] }
  if (from === to) return { permitted: true, reason: 'same-zone', path: ['zones', from] }
  let nearest: PolicyDecision = { permitted: false, reason: 'no-conduit', path: ['conduits'] }
  for (const compiled of policy.conduits) {
    if (compiled.conduit.from !== from || compiled.conduit.to !== to) continue
    const answer = askOne(compiled, crossing, passing, declared.site, time)
    if (answer.permitted) return answer
    if (ORDER.indexOf(answer.reason) > ORDER.indexOf(nearest.reason)) nearest = answer
  }
  return nearest
}

/**
 * The same for a result, which says what it was computed from: it may pass only where that may, or where its conduit lets results name it. The record of a result is chained like
 * any other, so that no name can be taken out of it on the way.
 */
export function decideResult(policy: Policy, crossing: Crossing, result: string, inputs: readonly Passing[], time: Micros): PolicyDecision {
  const decision = decide(policy, crossing, { kind: 'result', id: result }, time)
  const { conduit } = decision
  if (decision.reason !== 'conduit' || conduit === undefined) return decision
  if (policy.declared.conduits.find(({ name }) => name === conduit)?.namesInputs) return decision
  if (inputs.every((input) => decide(policy, crossing, input, time).permitted)) return decision
  return { permitted: false, reason: 'input-not-named', conduit, path: ['conduits', conduit] }
}

/** What a result says it was computed from, as it is asked about. */
export const inputsOf = ({ inputs }: Pick<Fact, 'inputs'>): Passing[] =>
  inputs.map((input) =>
    'signal' in input
      ? { kind: 'signal', id: input.signal }
      : 'record' in input
        ? { kind: 'record', id: input.record }
        : { kind: 'result', id: input.fact },
  )

function askOne(
  { conduit, peers, named, expires }: Compiled,
  crossing: Crossing,
  passing: Passing | undefined,
  site: string,
  time: Micros,
): PolicyDecision {
  const { name } = conduit
  const answer = (reason: PolicyReason, ...path: (string | number)[]): PolicyDecision => ({
    ...{ permitted: isPermitting(reason), reason, conduit: name, path: ['conduits', name, ...path] },
    ...(isPermitting(reason) && { until: expires }),
  })
  if (!conduit.transports.includes(crossing.transport)) return answer('transport', 'transports')
  if (conduit.direction !== crossing.direction) return answer('direction', 'direction')
  // Any of several addresses may answer, so that all of them have to be permitted.
  if (peers && !(crossing.peers?.length && crossing.peers.every(peers))) return answer('peer', 'peers')
  const place = passing && named[passing.kind].findIndex((glob) => glob(underSite(passing, site)))
  if (place === -1) return answer('not-named', LIST[(passing as Passing).kind])
  if (conduit.isCut) return answer('cut', 'cut')
  if (time >= expires) return answer('expired', 'reviewBy')
  return passing && place !== undefined ? answer('conduit', LIST[passing.kind], place) : answer('conduit')
}

const isPermitting = (reason: PolicyReason): boolean => (PERMITTING as readonly string[]).includes(reason)

const underSite = ({ kind, id }: Passing, site: string): string =>
  kind === 'signal' && id.startsWith(`${site}/`) ? id.slice(site.length + 1) : id

export function isPolicyGlob(glob: string): boolean {
  try {
    compileGlob(glob, GLOB_LIMITS)
    return true
  } catch (error) {
    if (error instanceof GlobError) return false
    throw error
  }
}
