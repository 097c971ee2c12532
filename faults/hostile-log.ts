import { join } from 'node:path'
import { BatchBuilder, type SampleBatch } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import type { RecordKind, SpoolRecord } from '../src/core/spool.ts'
import { readAll, start } from '../src/gateway/spool/harness.ts'
import { expectedHash } from '../src/gateway/spool/layout.ts'
import { Journal } from './journal.ts'

const SIGNALS = 10
const BATCH = 20

/** A true log of some batches, as a node of ours would have written it, and the journal of its device. */
export async function trueLog(folder: string, node: string, batches: number): Promise<readonly SpoolRecord[]> {
  const { spool, signals } = await start(join(folder, `${node}-spool`), { node })
  const journal = new Journal(join(folder, `${node}.journal`))
  for (let i = 0; i < SIGNALS; i++) signals.define({ id: `${node}/count/${i}`, connection: 'c', address: `${i}`, dataType: 'number' })
  const begin = Date.now() * 1000 - batches * BATCH
  for (let n = 0; n < batches; n++) {
    const builder = new BatchBuilder(BATCH)
    const from = n * BATCH
    for (let sequence = from; sequence < from + BATCH; sequence++) builder.push(sequence % SIGNALS, begin + sequence, sequence, 0)
    journal.said(
      Array.from({ length: BATCH }, (_, i) => ({
        signal: `count/${(from + i) % SIGNALS}`,
        sequence: from + i,
        value: from + i,
        time: begin + from + i,
      })),
    )
    await spool.append(builder.build(begin + from))
    journal.acknowledged(from, from + BATCH - 1)
  }
  const records = await readAll(spool)
  await spool.close()
  journal.close()
  return records
}

/** A record that follows `before` along a right chain: whoever holds the log can write what it likes. */
export function chained(before: SpoolRecord, kind: RecordKind, payload: Uint8Array, given: Partial<SpoolRecord> = {}): SpoolRecord {
  const { node, epoch, sequence, recordedTime, seal } = before
  const counts = { samples: seal?.samples ?? 0, signals: seal?.signals ?? 0, reasonSets: seal?.reasonSets ?? 0 }
  const open = { node, epoch, sequence: sequence + 1, kind, recordedTime, payload, ...given, seal: { ...counts, hash: new Uint8Array(32) } }
  return { ...open, seal: { ...counts, hash: expectedHash(open, seal?.hash ?? new Uint8Array(32)) } }
}

export const words = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** A record that other signals than its own are called by: those of another node. Bad and without a value, so that the oracle need not tell whose it was. */
export function pretending(before: SpoolRecord, id: string, number: number): SpoolRecord[] {
  const signals = chained(before, 'signals', words([[number, { id, connection: 'c', address: 'a', dataType: 'number' }]]))
  const records = [signals]
  return [...records, chained(signals, 'batch', encodeBatch(bad(number)))]
}

function bad(signal: number): SampleBatch {
  const builder = new BatchBuilder(1)
  const now = Date.now() * 1000
  builder.push(signal, now, Number.NaN, 0x80000000, 0)
  return builder.build(now)
}
