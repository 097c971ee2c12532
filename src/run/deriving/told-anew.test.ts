import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DERIVING_LIMITS } from './limits.ts'
import { ToldAnew } from './told-anew.ts'

test('why samples are others is known until they are taken in, and of no more records than the limit', () => {
  const told = new ToldAnew()
  for (let sequence = 1; sequence <= DERIVING_LIMITS.anewRecords + 1; sequence++) told.note(sequence, 'declaration')
  assert.deepEqual(
    [1, DERIVING_LIMITS.anewRecords, DERIVING_LIMITS.anewRecords + 1].map((sequence) => told.of(sequence)),
    ['declaration', 'declaration', undefined],
  )
  told.takenIn(2)
  assert.deepEqual([told.of(2), told.of(3)], [undefined, 'declaration'])
  told.note(DERIVING_LIMITS.anewRecords + 2, 'engine')
  assert.equal(told.of(DERIVING_LIMITS.anewRecords + 2), 'engine')
})
