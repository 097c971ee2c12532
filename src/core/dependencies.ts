import type { Label } from './signals.ts'

/**
 * What can depend on something, or be depended on. `derive`, `window` and `state` are declarations: what they make at each place is a `signal`. `field`: of a record kind, or
 * a value of an event, correlation or figure. `delivery`, `page` and `person` are where it ends: nothing depends on them.
 */
export const DEPENDENCY_KINDS = [
  'connection',
  'model',
  'unit',
  'equipment',
  'record',
  'field',
  'signal',
  'peer',
  'maintenance',
  'derive',
  'window',
  'state',
  'event',
  'correlation',
  'kpi',
  'contract',
  'delivery',
  'page',
  'person',
] as const
export type DependencyKind = (typeof DEPENDENCY_KINDS)[number]

/** One thing of the configuration, or one signal that only the running node knows. */
export interface DependencyNode {
  readonly kind: DependencyKind
  /** A signal's is whole, site included; a field's is `RECORD/FIELD`. */
  readonly id: string
  readonly label?: Label
  /** Where it is: path under the site; absent: nowhere in particular. */
  readonly equipment?: string
}

/** Why one thing depends on another. */
export type DependencyReason =
  | 'collects'
  | 'model'
  | 'unit'
  | 'has'
  | 'input'
  | 'makes'
  | 'subject'
  | 'related'
  | 'field'
  | 'period'
  | 'place'
  | 'bound'
  | 'agrees'
  | 'stands-in'
  | 'marks'
  | 'stored'
  | 'sent'
  | 'shown'
  | 'ot-owner'
  | 'it-owner'
  | 'author'

/** `to` depends on `from`. */
export interface DependencyEdge {
  readonly from: DependencyNode
  readonly to: DependencyNode
  readonly why: DependencyReason
  /** How `to` names it: an id or a pattern. Of one reference that names several, some may go and the rest still serve. */
  readonly ref: string
}

/** What depends on what, both ways. Nodes are the same objects wherever they come up. */
export interface DependencyGraph {
  find(kind: DependencyKind, id: string): DependencyNode | undefined
  all(): Iterable<DependencyNode>
  readonly size: number
  /** Edges that found no room. */
  readonly left: number
  /** What depends on it. */
  dependents(node: DependencyNode): readonly DependencyEdge[]
  /** What it depends on. */
  dependencies(node: DependencyNode): readonly DependencyEdge[]
}
