import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECOND } from '../../../core/time.ts'
import { hashOf, Wave } from './wave.ts'

/** Noise of a seed, different in all of its values. */
function noise(length: number, seed: number): number[] {
  let state = seed
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return 50 + state / 2 ** 30
  })
}

/** Plays values at a pace; how many were looked at, and the first that was found to have come before. */
function play(wave: Wave, values: readonly number[], from: number, perSecond: number) {
  let taken = 0
  let found: number | undefined
  values.forEach((value, i) => {
    const hash = hashOf(value)
    if (hash > wave.most) return
    taken++
    const ago = wave.take(value, hash, from + (i * SECOND) / perSecond)
    if (ago !== undefined) found ??= ago
  })
  return { taken, found }
}

test('of a signal of 2,000 values a second some thirty are looked at, and a minute that comes again is still found', () => {
  const wave = new Wave()
  play(wave, noise(60_000, 1), 0, 2_000)
  const minute = noise(120_000, 2)
  const { taken, found } = play(wave, minute, 30 * SECOND, 2_000)
  assert.equal(found, undefined)
  assert.ok(taken > 60 * 4 && taken < 60 * 30, `${taken} of 120,000`)
  assert.equal(play(wave, noise(20_000, 3), 90 * SECOND, 2_000).found, undefined)
  const again = play(wave, minute, 100 * SECOND, 2_000)
  assert.ok(again.found !== undefined && Math.abs(again.found - 70) <= 2, `${again.found} s ago`)
})

test('a burst makes it look at less, and calm at more again', () => {
  const wave = new Wave()
  const all = wave.most
  play(wave, noise(50_000, 4), 0, 50_000)
  assert.ok(wave.most < all / 64)
  play(wave, noise(12_000, 5), 10 * SECOND, 10)
  assert.ok(wave.most > all / 4, `${wave.most}`)
})
