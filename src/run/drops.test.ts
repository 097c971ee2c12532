import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIMITS } from '../core/limits.ts'
import { encodeContent } from '../core/stated-content.ts'
import { Drops } from './drops.ts'

test('what a source has dropped is told once, by reason, and rows that said nothing new with it', () => {
  const dropped: Record<string, number> = {}
  const drops = new Drops('plc', 'samples', () => dropped)
  assert.equal(drops.take(), undefined)
  dropped.flood = 3
  assert.deepEqual(drops.take(), { connection: 'plc', unit: 'samples', dropped: { flood: 3 } })
  assert.equal(drops.take(), undefined)
  dropped.flood = 5
  dropped.undecodable = 1
  drops.addKnown(7)
  assert.deepEqual(drops.take(), { connection: 'plc', unit: 'samples', dropped: { flood: 2, undecodable: 1 }, known: 7 })
  assert.equal(drops.take(), undefined)
})

test('more reasons than one account holds are told as other, and can be written', () => {
  const many = Object.fromEntries(Array.from({ length: LIMITS.accountReasons + 10 }, (_, i) => [`reason ${i}`, 2]))
  const account = new Drops('plc', 'samples', () => many).take()
  assert.ok(account?.dropped)
  assert.equal(Object.keys(account.dropped).length, LIMITS.accountReasons)
  assert.equal(account.dropped.other, 2 * 11)
  encodeContent({ kind: 'account', account })
  assert.throws(() => encodeContent({ kind: 'account', account: { ...account, dropped: many } }), RangeError)
})
