import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc16 } from './crc16.ts'
import { cutRtu, cutTcp, encodeRtu, encodeTcp, PARTIAL_MAX, type ReadRequest, readContent } from './frame.ts'

const request: ReadRequest = { unitId: 17, table: 'holding-register', address: 0x6b, count: 3 }

test('requests, byte for byte as the specification prints them', () => {
  // Modbus Application Protocol V1.1b3, 6.3: read holding registers 108 to 110.
  assert.equal(encodeTcp(request, 1).toString('hex'), '0001000000061103006b0003')
  assert.equal(encodeRtu(request).toString('hex'), '1103006b00037687')
})

test('the checksum of the standard test string', () => {
  assert.equal(crc16(Buffer.from('123456789')), 0x4b37)
})

test('an answer is accepted only as the answer to its request', () => {
  assert.deepEqual(readContent(Buffer.from('0306022b00000064', 'hex'), request), { data: Buffer.from('022b00000064', 'hex') })
  assert.deepEqual(readContent(Buffer.from('8302', 'hex'), request), { exception: 2 })
  for (const wrong of ['0406022b00000064', '0304022b0000', '0306022b000000', '83', '830200', '03']) {
    assert.ok('wrong' in readContent(Buffer.from(wrong, 'hex'), request), wrong)
  }
})

const cutters = { tcp: (b: Buffer) => cutTcp(b), rtu: (b: Buffer) => cutRtu(b, request) }

for (const [name, cut] of Object.entries(cutters)) {
  test(`${name}: no bytes make the cutter throw, run past the end, or hold more than its limit`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
        const result = cut(Buffer.from(bytes))
        if (result && 'frame' in result) assert.ok(result.bytes <= bytes.length && result.frame.pdu.length >= 2)
        if (result === undefined) assert.ok(bytes.length < PARTIAL_MAX)
      }),
      { numRuns: process.env.ECLUSE_LONG === '1' ? 100_000 : 2_000 },
    )
  })

  test(`${name}: an honest frame is found in any pieces`, () => {
    const pdu = Buffer.from('0306022b00000064', 'hex')
    const frame =
      name === 'tcp' ? Buffer.concat([Buffer.from('00010000000911', 'hex'), pdu]) : Buffer.concat([Buffer.of(17), pdu, Buffer.alloc(2)])
    if (name === 'rtu') frame.writeUInt16LE(crc16(frame, 0, frame.length - 2), frame.length - 2)
    for (let end = 1; end < frame.length; end++) assert.equal(cut(frame.subarray(0, end)), undefined)
    const result = cut(frame)
    assert.ok(result && 'frame' in result && result.frame.pdu.equals(pdu) && result.bytes === frame.length)
  })
}
