import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RecordKind } from '../../core/spool.ts'
import type { SpoolFile } from './files.ts'
import { claimedBytes, decodeRecord, decodeSegmentHeader, encodeSegmentHeader, genesis, sealRecord } from './layout.ts'
import { type Found, scanSegment } from './scan.ts'

const LONG = process.env.ECLUSE_LONG === '1'
const kinds = fc.constantFrom<RecordKind>('batch', 'signals', 'reasons', 'config', 'gap')
const whole = fc.nat(Number.MAX_SAFE_INTEGER)
const u32 = fc.nat(0xffffffff)

test('a record read back is what was sealed', () => {
  const fields = fc.record({ kind: kinds, sequence: whole, recordedTime: whole, samples: whole, signals: u32, reasonSets: u32 })
  const previous = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 200 }), previous, u32, (made, payload, previousHash, salt) => {
      const { buffers, bytes, hash } = sealRecord(made, payload, previousHash, salt)
      const disk = Buffer.concat(buffers)
      assert.equal(disk.length, bytes)
      assert.equal(bytes % 8, 0)
      assert.equal(claimedBytes(new DataView(disk.buffer, disk.byteOffset), 0, salt), bytes)
      const { header, bytes: size, hash: stored, payload: read, ...rest } = decodeRecord(disk, 0, bytes) ?? assert.fail('not decoded')
      assert.deepEqual(rest, { ...made })
      assert.deepEqual([Buffer.from(read), new Uint8Array(stored), size, header.length], [Buffer.from(payload), hash, bytes, 88])
    }),
  )
})

test('a segment header read back is what was written', () => {
  const header = fc.record({
    ...{ node: fc.stringMatching(/^[a-zé0-9-]{1,64}$/u), epoch: whole, ordinal: whole, firstSequence: whole, createdTime: whole },
    ...{ samples: whole, signals: u32, reasonSets: u32, previousHash: fc.uint8Array({ minLength: 32, maxLength: 32 }), salt: u32 },
  })
  fc.assert(fc.property(header, (made) => assert.deepEqual(decodeSegmentHeader(encodeSegmentHeader(made)), { ...made })))
})

/** A file that is only bytes. */
function memoryFile(bytes: Uint8Array): SpoolFile {
  const refuse = () => Promise.reject(new Error('read only'))
  return {
    ...{ write: refuse, sync: refuse, truncate: refuse, close: async () => {}, size: async () => bytes.length },
    read: async (into, position) => {
      const part = bytes.subarray(position, position + into.length)
      into.set(part)
      return part.length
    },
  }
}

test(`the reader survives any damage and returns nothing that was not written (${LONG ? 100_000 : 2000} cases)`, async () => {
  const salt = 0x5eed
  let chain = genesis('edge-1', 1)
  const parts: Uint8Array[] = []
  const written: Buffer[] = []
  for (let sequence = 1; sequence <= 12; sequence++) {
    const payload = Buffer.from(`{"record":${sequence},"padding":"${'x'.repeat(sequence * 5)}"}`)
    const sealed = sealRecord(
      { kind: 'config', sequence, recordedTime: 1, samples: 0, signals: 0, reasonSets: 0 },
      payload,
      chain.hash,
      salt,
    )
    chain = { sequence, samples: 0, hash: sealed.hash }
    parts.push(...sealed.buffers)
    written.push(payload)
  }
  const original = Buffer.concat(parts)
  const edit = fc.oneof(
    fc.record({ how: fc.constant('set' as const), at: fc.nat(original.length - 1), value: fc.nat(255) }),
    fc.record({ how: fc.constant('zero' as const), at: fc.nat(original.length - 1), value: fc.nat(600) }),
    fc.record({ how: fc.constant('cut' as const), at: fc.nat(original.length - 1), value: fc.constant(0) }),
    fc.record({ how: fc.constant('move' as const), at: fc.nat(original.length - 1), value: fc.nat(original.length - 1) }),
    fc.record({ how: fc.constant('u32' as const), at: fc.nat((original.length >> 2) - 1), value: u32 }),
  )
  const check = async (edits: { how: 'set' | 'zero' | 'cut' | 'move' | 'u32'; at: number; value: number }[], isLast: boolean) => {
    let bytes = Buffer.from(original)
    for (const { how, at, value } of edits) {
      if (how === 'cut') bytes = bytes.subarray(0, at)
      else if (how === 'zero') bytes.fill(0, Math.min(at, bytes.length), Math.min(at + value, bytes.length))
      else if (how === 'move') bytes.copyWithin(Math.min(at, bytes.length), value, value + 200)
      else if (how === 'u32' && at * 4 + 4 <= bytes.length) bytes.writeUInt32LE(value, at * 4)
      else if (at < bytes.length) bytes.writeUInt8(value & 255, at)
    }
    const range = { offset: 0, chain: genesis('edge-1', 1), end: bytes.length, lastSequence: isLast ? Number.POSITIVE_INFINITY : 12, salt }
    const all: Found[] = []
    for await (const found of scanSegment(memoryFile(bytes), range)) all.push(...found)
    let next = 1
    for (const one of all) {
      if (one.what === 'record') {
        assert.equal(one.frame.sequence, next++)
        assert.deepEqual(Buffer.from(one.frame.payload), written[one.frame.sequence - 1])
      } else if (one.what === 'corrupt') {
        assert.equal(one.from, next)
        assert.ok(one.to >= one.from)
        next = one.to + 1
      }
    }
    if (!isLast) assert.equal(next, 13, 'every record is accounted for')
  }
  await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), check), { numRuns: LONG ? 100_000 : 2000 })
})
