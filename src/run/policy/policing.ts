import { type ConfiguredCrossing, crossingsOf, declaredBy, type LoadedConfig, type LoadedConnection } from '../../config/index.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { compilePolicy, type Policy, toPolicy } from '../../gateway/policy/index.ts'
import { PassingClasses } from './classes.ts'
import { Gate } from './gate.ts'
import { RateBudget } from './rate.ts'

/** The policy of a running node, and a gate for each way across zones that its configuration has. */
export interface Policing {
  readonly policy: Policy
  /** Undefined where both ends are in one zone: nothing is asked then. */
  gateOf(connection: string): Gate | undefined
  /** Of the way to another node, or of the other ways out; undefined where there is none or both ends are in one zone. */
  gateFor(part: ConfiguredCrossing['part'], name?: string): Gate | undefined
  rateOf(conduit: string): RateBudget | undefined
  /** Where this node sends its own log on: what must not share a record of it. */
  readonly classes: PassingClasses | undefined
  readonly gates: readonly Gate[]
  now(): Micros
  /** Whole id of a signal of this node. */
  idOf(index: number): string | undefined
}

/** Undefined where no zones are declared: then nothing is asked anywhere. */
export function policingOf({ config, connections }: LoadedConfig, signals: SignalTable, clock: Clock): Policing | undefined {
  if (Object.keys(config.zones).length === 0) return undefined
  const policy = compilePolicy(toPolicy(config, config.site.id))
  const rates = new Map(
    policy.declared.conduits.flatMap(({ name, maxSamplesPerSecond }) =>
      maxSamplesPerSecond === undefined ? [] : [[name, new RateBudget(maxSamplesPerSecond, clock.monotonicMs())] as const],
    ),
  )
  const rateOf = (conduit: string) => rates.get(conduit)
  const idOf = (index: number) => signals.at(index)?.id
  const declared = new Map(connections.map((connection) => [connection.name, declaredBy(connection, config.site.id)]))
  const ofConnection = ({ part, name }: ConfiguredCrossing) => (part === 'connection' ? declared.get(name) : undefined)
  const gates = crossingsOf(config, connections)
    .filter(({ from, to }) => from === undefined || from !== to)
    .map((crossing) => new Gate({ policy, crossing, clock, idOf, rateOf, declared: ofConnection(crossing) }))
  const gateFor: Policing['gateFor'] = (part, name) =>
    gates.find(({ crossing }) => crossing.part === part && (name === undefined || crossing.name === name))
  const classes = config.node.role === 'edge' ? new PassingClasses(policy, idOf) : undefined
  return {
    policy,
    gates,
    rateOf,
    classes,
    now: () => clock.now(),
    idOf,
    gateFor,
    gateOf: (connection) => gateFor('connection', connection),
  }
}

/** The zone of what comes by a connection; what the node makes itself is in its own. */
export function zoneOfConnections({ config, connections }: LoadedConfig): (connection: string) => string | undefined {
  if (Object.keys(config.zones).length === 0) return () => undefined
  const zones = new Map(connections.map(({ name, zone }: LoadedConnection) => [name, zone ?? config.node.zone]))
  return (connection) => (zones.has(connection) ? zones.get(connection) : config.node.zone)
}
