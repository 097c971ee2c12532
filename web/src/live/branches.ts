import type { Sample, Signal } from '../../../src/api/schemas.ts'

/** How a signal stands: 0 Good, 1 Uncertain, 2 Bad, 3 waiting (no sample yet). */
export type Standing = 0 | 1 | 2 | 3
export const STANDINGS = ['Good', 'Uncertain', 'Bad', 'waiting'] as const

export function standing(sample: Sample | undefined): Standing {
  if (!sample) return 3
  return sample.status === 'Good' ? 0 : sample.status === 'Uncertain' ? 1 : 2
}

/** One step of the equipment path, with the counts of all signals at and below it. */
export interface Branch {
  readonly path: string
  readonly name: string
  readonly depth: number
  readonly parent: Branch | undefined
  readonly children: Branch[]
  /** Indices of the signals directly here. */
  readonly signals: number[]
  /** Number of signals by standing. */
  readonly counts: [number, number, number, number]
}

export interface Branches {
  readonly root: Branch
  readonly byPath: ReadonlyMap<string, Branch>
  /** The branch each signal hangs on, by signal index. */
  readonly of: readonly Branch[]
}

const branch = (path: string, name: string, depth: number, parent: Branch | undefined): Branch => ({
  path,
  name,
  depth,
  parent,
  children: [],
  signals: [],
  counts: [0, 0, 0, 0],
})

/** The equipment tree of signals (sorted by id, as the API gives them). The last segment of an id is the signal's own name. */
export function buildBranches(signals: readonly Signal[]): Branches {
  const root = branch('', '', -1, undefined)
  const byPath = new Map<string, Branch>([['', root]])
  const of = signals.map((signal, index) => {
    const segments = signal.id.split('/').slice(0, -1)
    let at = root
    let path = ''
    for (const [depth, name] of segments.entries()) {
      path = path === '' ? name : `${path}/${name}`
      let next = byPath.get(path)
      if (!next) {
        next = branch(path, name, depth, at)
        byPath.set(path, next)
        at.children.push(next)
      }
      at = next
    }
    at.signals.push(index)
    count(at, undefined, standing(signal.last))
    return at
  })
  sortNaturally(root, signals)
  return { root, byPath, of }
}

/** carousel-2 before carousel-10. */
const natural = new Intl.Collator('en', { numeric: true })

function sortNaturally(branch: Branch, signals: readonly Signal[]): void {
  branch.children.sort((a, b) => natural.compare(a.name, b.name))
  branch.signals.sort((a, b) => natural.compare(signals[a].id, signals[b].id))
  for (const child of branch.children) sortNaturally(child, signals)
}

/** Moves one signal from a standing to another, here and in every branch above; returns nothing, allocates nothing. */
export function count(at: Branch, from: Standing | undefined, to: Standing): void {
  for (let step: Branch | undefined = at; step; step = step.parent) {
    if (from !== undefined) step.counts[from]--
    step.counts[to]++
  }
}

/** The worst standing below a branch: Bad, then Uncertain, then waiting, then Good. */
export function worstOf({ counts }: Branch): Standing {
  return counts[2] > 0 ? 2 : counts[1] > 0 ? 1 : counts[3] > 0 ? 3 : 0
}

export const totalOf = ({ counts }: Branch): number => counts[0] + counts[1] + counts[2] + counts[3]

/** The equipment areas: the branches two steps down, or one where the path is that short. */
export function areasOf(root: Branch): Branch[] {
  return root.children.flatMap((top) => (top.children.length > 0 && top.signals.length === 0 ? top.children : [top]))
}
