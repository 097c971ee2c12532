import type { StatedChanges } from '../core/node-view.ts'
import { parseRecord } from '../core/record-content.ts'
import type { SpoolRecord } from '../core/spool.ts'

/** Names in one telling; what is more is said to be more. */
export const MOST_CHANGES = 500

/** Which IT records and facts are among records that became readable; undefined when none are. */
export function statedChanges(stored: readonly SpoolRecord[]): StatedChanges | undefined {
  const records = new Map<string, { kind: string; key: string }>()
  const facts = new Map<string, { definition: string; key: string }>()
  let more = false
  const add = <T>(to: Map<string, T>, id: string, one: T) => {
    if (to.size < MOST_CHANGES) to.set(id, one)
    else more = true
  }
  for (const record of stored) {
    if (record.kind !== 'records' && record.kind !== 'facts') continue
    const content = parseRecord(record.kind, record.payload)
    if (content.kind === 'records') for (const { kind, key } of content.records.versions) add(records, `${kind}\n${key}`, { kind, key })
    else if (content.kind === 'facts')
      for (const { definition, key } of content.facts) add(facts, `${definition}\n${key}`, { definition, key })
  }
  return records.size + facts.size === 0 ? undefined : { records: [...records.values()], facts: [...facts.values()], more }
}
