import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatTime, parseTime } from './time.ts'

/** By the platform alone. */
function byPlatform(time: number): string {
  const ms = Math.floor(time / 1000)
  const micros = Math.round(time - ms * 1000)
  const text = new Date(ms).toISOString()
  return micros === 0 ? text : `${text.slice(0, -1)}${String(micros).padStart(3, '0')}Z`
}

test('a time reads as the platform writes it, on every day', () => {
  const day = 86_400_000
  const end = 253_402_300_800_000
  const wrong: string[] = []
  for (let ms = 0; ms < end; ms += ms < 36_524 * day ? day : 53 * day) {
    const time = (ms + (((ms / day) * 7_919_013) % day)) * 1_000 + (ms % 3)
    if (formatTime(time) !== byPlatform(time)) wrong.push(`${time} ${formatTime(time)}`)
  }
  assert.deepEqual(wrong, [])
  for (const ms of [-1, -62_198_755_200_001, -8.64e15, 8.64e15, 0, end - 1, end])
    assert.equal(formatTime(ms * 1_000), byPlatform(ms * 1_000))
  assert.deepEqual([formatTime(Number.NaN), formatTime(Number.POSITIVE_INFINITY), formatTime(9e18)], ['invalid', 'invalid', 'invalid'])
  assert.equal(formatTime(1_795_804_800_000_007), '2026-11-27T18:40:00.000007Z')
})

test('what is written is read again, to the microsecond', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (time) => {
      assert.equal(parseTime(formatTime(time)), time)
    }),
  )
})
