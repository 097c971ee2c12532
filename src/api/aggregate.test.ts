import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { SampleQuery } from '../core/historian.ts'
import { Status } from '../core/status.ts'
import { formatTime, MINUTE, SECOND, systemClock } from '../core/time.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'
import { type AggregatePage, aggregatePage } from './schemas.ts'

describe('aggregates of OPC UA Part 13 over HTTP', () => {
  let api: Fixture
  // A whole minute some time ago, so that the intervals of 16 s of the standard's examples begin where they should.
  const start = Math.floor((systemClock.now() - 60 * MINUTE) / (4 * MINUTE)) * 4 * MINUTE
  const at = (seconds: number) => start + seconds * SECOND

  before(async () => {
    api = await startFixture(100)
    await api.signIn()
    // History 2 of OPC 10000-13, A.1.2; the device sent one sample twice, with a time that would change the results.
    const history: [number, number, number?][] = [
      [2, 10],
      [25, 20],
      [28, 25],
      [39, 30],
      [42, 0, Status.Bad],
      [48, 40],
      [52, 50],
      [72, 60],
    ]
    const later: [number, number, number?][] = [
      [77, 70, Status.Uncertain],
      [83, 70],
      [86, 80],
      [90, 90],
    ]
    api.publish([...history, ...later].map(([time, value, status]) => [3, value, status, at(time)]))
    api.publish([[3, 1_000, Status.Good, at(60), 'duplicate']])
    // History 4, a boolean.
    const states: [number, number, number?][] = [
      [2, 1],
      [25, 0],
      [28, 1],
      [39, 1],
      [42, 0, Status.Bad],
      [48, 1],
      [52, 0],
      [72, 0],
    ]
    const laterStates: [number, number, number?][] = [
      [77, 1, Status.Uncertain],
      [83, 1],
      [86, 0],
      [90, 1],
    ]
    api.publish([...states, ...laterStates].map(([time, value, status]) => [8, value, status, at(time)]))
  })
  after(() => api.close())

  const ask = (query: string) => api.call(`/api/v1/aggregate?${query}`)
  const read = async (
    functions: string,
    signal = 't/line-3/m3',
    from = 0,
    to = 100,
    interval = '16s',
    more = '',
  ): Promise<AggregatePage> => {
    const period = `from=${formatTime(at(from))}&to=${formatTime(at(to))}&interval=${interval}`
    const answer = await ask(`signal=${signal}&${period}&functions=${functions}${more}`)
    assert.equal(answer.status, 200, await answer.clone().text())
    return aggregatePage.parse(await answer.json())
  }
  const said = ({ rows }: AggregatePage, name: keyof AggregatePage['rows'][number]['values']) =>
    rows.map(({ values, statuses }) => `${values[name]} ${(statuses as Record<string, string>)[name]}`)

  test('a difference over a fall: none of a counter, as it is of what may fall, in doubt where nobody said', async () => {
    const own = { connection: 'plc-0', address: 'm', dataType: 'number' } as const
    const meters = [{}, { counter: {} }, { mayFall: true as const }].map((more, i) =>
      api.signals.define({ ...own, id: `t/meters/m${i}`, ...more }),
    )
    const readings = [0, 8, 16, 24, 32, 40].map((second, i) => [i < 4 ? 100 + i : i - 4, at(second)] as const)
    api.publish(
      meters.flatMap((index) => readings.map(([value, time]): [number, number, number, number] => [index, value, Status.Good, time])),
    )
    const found = []
    for (const i of meters.keys()) {
      const { rows } = await read('deltaBounds', `t/meters/m${i}`, 0, 48, '16s')
      found.push(
        rows.map(({ values, statuses, reasons }) => [values.deltaBounds, statuses?.deltaBounds?.split(',')[0], reasons?.deltaBounds]),
      )
    }
    assert.deepEqual(
      found.map((rows) => rows[1]),
      [
        [-102, 'UncertainSubNormal', ['may-have-reset']],
        [null, 'BadNoData', ['counter-reset']],
        [-102, 'Good', undefined],
      ],
    )
    assert.deepEqual(
      found.map((rows) => rows[0]?.[2]),
      [undefined, undefined, undefined],
      'where it only rose',
    )
  })

  test('each value comes with its status; the examples of the standard come out, and duplicates do not count', async () => {
    const page = await read('durationGood,percentBad,worstQuality,delta,range,maximumActualTime')
    const good = 'Good, Calculated'
    assert.deepEqual(said(page, 'durationGood'), [
      ...[`14000 ${good}, Partial`, `16000 ${good}`, `10000 ${good}`, `16000 ${good}`, `13000 ${good}`, `7001 ${good}, Partial`],
      'null BadNoData',
    ])
    assert.deepEqual(
      page.rows.map(({ values }) => values.worstQuality),
      ['Good', 'Good', 'Bad', 'Good', 'Uncertain', 'Good', null],
    )
    assert.equal(said(page, 'delta')[2], '0 UncertainDataSubNormal, Calculated')
    assert.equal(said(page, 'range')[3], '10 Good, Calculated')
    assert.deepEqual([page.rows[3]?.time, page.rows[3]?.times], [formatTime(at(48)), { maximumActualTime: formatTime(at(52)) }])
    const states = await read('durationInStateZero,durationInStateNonZero,numberOfTransitions', 't/line-1/m8')
    assert.deepEqual(
      states.rows.map(({ values }) => [values.durationInStateZero, values.durationInStateNonZero, values.numberOfTransitions]),
      [
        [0, 14_000, 1],
        [3_000, 13_000, 2],
        [0, 10_000, 0],
        [12_000, 4_000, 1],
        [13_000, 0, 0],
        [4_000, 3_001, 3],
        [null, null, null],
      ],
    )
  })

  test('the edges of a period come from the samples around it', async () => {
    const page = await read('timeAverage,interpolative,timeAverage2', 't/line-3/m3', 5, 10, '5s')
    assert.equal(page.rows.length, 1)
    const { values, statuses } = page.rows[0] as AggregatePage['rows'][number]
    assert.ok(Math.abs((values.timeAverage as number) - 12.391) < 0.001)
    assert.deepEqual(statuses, { timeAverage: 'Good, Calculated', interpolative: 'Good, Interpolated', timeAverage2: 'Good, Calculated' })
  })

  test('the configuration of the standard is taken from the query', async () => {
    const usual = await read('timeAverage2', undefined, 40, 45, '5s')
    assert.deepEqual(said(usual, 'timeAverage2'), ['null Bad, Calculated'])
    const stepped = await read('timeAverage2', undefined, 40, 45, '5s', '&interpolation=stepped&percentDataBad=50&percentDataGood=50')
    assert.deepEqual(said(stepped, 'timeAverage2'), ['30 UncertainDataSubNormal, Calculated'])
    const refused = await ask('signal=t/line-3/m3&functions=total&percentDataBad=50&percentDataGood=10')
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [400, 'invalid-configuration'])
  })

  test('plain statistics stand beside them, and stay as they are alone', async () => {
    const both = await read('count,average,delta', undefined, 0, 100)
    assert.equal(both.rows.length, 7)
    assert.deepEqual(both.rows[1]?.values, { count: 0, average: null, delta: 5 })
    const plain = await read('count,percentGood')
    assert.deepEqual([plain.rows[0]?.values, plain.rows[0]?.statuses], [{ count: 0, percentGood: 0 }, undefined])
  })

  test('functions whose plain name counts samples have their own under their BrowseName', async () => {
    const page = await read('Average,average,Count,count,Minimum,Maximum,PercentGood,Delta')
    // OPC 10000-13, A.2.2 and A.2.17: the interval from 32 s holds 30 and a Bad sample, the one from 64 s holds 60 and an Uncertain one.
    assert.deepEqual(said(page, 'Average').slice(2, 5), [
      '30 UncertainDataSubNormal, Calculated',
      '45 Good, Calculated',
      '60 UncertainDataSubNormal, Calculated',
    ])
    assert.equal(page.rows[4]?.values.average, null)
    assert.deepEqual(said(page, 'Count').slice(3, 5), ['2 Good, Calculated', '1 UncertainDataSubNormal, Calculated'])
    assert.deepEqual(
      (['Minimum', 'Maximum', 'Delta'] as const).map((name) => page.rows[3]?.values[name]),
      [40, 50, 10],
    )
    assert.equal(said(page, 'PercentGood')[2], '62.5 Good, Calculated')
    assert.equal(page.rows[3]?.unit, 'A')
  })

  test('in another unit: values with the offset, differences without, squares twice, counts and times not at all', async () => {
    const { unit: _, ...definition } = api.view.signals.at(3) ?? assert.fail()
    api.signals.define({ ...definition, unit: 'Cel' })
    const names =
      'Average,Minimum2,start,endBound,range,delta,standardDeviationPopulation,variancePopulation,Count,durationGood,maximumActualTime'
    const [, , , row] = (await read(names, undefined, 0, 100, '16s', '&unit=degF')).rows
    assert.deepEqual(row?.values, {
      ...{ Average: 113, Minimum2: 104, start: 104, endBound: row?.values.endBound, range: 18, delta: 18, maximumActualTime: 122 },
      ...{ standardDeviationPopulation: 9, variancePopulation: 81, Count: 2, durationGood: 16_000 },
    })
    assert.equal(row?.unit, 'degF')
    const refused = await ask('signal=t/line-3/m3&functions=total&unit=degF')
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [400, 'unit-not-convertible'])
    api.signals.define(api.view.signals.at(3) === undefined ? assert.fail() : { ...definition, unit: 'A' })
    const total = async (more: string) => (await read('total', undefined, 48, 64, '16s', more)).rows[0]?.values.total as number
    assert.equal(await total('&unit=mA'), (await total('')) * 1000)
  })

  test('text, too many signals, too many samples and too many rows: refused, or said to be cut', async () => {
    const code = async (query: string) => {
      const answer = await ask(query)
      return [answer.status, ((await answer.json()) as { code: string }).code]
    }
    assert.deepEqual(await code('signal=t/line-2/m9&functions=delta'), [400, 'not-a-number'])
    assert.deepEqual(await code('match=**&functions=delta'), [400, 'too-many-signals'])
    assert.deepEqual(await code('signal=t/line-3/m3&functions=DElta'), [400, 'unknown-function'])
    const many = await read('count,start', undefined, 0, 200, '1ms')
    assert.deepEqual([many.rows.length, many.truncated], [API_LIMITS.aggregateRows, true])
    const limits: number[] = []
    const { samples } = api.view.historian
    api.view.historian.samples = async (query: SampleQuery) => {
      limits.push(query.limit)
      return { ...(await samples(query)), truncated: true }
    }
    assert.deepEqual(await code('signal=t/line-3/m3&functions=delta'), [400, 'too-many-samples'])
    assert.deepEqual(limits, [API_LIMITS.edgeSamples, API_LIMITS.processedSamples])
    api.view.historian.samples = samples
  })
})
