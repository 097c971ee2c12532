import { toRoles } from '../core/people-config.ts'
import type { Passing, PolicyDecision } from '../core/policy.ts'
import { grants, PERMISSIONS, type Permission } from '../core/roles.ts'
import type { Micros } from '../core/time.ts'
import { compilePolicy, decide, type Policy, toPolicy, whoeverItIs } from '../gateway/policy/config.ts'
import { nearest } from '../lib/suggest.ts'
import type { LoadedConnection } from './connections.ts'
import { type ConfiguredCrossing, crossingsOf, recordsOf } from './crossings.ts'
import { declaredIds, knownSignals } from './known-signals.ts'
import type { LoadedConfig } from './load.ts'
import type { Path } from './places.ts'

/** What data does over a crossing. */
export const SEND = 'send'

/** The answer to "may SUBJECT do ACTION with OBJECT", and what decides it. */
export type Explanation =
  | ({
      readonly about: 'crossing'
      readonly crossing: ConfiguredCrossing
      readonly passing: Passing | undefined
      readonly place: string
    } & PolicyDecision)
  | {
      readonly about: 'role'
      readonly role: string
      readonly permission: Permission
      readonly zone: string | undefined
      readonly permitted: boolean
      readonly path: Path
      readonly place: string
    }
  /** One of the three words means nothing here. */
  | {
      readonly about: 'nothing'
      readonly unknown: 'subject' | 'action' | 'object'
      /** What was looked for under this name. */
      readonly sought: Sought
      readonly name: string
      /** What there is of that kind; of signals, records and results only the nearest. */
      readonly known: readonly string[]
      /** What may have been meant. */
      readonly near: string | undefined
    }

/** `end`: a zone at the other end of the way; `thing`: a zone, signal, record or result. */
export type Sought = 'role' | 'way' | 'action' | 'end' | 'thing'

const nothing = (
  unknown: 'subject' | 'action' | 'object',
  sought: Sought,
  name: string,
  known: Iterable<string>,
  more: readonly string[] = [],
) => {
  const all = [...new Set(known)]
  return [{ about: 'nothing', unknown, sought, name, known: all, near: nearest(name, [...all, ...more]) } as const]
}

/**
 * `SUBJECT send OBJECT`: a connection, another node, `link-out`, `openlineage`, `syslog`, `http`, a zone or a conduit, and a signal, record or result, or a zone. `ROLE PERMISSION OBJECT`: a
 * zone, or a signal, whose zone then counts.
 */
export function explain(loaded: LoadedConfig, subject: string, action: string, object: string, time: Micros): Explanation[] {
  const { config, connections } = loaded
  const policy = compilePolicy(toPolicy(config, config.site.id))
  if (action !== SEND) return explainRole(loaded, policy, subject, action, object)
  const crossings = crossingsOf(config, connections)
  const direct = crossings.filter(({ name, part, from }) => [name, part, from].includes(subject))
  const conduit = policy.declared.conduits.find(({ name }) => name === subject)
  // A conduit stands for the ways that it is made for.
  const through = ({ from, to, transport }: ConfiguredCrossing) =>
    conduit?.from === from && conduit?.to === to && conduit?.transports.includes(transport) === true
  const named = direct.length > 0 ? direct : crossings.filter(through)
  if (named.length === 0) {
    const ways = crossings.map(({ name, part }) => (part === 'connection' ? name : part))
    const conduits = policy.declared.conduits.map(({ name }) => name)
    return nothing('subject', 'way', subject, [...policy.zones, ...ways], conduits)
  }
  const isZone = policy.zones.has(object)
  const meant = isZone ? named.filter(({ to }) => to === object) : named
  if (meant.length === 0) return nothing('object', 'end', object, new Set(named.flatMap(({ to }) => to ?? [])))
  if (!isZone && !mayBe(loaded, meant, object)) return nothingDeclared(loaded, policy, object)
  const passing = isZone ? undefined : passingOf(loaded, object)
  // An end whose address is seen only when it comes is taken for one that its conduit names.
  const open = whoeverItIs(policy)
  return meant.map((crossing) => {
    const decision = decide(crossing.isPeerOpen ? open : policy, crossing, passing, time)
    return { about: 'crossing', crossing, passing, ...decision, place: loaded.placeOf(decision.path) }
  })
}

/** A kind of records, a definition of results, or else a signal; with the site or without. */
function passingOf({ config }: LoadedConfig, object: string): Passing {
  if (Object.hasOwn(config.records, object)) return { kind: 'record', id: object }
  if (resultsOf(config).includes(object)) return { kind: 'result', id: object }
  const { id } = config.site
  return { kind: 'signal', id: object.startsWith(`${id}/`) ? object : `${id}/${object}` }
}

const nameOf = ({ config }: LoadedConfig, object: string): string =>
  object.startsWith(`${config.site.id}/`) ? object.slice(config.site.id.length + 1) : object

function isDeclared(loaded: LoadedConfig, object: string): boolean {
  const name = nameOf(loaded, object)
  return declaredPassing(loaded).some(({ id }) => id === object || nameOf(loaded, id) === name)
}

/** Whether something of this name may come over these ways: it is declared, or one of them brings names that no file knows. */
function mayBe(loaded: LoadedConfig, ways: readonly ConfiguredCrossing[], object: string): boolean {
  const own = new Map(loaded.connections.map((one) => [one.name, one]))
  const bringsOthers = ways.some(({ part, name }) => {
    const connection = part === 'connection' ? own.get(name) : undefined
    return connection === undefined ? hears(loaded) : knownSignals([connection], {}, {}).open.length > 0
  })
  return bringsOthers || isDeclared(loaded, object)
}

/** True where names come that no file here declares: of devices, of other nodes. */
const hears = ({ config, connections }: LoadedConfig): boolean =>
  config.link?.listen !== undefined || knownSignals(connections, {}, {}).open.length > 0

function nothingDeclared(loaded: LoadedConfig, policy: Policy, object: string): Explanation[] {
  const things = declaredPassing(loaded).map(({ id }) => nameOf(loaded, id))
  return nothing('object', 'thing', nameOf(loaded, object), policy.zones, things)
}

function explainRole(loaded: LoadedConfig, policy: Policy, role: string, action: string, object: string): Explanation[] {
  const roles = toRoles(loaded.config)
  const permission = PERMISSIONS.find((one) => one === action)
  if (!permission) return nothing('action', 'action', action, [SEND, ...PERMISSIONS])
  const found = roles.get(role)
  if (!found) return nothing('subject', 'role', role, roles.keys())
  if (!policy.zones.has(object) && !isDeclared(loaded, object) && !hears(loaded)) return nothingDeclared(loaded, policy, object)
  const zone = policy.zones.has(object) ? object : zoneOfSignal(loaded, object)
  const at = found.grants.findIndex((one) => grants(one, permission, zone))
  const path = ['roles', role, ...(at >= 0 ? ['grants', at] : [])]
  return [{ about: 'role', role, permission, zone, permitted: at >= 0, path, place: loaded.placeOf(path) }]
}

/** The zone of a declared signal: that of its connection; of anything else, that of the node. */
function zoneOfSignal(loaded: LoadedConfig, object: string): string | undefined {
  const id = nameOf(loaded, object)
  const connection = loaded.connections.find((one) => declaredIds(one).includes(id))
  return connection?.zone ?? loaded.config.node.zone
}

/** Everything that the file declares and that could pass: signals by their whole ids, kinds of records, definitions of results. */
export function declaredPassing({ config, connections }: LoadedConfig): Passing[] {
  const signals = connections.flatMap((one) => declaredIds(one).map((id): Passing => ({ kind: 'signal', id: `${config.site.id}/${id}` })))
  const derived = [...Object.keys(config.substitutes)].map((id): Passing => ({ kind: 'signal', id: `${config.site.id}/${id}` }))
  const results = resultsOf(config).map((id): Passing => ({ kind: 'result', id }))
  const records = [...new Set(connections.flatMap((one) => recordsOf(one).map(({ id }) => id)))].map(
    (id): Passing => ({ kind: 'record', id }),
  )
  return [...signals, ...derived, ...records, ...results]
}

/** What the file says comes by a connection; `isAll`: its device names nothing else. */
export function declaredBy(connection: LoadedConnection, site: string): { passing: Passing[]; isAll: boolean } {
  const signals = declaredIds(connection).map((id): Passing => ({ kind: 'signal', id: `${site}/${id}` }))
  return { passing: [...signals, ...recordsOf(connection)], isAll: knownSignals([connection], {}, {}).open.length === 0 }
}

/** Definitions whose results are facts. */
const resultsOf = ({ events, correlations, kpis }: LoadedConfig['config']): string[] => [
  ...events.map(({ id }) => id),
  ...Object.keys(correlations),
  ...Object.keys(kpis),
]
