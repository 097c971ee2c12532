import type { Contract } from '../../core/contracts.ts'
import type { DependencyGraph, DependencyKind, DependencyNode } from '../../core/dependencies.ts'
import { type EquipmentConfig, placesOf } from '../../core/equipment.ts'
import type { RecordKind } from '../../core/it-records.ts'
import type { Label } from '../../core/signals.ts'
import { compileGlob, GlobError } from '../../lib/glob.ts'
import { type GraphBuilder, graphBuilder } from './graph.ts'

/** What the parts say that they read and make: everything a graph is built from. Ids of signals are whole. */
export interface Declarations {
  readonly site: string
  readonly equipment: EquipmentConfig
  readonly connections: readonly { readonly name: string; readonly label?: Label | undefined; readonly records: readonly string[] }[]
  readonly signals: readonly DeclaredSignal[]
  readonly models: Readonly<
    Record<string, { readonly label?: unknown; readonly author?: string | undefined; readonly unit?: string | undefined }>
  >
  readonly kinds: readonly RecordKind[]
  readonly computed: readonly Computed[]
  readonly results: readonly Result[]
  /** Signals that must agree (`peers`), or of which one stands in for another. */
  readonly peers: readonly { readonly name: string; readonly members: readonly string[]; readonly author?: string | undefined }[]
  readonly substitutes: readonly { readonly id: string; readonly of: string; readonly author?: string | undefined }[]
  /** Globs over whole ids. */
  readonly maintenance: readonly { readonly name: string; readonly signals: string; readonly author?: string | undefined }[]
  readonly contracts: readonly Contract[]
  readonly deliveries: readonly { readonly name: string; readonly why: 'stored' | 'sent' }[]
}

export interface DeclaredSignal {
  readonly id: string
  readonly connection?: string | undefined
  readonly unit?: string | undefined
  readonly model?: string | undefined
  readonly author?: string | undefined
  readonly label?: Label | undefined
}

/** One declaration of `derive`, `windows`, `states` or `events`, with what it reads and makes at each place. */
export interface Computed {
  readonly kind: 'derive' | 'window' | 'state' | 'event'
  /** With the glob of its places before it, where it has one. */
  readonly id: string
  readonly label?: Label | undefined
  readonly author?: string | undefined
  readonly unit?: string | undefined
  /** Names of an event's values. */
  readonly values: readonly string[]
  readonly at: readonly {
    readonly makes: { readonly id: string; readonly unit?: string | undefined } | undefined
    readonly reads: readonly { readonly signal: string; readonly ref: string }[]
  }[]
}

/** One correlation or figure; `related`: kinds of records and names of facts. */
export interface Result {
  readonly kind: 'correlation' | 'kpi'
  readonly name: string
  readonly label?: Label | undefined
  readonly unit?: string | undefined
  readonly signals: readonly { readonly pattern: string; readonly ref: string }[]
  readonly subject: string | undefined
  readonly period: boolean
  readonly related: readonly string[]
  readonly fields: readonly { readonly of: string; readonly name: string }[]
  readonly places: readonly string[] | undefined
  readonly values: readonly string[]
}

const GLOB = { length: 1_024, alternatives: 64 }

/** What depends on what, from what the parts say. What is named and not there has no edge. */
export function buildGraph(declared: Declarations): DependencyGraph {
  const builder = graphBuilder()
  const ids = signalIds(declared)
  addPlaces(builder, declared)
  addSources(builder, declared)
  addComputed(builder, declared, ids.has)
  for (const one of declared.results) addResult(builder, one, declared, ids.matching)
  addDeclaredRules(builder, declared, ids)
  for (const one of declared.contracts) addContract(builder, one, declared.site, ids.matching)
  addEnds(builder, declared, ids.all)
  return builder.done()
}

interface SignalIds {
  readonly all: readonly string[]
  has(id: string): boolean
  /** Ids that a glob over whole ids names, the same list for the same glob. */
  matching(pattern: string): readonly string[]
}

function signalIds({ signals, computed, substitutes }: Declarations): SignalIds {
  const made = computed.flatMap(({ at }) => at.flatMap(({ makes }) => makes?.id ?? []))
  const all = [...new Set([...signals.map(({ id }) => id), ...made, ...substitutes.map(({ id }) => id)])]
  const known = new Set(all)
  const found = new Map<string, readonly string[]>()
  const matching = (pattern: string): readonly string[] => {
    if (!/[*?[{]/.test(pattern)) return known.has(pattern) ? [pattern] : []
    let list = found.get(pattern)
    if (!list) {
      list = globbed(pattern, all)
      found.set(pattern, list)
    }
    return list
  }
  return { all, has: (id) => known.has(id), matching }
}

/** A pattern that cannot be read names nothing: lint says so. */
function globbed(pattern: string, all: readonly string[]): string[] {
  try {
    const matches = compileGlob(pattern, GLOB)
    // What stands after the last star is compared first: cheap, and nearly always decisive.
    const tail = /[^*?[\]{}]*$/.exec(pattern)?.[0] ?? ''
    return all.filter((id) => id.endsWith(tail) && matches(id))
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    return []
  }
}

function addPlaces({ node, edge }: GraphBuilder, { equipment, kinds }: Declarations): void {
  for (const [path, { label, aliases }] of Object.entries(equipment)) {
    const place = node('equipment', path, { equipment: path, ...(label && { label: label as Label }) })
    const systems = new Set(aliases.map(({ system }) => system))
    for (const { name, equipment: of, label: kindLabel } of kinds)
      if (of && (of.system === undefined || [of.system, ...Object.values(of.systems ?? {})].some((system) => systems.has(system))))
        edge(place, node('record', name, { ...(kindLabel && { label: kindLabel }) }), 'place', of.system ?? path)
  }
}

/** Connections, models and units, with the signals and records that come of them. */
function addSources(builder: GraphBuilder, { site, equipment, connections, signals, models, kinds, substitutes }: Declarations): void {
  const { node, edge } = builder
  for (const [name, { label, author, unit }] of Object.entries(models)) {
    const model = node('model', name, { ...(label !== undefined && { label: label as Label }) })
    if (unit !== undefined) edge(node('unit', unit), model, 'unit')
    person(builder, model, author)
  }
  for (const { name, label } of connections) node('connection', name, { ...(label && { label }) })
  for (const one of signals) {
    const signal = signalNode(builder, one.id, equipment, one.label)
    if (one.connection !== undefined) edge(node('connection', one.connection), signal, 'collects')
    if (one.model !== undefined) edge(node('model', one.model), signal, 'model')
    if (one.unit !== undefined) edge(node('unit', one.unit), signal, 'unit')
    person(builder, signal, one.author)
  }
  for (const { id, of, author } of substitutes) {
    const signal = signalNode(builder, id, equipment)
    edge(signalNode(builder, of, equipment), signal, 'stands-in', of.slice(site.length + 1))
    person(builder, signal, author)
  }
  for (const kind of kinds) {
    const record = node('record', kind.name, { ...(kind.label && { label: kind.label }) })
    for (const [name, { unit }] of Object.entries(kind.fields)) {
      const field = node('field', `${kind.name}/${name}`)
      edge(record, field, 'has')
      if (unit !== undefined) edge(node('unit', unit), field, 'unit')
    }
    for (const { name, records } of connections) if (records.includes(kind.name)) edge(node('connection', name), record, 'collects')
  }
}

function signalNode({ node, find }: GraphBuilder, id: string, equipment: EquipmentConfig, label?: Label): DependencyNode {
  const known = find('signal', id)
  if (known) return known
  const place = placesOf(id, equipment, 0).at(-1)?.path ?? id.split('/').slice(1, -1).join('/')
  return node('signal', id, { ...(label && { label }), ...(place !== '' && { equipment: place }) })
}

function person(
  { node, edge }: GraphBuilder,
  of: DependencyNode,
  name: string | undefined,
  why: 'author' | 'ot-owner' | 'it-owner' = 'author',
): void {
  if (name !== undefined) edge(of, node('person', name), why)
}

function addComputed(builder: GraphBuilder, { computed, equipment }: Declarations, has: (id: string) => boolean): void {
  const { node, edge } = builder
  for (const { kind, id, label, author, unit, values, at } of computed) {
    const declaration = node(kind, id, { ...(label && { label }) })
    person(builder, declaration, author)
    if (unit !== undefined) edge(node('unit', unit), declaration, 'unit')
    for (const name of values) edge(declaration, node('field', `${id}/${name}`), 'has')
    for (const { makes, reads } of at) {
      const target = makes ? signalNode(builder, makes.id, equipment, label) : declaration
      if (makes) {
        edge(declaration, target, 'makes', id)
        if (makes.unit !== undefined) edge(node('unit', makes.unit), target, 'unit')
        person(builder, target, author)
      }
      for (const { signal, ref } of reads) if (has(signal)) edge(signalNode(builder, signal, equipment), target, 'input', ref)
    }
  }
}

/** What a name of a subject or something related is: a kind of record, an event, a correlation or a figure. */
function named(builder: GraphBuilder, name: string, { kinds, computed, results }: Declarations): DependencyNode | undefined {
  if (kinds.some((kind) => kind.name === name)) return builder.node('record', name)
  if (computed.some((one) => one.kind === 'event' && one.id === name)) return builder.node('event', name)
  const kind: DependencyKind | undefined = results.find((one) => one.name === name)?.kind
  return kind && builder.node(kind, name)
}

function addResult(builder: GraphBuilder, one: Result, declared: Declarations, matching: SignalIds['matching']): void {
  const { node, edge } = builder
  const result = node(one.kind, one.name, { ...(one.label && { label: one.label }) })
  if (one.unit !== undefined) edge(node('unit', one.unit), result, 'unit')
  for (const name of one.values) edge(result, node('field', `${one.name}/${name}`), 'has')
  for (const { pattern, ref } of one.signals)
    for (const id of matching(pattern)) edge(signalNode(builder, id, declared.equipment), result, 'input', ref)
  const subject = one.subject === undefined ? undefined : named(builder, one.subject, declared)
  if (subject) edge(subject, result, one.period ? 'period' : 'subject')
  for (const name of one.related) {
    const related = named(builder, name, declared)
    if (related) edge(related, result, 'related')
  }
  for (const { of, name } of one.fields) if (fieldExists(of, name, declared)) edge(node('field', `${of}/${name}`), result, 'field')
  for (const path of one.places ?? []) if (Object.hasOwn(declared.equipment, path)) edge(node('equipment', path), result, 'place', path)
}

function fieldExists(of: string, name: string, { kinds, computed, results }: Declarations): boolean {
  const kind = kinds.find((one) => one.name === of)
  if (kind) return Object.hasOwn(kind.fields, name)
  const fact = computed.find((one) => one.kind === 'event' && one.id === of) ?? results.find((one) => one.name === of)
  return fact?.values.includes(name) === true
}

function addDeclaredRules(
  builder: GraphBuilder,
  { site, equipment, peers, maintenance }: Declarations,
  { has, matching }: SignalIds,
): void {
  const { node, edge } = builder
  for (const { name, members, author } of peers) {
    const peer = node('peer', name)
    person(builder, peer, author)
    for (const id of members) if (has(id)) edge(signalNode(builder, id, equipment), peer, 'agrees', id.slice(site.length + 1))
  }
  for (const { name, signals, author } of maintenance) {
    const window = node('maintenance', name)
    person(builder, window, author)
    for (const id of matching(signals)) edge(window, signalNode(builder, id, equipment), 'marks', signals)
  }
}

function addContract(builder: GraphBuilder, contract: Contract, site: string, matching: SignalIds['matching']): void {
  const { node, edge } = builder
  const target = node('contract', contract.id, {
    ...(contract.name !== undefined && { label: { [contract.language === 'fr' ? 'fr' : 'en']: contract.name } }),
  })
  person(builder, target, contract.otOwner, 'ot-owner')
  person(builder, target, contract.itOwner, 'it-owner')
  for (const { signal, unit } of contract.properties) {
    if (unit !== undefined) edge(node('unit', unit), target, 'unit')
    if (signal !== undefined) for (const id of matching(`${site}/${signal}`)) edge(node('signal', id), target, 'bound', signal)
  }
}

/** Where it ends: what stores or carries it, and the page that shows it. */
function addEnds({ node, edge }: GraphBuilder, declared: Declarations, signals: readonly string[]): void {
  const ends = declared.deliveries.map(({ name, why }) => ({ end: node('delivery', name), why }))
  const show = (of: DependencyNode, page: string) => {
    for (const { end, why } of ends) edge(of, end, why)
    edge(of, node('page', page), 'shown')
  }
  for (const id of signals) show(node('signal', id), 'signals')
  for (const { name } of declared.kinds) show(node('record', name), 'records')
  for (const { kind, id } of declared.computed) if (kind === 'event') show(node('event', id), 'results')
  for (const { kind, name } of declared.results) show(node(kind, name), kind === 'kpi' ? 'kpis' : 'results')
  for (const { id } of declared.contracts) edge(node('contract', id), node('page', 'contracts'), 'shown')
  for (const { name } of declared.connections) edge(node('connection', name), node('page', 'connections'), 'shown')
}
