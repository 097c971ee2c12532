import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readJson } from './exact-json.ts'

const bounds = { depth: 8, values: 1000 }
const value = (text: string) => {
  const read = readJson(text, bounds)
  return 'value' in read ? read.value : read.problem
}

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (any) => {
      const text = JSON.stringify(any)
      const beyond = (_key: string, number: unknown, context?: { source?: string }) =>
        typeof number === 'number' && !Number.isSafeInteger(number) && /^-?\d+$/.test(context?.source ?? '') ? context?.source : number
      assert.deepEqual(value(text), JSON.parse(text, beyond))
    }),
  )
})

test('numbers no double holds come as text, all others as numbers', () => {
  const same = ['0', '-1', '9007199254740991', '0.1', '0.30000000000000004', '1.0000000000000000', '1.5e300', '123456789012345.5']
  for (const text of same) assert.equal(value(`[${text}]`)?.[0 as never], Number(text), text)
  const kept = ['9007199254740993', '-12345678901234567890', '0.12345678901234567890', '1e999', '3.14159265358979323846e10']
  for (const text of kept) assert.equal(value(`{"a":${text}}`)?.['a' as never], text, text)
})

test('every finite double survives', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const read = value(`[${JSON.stringify(number)},1234567890.123456789012]`) as unknown[]
      assert.equal(Number(read[0]), number === 0 ? 0 : number)
      assert.equal(read[1], '1234567890.123456789012')
    }),
  )
})

test('depth and count are bounded before anything is parsed', () => {
  assert.deepEqual(value('['.repeat(8) + ']'.repeat(8)), [[[[[[[[]]]]]]]])
  assert.match(String(value('['.repeat(9) + ']'.repeat(9))), /more than 8 lists and maps/)
  assert.match(String(value('['.repeat(1_000_000))), /more than 8/)
  assert.match(String(value(`[${'0,'.repeat(1000)}0]`)), /more than 1000 values/)
  assert.deepEqual(value('["[[[[[[[[[[\\"[[[[", "\\\\"]'), ['[[[[[[[[[["[[[[', '\\'])
})

test('a problem says where and quotes nothing', () => {
  assert.match(String(value(`{"a":"${'x'.repeat(60)}", "password": secret${'x'.repeat(60)}}`)), /^no JSON(, or cut off| at character \d+)$/)
  assert.equal(value('{"a": '), 'no JSON, or cut off')
  assert.deepEqual(readJson(new Uint8Array([0x22, 0xff, 0x22]), bounds), { problem: 'no UTF-8 text' })
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void readJson(bytes, bounds)))
  fc.assert(fc.property(fc.stringMatching(/^[[\]{}",:0-9\\ae]*$/), (text) => void readJson(text, bounds)))
})
