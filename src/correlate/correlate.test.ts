import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Derivation, FOREVER } from '../core/derivation.ts'
import type { Fact } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { FieldValue, RecordKind } from '../core/it-records.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import { isNull, rank, Status, severity } from '../core/status.ts'
import { HOUR, SECOND } from '../core/time.ts'
import { checkCorrelate } from './check-config.ts'
import { correlateConfig, correlation, kpi } from './config.ts'
import { createJoin } from './join.ts'
import { createKpi } from './kpi.ts'
import { CORRELATE_LIMITS } from './limits.ts'

const T = 480_000 * HOUR
const field = { required: false } as const
const flights: RecordKind = {
  ...{ name: 'flights', key: ['id'], validity: { from: 'start', to: 'end' }, equipment: { field: 'stand' } },
  fields: {
    id: { ...field, type: 'text' },
    start: { ...field, type: 'time' },
    end: { ...field, type: 'time' },
    ready: { ...field, type: 'time' },
    pieces: { ...field, type: 'number', unit: '1' },
    stand: { ...field, type: 'text' },
  },
  authority: { default: ['a', 'b'], billing: ['b'] },
}
const context = {
  ...{
    site: 'site',
    kinds: new Map([['flights', flights]]),
    events: new Map([['stops', { seconds: { type: 'number' as const, unit: 's' } }]]),
  },
  placeOf: ({ values }: { values: Readonly<Record<string, FieldValue>> }) =>
    values.stand === 'nowhere' ? undefined : String(values.stand),
  definitionOf: (id: string) => ({ id, connection: 'c', address: '', dataType: 'number' as const, unit: 'A' }),
  equipment: ['stand-1', 'stand-2'],
}

function flight(history: MemoryHistory, values: Record<string, FieldValue>, source = 'a'): void {
  const all = { id: '1', start: T, end: T + 100 * SECOND, ready: null, pieces: 10, stand: 'stand-1', ...values }
  history.record({
    ...{ kind: 'flights', key: all.id as string, source, isDeleted: false, values: all },
    ...{ validFrom: all.start as number, validTo: all.end as number | null },
  })
}

function event(history: MemoryHistory, from: number, to: number | null, status = 0): void {
  history.publish({
    ...{
      definition: 'stops',
      type: 'event',
      version: '1',
      key: `stand-1@${from}`,
      equipment: 'stand-1',
      from,
      to,
      inputs: [],
      cause: 'first',
    },
    values: { seconds: { value: 5, unit: 's', status, coverage: 1 } },
  })
}

async function computed(derivation: Derivation, history: MemoryHistory, watermark = T + 10 * HOUR, to = FOREVER): Promise<readonly Fact[]> {
  const units = await derivation.within({ from: T, to }, history)
  return (await derivation.compute(units, history, { watermark, cause: 'first' })).flatMap(({ facts }) => facts)
}

const join = (values: object, more: object = {}, own: object = {}) =>
  createJoin('join', correlation.parse({ each: 'flights', tolerance: '1s', ...more, values }), { ...context, ...own })

const found = async (values: object, history: MemoryHistory, more: object = {}, own: object = {}) =>
  (await computed(join(values, more, own), history))[0]?.values ?? {}

test('a mean over the interval: its unit, its coverage, and what it is Uncertain for', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  history.sample('site/stand-1/current', T - 10 * SECOND, 2)
  history.sample('site/stand-1/current', T + 50 * SECOND, 4)
  const value = { signal: './current', function: 'TimeAverage2', unit: 'mA' }
  assert.deepEqual(await found({ value }, history), { value: { value: 3_000, unit: 'mA', status: 0x401, coverage: 1 } })
  history.sample('site/stand-1/current', T + 75 * SECOND, Number.NaN, Status.BadNoCommunication)
  const { value: gap } = await found({ value }, history)
  assert.deepEqual([severity(gap?.status ?? 0), gap?.coverage, gap?.reasons], ['Uncertain', 0.75, ['coverage', 'input-bad']])
  const { value: little } = await found({ value: { ...value, minimumCoverage: 0.8 } }, history)
  assert.deepEqual([little?.value, severity(little?.status ?? 0), little?.reasons], [null, 'Bad', ['coverage']])
  assert.equal((await found({ value: { ...value, unit: 'Cel' } }, history)).value?.status, Status.BadConfigurationError)
  const period = { definitionOf: (id: string) => ({ ...context.definitionOf(id), expectedPeriodUs: 10 * SECOND }) }
  assert.equal((await found({ value }, history, {}, period)).value?.coverage, 0.3, 'a reading holds twice its declared period')
})

test('where a lost reading could not be seen, coverage is that of what was held, and says so', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  history.sample('site/stand-1/current', T, 2)
  event(history, T + 60 * SECOND, T + 70 * SECOND)
  const values = {
    mean: { signal: './current', function: 'TimeAverage2' },
    stops: { count: 'stops', coveredBy: './current' },
    double: { expression: 'mean * 2.0', unit: 'A' },
  }
  const own = { definitionOf: (id: string) => ({ ...context.definitionOf(id), isUnpaced: true as const }) }
  const said = Object.values(await found(values, history, {}, own)).map(({ status, coverage, reasons }) => [
    ...[severity(status), coverage, reasons?.includes('period-unknown')],
  ])
  assert.deepEqual(said, [
    ['Uncertain', 1, true],
    ['Uncertain', 1, true],
    ['Uncertain', 1, true],
  ])
  const bounded = await found(values, history, { lookBack: '1min' }, own)
  assert.deepEqual([bounded.mean?.coverage, bounded.mean?.reasons], [0.6, ['coverage']], 'somebody said how long a reading holds')
})

test('the source with the authority for the use decides; others that say otherwise make it Uncertain', async () => {
  const history = new MemoryHistory()
  flight(history, { end: T + 100 * SECOND }, 'a')
  flight(history, { end: T + 40 * SECOND, pieces: 99 }, 'b')
  const values = { stops: { count: 'stops' }, pieces: { expression: 'each.pieces', unit: '1' } }
  event(history, T + 60 * SECOND, T + 70 * SECOND)
  const [fact] = await computed(join(values), history)
  assert.equal(fact?.to, T + 100 * SECOND)
  assert.deepEqual([fact?.values.stops?.value, fact?.values.stops?.reasons, fact?.values.pieces?.value], [1, ['sources-disagree'], 10])
  const [billed] = await computed(join(values, { use: 'billing' }), history)
  assert.deepEqual([billed?.to, billed?.values.stops?.value, billed?.values.pieces?.value], [T + 40 * SECOND, 0, 99])
})

test('sources that call one place by other names do not disagree', async () => {
  const history = new MemoryHistory()
  flight(history, { stand: 'stand-1' }, 'a')
  flight(history, { stand: 'S1' }, 'b')
  history.sample('site/stand-1/current', T, 2)
  const values = { current: { signal: './current', function: 'Start' } }
  assert.deepEqual((await found(values, history)).current?.reasons, ['sources-disagree'])
  const named = {
    placeOf: (record: { values: Readonly<Record<string, FieldValue>> }) => String(record.values.stand).replace(/^S/, 'stand-'),
  }
  assert.deepEqual((await found(values, history, {}, named)).current?.reasons, undefined)
  assert.equal((await found(values, history, { use: 'billing' }, named)).current?.value, 2)
})

test('sources that disagree about what is taken of related records, or about what a condition asks, make it Uncertain', async () => {
  const history = new MemoryHistory()
  flight(history, { pieces: 60 }, 'a')
  flight(history, { pieces: 90 }, 'b')
  const inputs = {
    pieces: { of: 'flights', value: 'pieces', take: 'sum', relation: 'equals' },
    large: { count: 'flights', where: 'pieces > 80.0' },
    busy: { count: 'stops', where: 'each.pieces > 80.0' },
    all: { count: 'flights' },
  }
  const reasonsOf = async (names: readonly (keyof typeof inputs)[]) => {
    const some = Object.fromEntries(names.map((name) => [name, inputs[name]]))
    const declared = { per: { record: 'flights' }, equipment: 'stand-1', inputs: some, formula: names[0] }
    const [fact] = await computed(createKpi('figure', kpi.parse(declared), context), history)
    return [fact?.values.value?.value, fact?.values.value?.reasons?.includes('sources-disagree') === true]
  }
  assert.deepEqual(await reasonsOf(['pieces']), [60, true])
  assert.deepEqual((await reasonsOf(['busy']))[1], true)
  assert.deepEqual(await reasonsOf(['all']), [1, false], 'what is disputed plays no part here')
  const asked = { each: 'stops', tolerance: '1s', values: { large: inputs.large } }
  event(history, T + SECOND, T + 3 * SECOND)
  const [fact] = await computed(createJoin('join', correlation.parse(asked), context), history)
  assert.deepEqual([fact?.values.large?.value, fact?.values.large?.reasons], [0, ['sources-disagree']])
})

test('equipment that nobody knows, clocks that are not sure enough, uncertain events', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  flight(history, { id: '2', stand: 'nowhere' })
  event(history, T + SECOND, T + 3 * SECOND, Status.Uncertain)
  event(history, T + 90 * SECOND, null)
  history.sample('site/stand-1/current', T, 2)
  const values = { current: { signal: './current', at: 'from', asOf: 'nearest' }, stopped: { duration: 'stops' } }
  const clockOf = () => ({ offset: 'site/ecluse/c/clock-offset', uncertainty: 'site/ecluse/c/clock-uncertainty' })
  const measured = (at: number, offset: number, uncertainty: number) => {
    history.sample(clockOf().offset, at, offset)
    history.sample(clockOf().uncertainty, at, uncertainty)
  }
  const unsure = { clockOf }
  const [unmeasured] = await computed(join(values, {}, unsure), history)
  assert.equal(unmeasured?.values.current?.reasons, undefined)
  measured(T - HOUR, 0, 2)
  const [first, second] = await computed(join(values, {}, unsure), history)
  assert.deepEqual(first?.values.current?.reasons, ['clock-uncertainty'])
  assert.deepEqual([first?.values.stopped?.value, first?.values.stopped?.reasons], [12, ['input-uncertain']])
  measured(T - 60 * SECOND, 4, 0.1)
  const [off] = await computed(join(values, {}, unsure), history)
  assert.deepEqual(
    off?.values.current?.reasons,
    ['clock-uncertainty'],
    'times are kept as the device says them: one that is known to be ahead is not sure',
  )
  measured(T - SECOND, 0, 0.01)
  measured(T + 200 * SECOND, 9, 0.1)
  const mean = { mean: { signal: './current', function: 'TimeAverage2' }, ...values }
  const [then] = await computed(join(mean, {}, unsure), history)
  for (const name of ['mean', 'current'])
    assert.equal(then?.values[name]?.reasons, undefined, 'the clock of then was right, whatever it is now')
  measured(T + 99 * SECOND, 0, 3)
  const [late] = await computed(join(mean, {}, unsure), history)
  assert.deepEqual([late?.values.mean?.reasons, late?.values.current?.reasons], [['clock-uncertainty'], undefined], 'at its end it was not')
  for (const value of Object.values(second?.values ?? {})) assert.deepEqual([value.value, value.reasons], [null, ['equipment-unknown']])
  measured(T + 99 * SECOND, 0, 0.01)
  measured(T + 50 * SECOND, 9, 0.01)
  measured(T + 51 * SECOND, 0, 0.01)
  const [between] = await computed(join(mean, {}, unsure), history)
  assert.deepEqual(
    [between?.values.mean?.reasons, between?.values.current?.reasons],
    [['clock-uncertainty'], undefined],
    'in the middle it was not',
  )
  const clocks = between?.inputs.flatMap((input) =>
    'signal' in input && input.signal.includes('/ecluse/') ? [[input.signal, input.from, input.to, input.samples]] : [],
  )
  const over = [T, T + 100 * SECOND + 1, 4]
  assert.deepEqual(clocks?.slice(0, 2), [
    [clockOf().offset, ...over],
    [clockOf().uncertainty, ...over],
  ])
})

test('what is measured late of a clock touches what it was in force for, and nothing of another clock', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  flight(history, { id: '2', start: T + 200 * SECOND, end: T + 300 * SECOND })
  const clockOf = (id: string) => {
    const name = id.includes('stand-1') ? 'plc' : 'other'
    return { offset: `site/ecluse/${name}/clock-offset`, uncertainty: `site/ecluse/${name}/clock-uncertainty` }
  }
  const own = join({ mean: { signal: './current', function: 'TimeAverage2' } }, { lookBack: '10s' }, { clockOf })
  assert.deepEqual(own.inputs.clocks, ['site/ecluse/**/clock-offset', 'site/ecluse/**/clock-uncertainty'])
  const touched = async (signal: string) =>
    (await own.touched([{ signal, from: T - SECOND, to: T - SECOND }], history)).map(({ key }) => key).sort()
  assert.deepEqual(await touched(clockOf('stand-1').offset), ['1', '2'])
  assert.deepEqual(await touched(clockOf('else').offset), [])
  history.sample(clockOf('stand-1').offset, T + 150 * SECOND, 0)
  assert.deepEqual(await touched(clockOf('stand-1').offset), ['1'], 'then it was measured again')
})

test('a counter that went down has no difference, whatever last less first would be', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  for (const [i, value] of [990, 1000, 3, 8].entries()) history.sample('site/stand-1/current', T + 20 * i * SECOND, value)
  const values = { delta: { signal: './current', function: 'Delta' }, bounds: { signal: './current', function: 'DeltaBounds' } }
  const plain = await found(values, history)
  assert.equal(plain.delta?.value, -982, 'what is not declared to count up may fall')
  const counter = { definitionOf: (id: string) => ({ ...context.definitionOf(id), counter: {} }) }
  for (const value of Object.values(await found(values, history, {}, counter)))
    assert.deepEqual([value.value, severity(value.status), value.reasons], [null, 'Bad', ['counter-reset']])
})

test('from bound to bound neighbouring intervals add up, and a reading that comes late right on the bound touches both', async () => {
  const history = new MemoryHistory()
  flight(history, { id: '1', start: T, end: T + 60 * SECOND })
  flight(history, { id: '2', start: T + 60 * SECOND, end: T + 120 * SECOND })
  for (const at of [0, 20, 40, 80, 100, 120]) history.sample('site/stand-1/current', T + at * SECOND, at)
  const change = { signal: './current', function: 'DeltaBounds' }
  const perFlight = { per: { record: 'flights' }, equipment: 'stand-1', inputs: { change }, formula: 'change' }
  const perHour = { per: 'hour', equipment: 'stand-1', inputs: { change }, formula: 'change' }
  const joined = join({ change })
  const figure = createKpi('figure', kpi.parse(perFlight), context)
  const hourly = createKpi('hourly', kpi.parse(perHour), context)
  const values = async (derivation: Derivation) => (await computed(derivation, history)).map(({ values }) => values.change?.value)
  assert.deepEqual(await values(joined), [40, 80])
  history.sample('site/stand-1/current', T + 60 * SECOND, 60)
  for (const derivation of [joined, figure]) {
    assert.deepEqual(await values(derivation), [60, 60])
    const at = T + 60 * SECOND
    const touched = await derivation.touched([{ signal: 'site/stand-1/current', from: at, to: at }], history)
    assert.equal(new Set(touched.map(({ key }) => key)).size, 2)
  }
  const touched = await hourly.touched([{ signal: 'site/stand-1/current', from: T + HOUR, to: T + HOUR }], history)
  assert.ok(touched.some(({ from }) => from === T))
})

test('a reading at a moment of the record, in or out of reach', async () => {
  const history = new MemoryHistory()
  flight(history, { ready: T + 150 * SECOND })
  flight(history, { id: '2', ready: T + 60 * HOUR })
  flight(history, { id: '3' })
  history.sample('site/stand-1/current', T + 148 * SECOND, 7)
  const facts = await computed(join({ at: { signal: './current', at: 'ready', asOf: 'before', tolerance: '5s' } }), history, T + 100 * HOUR)
  assert.deepEqual(
    facts.map(({ values }) => [values.at?.value, values.at?.reasons]),
    [
      [7, undefined],
      [null, ['out-of-reach']],
      [null, ['no-time']],
    ],
  )
})

test('more than one fact may hold is said, never cut in silence', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  for (let i = 0; i <= CORRELATE_LIMITS.related; i++) event(history, T + i, T + i + 1)
  const { n, keys } = await found({ n: { count: 'stops' }, keys: { list: 'stops' } }, history)
  assert.deepEqual([n?.value, n?.reasons, keys?.reasons], [null, ['too-many'], ['too-many']])
  history.series = () => Promise.reject(new QueryRefused('too many rows'))
  const [alone] = await computed(join({ mean: { signal: './current', function: 'TimeAverage2' } }), history)
  assert.deepEqual(alone?.values.mean?.reasons, ['too-many'])
  flight(history, { id: '2' })
  await assert.rejects(computed(join({ mean: { signal: './current', function: 'TimeAverage2' } }), history), QueryRefused)
})

test('nothing Good comes of what is not', async () => {
  const codes = fc.constantFrom(Status.Good, Status.Uncertain, Status.UncertainLastUsableValue, Status.BadNoCommunication)
  const samples = fc.array(fc.tuple(fc.integer({ min: -20, max: 110 }), fc.integer({ min: 0, max: 5 }), codes), { maxLength: 8 })
  const functions = fc.constantFrom('TimeAverage2', 'Maximum', 'Delta', 'Count', 'Average', 'Range2', 'NumberOfTransitions')
  const property = async (rows: [number, number, number][], name: string) => {
    const history = new MemoryHistory()
    flight(history, {})
    const newest = new Map<number, number>()
    for (const [at, value, status] of rows) {
      history.sample('site/stand-1/current', T + at * SECOND, isNull(status) ? Number.NaN : value, status)
      newest.set(at, status)
    }
    const values = { value: { signal: './current', function: name }, twice: { expression: 'value * 2' } }
    const { value, twice } = await found(values, history)
    const times = [...newest.keys()].sort((a, b) => a - b)
    const used = times.filter((at) => at < 100 && (at >= 0 || at === times.findLast((one) => one <= 0)))
    const isClean = used.length > 0 && (used[0] as number) <= 0 && used.every((at) => newest.get(at) === Status.Good)
    if (!isClean) assert.notEqual(rank(value?.status ?? 0), 0, JSON.stringify(value))
    if (rank(value?.status ?? 0) !== 0) assert.notEqual(rank(twice?.status ?? 0), 0)
    for (const one of [value, twice]) assert.equal(one?.value === null, isNull(one?.status ?? 0))
  }
  await fc.assert(fc.asyncProperty(samples, functions, property), { numRuns: 500 })
})

test('a ready figure: OEE of an hour from signals and events', async () => {
  const history = new MemoryHistory()
  const sample = (name: string, at: number, value: number) => history.sample(`site/stand-1/${name}`, T + at * SECOND, value)
  for (const [at, value] of [
    [0, 1],
    [600, 0],
    [1_200, 1],
  ] as const)
    sample('running', at, value)
  for (const [at, value] of [
    [0, 100],
    [3_599, 400],
  ] as const)
    sample('made', at, value)
  for (const [at, value] of [
    [0, 100],
    [3_599, 370],
  ] as const)
    sample('good', at, value)
  const declared = kpi.parse({
    ...{ ready: 'oee', per: 'hour', equipment: 'stand-*' },
    inputs: {
      planned: { expression: '3600', unit: 's' },
      running: { signal: './running', function: 'DurationInStateNonZero', unit: 's' },
      cycle: { expression: '8', unit: 's' },
      made: { signal: './made', function: 'Delta', unit: '1' },
      good: { signal: './good', function: 'Delta', unit: '1' },
    },
  })
  const plain = { ...context, definitionOf: (id: string) => ({ id, connection: 'c', address: '', dataType: 'number' as const, unit: '1' }) }
  const facts = await computed(createKpi('oee', declared, plain), history, T + HOUR, T)
  assert.deepEqual(
    facts.map(({ key }) => key),
    [`stand-1@${T}`],
    'of stand-2 nothing is known',
  )
  const values = Object.fromEntries(Object.entries(facts[0]?.values ?? {}).map(([name, { value }]) => [name, value]))
  assert.deepEqual(values, {
    ...{ planned: 3_600, running: 3_000, cycle: 8, made: 300, good: 270 },
    ...{ availability: 3_000 / 3_600, performance: 2_400 / 3_000, quality: 0.9, value: (3_000 / 3_600) * 0.8 * 0.9 },
  })
  assert.deepEqual([facts[0]?.values.value?.status, facts[0]?.values.value?.coverage, facts[0]?.values.value?.unit], [0, 1, '1'])
  // More good pieces than pieces made: the product of the factors alone would look sound.
  sample('good', 3_599, 420)
  const [wrong] = await computed(createKpi('oee', declared, plain), history, T + HOUR, T)
  const { quality, performance, value } = wrong?.values ?? {}
  assert.deepEqual([(quality?.value as number) > 1, quality?.reasons, performance?.status], [true, ['range'], 0])
  assert.deepEqual([(value?.value as number) < 1, value?.reasons], [true, ['input-uncertain', 'range']])
})

test('a ready figure converts what it is given into the units of its formula, and takes nothing that measures another thing', async () => {
  const history = new MemoryHistory()
  for (const [name, last] of [
    ['energy', 3_600_000],
    ['made', 4],
  ] as const) {
    history.sample(`site/stand-1/${name}`, T, 0)
    history.sample(`site/stand-1/${name}`, T + 3_599 * SECOND, last)
  }
  const inputs = { energy: { signal: './energy', function: 'Delta' }, made: { signal: './made', function: 'Delta' } }
  const declared = kpi.parse({ ready: 'energyPerUnit', per: 'hour', equipment: 'stand-1', inputs })
  const valueWith = async (unit: string | undefined) => {
    const definitionOf = (id: string) => ({
      ...{ id, connection: 'c', address: '', dataType: 'number' as const },
      ...(id.endsWith('energy') && unit !== undefined && { unit }),
    })
    const [fact] = await computed(createKpi('energy', declared, { ...context, definitionOf }), history, T + HOUR, T)
    return fact?.values.value
  }
  assert.deepEqual(await valueWith('J').then((one) => [one?.value, one?.unit, one?.status]), [0.25, 'kW.h', 0])
  assert.equal((await valueWith('W'))?.value, null, 'power is no energy')
  assert.equal((await valueWith(undefined))?.value, null, 'what nobody knows the unit of is no energy')
})

test('a formula holds for the unit that readings have at each place, or says that it does not', async () => {
  const history = new MemoryHistory()
  for (const stand of [1, 2, 3]) {
    history.sample(`site/stand-${stand}/power`, T, 500)
    history.sample(`site/stand-${stand}/power`, T + 3_599 * SECOND, 500)
  }
  const inputs = { power: { signal: './power', function: 'Maximum' } }
  const declared = kpi.parse({ per: 'hour', equipment: 'stand-*', inputs, formula: "power + quantity(1, 'kW')", unit: 'kW' })
  const units: Record<string, string> = { 'site/stand-1/power': 'kW', 'site/stand-2/power': 'A' }
  const definitionOf = (id: string) => ({
    id,
    connection: 'c',
    address: '',
    dataType: 'number' as const,
    ...(units[id] && { unit: units[id] }),
  })
  const places = { ...context, equipment: ['stand-1', 'stand-2', 'stand-3'], definitionOf }
  const facts = await computed(createKpi('power', declared, places), history, T + HOUR, T)
  const values = new Map(facts.map(({ equipment, values: { value } }) => [equipment, [value?.value, value?.reasons]]))
  assert.deepEqual(values.get('stand-1'), [501, undefined])
  assert.deepEqual(values.get('stand-2'), [null, ['unit']], 'amperes are no kilowatts')
})

test('figures per record, sums over records, and a logical range', async () => {
  const history = new MemoryHistory()
  flight(history, { id: '1', pieces: 30 })
  flight(history, { id: '2', pieces: 12, start: T + 20 * SECOND })
  flight(history, { id: '3', pieces: null, start: T + 2 * HOUR, end: T + 3 * HOUR })
  const inputs = { pieces: { of: 'flights', value: 'pieces', take: 'sum', relation: 'begins' } }
  const day = createKpi('day', kpi.parse({ per: 'day', inputs, formula: 'pieces', unit: '1', range: { upper: 40 } }), context)
  const units = await day.within({ from: T, to: T }, history)
  const [outcome] = await day.compute(units, history, { watermark: T + 48 * HOUR, cause: 'first' })
  const { value } = outcome?.facts[0]?.values ?? {}
  assert.deepEqual(
    [value?.value, severity(value?.status ?? 0), value?.reasons],
    [42, 'Uncertain', ['input-missing', 'input-uncertain', 'range']],
  )
  assert.equal(outcome?.next?.length, 1, 'the next day has its time, whatever happens')
  const each = createKpi('each', kpi.parse({ per: { record: 'flights' }, equipment: 'stand-*', inputs, formula: 'pieces' }), context)
  const facts = await computed(each, history)
  assert.deepEqual(
    facts.map(({ key, values }) => [key, values.value?.value]),
    [
      [`stand-1@${T}`, 42],
      [`stand-1@${T + 20 * SECOND}`, 12],
      [`stand-1@${T + 2 * HOUR}`, null],
    ],
  )
})

test('what is taken of results covers no more of the time than the least covered of them', async () => {
  const history = new MemoryHistory()
  const stop = { definition: 'stops', type: 'event', version: '1', equipment: 'stand-1', inputs: [], cause: 'first' } as const
  for (const [i, coverage] of [1, 0.25, 0.75].entries()) {
    const values = { seconds: { value: 2, status: 0, coverage }, other: { value: 1, status: 0, coverage: null } }
    history.publish({ ...stop, key: `stand-1@${i}`, from: T + i * SECOND, to: T + (i + 1) * SECOND, values })
  }
  flight(history, {})
  const taken = (value: string) => ({ of: 'stops', value, take: 'sum', relation: 'overlaps' })
  const inputs = { seconds: taken('seconds'), other: taken('other') }
  const each = createKpi('each', kpi.parse({ per: { record: 'flights' }, equipment: 'stand-1', inputs, formula: 'seconds' }), context)
  const [{ values } = { values: {} as Fact['values'] }] = await computed(each, history)
  assert.deepEqual([values.value?.value, values.value?.coverage, values.other?.coverage], [6, 0.25, null])
})

test('more correlations, values or equipment than the limits are refused', () => {
  const one = { each: 'flights', tolerance: '1s', values: {} }
  const many = (count: number, value: unknown) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, value]))
  const { correlations, values, equipment } = CORRELATE_LIMITS
  assert.equal(correlateConfig.correlations.safeParse(many(correlations, one)).success, true)
  assert.equal(correlateConfig.correlations.safeParse(many(correlations + 1, one)).success, false)
  assert.equal(correlation.safeParse({ ...one, values: many(values + 1, { count: 'flights' }) }).success, false)
  const figure = kpi.parse({ per: 'hour', equipment: '*', inputs: { n: { count: 'flights' } }, formula: 'n' })
  const paths = Array.from({ length: equipment + 1 }, (_, i) => `stand-${i}`)
  const declared = { correlations: {}, kpis: { figure }, kinds: context.kinds, events: new Map(), signals: new Map(), isComplete: true }
  assert.deepEqual(checkCorrelate({ ...declared, equipment: paths }), [{ path: ['kpis', 'figure', 'equipment'], is: 'too-many' }])
  assert.deepEqual(checkCorrelate({ ...declared, equipment: paths.slice(1) }), [])
})

test('what looks further than the limit is refused, not cut', () => {
  const hours = CORRELATE_LIMITS.reachUs / HOUR
  const taken = (within: string) =>
    [
      { count: 'stops', relation: 'before', within },
      { next: 'stops', within },
    ].map((value) => correlation.safeParse({ each: 'flights', tolerance: '1s', lookBack: within, values: { n: value } }).success)
  assert.deepEqual(
    [taken(`${hours}h`), taken(`${hours * 60 + 1}min`)],
    [
      [true, true],
      [false, false],
    ],
  )
})

test('a list of keys that is longer than the limit is Bad, and says why', async () => {
  const history = new MemoryHistory()
  flight(history, {})
  const list = async () => (await found({ all: { list: 'stops' } }, history)).all
  const one = `stand-1@${T + SECOND}, `.length
  const most = Math.floor((CORRELATE_LIMITS.listText + 2) / one)
  for (let i = 0; i < most; i++) event(history, T + SECOND + i, T + 2 * SECOND + i)
  assert.equal(`${(await list())?.value}`.length, most * one - 2)
  event(history, T + 3 * SECOND, T + 4 * SECOND)
  const { value, status, reasons } = (await list()) ?? assert.fail()
  assert.deepEqual([value, severity(status), reasons], [null, 'Bad', ['too-many']])
})

test('a change that touches more records than the limit is refused, so that its time is opened piece by piece', async () => {
  const history = new MemoryHistory()
  for (let i = 0; i <= CORRELATE_LIMITS.touched; i++) {
    const version = {
      kind: 'flights',
      key: `${i}`,
      source: 'a',
      validFrom: T,
      validTo: T + HOUR,
      isDeleted: false,
      values: { stand: 'stand-1' },
    }
    history.versions.push({ ...version, revision: 1, knownTime: 1, ingest: 1 })
  }
  history.records = async ({ keys, afterKey = '', limit }) => {
    const rest = history.versions.filter(({ key }) => (keys ? keys.includes(key) : key > afterKey))
    return { versions: rest.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit), truncated: rest.length > limit }
  }
  const derivation = join({ mean: { signal: './current', function: 'TimeAverage2' } })
  await assert.rejects(derivation.touched([{ signal: 'site/stand-1/current', from: T, to: T }], history), QueryRefused)
})
