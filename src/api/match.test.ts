import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileGlob } from './match.ts'

const cases: [glob: string, id: string, matches: boolean][] = [
  ['**', 't2e/baggage/x', true],
  ['t2e/**', 't2e/baggage/x', true],
  ['t2e/**', 't2e', true],
  ['t2e/*', 't2e/baggage/x', false],
  ['t2e/*/x', 't2e/baggage/x', true],
  ['**/current', 't2e/baggage/carousel-3/motor/current', true],
  ['**/motor/**', 't2e/baggage/carousel-3/motor/current', true],
  ['**/carousel-{1,3}/**/c*t', 't2e/baggage/carousel-3/motor/current', true],
  ['**/carousel-[1-2]/**', 't2e/baggage/carousel-3/motor/current', false],
  ['**/carousel-[!1-2]/**', 't2e/baggage/carousel-3/motor/current', true],
  ['a?c', 'abc', true],
  ['a?c', 'a/c', false],
  ['a.c', 'abc', false],
]

for (const [glob, id, matches] of cases) {
  test(`${glob} ${matches ? 'matches' : 'does not match'} ${id}`, () => assert.equal(compileGlob(glob)(id), matches))
}

test('a pattern that cannot be read is refused', () => {
  for (const glob of ['', '{a', 'a}', '{a,{b}}', '[a', '{1,2,3,4,5,6,7,8,9}{1,2,3,4,5,6,7,8,9}', 'x'.repeat(300)]) {
    assert.throws(() => compileGlob(glob), { code: 'glob-invalid' }, glob)
  }
})

test('every id matches itself, itself with a star for any part, and **', () => {
  const part = fc.stringMatching(/^[a-z0-9_.:-]{1,8}$/)
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.nat(), (parts, at) => {
      const id = parts.join('/')
      const starred = parts.map((text, i) => (i === at % parts.length ? '*' : text)).join('/')
      assert.ok([id, starred, `${parts[0]}/**`, '**'].every((glob) => compileGlob(glob)(id)))
    }),
  )
})

test('a hostile pattern costs no more than its length times that of the id', () => {
  const matches = compileGlob(`${'*a'.repeat(120)}b`)
  const id = 'a'.repeat(512)
  const begin = performance.now()
  for (let i = 0; i < 100; i++) assert.equal(matches(id), false)
  assert.ok(performance.now() - begin < 2_000)
})
