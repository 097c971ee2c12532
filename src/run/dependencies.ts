import { type EcluseConfig, feedsOf, type LoadedConfig } from '../config/index.ts'
import { buildGraph, type Computed, type Declarations, type DeclaredSignal, type Result } from '../continuity/graph/index.ts'
import type { DependencyGraph } from '../core/dependencies.ts'
import { toRecordKinds } from '../core/record-kinds.ts'
import type { Label, SignalDefinition } from '../core/signals.ts'
import { readsOfResults } from '../correlate/index.ts'
import { eventVariables, readsOf } from '../process/config.ts'
import { COMPUTED, watching } from './deriving/declared.ts'

/** What a file declares, and `live`: the signals that a running node knows besides, those that devices brought. */
export function dependenciesOf(loaded: LoadedConfig, live: readonly SignalDefinition[] = []): DependencyGraph {
  return buildGraph(declarationsOf(loaded, live))
}

export function declarationsOf(loaded: LoadedConfig, live: readonly SignalDefinition[]): Declarations {
  const { config, connections, contracts } = loaded
  const site = config.site.id
  const whole = (id: string) => `${site}/${id}`
  const signals = signalsOf(loaded, live)
  const kinds = toRecordKinds(config.records)
  return {
    ...{ site, equipment: config.equipment, models: config.models, contracts, signals, kinds: [...kinds.values()] },
    connections: connections.map((one) => ({ name: one.name, label: one.label, records: feedsOf(one).map(({ record }) => record) })),
    computed: computedOf(config, signals),
    results: resultsOf(config, signals, kinds),
    peers: Object.entries(config.peers).map(([name, { same, total, parts, author }]) => ({
      ...{ name, author },
      members: [...(same ?? []), ...(total === undefined ? [] : [total]), ...(parts ?? [])].map(whole),
    })),
    substitutes: Object.entries(config.substitutes).map(([id, { of, author }]) => ({ id: whole(id), of: whole(of), author })),
    maintenance: config.maintenance.map((one) => ({ name: `${one.signals} ${one.from}`, signals: whole(one.signals), author: one.author })),
    deliveries: [
      ...(config.node.role === 'edge' || config.node.role === 'relay' ? [] : [{ name: 'historian', why: 'stored' } as const]),
      ...(config.link?.to === undefined ? [] : [{ name: 'link', why: 'sent' } as const]),
    ],
  }
}

interface Written {
  readonly id?: unknown
  readonly unit?: unknown
  readonly model?: unknown
  readonly author?: unknown
  readonly label?: unknown
}

/** Signals of the file; of those that the node knows, too, what the node says. */
function signalsOf({ config, canonical }: LoadedConfig, live: readonly SignalDefinition[]): DeclaredSignal[] {
  const found = new Map<string, DeclaredSignal>()
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  for (const [connection, item] of writtenSignals(canonical)) {
    const id = text(item.id)
    if (id === undefined || id.includes('{')) continue
    const known = {
      connection,
      unit: text(item.unit),
      model: text(item.model),
      author: text(item.author),
      label: item.label as Label | undefined,
    }
    found.set(`${config.site.id}/${id}`, { id: `${config.site.id}/${id}`, ...known })
  }
  const declared = new Set(Object.keys(config.substitutes).map((id) => `${config.site.id}/${id}`))
  for (const { id, connection, unit, model, author, label } of live) {
    // What is computed is found from its declaration.
    if (connection === COMPUTED || declared.has(id)) continue
    found.set(id, {
      id,
      connection: Object.hasOwn(connectionsOf(canonical), connection) ? connection : undefined,
      unit,
      model,
      author,
      label,
    })
  }
  return [...found.values()]
}

const connectionsOf = (canonical: LoadedConfig['canonical']) => (canonical.connections ?? {}) as Readonly<Record<string, unknown>>

/** Items of every connection's `signals:`, as written. */
export function* writtenSignals(canonical: LoadedConfig['canonical']): Iterable<readonly [connection: string, item: Written]> {
  for (const [name, connection] of Object.entries(connectionsOf(canonical))) {
    const { signals } = (connection ?? {}) as { signals?: unknown }
    for (const item of Array.isArray(signals) ? signals : []) if (typeof item === 'object' && item !== null) yield [name, item]
  }
}

/** Ids as `plan` and `lineage` name declarations: with the glob of their places. */
export const declarationId = ({ id, for: glob }: { readonly id: string; readonly for?: string | undefined }): string =>
  glob === undefined ? id : `${glob}/${id}`

function computedOf(config: EcluseConfig, signals: readonly DeclaredSignal[]): Computed[] {
  const known = new Map([
    ...signals.map(({ id, unit }) => [id, { unit }] as const),
    ...Object.entries(config.substitutes).map(([id, { of }]) => {
      const unit = signals.find((one) => one.id === `${config.site.id}/${of}`)?.unit
      return [`${config.site.id}/${id}`, { unit }] as const
    }),
  ])
  const values = eventVariables(config)
  return readsOf(config, { site: config.site.id, signals: known }).flatMap(({ list, index, at }): Computed[] => {
    const one = config[list][index]
    if (!one) return []
    const isEvent = list === 'events' || ('window' in one && ('session' in one.window || 'state' in one.window))
    const kind = isEvent ? 'event' : list === 'derive' ? 'derive' : list === 'windows' ? 'window' : 'state'
    const about = { label: one.label as Label | undefined, author: one.author, unit: 'unit' in one ? one.unit : undefined }
    const places = at.map(({ makes, reads }) => ({ makes: makes && { id: makes.id, unit: makes.signal.unit }, reads }))
    const id = isEvent ? one.id : declarationId(one)
    return [{ kind, id, ...about, values: isEvent ? Object.keys(values.get(one.id) ?? {}) : [], at: places }]
  })
}

function resultsOf(config: EcluseConfig, signals: readonly DeclaredSignal[], kinds: ReturnType<typeof toRecordKinds>): Result[] {
  const units = new Map(signals.map(({ id, unit }) => [id, unit]))
  const correlations = Object.fromEntries(
    Object.entries(config.correlations).map(([name, one]) => [name, { ...one, values: watching(one.values, config.events) }]),
  )
  const kpis = Object.fromEntries(
    Object.entries(config.kpis).map(([name, one]) => [name, { ...one, inputs: watching(one.inputs, config.events) }]),
  )
  const context = {
    ...{ site: config.site.id, kinds, events: eventVariables(config), placeOf: () => undefined },
    definitionOf: (id: string) => {
      const unit = units.get(id)
      return units.has(id)
        ? ({ id, connection: '', address: '', dataType: 'number', ...(unit !== undefined && { unit }) } as const)
        : undefined
    },
    equipment: Object.keys(config.equipment),
  }
  return readsOfResults({ correlations, kpis }, context).map(({ type, ...reads }): Result => {
    const declared = type === 'kpi' ? config.kpis[reads.name] : config.correlations[reads.name]
    const unit = declared && 'unit' in declared ? declared.unit : undefined
    return {
      kind: type === 'kpi' ? 'kpi' : 'correlation',
      label: declared?.label as Label | undefined,
      unit,
      period: type === 'kpi',
      ...reads,
    }
  })
}
