import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkUses, toUses, usesConfig } from './config.ts'
import { CONTINUITY_LIMITS } from './limits.ts'

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const accepts = (value: unknown): boolean => usesConfig.safeParse(value).success

test('uses as the file has them; durations in microseconds, nothing that was not written', () => {
  const [use] = toUses(
    usesConfig.parse({ display: { care: { maximumAge: '2s', minimumCoverage: 0.9 }, refuse: { maximumClockUncertainty: '1ms' } } }),
  ).values()
  assert.deepEqual(use, {
    ...{ id: 'display', names: [], contract: 'expected' },
    ...{ care: { minimumCoverage: 0.9, maximumAgeUs: 2_000_000 }, refuse: { maximumClockUncertaintyUs: 1_000 } },
  })
  assert.deepEqual(
    [accepts({ a: { car: {} } }), accepts({ 'a b': {} }), accepts({ a: { care: { minimumCoverage: 1.1 } } })],
    [false, false, false],
  )
})

test('limits: uses, names, patterns and their length', () => {
  const { uses, names, patterns, textLength, alternatives } = CONTINUITY_LIMITS
  const of = (count: number) => Object.fromEntries(many(count, (i) => [`u${i}`, {}]))
  assert.deepEqual([accepts(of(uses)), accepts(of(uses + 1))], [true, false])
  const named = (count: number) => ({ u: { names: many(count, (i) => `n${i}`) } })
  assert.deepEqual([accepts(named(names)), accepts(named(names + 1))], [true, false])
  const judged = (reasons: string[]) => ({ u: { care: { reasons } } })
  assert.deepEqual([accepts(judged(many(patterns, (i) => `r${i}`))), accepts(judged(many(patterns + 1, (i) => `r${i}`)))], [true, false])
  assert.deepEqual([accepts(judged(['x'.repeat(textLength)])), accepts(judged(['x'.repeat(textLength + 1)]))], [true, false])
  const braces = (count: number) => checkUses(usesConfig.parse(judged([`{${many(count, () => 'a').join()}}`]))).map(({ is }) => is)
  assert.deepEqual(braces(60), [])
  // Within its length, and yet standing for too many: braces beside braces.
  const beside = '{a,b,c,d,e,f,g,h,i}{a,b,c,d,e,f,g,h}'
  assert.ok(beside.length <= textLength && 9 * 8 > alternatives)
  assert.deepEqual(
    checkUses(usesConfig.parse(judged([beside]))).map(({ is }) => is),
    ['pattern'],
  )
})
