import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from '../../core/batch.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { modbusConfig } from './config.ts'
import { decode, decoderOf } from './decode.ts'

/** Decodes registers as the wire carries them. */
function read(
  registers: number[],
  signal: object,
  connection: object = {},
): { value: number; text: string | undefined; reasons: readonly string[] } {
  const config = modbusConfig.parse({ host: 'h', ...connection, signals: [{ id: 's', table: 'holding-register', address: 0, ...signal }] })
  const into = new BatchBuilder(1)
  const reasons = new ReasonSets()
  const data = Buffer.alloc(registers.length * 2)
  registers.forEach((register, i) => {
    data.writeUInt16BE(register, 2 * i)
  })
  const [only] = config.signals
  if (!only) throw new Error('one signal expected')
  decode({ into, reasons, data, time: 1.7e15, scratch: Buffer.alloc(8) }, decoderOf(only, config), 0, 0)
  return { value: into.value[0] as number, text: into.text?.get(0), reasons: reasons.names(into.reasons[0] as number) }
}

const value = (registers: number[], signal: object, connection?: object) => read(registers, signal, connection).value

test('types, as known devices send them', () => {
  assert.equal(value([0xfffe], { type: 'int16' }), -2)
  assert.equal(value([0xfffe], {}), 65_534)
  assert.equal(value([0xffff, 0xfffe], { type: 'int32' }), -2)
  assert.equal(value([0x0001, 0x0000], { type: 'uint32' }), 65_536)
  assert.equal(value([0x42c8, 0x0000], { type: 'float32' }), 100)
  assert.equal(value([0x0000, 0x42c8], { type: 'float32', wordOrder: 'little' }), 100)
  assert.equal(value([0xc842, 0x0000], { type: 'float32', byteOrder: 'little' }), 100)
  assert.equal(value([0x0000, 0xc842], { type: 'float32' }, { byteOrder: 'little', wordOrder: 'little' }), 100)
  assert.equal(value([0x4059, 0, 0, 0], { type: 'float64' }), 100)
  assert.equal(value([0xffff, 0xffff, 0xffff, 0xffff], { type: 'int64' }), -1)
  assert.equal(value([2], { type: 'bool' }), 1)
  assert.equal(value([0x8000], { type: 'bit', bit: 15 }), 1)
  assert.equal(value([0x0100], { type: 'bit', bit: 0, byteOrder: 'little' }), 1)
  assert.equal(value([0b1011_0000], { bits: [4, 3] }), 0b011)
  assert.equal(value([0xffff, 0xffff], { type: 'uint32', bits: [0, 32] }), 2 ** 32 - 1)
  assert.equal(value([0x8000, 0, 0, 0], { type: 'uint64', bits: [63, 1] }), 1)
})

test('a decimal scale gives the decimal number', () => {
  assert.equal(value([3], { scale: 0.1 }), 0.3)
  assert.equal(value([231], { scale: 0.1, offset: -5 }), 18.1)
  assert.equal(value([7], { scale: 2.5 }), 17.5)
})

test('64-bit integers beyond 2^53 are marked, scaled or not', () => {
  assert.deepEqual(read([0x20, 0, 0, 1], { type: 'uint64' }), { value: 2 ** 53, text: undefined, reasons: ['precision-lost'] })
  assert.deepEqual(read([0x20, 0, 0, 1], { type: 'uint64', scale: 2 }).value, 2 ** 54)
  assert.deepEqual(read([0x8000, 0, 0, 0], { type: 'int64' }).value, -(2 ** 63))
  assert.deepEqual(read([0x1f, 0xffff, 0xffff, 0xffff], { type: 'uint64' }), { value: 2 ** 53 - 1, text: undefined, reasons: [] })
})

test('text ends at NUL, loses its filling, and comes in either byte order', () => {
  assert.equal(read([0x4142, 0x4300], { type: 'text', length: 2 }).text, 'ABC')
  assert.equal(read([0x4241, 0x2043], { type: 'text', length: 2, byteOrder: 'little' }).text, 'ABC')
  assert.equal(read([0x4142, 0x2020], { type: 'text', length: 2 }, { wordOrder: 'little' }).text, 'AB')
  assert.equal(read([0xc3a9, 0], { type: 'text', length: 2 }).text, 'é')
  assert.equal(read([0xe900, 0], { type: 'text', length: 2 }).text, 'é')
})

test('any number in any byte and word order comes back as it was', () => {
  const types = { int16: 1, uint16: 1, int32: 2, uint32: 2, float32: 2, float64: 4 } as const
  const put = (buffer: Buffer, type: keyof typeof types, n: number): number => {
    const write = {
      int16: 'writeInt16BE',
      uint16: 'writeUInt16BE',
      int32: 'writeInt32BE',
      uint32: 'writeUInt32BE',
      float32: 'writeFloatBE',
      float64: 'writeDoubleBE',
    } as const
    return buffer[write[type]](n)
  }
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(types) as (keyof typeof types)[])),
      fc.integer({ min: -32_768, max: 32_767 }),
      fc.constantFrom('big', 'little'),
      fc.constantFrom('big', 'little'),
      (type, n, byteOrder, wordOrder) => {
        const wanted = type.startsWith('u') ? Math.abs(n) : n
        const bytes = Buffer.alloc(2 * types[type])
        put(bytes, type, wanted)
        let registers = Array.from({ length: types[type] }, (_, i) => bytes.readUInt16BE(2 * i))
        if (wordOrder === 'little') registers.reverse()
        if (byteOrder === 'little') registers = registers.map((register) => ((register & 0xff) << 8) | (register >> 8))
        assert.equal(value(registers, { type, byteOrder, wordOrder }), wanted)
      },
    ),
  )
})
