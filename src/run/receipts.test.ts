import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../core/batch.ts'
import { encodeBatch } from '../core/batch-codec.ts'
import { SignalTable } from '../core/signals.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import { RECEIPT_LIMITS, receiptsOf } from './receipts.ts'

const signals = new SignalTable()
signals.define({ id: 'ours', connection: 'us', address: 'a', dataType: 'number' })
signals.define({ id: 'theirs', connection: 'them', address: 'b', dataType: 'number' })

/** A log whose n-th record is made by `make`; `reads` counts what was read of it. */
function spoolOf(first: number, last: number, make: (sequence: number) => Pick<SpoolRecord, 'kind' | 'payload'>) {
  const spool = {
    reads: 0,
    stats: () => ({ firstSequence: first, lastSequence: last }) as ReturnType<Spool['stats']>,
    async read(sequence: number, most: number) {
      const count = Math.max(0, Math.min(most, last - sequence + 1, 50))
      spool.reads += count
      return Array.from({ length: count }, (_, i) => {
        const place = { node: 'n', epoch: 1, sequence: sequence + i }
        return { ...place, recordedTime: 0, ...make(sequence + i) }
      })
    },
  }
  return spool
}

function batch(signal: number, receipt: number | undefined) {
  const into = new BatchBuilder(1)
  into.push(signal, 0, 1, 0)
  const built = into.build(receipt ?? 0)
  return {
    kind: 'batch' as const,
    payload: encodeBatch(receipt === undefined ? built : { ...built, receipt: Uint8Array.of(receipt % 256) }),
  }
}

test('the receipts of one connection come in order, from among other connections, marks without receipt and dictionaries', async () => {
  const spool = spoolOf(3, 300, (n) => {
    if (n % 5 === 0) return { kind: 'config', payload: new Uint8Array(4) }
    return n % 3 === 0 ? batch(1, n) : batch(0, n % 2 === 0 ? n : undefined)
  })
  const wanted = Array.from({ length: 298 }, (_, i) => i + 3).filter((n) => n % 5 !== 0 && n % 3 !== 0 && n % 2 === 0)
  const found = await receiptsOf(spool, signals, 'us')
  assert.deepEqual(
    found.map(({ receivedTime }) => receivedTime),
    wanted,
  )
  assert.deepEqual(
    found.map(({ bytes }) => bytes[0]),
    wanted.map((n) => n % 256),
  )
  assert.deepEqual(
    await receiptsOf(
      spoolOf(1, 0, () => batch(0, 1)),
      signals,
      'us',
    ),
    [],
    'an empty spool',
  )
})

test('no further back than the limits of records and of bytes', async () => {
  const last = RECEIPT_LIMITS.records + 1_000
  const found = await receiptsOf(
    spoolOf(1, last, (n) => batch(0, n)),
    signals,
    'us',
  )
  assert.deepEqual([found.length, found[0]?.receivedTime], [RECEIPT_LIMITS.records, 1_001])
  const filler = new Uint8Array(RECEIPT_LIMITS.bytes / RECEIPT_LIMITS.block)
  const large = spoolOf(1, 1_000, () => ({ kind: 'config', payload: filler }))
  await receiptsOf(large, signals, 'us')
  assert.equal(large.reads, RECEIPT_LIMITS.block)
})
