import { blockBytes } from '../../core/forwarded.ts'
import type { SpoolRecord } from '../../core/spool.ts'

/** Neighbouring records in runs of at most `maxBytes` as a block; a larger record goes alone. */
export function inParts(records: readonly SpoolRecord[], maxBytes: number): SpoolRecord[][] {
  const parts: SpoolRecord[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const record of records) {
    const size = blockBytes([record])
    if (bytes + size > maxBytes) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(record)
    bytes += size
  }
  return parts
}
