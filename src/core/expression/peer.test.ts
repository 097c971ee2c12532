import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { cases } from '../../lib/thorough.fixture.ts'
import { compile } from './index.ts'

/** The library's own evaluator, over doubles: whatever both know must be the same, and what it refuses to decide is not known here. */
const peer = new Environment()
  .registerVariable('x', 'double')
  .registerVariable('y', 'double')
  .registerVariable('a', 'bool')
  .registerVariable('b', 'bool')
  .registerVariable('s', 'string')
const variables = {
  x: { type: 'number' },
  y: { type: 'number' },
  a: { type: 'boolean' },
  b: { type: 'boolean' },
  s: { type: 'text' },
} as const

const { number, boolean } = fc.letrec<{ number: string; boolean: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('x', 'y', '0.0', '1.5', '2.0', '-3.0'),
    fc.tuple(tie('number'), fc.constantFrom('+', '-', '*', '/'), tie('number')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie('boolean'), tie('number'), tie('number')).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
    tie('number').map((inner) => `(-${inner})`),
  ),
  boolean: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'true', 'false', `(s == "on")`, `s.contains("o")`, `(s in ["on", "off"])`),
    fc.tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie('boolean'), fc.constantFrom('&&', '||', '==', '!='), tie('boolean')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    tie('boolean').map((inner) => `(!${inner})`),
  ),
}))
const values = fc.record({
  x: fc.constantFrom(-2, -0.5, 0, 1, 3.25),
  y: fc.constantFrom(-1, 0, 0.1, 7),
  a: fc.boolean(),
  b: fc.boolean(),
  s: fc.constantFrom('on', 'off', ''),
})

const numRuns = cases(2_000, 100_000)

test(`expressions come to what the library makes of them (${numRuns} expressions)`, () => {
  let decided = 0
  fc.assert(
    fc.property(
      fc.oneof(
        number.map((text) => ({ text, type: 'number' as const })),
        boolean.map((text) => ({ text, type: 'boolean' as const })),
      ),
      values,
      ({ text, type }, given) => {
        const ours = compile(text, { variables, result: { type } })
        if (ours.problems.some(({ code }) => code === 'too-complex')) return
        assert.deepEqual(ours.problems, [])
        const known = ours.evaluate(given)
        if (known === undefined) return
        decided++
        // 0 and -0 are one number to both.
        assert.ok(known === peer.parse(text)(given), text)
      },
    ),
    { numRuns },
  )
  assert.ok(decided > numRuns / 2, `${decided} of ${numRuns} decided`)
})

test('with variables not known, a result that is known is the one whatever they are', () => {
  fc.assert(
    fc.property(boolean, values, values, fc.subarray(['x', 'y', 'a', 'b', 's']), (text, given, other, hidden) => {
      const { evaluate } = compile(text, { variables, result: { type: 'boolean' } })
      const partial = Object.fromEntries(Object.entries(given).filter(([name]) => !hidden.includes(name)))
      const known = evaluate(partial)
      if (known === undefined) return
      const mixed = { ...other, ...partial }
      const whole = evaluate(mixed)
      assert.ok(whole === known || whole === undefined, `${text} ${JSON.stringify({ partial, mixed, known, whole })}`)
    }),
    { numRuns },
  )
})
