import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCheck, type WrittenCheck } from './checks.ts'
import { CONTRACT_LIMITS } from './limits.ts'

const kept: [WrittenCheck, string][] = [
  [{ metric: 'nullValues', mustBe: 0 }, 'nullValues mustBe 0: [0, 0]'],
  [{ type: 'library', rule: 'nullValues', mustBeLessThan: 5, unit: 'percent' }, 'nullValues mustBeLessThan 5 %: [-Infinity, 5['],
  [{ metric: 'rowCount', mustBeBetween: [3000, 4000] }, 'rowCount mustBeBetween 3000-4000: [3000, 4000]'],
  [{ metric: 'rowCount', mustBeGreaterThan: 10, mustBeLessOrEqualTo: 20, name: 'enough' }, 'enough: ]10, 20]'],
  [{ metric: 'invalidValues', arguments: { validValues: [1, 'A', true] }, mustBe: 0 }, 'invalidValues mustBe 0: [0, 0] of 1 A true'],
  [{ metric: 'missingValues', arguments: { missingValues: [null, -9999] }, mustBe: 0 }, 'missingValues mustBe 0: [0, 0] of -9999 and null'],
]
for (const [written, said] of kept) {
  test(`kept: ${said}`, () => {
    const check = readCheck(written)
    if (!check || 'unsupported' in check) assert.fail(JSON.stringify(check))
    const { name, low, high, lowOpen, highOpen, values, nulls } = check
    const range = `${lowOpen ? ']' : '['}${low}, ${high}${highOpen ? '[' : ']'}`
    assert.equal(`${name}: ${range}${values ? ` of ${values.join(' ')}` : ''}${values && nulls ? ' and null' : ''}`, said)
  })
}

const left: [WrittenCheck, string][] = [
  [{ type: 'sql', query: 'SELECT 1', mustBe: 1 }, 'type sql'],
  [{ type: 'custom', engine: 'soda', implementation: 'x' }, 'type custom'],
  [{ metric: 'duplicateValues', mustBe: 0 }, 'metric duplicateValues'],
  [{ type: 'library', mustBe: 0 }, 'metric '],
  [{ metric: 'nullValues' }, 'operator mustBe'],
  [{ metric: 'nullValues', mustBe: 'none' }, 'operator mustBe'],
  [{ metric: 'nullValues', mustNotBe: 3 }, 'operator mustNotBe'],
  [{ metric: 'invalidValues', mustBe: 0 }, 'argument validValues'],
  [{ metric: 'invalidValues', mustBe: 0, arguments: { pattern: '(a+)+$' } }, 'argument pattern'],
  [{ metric: 'invalidValues', mustBe: 0, arguments: { validValues: [{}] } }, 'argument validValues'],
  [{ metric: 'invalidValues', mustBe: 0, arguments: { validValues: Array(CONTRACT_LIMITS.states + 1).fill(1) } }, 'argument validValues'],
  [{ metric: 'nullValues', mustBe: 0, unit: 'furlongs' }, 'unit furlongs'],
]
for (const [written, said] of left) {
  test(`left to others: ${said}`, () => {
    const check = readCheck(written)
    assert.ok(check && 'unsupported' in check)
    assert.equal(`${check.unsupported} ${check.name}`, said)
  })
}

test('a text is for people', () => {
  assert.equal(readCheck({ description: 'looks right' }), undefined)
})
