import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatZoneOffset, LOCAL_TOLERANCE, localTimeOffset } from './clock-finding.ts'
import { CLOCK_LIMITS, type ClockExchange, ClockOffset } from './clock-offset.ts'
import { HOUR, MINUTE, parseTime, SECOND } from './time.ts'

const START = parseTime('2026-11-25T08:00:00Z')
/** Room for the rounding of doubles near 1.8e15. */
const ROUNDING = 2

/** Asks a device whose clock is `offsetUs` ahead, `atMs` after the start; the way there and the way back take what they take. */
function ask(atMs: number, offsetUs: number, thereMs: number, backMs: number, resolutionUs = 0): ClockExchange {
  const shown = START + (atMs + thereMs) * 1000 + offsetUs
  const instant = (ms: number) => ({ wallUs: START + ms * 1000, monotonicMs: ms })
  const deviceTime = resolutionUs > 0 ? Math.floor(shown / resolutionUs) * resolutionUs : shown
  return { sent: instant(atMs), received: instant(atMs + thereMs + backMs), deviceTime, resolutionUs }
}

const delayMs = fc.double({ min: 0, max: 4_000, noNaN: true })
const offsetUs = fc.integer({ min: -12 * HOUR, max: 12 * HOUR })

test('round trip: whatever the delays, the true offset lies within the uncertainty', () => {
  fc.assert(
    fc.property(
      offsetUs,
      fc.array(fc.tuple(delayMs, delayMs), { minLength: 1, maxLength: 100 }),
      fc.constantFrom(0, 1_000, SECOND),
      fc.double({ min: -CLOCK_LIMITS.driftPpm, max: CLOCK_LIMITS.driftPpm, noNaN: true }),
      (offset, delays, resolution, ppm) => {
        const clock = new ClockOffset('round-trip')
        let now = 0
        let truth = offset
        for (const [there, back] of delays) {
          truth = offset + (now + there) * 1e-3 * ppm
          assert.equal(clock.roundTrip(ask(now, truth, there, back, resolution)), true)
          now += 30_000
          const reading = clock.reading(now)
          assert.ok(reading)
          const nowTruth = offset + now * 1e-3 * ppm
          assert.ok(
            Math.abs(nowTruth - reading.offsetUs) <= reading.uncertaintyUs + ROUNDING,
            `${nowTruth} is not in ${JSON.stringify(reading)}`,
          )
        }
      },
    ),
  )
})

test('round trip: the narrowest exchange counts, not the newest', () => {
  const clock = new ClockOffset('round-trip')
  clock.roundTrip(ask(0, SECOND, 2, 2))
  clock.roundTrip(ask(30_000, SECOND, 3_000, 10))
  const reading = clock.reading(33_010)
  assert.equal(reading?.offsetUs, SECOND)
  assert.equal(reading?.measuredTime, START + 4_000)
  assert.ok((reading?.uncertaintyUs ?? 0) < 6_000)
})

test('round trip: a device that renews its clock more rarely than its digits say is found out', () => {
  const clock = new ClockOffset('round-trip')
  const staleMs = [317, 643, 20, 989, 551]
  staleMs.forEach((stale, i) => {
    const exchange = ask(i * 30_000, 5 * SECOND, 2, 2)
    clock.roundTrip({ ...exchange, deviceTime: exchange.deviceTime - stale * 1000, resolutionUs: 1_000 })
    if (i === 0) return
    const { offsetUs, uncertaintyUs } = clock.reading(i * 30_000) as { offsetUs: number; uncertaintyUs: number }
    assert.ok(Math.abs(offsetUs - 5 * SECOND) <= uncertaintyUs, `after ${i + 1}: ${offsetUs} ± ${uncertaintyUs}`)
  })
})

test('an exchange during which our wall clock was set, or that took too long, is worth nothing', () => {
  const clock = new ClockOffset('round-trip')
  const good = ask(0, 0, 5, 5)
  assert.equal(clock.roundTrip({ ...good, received: { ...good.received, wallUs: good.received.wallUs + SECOND } }), false)
  assert.equal(clock.roundTrip(ask(0, 0, CLOCK_LIMITS.roundTripMs, 1)), false)
  assert.equal(clock.roundTrip({ ...good, deviceTime: Number.NaN }), false)
  assert.equal(clock.reading(1_000), undefined)
})

test('one way: the offset is never below the lower bound; ahead is told for certain, behind never', () => {
  fc.assert(
    fc.property(offsetUs, fc.array(fc.nat(20_000), { minLength: 1, maxLength: 200 }), (offset, delays) => {
      const clock = new ClockOffset('one-way')
      let now = 0
      for (const delay of delays) {
        now += 7_000
        const sent = START + now * 1000 + offset
        clock.arrival(sent, { wallUs: START + (now + delay) * 1000, monotonicMs: now + delay })
        now += delay
      }
      const reading = clock.reading(now)
      assert.ok(reading)
      assert.ok(offset >= reading.offsetUs - reading.uncertaintyUs - ROUNDING)
      const certainUs = Math.abs(reading.offsetUs) - reading.uncertaintyUs
      if (offset <= 0) assert.ok(certainUs <= ROUNDING, 'a device that is behind cannot be told from a slow line')
      else assert.ok(certainUs <= offset + ROUNDING)
      const fastest = Math.min(...delays) * 1000
      const covered = offset <= 0 || fastest <= CLOCK_LIMITS.assumedDelayUs
      if (covered) assert.ok(offset <= reading.offsetUs + reading.uncertaintyUs + ROUNDING)
    }),
  )
})

test('drift is told once enough time has passed, and a few bad points do not move it', () => {
  fc.assert(
    fc.property(fc.integer({ min: -80, max: 80 }), fc.integer({ min: 6, max: 60 }), (ppm, count) => {
      const clock = new ClockOffset('round-trip')
      for (let i = 0; i < count; i++) clock.roundTrip(ask(i * 30_000, i * 30 * ppm, 1, i % 9 === 4 ? 2_000 : 1))
      const reading = clock.reading(count * 30_000)
      if ((count - 1) * 30_000 < CLOCK_LIMITS.driftSpanMs) assert.equal(reading?.driftPpm, undefined)
      else {
        assert.ok(Math.abs((reading?.driftPpm ?? 1e9) - ppm) <= (reading?.driftUncertaintyPpm ?? 0))
        assert.ok((reading?.driftUncertaintyPpm ?? 1e9) < 40)
      }
    }),
  )
})

test('the window is bounded in points and in time', () => {
  const clock = new ClockOffset('round-trip')
  for (let i = 0; i < 10 * CLOCK_LIMITS.points; i++) clock.roundTrip(ask(i * 10, 0, 1, 1))
  assert.equal(clock.size, CLOCK_LIMITS.points)
  assert.ok(clock.reading(10_000))
  assert.equal(clock.reading(10_000 + CLOCK_LIMITS.windowMs + 10_000), undefined)
  const flood = new ClockOffset('one-way')
  for (let i = 0; i < 100_000; i++) flood.arrival(START, { wallUs: START, monotonicMs: i / 10 })
  assert.equal(flood.size, 1)
})

test('local time is found at every zone’s offset and nowhere else', () => {
  const reading = (offset: number, uncertaintyUs = 1_000) => ({
    offsetUs: offset,
    uncertaintyUs,
    measuredTime: 0,
    method: 'round-trip' as const,
  })
  fc.assert(
    fc.property(fc.integer({ min: -56, max: 56 }), fc.integer({ min: -449, max: 449 }), (quarters, seconds) => {
      const found = localTimeOffset(reading(quarters * 15 * MINUTE + seconds * SECOND), undefined)
      const near = Math.abs(seconds * SECOND) <= LOCAL_TOLERANCE
      assert.equal(found, near && quarters !== 0 ? quarters * 15 * MINUTE : undefined)
    }),
  )
  assert.equal(localTimeOffset(reading(HOUR, 2 * LOCAL_TOLERANCE), undefined), undefined)
  assert.equal(localTimeOffset(reading(15 * HOUR), undefined), undefined)
  assert.deepEqual([HOUR, -3.5 * HOUR, 5.75 * HOUR].map(formatZoneOffset), ['UTC+01:00', 'UTC-03:30', 'UTC+05:45'])
})

test('one way, local time behind UTC is found from a lag that stays, not from one old message', () => {
  const clock = new ClockOffset('one-way')
  const at = (ms: number) => ({ wallUs: START + ms * 1000, monotonicMs: ms })
  clock.arrival(START - 5 * HOUR, at(40))
  const early = clock.reading(40)
  assert.ok(early)
  assert.equal(localTimeOffset(early, clock.steadyArrival(40, LOCAL_TOLERANCE)), undefined)
  for (let ms = 30_000; ms <= 120_000; ms += 10_000) clock.arrival(START + ms * 1000 - 5 * HOUR, at(ms + 40))
  const reading = clock.reading(121_000)
  assert.ok(reading)
  assert.equal(localTimeOffset(reading, clock.steadyArrival(121_000, LOCAL_TOLERANCE)), -5 * HOUR)
})
