import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../../core/batch.ts'
import { encodeBatch } from '../../core/batch-codec.ts'
import { blockBytes, writeBlock } from '../../core/forwarded.ts'
import { RECORD_KINDS, type SpoolRecord } from '../../core/spool.ts'
import { BITS, HEADER, NULL } from './column-layout.ts'
import { columnRoom } from './column-writer.ts'
import { fromColumns, toColumns } from './columns.ts'
import { Packer, unpack } from './compact.ts'
import { DECIMAL_FORMS, formOf, numberOf, stands, wholeOf } from './decimals.ts'

const value = fc.oneof(
  fc.double(),
  fc.integer().map((n) => n / 100),
  fc.integer({ min: -1e6, max: 1e6 }).map((n) => n * 0.1),
  fc.integer({ min: -1e6, max: 1e6 }).map((n) => Math.fround(n / 1000)),
  fc.constantFrom(Number.NaN, 0, -0, Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31), 2 ** 53, Number.MIN_VALUE),
)
const u32 = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffffffff }))
const row = fc.record({
  signal: u32,
  time: fc.oneof(fc.integer({ min: 1e15, max: 1e15 + 1e9 }), fc.double({ noNaN: true })),
  value,
  status: u32,
  reasons: u32,
  text: fc.option(fc.string(), { nil: undefined, freq: 20 }),
})
const batch = fc.array(row, { maxLength: 60 }).map((rows) => {
  const builder = new BatchBuilder(1)
  for (const r of rows) {
    const at = builder.push(r.signal, r.time, r.value, r.status, r.reasons)
    if (r.text !== undefined) builder.setText(at, r.text)
  }
  return encodeBatch(builder.build(1.7e15))
})
const record = fc
  .record({
    kind: fc.oneof(fc.constant('batch' as const), fc.constantFrom(...RECORD_KINDS)),
    sequence: fc.integer({ min: 1, max: 1e6 }),
    recordedTime: fc.integer({ min: 1e15, max: 1e15 + 1e9 }),
    payload: fc.oneof({ weight: 4, arbitrary: batch }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) }),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  })
  .map(({ hash, ...rest }): SpoolRecord => {
    return { node: 'n', epoch: 1, ...rest, seal: { samples: 7, signals: 5, reasonSets: 3, hash } }
  })
const block = fc.array(record, { minLength: 1, maxLength: 8 }).map((records) => {
  const bytes = new Uint8Array(blockBytes(records))
  writeBlock(records, bytes, 0)
  return bytes
})
/** Bytes changed, and cut, in places that matter as well as anywhere. */
const bent = (whole: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255))), { maxLength: 8 }), fc.nat({ max: 12 }))
    .map(([bytes, changes, cut]) => {
      const copy = bytes.slice(0, Math.max(0, bytes.length - cut))
      for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte
      return copy
    })
const body = fc.oneof(block, batch, bent(block), bent(batch), fc.uint8Array({ maxLength: 600 }))

/** One for all: what it keeps from body to body shows in none. */
const packer = new Packer()
const apart = (bytes: Uint8Array) => toColumns(bytes, new Uint8Array(columnRoom(bytes.length)).fill(0xa5))

test('any bytes come back as they were', async () => {
  await fc.assert(
    fc.asyncProperty(body, async (bytes) => {
      const { bytes: packed, packed: how } = await packer.pack(bytes)
      assert.ok(packed.length <= bytes.length)
      assert.ok(Buffer.compare(await unpack(packed, how, bytes.length), bytes) === 0)
      const columns = apart(bytes)
      if (columns) assert.ok(Buffer.compare(fromColumns(columns, bytes.length), bytes) === 0)
    }),
    { numRuns: 2_000 },
  )
})

test('columns that were tampered with are refused, or are some body of the size that was said', () => {
  const packed = fc.tuple(fc.oneof(block, batch), fc.integer({ min: -64, max: 64 })).chain(([bytes, more]) => {
    const columns = apart(bytes) ?? new Uint8Array(HEADER)
    return fc.tuple(bent(fc.constant(columns)), fc.constant(Math.max(0, bytes.length + more)), fc.boolean())
  })
  fc.assert(
    fc.property(packed, ([columns, size, isSame]) => {
      const said = isSame ? size : size * 3
      try {
        assert.equal(fromColumns(columns, said).length, said)
      } catch (error) {
        assert.equal((error as Error).name, 'RangeError')
      }
    }),
    { numRuns: 5_000 },
  )
})

test('a packed body is never unpacked to more than was said', async () => {
  const bytes = new Uint8Array(1_000_000)
  const { bytes: packed, packed: how } = await packer.pack(bytes)
  assert.ok(packed.length < 1_000)
  for (const size of [0, 1, 999_999, 1_000_001]) await assert.rejects(unpack(packed, how, size), RangeError)
  await assert.rejects(unpack(packed, 'columns+zstd', 100), RangeError)
  await assert.rejects(unpack(packed, 'lzma', 1_000_000), RangeError)
  await assert.rejects(unpack(packed.subarray(0, 10), 'zstd', 1_000_000), RangeError)
  await assert.rejects(unpack(packed, 'no', 1_000_000), RangeError)
})

test('a number in a decimal form is that number to the bit', () => {
  fc.assert(
    fc.property(value, (number) => {
      const form = formOf(number)
      assert.ok(form < DECIMAL_FORMS && DECIMAL_FORMS <= BITS && BITS < NULL)
      if (form > 0) assert.ok(Object.is(numberOf(wholeOf(number, form), form), number))
      for (let other = 1; other < DECIMAL_FORMS; other++) {
        const whole = wholeOf(number, other)
        if (stands(number, whole, other)) assert.ok(Object.is(numberOf(whole | 0, other), number) || number === 0)
      }
    }),
    { numRuns: 5_000 },
  )
  for (const [number, form] of [
    [23.1, 2],
    [0.30000000000000004, 13],
    [Math.fround(50.37), 10],
    [Math.PI, 0],
    [-0, 0],
    [2 ** 31, 0],
  ]) {
    assert.equal(formOf(number as number), form)
  }
})

test('what plants send takes few bytes', async () => {
  const builder = new BatchBuilder()
  for (let tick = 0; tick < 50; tick++) {
    for (let signal = 0; signal < 100; signal++) {
      const measured = 50 + 10 * Math.sin((tick + signal) / 9)
      builder.push(signal, 1.7e15 + tick * 1e6, signal % 10 < 7 ? Math.round(measured * 100) / 100 : measured, 0)
    }
  }
  const bytes = encodeBatch(builder.build(1.7e15))
  const { bytes: packed, packed: how } = await packer.pack(bytes)
  assert.equal(how, 'columns+zstd')
  assert.ok(packed.length < 3.2 * builder.count, `${packed.length / builder.count} bytes a sample`)
  assert.ok(Buffer.compare(await unpack(packed, how, bytes.length), bytes) === 0)
})
