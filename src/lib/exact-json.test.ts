import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseExactJson } from './exact-json.ts'

test('numbers that a double cannot hold come as text', () => {
  assert.deepEqual(parseExactJson('{"a":1,"b":9007199254740993,"c":0.1,"d":12345678901234567.25,"e":1e400,"f":-0.5e-3}', 4), {
    a: 1,
    b: '9007199254740993',
    c: 0.1,
    d: '12345678901234567.25',
    e: '1e400',
    f: -0.0005,
  })
})

test('depth is bounded, brackets in texts do not count', () => {
  assert.deepEqual(parseExactJson('[["[[[[\\"[["]]', 2), [['[[[["[[']])
  assert.throws(() => parseExactJson('[[[1]]]', 2), /nested more than 2 deep/)
  assert.throws(() => parseExactJson('['.repeat(60_000), 64), SyntaxError)
})

test('whatever the text, a value or a SyntaxError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseExactJson(text, 16)
      } catch (error) {
        assert.ok(error instanceof SyntaxError)
      }
    }),
  )
})
