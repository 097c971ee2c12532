import assert from 'node:assert/strict'
import { test } from 'node:test'
import { severity } from '../core/status.ts'
import { SECOND } from '../core/time.ts'
import { eventFrame } from './config.ts'
import { Driver } from './driver.fixture.ts'
import { events } from './events.ts'
import type { Known } from './places.ts'

const known = (...ids: string[]): Known => ({
  ids: () => ids,
  signal: (id) => (ids.includes(id) ? { unit: 'A', expectedPeriodUs: 5 * SECOND } : undefined),
})
const T0 = Date.UTC(2026, 10, 23) * 1000
const at = (seconds: number) => T0 + seconds * SECOND

async function found(declared: object, samples: readonly (readonly [seconds: number, value: number, status?: number])[], until: number) {
  const declaration = eventFrame.parse({ id: 'jam', inputs: { x: 'x' }, start: 'x > 8', ...declared })
  const driver = new Driver(events(declaration, 's', known('s/x')))
  for (const [seconds, value, status] of samples) driver.history.sample('s/x', at(seconds), value, status)
  await driver.publish([{ definition: 'jam', key: 's', from: at(samples[0]?.[0] ?? 0), to: at(until) }], at(until))
  return driver.facts().map(({ from, to, values }) => {
    const { duration, ...rest } = values
    const told = [
      (from - T0) / SECOND,
      to === null ? null : (to - T0) / SECOND,
      severity(duration?.status ?? 0),
      ...(duration?.reasons ?? []),
    ]
    return [...told, ...Object.values(rest).map(({ value }) => value)].join(' ')
  })
}

const every = (values: readonly number[], step = 1) => values.map((value, i) => [i * step, value] as const)

test('an event begins where its condition becomes true and ends where it is not', async () => {
  assert.deepEqual(await found({}, every([1, 9, 9, 2, 9, 1]), 10), ['1 3 Good', '4 5 Good'])
  assert.deepEqual(await found({}, every([1, 9, 9]), 5), ['1  Good'])
  assert.deepEqual(await found({}, every([9, 9, 1]), 5), ['0 2 Uncertain input-unknown start-unseen'])
})

test('its end may have a condition of its own', async () => {
  assert.deepEqual(await found({ end: 'x < 5' }, every([1, 9, 6, 9, 6, 4, 6, 1]), 10), ['1 5 Good'])
})

test('shorter ones are none, near ones are one, long ones are several', async () => {
  assert.deepEqual(await found({ minimum: '2s' }, every([1, 9, 1, 9, 9, 1]), 10), ['3 5 Good'])
  assert.deepEqual(await found({ mergeGap: '2s' }, every([1, 9, 1, 9, 1, 1, 9, 1]), 10), ['1 4 Good', '6 7 Good'])
  assert.deepEqual(await found({ mergeGap: '2s', minimum: '2s' }, every([1, 9, 1, 9, 1, 1, 9, 1]), 10), ['1 4 Good'])
  assert.deepEqual(await found({ maximum: '2s' }, every([1, 9, 9, 9, 9, 9, 1]), 10), [
    ...['1 3 Uncertain maximum', '3 5 Uncertain maximum', '5 6 Uncertain maximum'],
  ])
})

test('what is not known in it makes it Uncertain, and ends it after the maximum', async () => {
  assert.deepEqual(
    await found(
      {},
      [
        [0, 1],
        [1, 9],
        [2, 0, 0x80310000],
        [4, 9],
        [5, 1],
      ],
      10,
    ),
    ['1 5 Uncertain input-unknown'],
  )
  assert.deepEqual(
    await found(
      { maximum: '20s' },
      [
        [0, 1],
        [1, 9],
        [40, 1],
      ],
      60,
    ),
    ['1 11.000001 Good'],
  )
  assert.deepEqual(
    await found(
      {},
      [
        [0, 1],
        [1, 9, 0x40000000],
        [3, 1],
      ],
      5,
    ),
    ['1 3 Uncertain input-uncertain'],
  )
})

test('an event in which nothing was read names the reading that held, so that it is missed where it is not', async () => {
  const driver = new Driver(events(eventFrame.parse({ id: 'jam', inputs: { x: 'x' }, start: 'x > 8', maximum: '2s' }), 's', known('s/x')))
  for (const [seconds, value] of [
    [0, 1],
    [1, 9],
    [6, 1],
  ] as const)
    driver.history.sample('s/x', at(seconds), value)
  await driver.publish([{ definition: 'jam', key: 's', from: at(0), to: at(10) }], at(10))
  const inputs = driver
    .facts()
    .map((fact) => fact.inputs.flatMap((one) => ('signal' in one ? [[(one.from - T0) / SECOND, one.samples]] : [])))
  assert.deepEqual(inputs, [[[1, 1]], [[1, 1]], [[1, 1]]])
})

test('attributes are functions over the event', async () => {
  const attributes = { peak: { signal: 'x', function: 'Maximum' }, mean: { signal: 'x', function: 'TimeAverage2' } }
  assert.deepEqual(await found({ attributes, severity: 700 }, every([1, 9, 12, 2]), 10), ['1 3 Good 700 12 10.5'])
})
