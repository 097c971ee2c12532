import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ChangeRule, ConfigurationChange } from '../../core/changes.ts'
import { decideStart, missingApprovals, startedDetail, startedUnder } from './approvals.ts'
import { governanceConfig } from './config.ts'
import { CHANGE_LIMITS } from './limits.ts'

const rule = (approvals: number, by: string[] = [], unapproved: ChangeRule['unapproved'] = 'care'): ChangeRule => ({
  approvals,
  by,
  unapproved,
})
const change = (digest: string, approvers: Record<string, string[]> = {}, isAccount = true): ConfigurationChange => ({
  ...{ digest, before: 'v', proposed: { who: 'ana', isAccount, reason: 'r', time: 1 } },
  approvals: Object.entries(approvers).map(([who, roles]) => ({ who, roles, reason: 'r', time: 2 })),
})

test('whoever proposes counts for nothing; a role is asked of each; what names nobody takes one more', () => {
  assert.equal(missingApprovals(undefined, rule(0)), 0)
  assert.equal(missingApprovals(undefined, rule(2)), 2)
  assert.equal(missingApprovals(change('d', { ana: ['chief'] }), rule(1)), 1)
  assert.equal(missingApprovals(change('d', { bo: [] }), rule(1)), 0)
  assert.equal(missingApprovals(change('d', { bo: ['clerk'], cy: ['chief'] }), rule(2, ['chief'])), 1)
  assert.equal(missingApprovals(change('d', { bo: [] }, false), rule(1)), 1)
  assert.equal(missingApprovals(change('d', { bo: [], cy: [] }, false), rule(1)), 0)
})

test('a configuration is held to the one before it, and brings its own rule only once it is let in', () => {
  const told = (...given: Parameters<typeof decideStart>) => {
    const { rule: inForce, state, isRefused } = decideStart(...given)
    return [inForce.approvals, state, isRefused]
  }
  const before = (digest: string, asked: ChangeRule, state: 'approved' | 'not-asked' | 'missing' = 'approved') => ({
    digest,
    rule: asked,
    state,
  })
  assert.deepEqual(told(undefined, { digest: 'a', rule: rule(0) }, undefined), [0, 'not-asked', false])
  assert.deepEqual(
    told(undefined, { digest: 'a', rule: rule(1, [], 'refuse') }, undefined),
    [1, 'missing', false],
    'there is nothing to go back to',
  )
  assert.deepEqual(
    told(before('a', rule(1)), { digest: 'b', rule: rule(0) }, undefined),
    [1, 'missing', false],
    'it does not excuse itself',
  )
  assert.deepEqual(told(before('a', rule(1, [], 'refuse')), { digest: 'b', rule: rule(0) }, undefined), [1, 'missing', true])
  assert.deepEqual(told(before('a', rule(1, [], 'refuse'), 'missing'), { digest: 'a', rule: rule(1) }, undefined), [1, 'missing', false])
  assert.deepEqual(told(before('a', rule(1)), { digest: 'b', rule: rule(2) }, change('b', { bo: [] })), [2, 'approved', false])
  assert.deepEqual(
    told(before('b', rule(2)), { digest: 'b', rule: rule(2) }, change('b', { bo: [] })),
    [2, 'approved', false],
    'and stays so',
  )
  assert.deepEqual(told(before('a', rule(0), 'not-asked'), { digest: 'b', rule: rule(3) }, undefined), [3, 'not-asked', false])
})

test('law: more approvals, and fewer asked for, never leave more missing; what a start wrote the next one reads', () => {
  const names = fc.uniqueArray(fc.constantFrom('ana', 'bo', 'cy', 'di', 'ed'))
  fc.assert(
    fc.property(names, fc.constantFrom('bo', 'fa'), fc.nat(CHANGE_LIMITS.asked), fc.boolean(), (who, another, asked, isAccount) => {
      const of = (all: string[]) => change('d', Object.fromEntries(all.map((name) => [name, []])), isAccount)
      const missing = missingApprovals(of(who), rule(asked))
      assert.ok(missingApprovals(of([...who, another]), rule(asked)) <= missing)
      assert.ok(missingApprovals(of(who), rule(Math.max(0, asked - 1))) <= missing)
      assert.ok(asked === 0 || missing > 0 || who.some((one) => one !== 'ana'), 'never by who proposed it alone')
    }),
  )
  const role = fc.stringMatching(/^[a-z]{1,8}$/)
  fc.assert(
    fc.property(
      fc.nat(8),
      fc.array(role, { maxLength: 5 }),
      fc.constantFrom('care' as const, 'refuse' as const),
      (approvals, by, unapproved) => {
        const started = { digest: 'd', rule: { approvals, by, unapproved }, state: 'missing' as const }
        const entry = { n: 1, time: 1, kind: 'start' as const, outcome: 'done' as const, detail: startedDetail(started) }
        assert.deepEqual(startedUnder(entry), started)
      },
    ),
  )
  assert.equal(startedUnder({ n: 1, time: 1, kind: 'start', outcome: 'done', detail: { configuration: 'v' } }), undefined)
})

test('the file asks for so many, by roles whose names the audit log can hold', () => {
  const isTaken = (changes: object) => governanceConfig.safeParse({ changes }).success
  assert.ok(isTaken({ approvals: CHANGE_LIMITS.asked, by: ['x'.repeat(64)] }))
  assert.ok(!isTaken({ approvals: CHANGE_LIMITS.asked + 1 }))
  assert.ok(!isTaken({ by: ['a,b'] }))
  const many = (length: number) => ['x'.repeat(64), 'y'.repeat(64), 'z'.repeat(64), 'w'.repeat(length - 3 * 65)]
  assert.ok(isTaken({ by: many(CHANGE_LIMITS.rolesLength) }))
  assert.ok(!isTaken({ by: many(CHANGE_LIMITS.rolesLength + 1) }))
})
