import {
  type ConfiguredCrossing,
  changedWays,
  configWords,
  crossingsOf,
  declaredPassing,
  explain,
  type LoadedConfig,
  lintText,
  roleMayOf,
  testWording,
} from '../../config/index.ts'
import { toRoles } from '../../core/people-config.ts'
import {
  type CrossingView,
  conduitReason,
  type PolicyAnswer,
  type PolicyTestSays,
  type PolicyView,
  type SimulatedChange,
} from '../../core/policy.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Clock } from '../../core/time.ts'
import {
  compilePolicy,
  decide,
  type Governed,
  type Policy,
  type PolicyTest,
  roleMatrix,
  runPolicyTests,
  simulate,
  stateOf,
  toPolicy,
} from '../../gateway/policy/index.ts'
import { isLoopback } from '../../lib/network-address.ts'
import type { GateCounts } from './counts.ts'
import type { Policing } from './policing.ts'

const governedBy = ({ config }: LoadedConfig): Governed => ({ declared: toPolicy(config, config.site.id), roles: toRoles(config) })

/** What the API shows of the policy and asks of it. */
export function policyView(loaded: LoadedConfig, policing: Policing | undefined, signals: SignalTable, clock: Clock): PolicyView {
  const governed = governedBy(loaded)
  const policy = policing?.policy ?? compilePolicy(governed.declared)
  const crossings = crossingsOf(loaded.config, loaded.connections)
  return {
    declared: governed.declared,
    crossings: () => crossings.map((crossing) => crossingView(crossing, policy, loaded, policing, clock)),
    stateOf: (conduit) => ({
      place: loaded.placeOf(['conduits', conduit]),
      state: stateOf(policy, conduit, clock.now()),
      expires: policy.conduits.find((one) => one.conduit.name === conduit)?.expires ?? 0,
    }),
    tests: () => testsOf(loaded),
    rights: () => roleMatrix(governed),
    explain: (...words) => explain(loaded, ...words, clock.now()).map(toAnswer),
    simulate: (file, people) => simulated(loaded, file, { people, signals, clock }),
    againstReader: (address) => {
      if (isLoopback(address)) return undefined
      const gate = policing?.gateFor('http')
      if (!gate) return undefined
      const decision = decide(policy, { ...gate.crossing, peers: [address] }, undefined, clock.now())
      if (decision.permitted) {
        gate.passed(decision, 1)
        return undefined
      }
      gate.refuse(decision, 1)
      return conduitReason(decision.reason)
    },
    letIn: (passing, way) => {
      const gate = 'node' in way ? policing?.gateFor('link-in', way.node) : policing?.gateOf(way.connection)
      if (!gate) return undefined
      const decision = (gate.crossing.isPeerOpen ? gate.forWhoever() : gate).ask(passing)
      return { ...decision, place: loaded.placeOf(decision.path) }
    },
  }
}

function crossingView(crossing: ConfiguredCrossing, policy: Policy, loaded: LoadedConfig, policing: Policing | undefined, clock: Clock) {
  const { part, name, from, to, transport, direction, peers } = crossing
  const gate = policing?.gates.find((one) => one.crossing.part === part && one.crossing.name === name)
  const decision = gate?.whole() ?? decide(policy, crossing, undefined, clock.now())
  const conduit = gate?.conduit ?? decision.conduit
  return {
    ...{ part, name, from, to, transport, direction, decision, place: loaded.placeOf(decision.path) },
    ...(conduit !== undefined && { conduit }),
    ...(peers && { peers }),
    ...(gate && { counts: countsView(gate.counts) }),
  }
}

const countsView = ({ passed, refused, byConduit }: GateCounts): NonNullable<CrossingView['counts']> => ({
  ...{ passed, refused: { ...refused } },
  byConduit: [...byConduit].map(([conduit, counts]) => ({ conduit, passed: counts.passed, refused: { ...counts.refused } })),
})

function testsOf({ config, placeOf }: LoadedConfig): ReturnType<PolicyView['tests']> {
  return runPolicyTests(config.policyTests, toPolicy(config, config.site.id), roleMayOf(config)).map(
    ({ index, name, test, passed, findings }) => ({
      ...{ name, says: saysOf(test), passed, place: placeOf(['policyTests', index]) },
      findings: findings.map((finding) => ({
        ...{
          is: finding.is,
          place: placeOf(finding.path),
          message: { en: testWording(finding, configWords.en)[0], fr: testWording(finding, configWords.fr)[0] },
        },
      })),
    }),
  )
}

function saysOf(test: PolicyTest): PolicyTestSays {
  if ('conduit' in test) return { conduit: test.conduit, neverCarries: test.neverCarries }
  if ('role' in test) return { role: test.role, mayNot: test.mayNot, zone: test.zone }
  return { from: test.from, to: test.to }
}

function toAnswer(found: ReturnType<typeof explain>[number]): PolicyAnswer {
  if (found.about !== 'crossing')
    return { ...found, ...(found.about === 'role' && { path: found.path as (string | number)[] }) } as PolicyAnswer
  const { crossing, passing: _, ...decision } = found
  const { part, name, from, to, transport, direction } = crossing
  return { ...decision, part, name, from, to, transport, direction }
}

function simulated(
  before: LoadedConfig,
  file: string,
  {
    people,
    signals,
    clock,
  }: { readonly people: ReadonlyMap<string, readonly string[]>; readonly signals: SignalTable; readonly clock: Clock },
): SimulatedChange | undefined {
  // Only the systems that run here are loaded; a connection of another kind is a problem of the file, and the policy is read nevertheless.
  const connectors = [...new Set(before.connections.map(({ connector }) => connector))]
  const { understood, problems } = lintText(file, { connectors, env: {}, now: clock.now() })
  if (!understood) return undefined
  const live = signals.all().map(({ id }) => ({ kind: 'signal' as const, id }))
  const all = [...live, ...declaredPassing(before), ...declaredPassing(understood)]
  const passing = [...new Map(all.map((one) => [`${one.kind} ${one.id}`, one])).values()]
  const change = simulate(governedBy(before), governedBy(understood), { passing, people, time: clock.now() })
  return {
    ...change,
    ways: changedWays(before, understood, clock.now()),
    problems: problems.map(({ code, message, line }) => ({ code, message, line })),
  }
}
