import { encodedCount } from './batch-codec.ts'
import { CONDUIT_GAP } from './policy.ts'
import { parseRecord } from './record-content.ts'
import type { SpoolRecord } from './spool.ts'

/**
 * What stands for a record that no conduit lets pass: a gap of this one sequence that keeps the record's seal. Nothing of the content is in it but how many
 * samples there were. With the seal the chain goes on: its hash cannot be checked against a content that is not there, but the next record is chained to it, and the
 * periods of evidence have their leaf. So both ends and an auditor still compute the same roots.
 */
export function standInFor(record: SpoolRecord, cause: string): SpoolRecord {
  const { kind, sequence, payload } = record
  const samples = kind === 'batch' ? encodedCount(payload) : undefined
  const gap = { from: sequence, to: sequence, cause, ...(samples !== undefined && { samples }) }
  return { ...record, kind: 'gap', payload: new TextEncoder().encode(JSON.stringify(gap)) }
}

/** True for such a gap. A gap that a log declares itself has another cause. */
export function isStandIn({ kind, seal, sequence, payload }: SpoolRecord): boolean {
  if (kind !== 'gap' || !seal) return false
  const gap = parseRecord('gap', payload)
  return gap.kind === 'gap' && gap.from === sequence && gap.to === sequence && gap.cause.startsWith(CONDUIT_GAP)
}
