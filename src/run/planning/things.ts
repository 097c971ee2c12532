import { isDeepStrictEqual } from 'node:util'
import type { LoadedConfig } from '../../config/index.ts'
import type { Thing } from '../../continuity/plan/index.ts'
import { declarationId } from '../dependencies.ts'

type Raw = Readonly<Record<string, unknown>>
const isMap = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)
const entries = (value: unknown): [string, Raw][] =>
  isMap(value) ? Object.entries(value).filter((one): one is [string, Raw] => isMap(one[1])) : []
const items = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isMap) : [])
const without = (from: Raw, ...keys: string[]): Raw => Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)))

/** Everything a configuration declares, as things to be compared one by one: as written, secrets as references only. */
export function thingsOf({ canonical, config, contracts }: LoadedConfig): Thing[] {
  const site = config.site.id
  const { models, equipment, records, derive, windows, states, events, correlations, kpis, peers, substitutes, maintenance, connections } =
    canonical
  const computed = (list: unknown, kind: Thing['kind']) =>
    items(list).map((one): Thing => {
      const isEvent = kind === 'event' || (kind === 'window' && isMap(one.window) && ('session' in one.window || 'state' in one.window))
      const named = { id: String(one.id), ...(typeof one.for === 'string' && { for: one.for }) }
      // An event is known by its name alone: where it is looked for is something that is said of it.
      return isEvent
        ? { kind: 'event', id: named.id, says: without(one, 'id') }
        : { kind, id: declarationId(named), says: without(one, 'id', 'for') }
    })
  return [
    ...entries(connections).flatMap(([name, one]) => connectionThings(name, one, site, models)),
    ...entries(models).map(([id, says]): Thing => ({ kind: 'model', id, says })),
    ...entries(equipment).map(([id, says]): Thing => ({ kind: 'equipment', id, says })),
    ...entries(records).flatMap(([name, kind]) => recordThings(name, kind, connections)),
    ...[...computed(derive, 'derive'), ...computed(windows, 'window'), ...computed(states, 'state'), ...computed(events, 'event')],
    ...entries(correlations).map(([id, says]): Thing => ({ kind: 'correlation', id, says })),
    ...entries(kpis).map(([id, says]): Thing => ({ kind: 'kpi', id, says })),
    ...entries(peers).map(([id, says]): Thing => ({ kind: 'peer', id, says })),
    ...entries(substitutes).map(([id, says]): Thing => ({ kind: 'signal', id: `${site}/${id}`, says })),
    ...items(maintenance).map((one): Thing => ({ kind: 'maintenance', id: `${one.signals} ${one.from}`, says: one })),
    ...contracts.map((one): Thing => ({ kind: 'contract', id: one.id, says: { ...one, file: undefined } })),
    ...settings(canonical),
  ]
}

/** A connection, and each of its signals with what it says itself: what comes of its model is said there. */
function connectionThings(name: string, connection: Raw, site: string, models: unknown): Thing[] {
  const written = items(connection.signals)
  const isOwn = (item: Raw) => typeof item.id === 'string' && !item.id.includes('{')
  const unnamed = written.filter((item) => !isOwn(item))
  const says = { ...without(connection, 'signals', 'records'), ...(unnamed.length > 0 && { signals: unnamed }) }
  return [
    { kind: 'connection', id: name, says },
    ...written.filter(isOwn).map((item): Thing => {
      const model = isMap(models) && typeof item.model === 'string' && isMap(models[item.model]) ? (models[item.model] as Raw) : {}
      const own = Object.entries(item).filter(([key, value]) => !(key in model && isDeepStrictEqual(model[key], value)))
      return { kind: 'signal', id: `${site}/${item.id}`, says: { connection: name, ...without(Object.fromEntries(own), 'id') } }
    }),
  ]
}

/** A kind of record with the feeds that bring it, and each of its fields. */
function recordThings(name: string, kind: Raw, connections: unknown): Thing[] {
  const feeds = entries(connections).flatMap(([connection, { records }]) =>
    items(records)
      .filter((feed) => feed.record === name)
      .map((feed, i) => [`from ${connection}${i > 0 ? ` (${i + 1})` : ''}`, feed] as const),
  )
  const fields = isMap(kind.fields) ? Object.entries(kind.fields) : []
  return [
    { kind: 'record', id: name, says: { ...without(kind, 'fields'), ...Object.fromEntries(feeds) } },
    ...fields.map(([field, says]): Thing => ({ kind: 'field', id: `${name}/${field}`, says: isMap(says) ? says : {} })),
  ]
}

const SETTINGS = ['site', 'node', 'data', 'http', 'spool', 'historian', 'link', 'results'] as const

function settings(canonical: Raw): Thing[] {
  return SETTINGS.flatMap((section) => {
    const value = canonical[section]
    if (value === undefined) return []
    return [{ kind: 'setting', id: section, says: isMap(value) ? value : { [section]: value } }]
  })
}
