import { type Cell, shareOf, tally } from './cells.ts'
import { LEDGER_LIMITS } from './limits.ts'

/** What of one record a destination does not get although it gets the record: a conduit withholds some of the other nodes' records in it. */
export interface Withheld {
  readonly sequence: number
  /** Where it is of several records, joined: the first of them. */
  readonly from?: number | undefined
  readonly cause: string
  readonly counts: readonly (readonly [Cell, number])[]
}

/** The list, by sequence, with what is withheld of a record in place of what was said of it before. */
export function withWithheld(list: readonly Withheld[], sequence: number, fresh: readonly Withheld[]): Withheld[] {
  // Among those that are joined it cannot be found again: what was said of it first holds.
  if (list.some((one) => one.from !== undefined && one.from <= sequence && sequence <= one.sequence)) return [...list]
  const all = [...list.filter((one) => one.sequence !== sequence), ...fresh].sort((a, b) => a.sequence - b.sequence)
  return all.length > LEDGER_LIMITS.missed ? joined(all) : all
}

/** Takes what is withheld of the records up to a sequence out of what the destination was given with them. What is left waits. */
export function settleWithheld(list: readonly Withheld[], name: string, reached: number): Withheld[] {
  const isDone = ({ sequence }: Withheld) => sequence <= reached
  for (const { cause, counts } of list.filter(isDone))
    for (const [cell, count] of counts) {
      const share = shareOf(cell, name)
      share.passed -= count
      tally(share.lost, cause, count)
    }
  return list.filter((one) => !isDone(one))
}

/** One for each cause, at the last place: counted a little later, and nothing of it forgotten. */
function joined(list: readonly Withheld[]): Withheld[] {
  const sequence = list.at(-1)?.sequence ?? 0
  const from = Math.min(...list.map((one) => one.from ?? one.sequence))
  return [...Map.groupBy(list, ({ cause }) => cause)].map(([cause, some]) => {
    const counts = new Map<Cell, number>()
    for (const [cell, count] of some.flatMap((one) => one.counts)) counts.set(cell, (counts.get(cell) ?? 0) + count)
    return { sequence, from, cause, counts: [...counts] }
  })
}
