import {
  DEPENDENCY_KINDS,
  type DependencyEdge,
  type DependencyGraph,
  type DependencyKind,
  type DependencyNode,
  type DependencyReason,
} from '../../core/dependencies.ts'
import { GRAPH_LIMITS } from './limits.ts'

/** `KIND:ID`, as people write it. */
export const nameOf = ({ kind, id }: Pick<DependencyNode, 'kind' | 'id'>): string => `${kind}:${id}`

/** Where a graph comes to be. Adding what is there already changes nothing. */
export interface GraphBuilder {
  node(kind: DependencyKind, id: string, more?: Pick<DependencyNode, 'label' | 'equipment'>): DependencyNode
  find(kind: DependencyKind, id: string): DependencyNode | undefined
  edge(from: DependencyNode, to: DependencyNode, why: DependencyReason, ref?: string): void
  done(): DependencyGraph
}

const NONE: readonly DependencyEdge[] = []

export function graphBuilder(most: number = GRAPH_LIMITS.edges): GraphBuilder {
  const nodes = new Map<DependencyKind, Map<string, DependencyNode>>(DEPENDENCY_KINDS.map((kind) => [kind, new Map()]))
  const onward = new Map<DependencyNode, DependencyEdge[]>()
  const back = new Map<DependencyNode, DependencyEdge[]>()
  let edges = 0
  let left = 0
  const push = (map: Map<DependencyNode, DependencyEdge[]>, node: DependencyNode, edge: DependencyEdge) => {
    const list = map.get(node)
    if (list) list.push(edge)
    else map.set(node, [edge])
  }
  return {
    find: (kind, id) => nodes.get(kind)?.get(id),
    node: (kind, id, more) => {
      const ids = nodes.get(kind) as Map<string, DependencyNode>
      const known = ids.get(id)
      if (known) return known
      const node: DependencyNode = { kind, id, ...more }
      ids.set(id, node)
      return node
    },
    edge: (from, to, why, ref = from.id) => {
      // A thing has few dependencies, or they come once each: looking through the shorter list is enough.
      const known =
        (back.get(to) ?? NONE).length < 64 && back.get(to)?.some((one) => one.from === from && one.why === why && one.ref === ref)
      if (known) return
      if (edges >= most) {
        left++
        return
      }
      edges++
      const edge = { from, to, why, ref }
      push(onward, from, edge)
      push(back, to, edge)
    },
    done: () => ({
      ...{ size: [...nodes.values()].reduce((sum, ids) => sum + ids.size, 0), left },
      find: (kind, id) => nodes.get(kind)?.get(id),
      all: function* () {
        for (const ids of nodes.values()) yield* ids.values()
      },
      dependents: (node) => onward.get(node) ?? NONE,
      dependencies: (node) => back.get(node) ?? NONE,
    }),
  }
}

/** One thing that was reached, and the edge by which it was reached first: the shortest way. */
export interface Reached {
  readonly node: DependencyNode
  readonly hops: number
  readonly by: DependencyEdge
}

/** Everything that depends on `starts` (forward), or that they depend on (backward), nearest first; the starts themselves are not among them. Each is visited once. */
export function reach(
  graph: DependencyGraph,
  starts: readonly DependencyNode[],
  { direction, depth = Number.POSITIVE_INFINITY }: { readonly direction: 'forward' | 'backward'; readonly depth?: number },
): Reached[] {
  const seen = new Set(starts)
  const found: Reached[] = []
  let open: readonly DependencyNode[] = starts
  for (let hops = 1; open.length > 0 && hops <= depth; hops++) {
    const next: DependencyNode[] = []
    for (const from of open) {
      for (const by of direction === 'forward' ? graph.dependents(from) : graph.dependencies(from)) {
        const node = direction === 'forward' ? by.to : by.from
        if (seen.has(node)) continue
        seen.add(node)
        found.push({ node, hops, by })
        next.push(node)
      }
    }
    open = next
  }
  return found
}
