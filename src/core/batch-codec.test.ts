import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder, type SampleBatch } from './batch.ts'
import { checkBatch, decodeBatch, encodeBatch, encodedCount } from './batch-codec.ts'
import { LIMITS } from './limits.ts'

const u32 = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffffffff }))
const row = fc.record({
  signal: u32,
  time: fc.oneof(fc.integer({ min: 1e15, max: 1e15 + 1e9 }), fc.double({ noNaN: true })),
  value: fc.double(),
  status: u32,
  reasons: u32,
  text: fc.option(fc.string(), { nil: undefined }),
})

function batchOf(
  rows: readonly { signal: number; time: number; value: number; status: number; reasons: number; text?: string | undefined }[],
): SampleBatch {
  const builder = new BatchBuilder(1)
  for (const r of rows) {
    const at = builder.push(r.signal, r.time, r.value, r.status, r.reasons)
    if (r.text !== undefined) builder.setText(at, r.text)
  }
  return builder.build(1.7e15)
}

const plain = (batch: SampleBatch) => ({
  ...batch,
  signal: [...batch.signal],
  sourceTime: [...batch.sourceTime],
  value: [...batch.value],
  status: [...batch.status],
  reasons: [...batch.reasons],
})

test('a batch survives encoding, whatever forms its columns take', () => {
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 50 }),
      fc.integer({ min: 0, max: 7 }),
      fc.uint8Array({ maxLength: 30 }),
      (rows, shift, receipt) => {
        const batch = { ...batchOf(rows), ...(receipt.length > 0 && { receipt }) }
        const bytes = encodeBatch(batch)
        assert.equal(encodedCount(bytes), rows.length)
        // Also from a place in a larger buffer that is not aligned.
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        assert.deepEqual(plain(decodeBatch(moved.subarray(shift))), plain(batch))
      },
    ),
  )
})

test('constant and narrow columns make a batch small', () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ signal: i, time: 1e15 + i, value: i / 3, status: 0, reasons: 0 }))
  const bytes = encodeBatch(batchOf(rows)).length
  assert.ok(bytes < 15_000, `${bytes} bytes for 1,000 samples`)
})

test('mangled bytes are refused with RangeError or give a batch within its own bounds, and nothing else happens', () => {
  const rows = Array.from({ length: 20 }, (_, i) => ({
    signal: i,
    time: 1e15 + i,
    value: i,
    status: 0,
    reasons: i,
    text: i % 5 ? undefined : 'déjà',
  }))
  const good = encodeBatch({ ...batchOf(rows), receipt: Uint8Array.of(1, 2, 3) })
  const runs = process.env.ECLUSE_LONG === '1' ? 100_000 : 2_000
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(damage, fc.nat(good.length), (changes, cut) => {
      const bytes = good.slice(0, changes.length > 6 ? cut : good.length)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      const check = checked(bytes)
      try {
        const batch = decodeBatch(bytes)
        assert.equal(check, undefined)
        assert.equal(batch.value.length, batch.count)
        assert.ok(batch.count <= LIMITS.batchSamples)
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error))
        assert.ok(check instanceof RangeError, String(check))
      }
    }),
    { numRuns: runs },
  )
})

function checked(bytes: Uint8Array): unknown {
  try {
    return checkBatch(bytes)
  } catch (error) {
    return error
  }
}

test('a builder refuses more than the limit of one batch', () => {
  const builder = new BatchBuilder(1)
  builder.reserve(LIMITS.batchSamples)
  builder.count = LIMITS.batchSamples
  assert.throws(() => builder.push(0, 0, 0, 0), RangeError)
})
