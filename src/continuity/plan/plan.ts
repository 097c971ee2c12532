import type { DependencyGraph, DependencyNode } from '../../core/dependencies.ts'
import { nameOf, reach } from '../graph/graph.ts'
import type { Change } from './changes.ts'
import { type Compared, type Consequence, consequencesOf, ENDS } from './impact.ts'

/** A change with whom it reaches. */
export interface PlannedChange extends Change {
  readonly breaks: readonly Consequence[]
  readonly changes: readonly Consequence[]
}

/** Somebody to be told, with what they answer for that is touched. */
export interface Told {
  readonly name: string
  readonly roles: readonly ('ot-owner' | 'it-owner' | 'author')[]
  readonly breaks: readonly string[]
  readonly changes: readonly string[]
}

export interface Plan {
  /** Those that break something first, then those that reach most. */
  readonly changes: readonly PlannedChange[]
  readonly breaks: readonly Consequence[]
  readonly touches: readonly Consequence[]
  readonly people: readonly Told[]
  /** Computed results to be computed anew: `ecluse recompute NAME`. */
  readonly recompute: readonly string[]
}

/** What people have agreed on or steer by comes first; of one kind what breaks by itself comes before what follows it. */
const WORST: readonly string[] = ['signal', 'state', 'window', 'derive', 'event', 'correlation', 'kpi', 'contract']

/** What a change of configuration does to everything that depends on it. */
export function planOf(compared: Compared): Plan {
  const found = consequencesOf(compared)
  // A field is a part of its record, event or figure: these are the consumers.
  for (const [name, { node }] of found) if (node.kind === 'field') found.delete(name)
  const all = [...found.values()]
  const changes = compared.changes.map((change) => planned(change, compared, found))
  const weight = ({ breaks, changes: touched }: PlannedChange) => breaks.length * 1e9 + touched.length
  return {
    changes: changes.sort((a, b) => weight(b) - weight(a)),
    breaks: all.filter(({ effect }) => effect === 'breaks').sort((a, b) => WORST.indexOf(b.node.kind) - WORST.indexOf(a.node.kind)),
    touches: all.filter(({ effect }) => effect === 'changes'),
    people: peopleOf(compared, found),
    recompute: recomputed(compared, found),
  }
}

function planned(change: Change, { before, after }: Compared, found: ReadonlyMap<string, Consequence>): PlannedChange {
  const { kind, ids, cosmetic } = change
  if (kind === 'setting') return { ...change, breaks: [], changes: [] }
  const names = new Set<string>()
  const own = new Set(ids.map((id) => `${kind}:${id}`))
  for (const graph of [before, after]) {
    const starts = ids.flatMap((id) => graph.find(kind, id) ?? [])
    for (const { node } of reach(graph, starts, { direction: 'forward' })) names.add(nameOf(node))
  }
  const reached = [...new Set([...own, ...names])].flatMap((name) => found.get(name) ?? [])
  return {
    ...change,
    breaks: reached.filter((one) => one.effect === 'breaks' && (!cosmetic || own.has(nameOf(one.node)))),
    changes: cosmetic ? [] : reached.filter((one) => one.effect === 'changes' && !own.has(nameOf(one.node))),
  }
}

const ROLES = ['ot-owner', 'it-owner', 'author'] as const

/** Who answers for what is touched, and for what was written otherwise. */
function peopleOf({ before, after, changes }: Compared, found: ReadonlyMap<string, Consequence>): Told[] {
  const told = new Map<string, { roles: Set<Told['roles'][number]>; breaks: Set<string>; changes: Set<string> }>()
  const tell = (graph: DependencyGraph, node: DependencyNode, effect: Consequence['effect']) => {
    const edges = [
      ...graph.dependents(node),
      ...graph
        .dependencies(node)
        .filter(({ why }) => why === 'makes')
        .flatMap(({ from }) => graph.dependents(from)),
    ]
    for (const { to, why } of edges) {
      const role = ROLES.find((one) => one === why)
      if (!role || to.kind !== 'person') continue
      const known = told.get(to.id) ?? { roles: new Set(), breaks: new Set(), changes: new Set() }
      told.set(to.id, known)
      known.roles.add(role)
      known[effect].add(nameOf(node))
    }
  }
  for (const graph of [before, after]) {
    for (const { node, effect } of found.values()) {
      const here = graph.find(node.kind, node.id)
      if (here) tell(graph, here, effect)
    }
    for (const { kind, ids } of changes) {
      for (const id of kind === 'setting' ? [] : ids) {
        const here = graph.find(kind as DependencyNode['kind'], id)
        if (here && !found.has(nameOf(here))) tell(graph, here, 'changes')
      }
    }
  }
  return [...told]
    .map(([name, { roles, breaks, changes: touched }]) => ({
      ...{ name, roles: ROLES.filter((role) => roles.has(role)), breaks: [...breaks] },
      changes: [...touched].filter((one) => !breaks.has(one)),
    }))
    .sort((a, b) => b.breaks.length - a.breaks.length || b.changes.length - a.changes.length || (a.name < b.name ? -1 : 1))
}

const COMPUTED = new Set<string>(['derive', 'window', 'state', 'event', 'correlation', 'kpi'])

/** Declarations of what is computed that were written otherwise, and those behind them: what history says through them is another. */
function recomputed({ after, changes }: Compared, found: ReadonlyMap<string, Consequence>): string[] {
  const written = changes.filter(
    ({ kind, is, cosmetic }) => !cosmetic && is !== 'removed' && (COMPUTED.has(kind) || kind === 'record' || kind === 'equipment'),
  )
  const starts = written.flatMap(({ kind, ids }) => ids.flatMap((id) => after.find(kind as DependencyNode['kind'], id) ?? []))
  const names = new Set<string>()
  const add = (node: DependencyNode) => {
    if (COMPUTED.has(node.kind)) names.add(nameOf(node))
    if (node.kind === 'signal') for (const { why, from } of after.dependencies(node)) if (why === 'makes') names.add(nameOf(from))
  }
  for (const node of starts) add(node)
  for (const { node } of reach(after, starts, { direction: 'forward' })) if (!ENDS.has(node.kind)) add(node)
  return [...names].filter((name) => found.get(name)?.effect !== 'breaks').sort()
}
