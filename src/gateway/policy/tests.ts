import type { DeclaredPolicy, PassingKind, Zone } from '../../core/policy.ts'
import type { Permission } from '../../core/roles.ts'
import { globsOverlap } from '../../lib/glob.ts'
import type { PolicyTest } from './config.ts'
import { GLOB_LIMITS } from './limits.ts'

/** What a role may do with what is in a zone; undefined where nobody declares such a role. */
export type RoleMay = (role: string, permission: Permission, zone: Zone) => RoleAnswer | undefined
export interface RoleAnswer {
  readonly permitted: boolean
  readonly path: readonly (string | number)[]
}

/** What a test found. `path`: what it failed on, in the configuration. */
export type TestFinding =
  /** The conduit names something that it must never carry. */
  | { readonly is: 'carries'; readonly conduit: string; readonly kind: PassingKind; readonly glob: string; readonly never: string }
  /** One gets there: by each conduit in turn, as data or by opening a connection. */
  | { readonly is: 'path'; readonly steps: readonly PathStep[] }
  | { readonly is: 'may'; readonly role: string; readonly action: string; readonly zone: string }
  /** The test speaks of something that is not declared: it tests nothing. */
  | { readonly is: 'unknown'; readonly what: 'conduit' | 'zone' | 'role'; readonly name: string }

export interface PathStep {
  readonly from: string
  readonly to: string
  readonly conduit: string
  /** `data` flows that way, or an end of it may open a `connection` to the other. */
  readonly by: 'data' | 'connection'
}

export interface TestResult {
  readonly index: number
  readonly name: string | undefined
  readonly test: PolicyTest
  readonly passed: boolean
  readonly findings: readonly (TestFinding & { readonly path: readonly (string | number)[] })[]
}

type Finding = TestResult['findings'][number]

/**
 * Runs declared tests against a declared policy. They hold for what is declared, cut or past its review or not: a conduit may be opened again. What a test
 * says of signals is decided on the patterns alone, so that it holds for signals that nobody has seen yet.
 */
export function runPolicyTests(tests: readonly PolicyTest[], policy: DeclaredPolicy, roleMay: RoleMay = () => undefined): TestResult[] {
  return tests.map((test, index) => {
    const findings = run(test, index, policy, roleMay)
    return { index, name: test.name, test, passed: findings.length === 0, findings }
  })
}

function run(test: PolicyTest, index: number, policy: DeclaredPolicy, roleMay: RoleMay): Finding[] {
  if ('conduit' in test) return neverCarries(test, index, policy)
  if ('role' in test) return mayNot(test, index, policy, roleMay)
  const [from, to] = [zonesOf(test.from, policy), zonesOf(test.to, policy)]
  const unknown = (['from', 'to'] as const).filter((end) => zonesOf(test[end], policy).length === 0)
  // A name is a mistake; that no zone has a level is no fault of the test, and nothing gets there.
  const named = unknown.flatMap((end) => (typeof test[end] === 'string' ? [{ end, name: test[end] }] : []))
  if (named.length > 0) return named.map(({ end, name }) => ({ is: 'unknown', what: 'zone', name, path: ['policyTests', index, end] }))
  const steps = pathBetween(from, to, policy)
  return steps ? [{ is: 'path', steps, path: ['conduits', steps[0]?.conduit ?? ''] }] : []
}

const LISTS = { signals: 'signal', records: 'record', results: 'result' } as const

function neverCarries(
  { conduit: name, neverCarries }: Extract<PolicyTest, { conduit: string }>,
  index: number,
  policy: DeclaredPolicy,
): Finding[] {
  const conduit = policy.conduits.find((one) => one.name === name)
  if (!conduit) return [{ is: 'unknown', what: 'conduit', name, path: ['policyTests', index, 'conduit'] }]
  return Object.entries(LISTS).flatMap(([list, kind]) =>
    conduit[list as keyof typeof LISTS].flatMap((glob, i) =>
      neverCarries
        .filter((never) => globsOverlap(glob, never, GLOB_LIMITS))
        .map((never): Finding => ({ is: 'carries', conduit: name, kind, glob, never, path: ['conduits', name, list, i] })),
    ),
  )
}

function mayNot(
  { role, mayNot: action, zone }: Extract<PolicyTest, { role: string }>,
  index: number,
  policy: DeclaredPolicy,
  roleMay: RoleMay,
): Finding[] {
  const zones = zonesOf(zone, policy)
  if (zones.length === 0 && typeof zone === 'string')
    return [{ is: 'unknown', what: 'zone', name: zone, path: ['policyTests', index, 'zone'] }]
  const answers = zones.map((one) => ({ one, answer: roleMay(role, action, one) }))
  if (answers.some(({ answer }) => answer === undefined))
    return [{ is: 'unknown', what: 'role', name: role, path: ['policyTests', index, 'role'] }]
  return answers.flatMap(({ one, answer }) =>
    answer?.permitted ? [{ is: 'may', role, action, zone: one.name, path: answer.path } satisfies Finding] : [],
  )
}

/** Zones that a test means: one by name, or those of a level or levels. */
function zonesOf(which: Extract<PolicyTest, { noPath: true }>['from'], { zones }: DeclaredPolicy): Zone[] {
  if (typeof which === 'string') return zones.filter(({ name }) => name === which)
  const [low, high] = 'levels' in which ? which.levels : [which.level, which.level]
  return zones.filter(({ level }) => level >= low && level <= high)
}

/** The shortest way from any of some zones to any of others; undefined where there is none, and for a zone to itself. */
export function pathBetween(from: readonly Zone[], to: readonly Zone[], policy: Pick<DeclaredPolicy, 'conduits'>): PathStep[] | undefined {
  const goals = new Set(to.map(({ name }) => name))
  const cameBy = new Map<string, PathStep | undefined>(from.map(({ name }) => [name, undefined]))
  const steps = policy.conduits.flatMap(stepsOf)
  for (const zone of cameBy.keys())
    for (const step of steps) {
      if (step.from !== zone || cameBy.has(step.to)) continue
      cameBy.set(step.to, step)
      if (!goals.has(step.to)) continue
      const path: PathStep[] = []
      for (let last: PathStep | undefined = step; last; last = cameBy.get(last.from)) path.unshift(last)
      return path
    }
  return undefined
}

/** Data goes from one end to the other; whoever dials opens a connection to the other end, which an attacker goes by, too. */
function stepsOf({ name, from, to, direction }: DeclaredPolicy['conduits'][number]): PathStep[] {
  const data = { from, to, conduit: name, by: 'data' as const }
  return direction === 'pull' ? [data, { from: to, to: from, conduit: name, by: 'connection' }] : [data]
}
