import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rank, Status } from '../core/status.ts'
import { cases } from '../lib/thorough.fixture.ts'
import { derivedSignal } from './config.ts'
import { derive } from './derive.ts'
import { Driver } from './driver.fixture.ts'
import { type Arrival, arrive, isBad, LAST, naiveSample, type Stream, streams } from './streams.fixture.ts'

const numRuns = cases(300, 20_000)

const known = (ids: readonly string[], unit = 'A') => ({
  ids: () => ids,
  signal: (id: string) => (ids.includes(id) ? { unit } : undefined),
})

test('one declaration holds at every place that has its signals', async () => {
  const ids = [
    's/b/c-1/current',
    's/b/c-1/voltage',
    's/b/c-2/current',
    's/b/c-2/voltage',
    's/b/c-3/current',
    's/other/current',
    's/other/voltage',
  ]
  const declared = derivedSignal.parse({
    ...{ id: 'power', for: 'b/c-*', inputs: { i: 'current', u: 'voltage' }, expression: 'i * u * 1.732 / 1000.0', tolerance: '10s' },
  })
  const derivation = derive(declared, 's', known(ids))
  assert.deepEqual(derivation.inputs.signals, ['s/b/c-*/current', 's/b/c-*/voltage'])
  const driver = new Driver(derivation)
  assert.deepEqual(
    (await derivation.within({ from: 0, to: 9 }, driver.history)).map(({ key }) => key),
    ['b/c-1', 'b/c-2'],
  )
  for (const signal of ids) driver.history.sample(signal, 5, signal.endsWith('current') ? 10 : 400)
  for (const signal of ids) await driver.absorb({ signal, from: 5, to: 5 })
  await driver.compute(5)
  assert.deepEqual(
    [...driver.history.samples].filter(([id]) => id.endsWith('power')).map(([id, samples]) => [id, samples.map(({ value }) => value)]),
    [
      ['s/b/c-1/power', [6.928]],
      ['s/b/c-2/power', [6.928]],
    ],
  )
})

test('why a result is not Good', async () => {
  const declared = derivedSignal.parse({ id: 'r', inputs: { x: 'x', y: 'y' }, expression: 'x / y', tolerance: '10us' })
  const driver = new Driver(derive(declared, 's', known(['s/x', 's/y'])))
  const told = async (x: [number, number, number?], y: [number, number, number?]) => {
    driver.history.samples.clear()
    driver.history.sample('s/x', ...x)
    driver.history.sample('s/y', ...y)
    const at = Math.max(x[0], y[0])
    const [outcome] = await derive(declared, 's', known(['s/x', 's/y'])).compute(
      [{ definition: 'r', key: '', from: at, to: at }],
      driver.history,
      {
        ...{ watermark: at, cause: 'first' },
      },
    )
    const { value, status, reasons } = outcome?.samples[0] ?? { value: 0, status: 0, reasons: [] }
    return [value, status, ...reasons]
  }
  assert.deepEqual(await told([0, 6], [0, 3]), [2, 0])
  assert.deepEqual(await told([0, 6], [20, 3]), [Number.NaN, Status.BadNoData, 'input-missing'])
  assert.deepEqual(await told([0, 6, Status.BadNoCommunication], [0, 3]), [Number.NaN, Status.BadNoCommunication, 'input-bad'])
  assert.deepEqual(await told([0, 6, Status.UncertainLastUsableValue], [0, 3, Status.UncertainSubstituteValue]), [
    ...[2, Status.UncertainSubstituteValue, 'input-uncertain'],
  ])
  assert.deepEqual(await told([0, 6, Status.GoodLocalOverride], [0, 3]), [2, Status.GoodLocalOverride])
  assert.deepEqual(await told([0, 6], [0, 0]), [Number.NaN, Status.Bad, 'no-result'])
})

test('signals of a device that are measured in something else than the expression is made for: Bad, and why', async () => {
  const declared = derivedSignal.parse({ id: 'r', inputs: { x: 'x' }, expression: 'x * 1.7', unit: 'kW', tolerance: '10us' })
  const driver = new Driver(derive(declared, 's', { ids: () => ['s/x'], signal: () => ({ unit: 'W' }) }))
  driver.history.sample('s/x', 0, 6)
  await driver.absorb({ signal: 's/x', from: 0, to: 0 })
  await driver.compute(5)
  const [made] = driver.history.samples.get('s/r') ?? []
  assert.deepEqual([made?.value, made?.status], [Number.NaN, Status.BadConfigurationError])
})

interface Given {
  readonly x: number
  readonly y: number
  readonly kind: 'previous' | 'linear' | 'none'
}

/** At every time with a sample, from the definition. */
function oracle(stream: Stream, { x, y, kind }: Given): string[] {
  const times = [...new Set(stream.arrivals.filter(({ signal }) => signal !== 's/z').map(({ time }) => time))].sort((a, b) => a - b)
  const next = (signal: string, t: number) =>
    [...Array(y + 1).keys()].map((d) => naiveSample(stream, signal, t + d, 0)).find((one): one is Arrival => one !== undefined)
  return times
    .filter((t) => t <= LAST - (kind === 'linear' ? y : 0))
    .map((t) => {
      const a = naiveSample(stream, 's/x', t, x)
      const b = naiveSample(stream, 's/y', t, kind === 'none' ? 0 : y)
      const after = kind === 'linear' ? next('s/y', t) : b
      const used = [a, b, after]
      if (used.some(isBad)) return `${t} Bad`
      const slope = after === b ? 0 : ((after as Arrival).value - (b as Arrival).value) / ((after as Arrival).time - (b as Arrival).time)
      const value = (a as Arrival).value + (b as Arrival).value + slope * (t - (b as Arrival).time)
      return `${t} ${used.some((one) => rank((one as Arrival).status) === 1) ? 'Uncertain' : 'Good'} ${value.toFixed(6)}`
    })
}

test(`derived signals follow from the history alone, in whatever order it comes (${numRuns} streams)`, async () => {
  await fc.assert(
    fc.asyncProperty(
      streams(['s/x', 's/y', 's/z']),
      fc.record({
        x: fc.integer({ min: 0, max: 40 }),
        y: fc.integer({ min: 0, max: 40 }),
        kind: fc.constantFrom('previous' as const, 'linear' as const, 'none' as const),
      }),
      async (stream, given) => {
        const declared = derivedSignal.parse({
          ...{ id: 'sum', expression: 'x + y' },
          inputs: {
            x: { signal: 'x', tolerance: `${given.x}us` },
            y: { signal: 'y', tolerance: `${given.y}us`, interpolation: given.kind },
          },
        })
        const driver = new Driver(derive(declared, 's', known(['s/x', 's/y', 's/z'])))
        await arrive(driver, stream)
        const rows = (driver.history.samples.get('s/sum') ?? []).toSorted((a, b) => a.time - b.time)
        const told = rows.map(
          ({ time, value, status }) =>
            `${time} ${['Good', 'Uncertain', 'Bad'][rank(status)]}${rank(status) < 2 ? ` ${value.toFixed(6)}` : ''}`,
        )
        assert.deepEqual(told, oracle(stream, given))
      },
    ),
    { numRuns },
  )
})
