import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QueryRefused } from '../core/historian.ts'
import { rank, Status } from '../core/status.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { windowOverSignal } from './config.ts'
import { Driver } from './driver.fixture.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { arrive, isBad, LAST, naiveSample, type Stream, streams } from './streams.fixture.ts'
import { windows } from './windows.ts'

const numRuns = cases(300, 10_000)
const known = { ids: () => ['s/x', 's/m'], signal: () => ({ unit: 'A' }) }
const made = (declared: object) => windows(windowOverSignal.parse({ id: 'w', signal: 'x', ...declared }), 's', known)

async function told(
  declared: object,
  samples: readonly (readonly [signal: string, time: number, value: number | string, status?: number])[],
) {
  const derivation = made(declared)
  const driver = new Driver(derivation)
  for (const [signal, time, value, status] of samples) driver.history.sample(signal, time, value, status)
  await driver.publish(await derivation.within({ from: 0, to: LAST }, driver.history), LAST)
  const rows = (driver.history.samples.get('s/w') ?? []).toSorted((a, b) => a.time - b.time)
  const severity = (status: number) => ['Good', 'Uncertain', 'Bad'][rank(status)]
  return [
    ...rows.map(({ time, value, status }) => `${time} ${value} ${severity(status)}`),
    ...driver.facts().map(({ from, to, values: { value, state } }) => {
      const which = state ? [state.value] : []
      return [from, to, ...which, value?.value, severity(value?.status ?? 0)].join(' ')
    }),
  ]
}

test('tumbling and sliding windows are samples at their start', async () => {
  const samples = [0, 10, 20, 30, 40, 50].map((time) => ['s/x', time, time] as const)
  const tumbling = { window: { tumbling: '20us' }, function: 'TimeAverage2', tolerance: '10us' }
  assert.deepEqual(await told(tumbling, samples), ['0 5 Good', '20 25 Good', '40 45 Good', '60 NaN Bad'])
  const sliding = { window: { sliding: '20us', every: '10us' }, function: 'Maximum', tolerance: '10us' }
  assert.deepEqual(await told(sliding, samples), [
    ...['-10 0 Uncertain', '0 10 Good', '10 20 Good', '20 30 Good', '30 40 Good', '40 50 Good', '50 50 Uncertain', '60 NaN Bad'],
  ])
})

test('with less known than the minimum a result is Uncertain, with nothing Bad', async () => {
  const declared = { window: { tumbling: '20us' }, function: 'TimeAverage2', tolerance: '5us' }
  assert.deepEqual(
    await told(declared, [
      ['s/x', 0, 1],
      ['s/x', 22, 3],
    ]),
    ['0 1 Uncertain', '20 3 Uncertain'],
  )
  assert.deepEqual(await told({ ...declared, minimumCoverage: 20 }, [['s/x', 0, 1]]), ['0 1 Good'])
  assert.deepEqual(await told(declared, [['s/x', 0, 0, Status.BadNoCommunication]]), ['0 NaN Bad'])
})

test('differences of neighbouring windows add up where readings lie on their bounds, and one that comes late there makes both anew', async () => {
  const samples = [0, 10, 20, 30, 40, 50].map((time) => ['s/x', time, time] as const)
  const declared = { window: { tumbling: '20us' }, function: 'DeltaBounds', tolerance: '20us' }
  assert.deepEqual((await told(declared, samples)).slice(0, 2), ['0 20 Good', '20 20 Good'])
  const modes = [0, 20, 40].map((time, i) => ['s/m', time, i] as const)
  const byMode = (await told({ ...declared, window: { state: 'm' } }, [...samples, ...modes])).filter((one) => one.startsWith('20 40'))
  assert.deepEqual(byMode, ['20 40 1 20 Good'])
  const derivation = made(declared)
  const driver = new Driver(derivation)
  for (const [signal, time, value] of samples) if (time !== 20) driver.history.sample(signal, time, value)
  await driver.publish(await derivation.within({ from: 0, to: LAST }, driver.history), LAST)
  driver.history.sample('s/x', 20, 20)
  await driver.publish(await derivation.touched([{ signal: 's/x', from: 20, to: 20 }], driver.history), LAST)
  const newest = new Map((driver.history.samples.get('s/w') ?? []).map(({ time, value }) => [time, value]))
  assert.deepEqual([newest.get(0), newest.get(20)], [20, 20])
})

test('a counter that fell has no difference in that window', async () => {
  const counter = { ids: () => ['s/x'], signal: () => ({ unit: 'kW.h', counter: {} }) }
  const declared = { id: 'w', signal: 'x', window: { tumbling: '20us' }, function: 'Delta', tolerance: '10us' }
  const derivation = windows(windowOverSignal.parse(declared), 's', counter)
  const driver = new Driver(derivation)
  for (const [time, value] of [0, 2, 0, 3].entries()) driver.history.sample('s/x', time * 10, value)
  for (const [time, value] of [5, 6].entries()) driver.history.sample('s/x', 40 + time * 10, value)
  for (const [time, value] of [7, 1].entries()) driver.history.sample('s/x', 60 + time * 10, value)
  await driver.publish(await derivation.within({ from: 0, to: LAST }, driver.history), LAST)
  const rows = (driver.history.samples.get('s/w') ?? []).toSorted((a, b) => a.time - b.time)
  assert.deepEqual(
    rows.slice(0, 4).map(({ value, status }) => [value, rank(status)]),
    [
      [2, 0],
      [3, 0],
      [1, 0],
      [Number.NaN, 2],
    ],
    'a reset between two windows is in neither of them',
  )
})

test('sessions and states are events', async () => {
  const session = { window: { session: '10us' }, function: 'Count', minimumCoverage: 0 }
  assert.deepEqual(
    await told(session, [
      ['s/x', 0, 1],
      ['s/x', 5, 1],
      ['s/x', 20, 1],
    ]),
    ['0 15 2 Good', '20 30 1 Good'],
  )
  const state = { window: { state: 'm' }, function: 'Maximum', tolerance: '100us', minimumCoverage: 0 }
  const modes = [
    ['s/m', 0, 'auto'],
    ['s/m', 10, 'auto'],
    ['s/m', 30, 'manual'],
    ['s/m', 50, '', Status.Bad],
  ] as const
  const values = [0, 10, 20, 30, 40].map((time) => ['s/x', time, time] as const)
  assert.deepEqual(await told(state, [...modes, ...values]), ['0 30 auto 20 Good', '30 50 manual 40 Good'])
})

test('more windows than the limit are asked for a piece at a time', async () => {
  const derivation = made({ window: { tumbling: '1ms' }, function: 'Count' })
  const to = (PROCESS_LIMITS.windows + 2) * 1000
  await assert.rejects(() => derivation.touched([{ signal: 's/x', from: 0, to }], new Driver(derivation).history), QueryRefused)
})

interface Given {
  readonly length: number
  readonly every: number
  readonly tolerance: number
}

/** The share of each window that is known, and its mean, microsecond by microsecond. */
function oracle(stream: Stream, { length, every, tolerance }: Given): string[] {
  const rows: string[] = []
  for (let start = Math.ceil((-length - 60) / every) * every; start + length - 1 <= LAST; start += every) {
    let [sum, goodUs, isTouched] = [0, 0, false]
    for (let t = start; t < start + length; t++) {
      const sample = naiveSample(stream, 's/x', t, tolerance)
      if (sample) isTouched = true
      if (!sample || isBad(sample) || t - sample.time >= tolerance || rank(sample.status) > 0) continue
      sum += sample.value
      goodUs++
    }
    if (isTouched) rows.push(`${start} ${goodUs === 0 ? '' : (sum / goodUs).toFixed(6)} ${goodUs >= length * 0.8 ? 'Good' : 'not Good'}`)
  }
  return rows
}

test(`windows follow from the history alone, in whatever order it comes (${numRuns} streams)`, async () => {
  const rules = fc.record({
    length: fc.constantFrom(10, 20, 30),
    every: fc.constantFrom(10, 5),
    tolerance: fc.integer({ min: 1, max: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(streams(['s/x']), rules, async (stream, given) => {
      const window = { sliding: `${given.length}us`, every: `${given.every}us` }
      const driver = new Driver(made({ window, function: 'TimeAverage2', tolerance: `${given.tolerance}us` }))
      await arrive(driver, stream)
      const rows = (driver.history.samples.get('s/w') ?? []).toSorted((a, b) => a.time - b.time)
      const text = ({ value, status, time }: (typeof rows)[0]) =>
        `${time} ${Number.isNaN(value) ? '' : value.toFixed(6)} ${rank(status) === 0 ? 'Good' : 'not Good'}`
      assert.deepEqual(rows.map(text), oracle(stream, given))
    }),
    { numRuns },
  )
})

test(`states as windows follow from the history alone (${numRuns} streams)`, async () => {
  await fc.assert(
    fc.asyncProperty(streams(['s/x', 's/m']), fc.integer({ min: 1, max: 40 }), async (stream, tolerance) => {
      const declared = { window: { state: 'm' }, function: 'Maximum', tolerance: `${tolerance}us` }
      const driver = new Driver(made(declared))
      await arrive(driver, stream)
      const at = (t: number) => {
        const found = naiveSample(stream, 's/m', t, tolerance)
        return isBad(found) ? undefined : found?.value
      }
      const expected: string[] = []
      for (let t = 0; t <= LAST; t++) {
        if (at(t) === undefined || at(t) === at(t - 1)) continue
        let end = t
        while (end <= LAST && at(end) === at(t)) end++
        expected.push(`${t} ${end > LAST ? null : end} ${at(t)}`)
      }
      assert.deepEqual(
        driver.facts().map(({ from, to, values }) => `${from} ${to} ${values.state?.value}`),
        expected,
      )
    }),
    { numRuns },
  )
})
