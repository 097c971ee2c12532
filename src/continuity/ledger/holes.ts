import { CONDUIT_GAP } from '../../core/policy.ts'
import type { Hole } from './blocks.ts'
import { LEDGER_LIMITS } from './limits.ts'

/** The cause of holes that were too many to be kept by their places: which records between them arrived is not known. */
export const NOT_TOLD_APART = 'not-told-apart'

/** Adds a hole to those of a destination, in place where it comes behind them, as it nearly always does. */
export function withHole(holes: Hole[], hole: Hole): Hole[] {
  const last = holes.at(-1)
  // Sent again after the link broke: said before.
  if (last && hole.from <= last.to && holes.some(({ from, to }) => from <= hole.from && to >= hole.to)) return holes
  const isNext = last !== undefined && last.cause === hole.cause && hole.from <= last.to + 1 && hole.to >= last.from
  if (isNext) return [...holes.slice(0, -1), { ...hole, from: Math.min(last.from, hole.from), to: Math.max(last.to, hole.to) }]
  holes.push(hole)
  if (last && hole.from < last.from) holes.sort((a, b) => a.from - b.from)
  if (holes.length > LEDGER_LIMITS.missed) joinOldest(holes)
  return holes
}

/** Nothing that may be missing counts as delivered: the two oldest become one, with all that lies between them. */
function joinOldest(holes: Hole[]): void {
  const [first, second] = holes as [Hole, Hole]
  holes.splice(0, 2, { from: first.from, to: Math.max(first.to, second.to), cause: NOT_TOLD_APART })
}

/** What the log may explain further on. What a conduit withheld is in the log still, and what is not told apart has many causes. */
export const isExplicable = ({ cause }: Hole): boolean => cause !== NOT_TOLD_APART && !cause.startsWith(CONDUIT_GAP)
