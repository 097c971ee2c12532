import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTINUITY_LIMITS } from '../limits.ts'
import { remembered } from './remembered.ts'

const signals = Array.from({ length: CONTINUITY_LIMITS.rememberedSignals }, (_, i) => `t/${i}`)
const query = (asKnownAt?: number) => ({ signals, from: 0, to: 10, limit: 10, ...(asKnownAt !== undefined && { asKnownAt }) })

test('what was known at a time is counted once; what is known now, each time; few signals, each time', async () => {
  let asked = 0
  const tally = remembered(async () => {
    asked++
    return { rows: [], truncated: false }
  })
  for (const one of [query(5), query(5), query(6), query(), query()]) await tally(one)
  assert.equal(asked, 4)
  await tally({ ...query(5), signals: ['t/0'] })
  await tally({ ...query(5), signals: ['t/0'] })
  assert.equal(asked, 6)
  for (let i = 0; i < CONTINUITY_LIMITS.rememberedTallies; i++) await tally(query(100 + i))
  asked = 0
  await tally(query(5))
  assert.equal(asked, 1, 'the oldest are forgotten')
})

test('what failed is asked again', async () => {
  let asked = 0
  const tally = remembered(async () => {
    if (asked++ === 0) throw new Error('busy')
    return { rows: [], truncated: false }
  })
  await assert.rejects(tally(query(5)))
  await tally(query(5))
  assert.equal(asked, 2)
})
