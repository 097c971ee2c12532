import { decodeBatch } from '../core/batch-codec.ts'
import type { Receipt } from '../core/connector.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Spool } from '../core/spool.ts'

/** How far back receipts are looked for: what a peer may send again is recent, and a start must not take long. */
export const RECEIPT_LIMITS = { records: 16_384, bytes: 32 * 1024 * 1024, block: 64 } as const

/** Receipts of a connection's last batches in the spool, oldest first. Reads backwards, a block of records at a time. */
export async function receiptsOf(spool: Pick<Spool, 'read' | 'stats'>, signals: SignalTable, connection: string): Promise<Receipt[]> {
  const { firstSequence, lastSequence } = spool.stats()
  const first = Math.max(firstSequence, lastSequence - RECEIPT_LIMITS.records + 1)
  const blocks: Receipt[][] = []
  let bytes = 0
  for (let end = lastSequence; end >= first && bytes < RECEIPT_LIMITS.bytes; end -= RECEIPT_LIMITS.block) {
    const block: Receipt[] = []
    for (let next = Math.max(first, end - RECEIPT_LIMITS.block + 1); next <= end; ) {
      const records = await spool.read(next, end - next + 1, RECEIPT_LIMITS.bytes)
      for (const { kind, payload } of records) {
        bytes += payload.length
        if (kind !== 'batch') continue
        const { signal, receipt, receivedTime } = decodeBatch(payload)
        if (receipt && signals.at(signal[0] as number)?.connection === connection) block.push({ receivedTime, bytes: receipt.slice() })
      }
      const last = records.at(-1)
      if (!last) break
      next = last.sequence + 1
    }
    blocks.unshift(block)
  }
  return blocks.flat()
}
