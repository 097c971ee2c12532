import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../../core/batch.ts'
import { LinkRefused } from '../../core/link.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { decodeFrame, encodeFrame, type Frame } from './frames.ts'

const LONG = process.env.ECLUSE_LONG === '1'

const seal = { samples: 3, signals: 2, reasonSets: 1, hash: new Uint8Array(32).fill(7) }
const record = (sequence: number, bytes: number): SpoolRecord => ({
  ...{ node: 'edge-1', epoch: 5, sequence, kind: 'batch', recordedTime: 9 },
  ...{ payload: new Uint8Array(bytes).fill(sequence), seal },
})
const builder = new BatchBuilder()
builder.push(1, 10, 2.5, 0)

const samples: Frame[] = [
  {
    type: 'hello',
    hello: { node: 'edge-1', instance: 'x', version: '1', time: 3, streams: [{ node: 'edge-1', epoch: 5, first: 1, last: 9 }] },
  },
  {
    type: 'welcome',
    welcome: { node: 'hub', time: 3, streams: [{ node: 'edge-1', epoch: 5, sequence: 4, hash: seal.hash, segments: ['1-00'] }] },
  },
  { type: 'refused', code: 'revoked', message: 'node edge-1 was revoked' },
  { type: 'records', records: [record(1, 100), record(2, 7)] },
  { type: 'records', records: [record(1, 300_000)] },
  { type: 'durable', position: { node: 'edge-1', epoch: 5, sequence: 4 } },
  { type: 'show', stream: { node: 'edge-1', epoch: 5 }, upTo: 8, batch: builder.build(11) },
  { type: 'ping', id: 1 },
  { type: 'pong', id: 1, time: 2 },
  { type: 'renew', request: 'csr' },
  { type: 'renewed', answer: { certificate: 'pem' } },
]

test('every frame comes back as it was', async () => {
  for (const frame of samples) assert.deepEqual(await decodeFrame(await encodeFrame(frame)), frame)
})

test(`bytes that are no frame are refused, and nothing else is thrown (${LONG ? 100_000 : 3_000} mutants)`, async () => {
  const encoded = await Promise.all(samples.map((frame) => encodeFrame(frame)))
  const edit = fc.record({ at: fc.nat(2000), value: fc.nat(255), cut: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.nat(encoded.length - 1), fc.array(edit, { minLength: 1, maxLength: 4 }), async (which, edits) => {
      let bytes = Uint8Array.from(encoded[which] as Uint8Array)
      for (const { at, value, cut } of edits) {
        if (cut) bytes = bytes.slice(0, at)
        else if (bytes.length > 0) bytes[at % bytes.length] = value
      }
      await decodeFrame(bytes).catch((error: unknown) => assert.ok(error instanceof LinkRefused, String(error)))
    }),
    { numRuns: LONG ? 100_000 : 3_000 },
  )
})

test('a small frame that claims to unpack to much is refused without the memory for it', async () => {
  const bytes = await encodeFrame({ type: 'records', records: [record(1, 1_000_000)] })
  const view = new DataView(bytes.buffer)
  const words = new TextDecoder().decode(bytes.subarray(8, 8 + view.getUint32(4, true)))
  const lie = new TextEncoder().encode(words.replace(/"bytes":\d+/, '"bytes":999'))
  const frame = new Uint8Array(8 + ((lie.length + 7) & ~7) + bytes.length)
  frame.set(bytes.subarray(0, 8))
  new DataView(frame.buffer).setUint32(4, lie.length, true)
  frame.set(lie, 8)
  frame.set(bytes.subarray(8 + ((view.getUint32(4, true) + 7) & ~7)), 8 + ((lie.length + 7) & ~7))
  await assert.rejects(decodeFrame(frame), { name: 'LinkRefused', code: 'malformed' })
})
