import { type Derivation, FOREVER } from '../../core/derivation.ts'
import type { HeldDays } from '../../core/historian.ts'
import { DAY, type Micros } from '../../core/time.ts'

interface Range {
  readonly from: Micros
  readonly to: Micros
}

/** A time that somebody wants computed anew, and the parts of it in which there is something to compute from. */
export interface HeldRanges {
  readonly asked: Range
  readonly held: readonly Range[]
}

/**
 * Days without a sample come to nothing, and are not looked at; nor is the time before the first record. What is published there stays: of what history holds no
 * more, nothing can be told anew. A day with samples touches whatever depends on it, also before and after it.
 */
export function heldRanges(asked: Range, days: HeldDays | undefined, { facts, inputs }: Derivation): HeldRanges {
  if (!days) return { asked, held: [asked] }
  // Of what is computed for records or events not all is where samples are.
  const reads = facts === 'keyed' || inputs.records.length > 0
  const rest = reads && days.oldestRecord !== undefined ? [{ from: days.oldestRecord, to: FOREVER }] : []
  const held: Range[] = []
  for (const { from, to } of [...days.samples.map((day) => ({ from: day, to: day + DAY - 1 })), ...rest]) {
    const cut = { from: Math.max(from, asked.from), to: Math.min(to, asked.to) }
    if (cut.to < cut.from) continue
    const last = held.at(-1)
    if (last && cut.from <= last.to + 1) held[held.length - 1] = { from: Math.min(last.from, cut.from), to: Math.max(last.to, cut.to) }
    else held.push(cut)
  }
  return { asked, held }
}
