import type { DependencyGraph, DependencyKind, DependencyNode } from '../../core/dependencies.ts'
import { reach } from './graph.ts'

/** What stands at a place of the equipment tree and below it, counted. */
export interface PlaceCounts {
  /** Brought by a connection. */
  readonly signals: number
  /** Written by a declaration. */
  readonly derived: number
  /** Events, correlations and figures that depend on them. */
  readonly results: number
  /** What else depends on them and could break: signals derived elsewhere, peer groups, contracts. */
  readonly consumers: number
}

export interface Place extends PlaceCounts {
  /** Path under the site. */
  readonly path: string
  /** There are places below it. */
  readonly hasPlaces: boolean
}

const RESULTS: ReadonlySet<DependencyKind> = new Set(['event', 'correlation', 'kpi'])
const CONSUMERS: ReadonlySet<DependencyKind> = new Set(['signal', 'peer', 'contract'])

/** Places one step below a path ('' for the top), by name, and what stands at the path itself. */
export function placesUnder(graph: DependencyGraph, under: string): { readonly places: Place[]; readonly here: readonly DependencyNode[] } {
  const prefix = under === '' ? '' : `${under}/`
  const below = new Map<string, { readonly nodes: DependencyNode[]; hasPlaces: boolean }>()
  const here: DependencyNode[] = []
  for (const node of graph.all()) {
    const { equipment = '' } = node
    if (equipment === under) {
      if (equipment !== '' || node.kind === 'signal') here.push(node)
      continue
    }
    if (!equipment.startsWith(prefix)) continue
    const rest = equipment.slice(prefix.length)
    const step = rest.split('/', 1)[0] as string
    const known = below.get(step) ?? { nodes: [], hasPlaces: false }
    below.set(step, known)
    known.nodes.push(node)
    known.hasPlaces ||= step.length < rest.length
  }
  const places = [...below].map(([step, { nodes, hasPlaces }]) => ({ path: `${prefix}${step}`, hasPlaces, ...countsOf(graph, nodes) }))
  return { places: places.sort((a, b) => (a.path < b.path ? -1 : 1)), here }
}

function countsOf(graph: DependencyGraph, nodes: readonly DependencyNode[]): PlaceCounts {
  const signals = nodes.filter(({ kind }) => kind === 'signal')
  const derived = signals.filter((signal) => graph.dependencies(signal).some(({ why }) => why === 'makes'))
  const behind = reach(graph, signals, { direction: 'forward' })
  const count = (kinds: ReadonlySet<DependencyKind>) => behind.filter(({ node }) => kinds.has(node.kind)).length
  return {
    ...{ signals: signals.length - derived.length, derived: derived.length },
    ...{ results: count(RESULTS), consumers: count(CONSUMERS) },
  }
}
