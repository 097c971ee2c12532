import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import { NotConnected } from '../../core/errors.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import { boundUnpacking, lz4Length, snappyLength } from './bounds.ts'
import { kafkaConfig } from './config.ts'
import { KAFKA_LIMITS } from './limits.ts'
import { KafkaRecords } from './records.ts'

const { unpackedBytes } = KAFKA_LIMITS
const refused = (error: unknown) => error instanceof NotConnected && /unpacks to too much/.test(error.message)
const { gzip, zstd, snappy, lz4 } = compressionsAlgorithms
const packers = { gzip: gzipSync, zstd: zstdCompressSync, snappy: snappy.compressSync, lz4: lz4.compressSync }

test('a batch unpacks to so much and no more, however it was packed', () => {
  boundUnpacking(compressionsAlgorithms)
  boundUnpacking(compressionsAlgorithms)
  const full = Buffer.alloc(unpackedBytes, 'a')
  const more = Buffer.alloc(unpackedBytes + 1, 'a')
  for (const [name, pack] of Object.entries(packers)) {
    const unpack = (bytes: Buffer) => compressionsAlgorithms[name as keyof typeof packers].decompressSync(bytes)
    assert.equal(unpack(pack(Buffer.from('some text'))).toString(), 'some text')
    assert.throws(() => unpack(pack(more)), refused, name)
    if (name !== 'lz4') assert.equal(unpack(pack(full)).length, unpackedBytes, name)
  }
  assert.ok(gzip && zstd)
})

test('what snappy and LZ4 say of their length is at least what they become, whatever they are of', () => {
  for (const length of [0, 1, 70_000, 5_000_000]) {
    const bytes = Buffer.alloc(length, 'abc')
    assert.equal(snappyLength(snappy.compressSync(bytes)), length)
    const most = lz4Length(lz4.compressSync(bytes))
    assert.ok(most >= length && most <= length + 4 * 1024 * 1024, `${length}: ${most}`)
  }
  const piece = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes])
  const xerial = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
  const packed = snappy.compressSync(Buffer.from('piece'))
  assert.equal(snappyLength(Buffer.concat([xerial, piece(packed), piece(packed)])), 10)
  for (const bytes of [[], [4], [4, 0x22, 0x4d, 0x18, 0x40, 0x70, 0, 0xff, 0xff, 0xff, 0x7f]]) lz4Length(Buffer.from(bytes))
})

test('a broker that announces an answer longer than we take is left before it is kept', async (t) => {
  let sent = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (request) => {
      const head = Buffer.alloc(8)
      head.writeInt32BE(KAFKA_LIMITS.answerBytes + 1, 0)
      request.copy(head, 4, 8, 12)
      socket.write(head)
      const more = () => {
        while (!socket.destroyed && sent < 4 * KAFKA_LIMITS.answerBytes) {
          sent += 65_536
          if (!socket.write(Buffer.alloc(65_536))) return socket.once('drain', more)
        }
      }
      more()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const config = kafkaConfig.parse({
    ...{ brokers: [`127.0.0.1:${(server.address() as AddressInfo).port}`], group: 'g', timeout: '5s' },
    records: [{ record: 'flight', topic: 'flights' }],
  })
  const source = new KafkaRecords(config, testRunner().context)
  await assert.rejects(
    source.connect(t.signal),
    (error) =>
      error instanceof NotConnected && /an answer of 67108865 bytes/.test(error.message) && error.fault?.code === 'answer-too-large',
  )
  assert.ok(sent < KAFKA_LIMITS.answerBytes / 4, `${sent} bytes were taken`)
})
