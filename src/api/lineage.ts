import { z } from 'zod'
import { GRAPH_LIMITS, nameOf, placesUnder, type Reached, reach } from '../continuity/graph/index.ts'
import { eventsOf, runsOf } from '../continuity/openlineage/index.ts'
import { DEPENDENCY_KINDS, type DependencyGraph, type DependencyKind, type DependencyNode } from '../core/dependencies.ts'
import { LIMITS } from '../core/limits.ts'
import { formatTime, HOUR, parseTime } from '../core/time.ts'
import { API_LIMITS } from './limits.ts'
import { type Lineage, type LineagePlaces, type LineageThing, lineage, lineageEvents, lineagePlaces } from './lineage-schemas.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

export function lineageRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/lineage',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary:
          'What depends on a signal, connection, model, unit, record, field, contract or result (forward), or what it depends on (backward)',
        querystring: z.strictObject({
          of: z
            .string()
            .max(LIMITS.idLength + 16)
            .describe('KIND:ID, e.g. signal:t2e/baggage/carousel-3/motor/current'),
          direction: z.enum(['forward', 'backward']).default('forward'),
          depth: z.coerce.number().int().min(1).max(GRAPH_LIMITS.depth).default(1).describe('Hops'),
          kind: z.enum(DEPENDENCY_KINDS).optional().describe('only items of this kind'),
          equipment: z
            .string()
            .max(LIMITS.idLength)
            .optional()
            .describe('only items of this equipment; empty: those nowhere in particular'),
          offset: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(0).max(API_LIMITS.lineageItems).default(100),
        }),
        response: { 200: lineage },
      },
    },
    async (request): Promise<Lineage> => {
      const { query } = request
      const view = viewOf(request)
      const graph = view.dependencies()
      const of = thingOf(graph, query.of, view.site.id)
      const { direction, depth, offset, limit } = query
      const found = reach(graph, [of], { direction, depth })
      const isWanted = ({ node }: Reached) =>
        (query.kind === undefined || node.kind === query.kind) &&
        (query.equipment === undefined || (node.equipment ?? '') === query.equipment)
      const matching = found.filter(isWanted)
      const groups = groupsOf(found)
      return {
        ...{ of: toThing(of), direction, depth, total: found.length, counts: countsOf(found) },
        ...{ groups: groups.slice(0, API_LIMITS.lineageGroups), groupsTotal: groups.length },
        items: matching.slice(offset, offset + limit).map((one) => toItem(one, direction)),
        matching: matching.length,
        ...(graph.left > 0 && { edgesLeft: graph.left }),
      }
    },
  )
}

/** Where one begins who does not know a name yet. */
export function lineagePlaceRoutes(server: Server, { viewOf }: Resources): void {
  server.get(
    '/api/v1/lineage/places',
    {
      config: { permission: 'read', scope: 'any' },
      schema: {
        summary: 'The equipment tree a step at a time: how many signals, and what depends on them',
        querystring: z.strictObject({
          under: z.string().max(LIMITS.idLength).default('').describe('path under the site; empty: the top'),
          limit: z.coerce.number().int().min(0).max(API_LIMITS.lineageItems).default(100).describe('things at the place itself'),
        }),
        response: { 200: lineagePlaces },
      },
    },
    async (request): Promise<LineagePlaces> => {
      const { under, limit } = request.query
      const view = viewOf(request)
      const graph = view.dependencies()
      const { places, here } = placesUnder(graph, under)
      const labelOf = (path: string) => view.equipment[path]?.label
      return {
        under,
        places: places.slice(0, API_LIMITS.lineageGroups).map((place) => {
          const label = labelOf(place.path)
          return { ...place, ...(label && { label }) }
        }),
        placesTotal: places.length,
        here: here.slice(0, limit).map(toThing),
        hereTotal: here.length,
        ...(under === '' && { kinds: kindsOf(graph.all()) }),
      }
    },
  )
}

export function lineageEventRoutes(server: Server, { view }: Resources): void {
  server.get(
    '/api/v1/lineage/events',
    {
      config: { permission: 'read', scope: 'every' },
      schema: {
        summary: 'Run events of one hour, as OpenLineage 2-0-2 has them: deliveries, and what was computed of what',
        querystring: z.strictObject({ hour: z.iso.datetime().describe('Any time within it') }),
        response: { 200: lineageEvents },
      },
    },
    async ({ query }) => {
      const hour = Math.floor(parseTime(query.hour) / HOUR) * HOUR
      const { site, signals, historian, version, configVersion, node } = view
      const source = {
        ...{ site: site.id, graph: view.dependencies(), contracts: view.contracts(view.clock.now()), historian },
        signalAt: (index: number) => signals.at(index)?.id,
      }
      const runs = await runsOf(source, hour)
      return {
        hour: formatTime(hour),
        events: runs.flatMap((run) => eventsOf(run, { site: site.id, node, version, configVersion })) as never,
      }
    },
  )
}

/** `KIND:ID`; a signal may leave the site out. */
function thingOf(graph: DependencyGraph, name: string, site: string): DependencyNode {
  const at = name.indexOf(':')
  const [kind, id] = [name.slice(0, at), name.slice(at + 1)]
  const isKind = DEPENDENCY_KINDS.some((one) => one === kind)
  if (!isKind) throw new Refusal(400, 'unknown-kind/thing', DEPENDENCY_KINDS)
  const found = graph.find(kind as DependencyKind, id) ?? (kind === 'signal' ? graph.find('signal', `${site}/${id}`) : undefined)
  if (!found) throw new Refusal(404, 'unknown-thing', kind)
  return found
}

const toThing = ({ kind, id, label, equipment }: DependencyNode): LineageThing => ({
  ...{ kind, id },
  ...(label && { label }),
  ...(equipment !== undefined && { equipment }),
})

function toItem({ node, hops, by }: Reached, direction: 'forward' | 'backward'): Lineage['items'][number] {
  return { ...toThing(node), hops, why: by.why, from: nameOf(direction === 'forward' ? by.from : by.to), ref: by.ref }
}

const countsOf = (found: readonly Reached[]): Lineage['counts'] => kindsOf(found.map(({ node }) => node))

function kindsOf(nodes: Iterable<DependencyNode>): Lineage['counts'] {
  const counts = new Map<DependencyKind, number>()
  for (const node of nodes) counts.set(node.kind, (counts.get(node.kind) ?? 0) + 1)
  return DEPENDENCY_KINDS.flatMap((kind) => (counts.has(kind) ? [{ kind, count: counts.get(kind) as number }] : []))
}

/** By name of the equipment, what is nowhere in particular first. */
function groupsOf(found: readonly Reached[]): Lineage['groups'] {
  const groups = new Map<string, Reached[]>()
  for (const one of found) {
    const key = one.node.equipment ?? ''
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([equipment, group]) => ({ equipment: equipment === '' ? null : equipment, counts: countsOf(group) }))
}
