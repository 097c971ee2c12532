import { parseRecord } from '../core/record-content.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { isStandIn } from '../core/withheld.ts'

/** Sequences of a log that a reader did not get, and why. */
export interface HoleFound {
  readonly from: number
  readonly to: number
  readonly cause: string
}

/** Where neighbouring records of one log, read behind the record `before`, break off. */
export function holesIn(records: readonly SpoolRecord[], before: number): HoleFound[] {
  const holes: HoleFound[] = []
  let last = before
  for (const record of records) {
    const { kind, sequence, payload, seal } = record
    if (sequence <= last) continue
    const gap = kind === 'gap' ? parseRecord(kind, payload) : undefined
    const cause = gap?.kind === 'gap' ? gap.cause : 'missing'
    // A gap that is made while reading stands at its last sequence, and one that stands for a record at that; one that is in the log is a record like any other.
    const end = gap && (!seal || isStandIn(record)) ? sequence : sequence - 1
    if (end > last) holes.push({ from: last + 1, to: end, cause })
    last = sequence
  }
  return holes
}
