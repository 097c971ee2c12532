import type { Sample, Signal } from '../../../src/api/schemas.ts'
import { type Branch, type Standing, standing } from './branches.ts'

/** Which standings each choice of the status filter lets through. */
export const STATUS_FILTERS: Readonly<Record<string, readonly Standing[]>> = {
  abnormal: [1, 2, 3],
  Bad: [2],
  Uncertain: [1],
  waiting: [3],
  Good: [0],
}

/** What a search looks into, by signal: id, labels, unit, connection, node; lower case. */
export const haystack = (signal: Signal): string =>
  [signal.id, signal.label?.fr, signal.label?.en, signal.unit, signal.displayUnit, signal.connection, signal.node].join(' ').toLowerCase()

/** Signals that contain every word of the query and stand as the filter wants; undefined when nothing is asked. */
export function find(
  query: string,
  status: string,
  haystacks: readonly string[],
  sample: (index: number) => Sample | undefined,
): ReadonlySet<number> | undefined {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean)
  const wanted = STATUS_FILTERS[status]
  if (terms.length === 0 && !wanted) return undefined
  const found = new Set<number>()
  for (const [index, text] of haystacks.entries()) {
    if (wanted && !wanted.includes(standing(sample(index)))) continue
    if (terms.every((term) => text.includes(term))) found.add(index)
  }
  return found
}

/** A row of the tree as shown: a branch, or a signal of one. */
export type Row =
  | { readonly key: string; readonly depth: number; readonly branch: Branch; readonly open: boolean }
  | { readonly key: string; readonly depth: number; readonly branch?: undefined; readonly index: number; readonly name: string }

/** The visible rows from top to bottom. With `found`, only what leads to a found signal, all of it open unless closed by hand. */
export function visibleRows(
  root: Branch,
  signals: readonly Signal[],
  isOpen: (path: string) => boolean,
  found: ReadonlySet<number> | undefined,
): Row[] {
  const rows: Row[] = []
  const matches = new Map<Branch, number>()
  const countMatches = (branch: Branch): number => {
    let sum = 0
    for (const index of branch.signals) if (found?.has(index)) sum++
    for (const child of branch.children) sum += countMatches(child)
    matches.set(branch, sum)
    return sum
  }
  if (found) countMatches(root)
  const walk = (branch: Branch) => {
    for (const child of branch.children) {
      if (found && !matches.get(child)) continue
      const open = isOpen(child.path)
      rows.push({ key: child.path, depth: child.depth, branch: child, open })
      if (open) walk(child)
    }
    for (const index of branch.signals) {
      if (found && !found.has(index)) continue
      const { id } = signals[index]
      rows.push({ key: id, depth: branch.depth + 1, index, name: id.slice(id.lastIndexOf('/') + 1) })
    }
  }
  walk(root)
  return rows
}
