import type { DependencyEdge, DependencyGraph, DependencyNode, DependencyReason } from '../../core/dependencies.ts'
import { nameOf, reach } from '../graph/graph.ts'
import type { Change } from './changes.ts'

/** What a change does to one consumer. */
export interface Consequence {
  readonly node: DependencyNode
  readonly effect: 'breaks' | 'changes'
  /**
   * `input-gone`: nothing is left of something it names. `not-made`: what it was made of is gone. `refused`: the new file does not pass lint there. `through`: what it
   * depends on breaks. `upstream`: it stays, and its numbers may be others.
   */
  readonly why: 'input-gone' | 'not-made' | 'refused' | 'through' | 'upstream'
  /** What it names that is gone, what it depends on, or what lint says. */
  readonly detail: string
}

export interface Refusal {
  readonly node: Pick<DependencyNode, 'kind' | 'id'>
  readonly message: string
}

export interface Compared {
  readonly before: DependencyGraph
  readonly after: DependencyGraph
  readonly changes: readonly Change[]
  /** What lint says of the new file and did not say of the old one. */
  readonly refusals: readonly Refusal[]
}

/** Without what is named so there is no result. The rest only says where a thing comes from, what it is part of, or where it ends. */
const NEEDED: ReadonlySet<DependencyReason> = new Set(['input', 'subject', 'related', 'field', 'period', 'bound', 'agrees', 'stands-in'])
/** Neither breaks nor changes: these are told, or show what there is. */
export const ENDS: ReadonlySet<DependencyNode['kind']> = new Set(['person', 'page', 'delivery', 'unit'])

/** Every consumer that a change reaches, by `KIND:ID`: those that break, and those whose numbers may be others. */
export function consequencesOf({ before, after, changes, refusals }: Compared): Map<string, Consequence> {
  const touched = new Set(changes.flatMap(({ kind, ids }) => ids.map((id) => `${kind}:${id}`)))
  const found = new Map<string, Consequence>()
  const changed: Consequence[] = []
  const open: DependencyNode[] = []
  const breaks = (consequence: Consequence) => {
    const name = nameOf(consequence.node)
    if (found.has(name)) return
    found.set(name, consequence)
    open.push(consequence.node)
  }
  for (const { node, message } of refusals) {
    const known = after.find(node.kind, node.id) ?? before.find(node.kind, node.id)
    if (known) breaks({ node: known, effect: 'breaks', why: 'refused', detail: message })
  }
  const gone = [...before.all()].filter((node) => !isIn(after, node))
  const refs = referencesOf(after)
  for (const node of gone) {
    // A signal that is made by a declaration that stays: what it was made of went.
    const makers = before.dependencies(node).filter(({ why }) => why === 'makes')
    if (makers.some(({ from }) => isIn(after, from)))
      breaks({ node, effect: 'breaks', why: 'not-made', detail: goneInputs(before, after, node) })
  }
  const lose = (edge: DependencyEdge, why: 'input-gone' | 'through') => {
    const { to } = edge
    if (!NEEDED.has(edge.why) || !isIn(after, to)) return
    const isServed = refs(edge).some((from) => found.get(nameOf(from))?.effect !== 'breaks')
    const detail = why === 'through' ? nameOf(edge.from) : edge.ref
    const isOwnDoing = touched.has(nameOf(to)) || makersTouched(after, to, touched)
    if (isServed || (why === 'input-gone' && isOwnDoing))
      changed.push({ node: to, effect: 'changes', why: 'upstream', detail: nameOf(edge.from) })
    else breaks({ node: to, effect: 'breaks', why, detail })
  }
  for (const node of gone) for (const edge of before.dependents(node)) lose(edge, 'input-gone')
  for (let node = open.pop(); node; node = open.pop()) {
    const [now, was] = [after.find(node.kind, node.id), before.find(node.kind, node.id)]
    const edges = now ? after.dependents(now) : was ? before.dependents(was) : []
    for (const edge of edges) {
      if (edge.why === 'makes' && isIn(after, edge.to)) breaks({ node: edge.to, effect: 'breaks', why: 'through', detail: nameOf(node) })
      else if (isIn(after, edge.to) && found.get(nameOf(edge.to))?.effect !== 'breaks') lose(edge, 'through')
    }
  }
  for (const { node, detail } of [...changed, ...upstream(before, after, changes, found)]) {
    if (!found.has(nameOf(node))) found.set(nameOf(node), { node, effect: 'changes', why: 'upstream', detail })
  }
  return found
}

const isIn = (graph: DependencyGraph, { kind, id }: DependencyNode): boolean => graph.find(kind, id) !== undefined

/** What the same reference of the same thing still names in the new file. */
function referencesOf(after: DependencyGraph): (edge: DependencyEdge) => DependencyNode[] {
  const known = new Map<string, Map<string, DependencyNode[]>>()
  return ({ to, why, ref }) => {
    const name = nameOf(to)
    let byRef = known.get(name)
    if (!byRef) {
      byRef = new Map()
      const now = after.find(to.kind, to.id)
      for (const edge of now ? after.dependencies(now) : []) {
        const key = `${edge.why} ${edge.ref}`
        const named = byRef.get(key)
        if (named) named.push(edge.from)
        else byRef.set(key, [edge.from])
      }
      known.set(name, byRef)
    }
    return byRef.get(`${why} ${ref}`) ?? []
  }
}

/** Somebody wrote another declaration: what it does not name any more it does not miss. */
function makersTouched(after: DependencyGraph, node: DependencyNode, touched: ReadonlySet<string>): boolean {
  const now = after.find(node.kind, node.id)
  return now !== undefined && after.dependencies(now).some(({ why, from }) => why === 'makes' && touched.has(nameOf(from)))
}

function goneInputs(before: DependencyGraph, after: DependencyGraph, node: DependencyNode): string {
  const lost = before.dependencies(node).filter(({ why, from }) => why === 'input' && !isIn(after, from))
  return lost.map(({ from }) => nameOf(from)).join(', ') || nameOf(node)
}

/** Everything behind what changed, in either file. */
function upstream(
  before: DependencyGraph,
  after: DependencyGraph,
  changes: readonly Change[],
  broken: ReadonlyMap<string, Consequence>,
): { node: DependencyNode; detail: string }[] {
  const real = changes.filter(({ cosmetic }) => !cosmetic)
  const startsIn = (graph: DependencyGraph) => [
    ...real.flatMap(({ kind, ids }) => (kind === 'setting' ? [] : ids.flatMap((id) => graph.find(kind, id) ?? []))),
    ...[...broken.values()].flatMap(({ node }) => graph.find(node.kind, node.id) ?? []),
  ]
  const reached = [before, after].flatMap((graph) => reach(graph, startsIn(graph), { direction: 'forward' }))
  return reached.filter(({ node }) => !ENDS.has(node.kind) && isIn(after, node)).map(({ node, by }) => ({ node, detail: nameOf(by.from) }))
}
