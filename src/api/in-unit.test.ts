import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Fixture, startFixture } from './fixture.ts'

describe('values in the unit that is asked for', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(10)
    const units = ['Cel', 'kWh', 'barg', 'parsnip', undefined, 'A']
    units.forEach((unit, i) => {
      const { unit: _, ...definition } = api.view.signals.at(i) ?? assert.fail()
      api.signals.define({ ...definition, ...(unit && { unit }) })
    })
    await api.signIn()
    api.publish([
      [0, 20],
      [1, 2.5],
      [2, 3],
      [3, 1],
      [4, 1],
      [8, 1],
      [0, Number.NaN, 0x80000000],
    ])
  })
  after(() => api.close())

  // biome-ignore lint/suspicious/noExplicitAny: what is asked for is what is compared
  const read = async (path: string): Promise<any> => (await api.call(`/api/v1/${path}`)).json()
  const id = (index: number) => api.view.signals.at(index)?.id as string

  test('samples: converted, null stays null, the unit is the one asked for', async () => {
    const { samples } = await read(`samples?signal=${id(0)}&unit=degF`)
    assert.deepEqual(
      samples.map((s: { value: unknown; unit: unknown }) => [s.value, s.unit]),
      [
        [68, 'degF'],
        [null, 'degF'],
      ],
    )
    assert.equal((await read(`samples?signal=${id(0)}`)).samples[0].unit, 'Cel')
  })

  test('last values of several signals, all into one unit', async () => {
    const { samples } = await read(`last?match=${id(1)}&unit=MJ`)
    assert.deepEqual([samples[0].value, samples[0].unit], [9, 'MJ'])
  })

  test('aggregates: what is in the unit is converted, counts are not', async () => {
    const { rows } = await read(`aggregate?signal=${id(0)}&functions=average,minimum,count,percentGood&unit=K`)
    assert.deepEqual(rows[0].values, { average: 273.15, minimum: 273.15, count: 0, percentGood: 0 })
    assert.equal(rows[0].unit, 'K')
    assert.equal((await read(`aggregate?signal=${id(0)}&functions=average`)).rows[0].unit, 'Cel')
  })

  test('display: each signal in its displayUnit, and as it is stored where it has none or one nothing leads to', async () => {
    const define = (index: number, displayUnit: string) =>
      api.signals.define({ ...(api.view.signals.at(index) ?? assert.fail()), displayUnit })
    define(0, 'degF')
    define(1, 'MJ')
    define(2, 'kPa')
    const { samples } = await read('last?match=**&unit=display')
    assert.deepEqual(
      samples.map((s: { signal: string; value: unknown; unit: unknown }) => [s.signal, s.value, s.unit]),
      [
        [id(0), null, 'degF'],
        [id(1), 9, 'MJ'],
        [id(8), true, 'A'],
        [id(2), 3, 'barg'],
        [id(3), 1, 'parsnip'],
        [id(4), 1, undefined],
      ].sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
    )
    const { signals } = await read('signals')
    const display = (index: number) => signals.find((s: { id: string }) => s.id === id(index)).display
    assert.deepEqual(
      [display(0), display(1), display(2), display(5)],
      [{ factor: 1.8, offset: 32 }, { factor: 3.6, offset: 0 }, undefined, undefined],
    )
    assert.deepEqual((await read(`aggregate?signal=${id(0)}&functions=average&unit=display`)).rows[0].unit, 'degF')
  })

  test('trend: value, minimum and maximum, and the gap stays one', async () => {
    const own = await read(`trend?signal=${id(0)}&unit=degF`)
    assert.deepEqual([own.unit, own.value], ['degF', [68, null]])
    const from = Date.now() - 3_000_000
    api.publish(Array.from({ length: 30 }, (_, i) => [0, i, 0, (from + i * 1000) * 1000]))
    const bucketed = await read(`trend?signal=${id(0)}&unit=degF&points=10`)
    assert.deepEqual([bucketed.unit, bucketed.bucketed], ['degF', true])
    assert.deepEqual([bucketed.value[0], bucketed.minimum[0], bucketed.maximum[0]], [32, 32, 32])
  })

  test('live: first values and those after; a signal that comes later and converts to nothing is said as it is stored', async () => {
    const stop = new AbortController()
    const answer = await api.call(`/api/v1/live?match=t/line-1/m1*&unit=MJ`, { signal: stop.signal })
    assert.equal((await api.call(`/api/v1/live?match=**&unit=MJ`)).status, 400)
    let text = ''
    const saw = async (what: RegExp) => {
      const decoder = new TextDecoder()
      for await (const part of answer.body ?? assert.fail()) {
        text += decoder.decode(part, { stream: true })
        if (what.test(text)) return
      }
    }
    const seen = saw(/"value":7,"unit":"V"/)
    api.signals.define({ id: 't/line-1/m1-late', connection: 'c', address: 'x', dataType: 'number', unit: 'V' })
    api.publish([
      [1, 10],
      [10, 7],
    ])
    await seen
    stop.abort()
    assert.match(text, /"value":9,"unit":"MJ"[\s\S]*"value":36,"unit":"MJ"/)
  })

  const refused: [string, string, RegExp][] = [
    [`samples?signal={0}&unit=Ccel`, 'unknown-unit', /Cel/],
    [`samples?signal={0}&unit=A`, 'unit-not-convertible', /do not measure the same thing/],
    [`aggregate?signal={0}&unit=A`, 'unit-not-convertible', /do not measure the same thing/],
    [`last?match=**&unit=Cel`, 'unit-not-convertible', /do not measure the same thing/],
    [`samples?signal={2}&unit=kPa`, 'unit-not-convertible', /pressure of the air/],
    [`samples?signal={3}&unit=A`, 'unknown-unit', /parsnip/],
    [`samples?signal={4}&unit=A`, 'no-unit', /has no unit/],
    [`samples?signal={8}&unit=A`, 'no-unit', /has no unit/],
    [`samples?signal={0}&unit=${'m'.repeat(65)}`, 'invalid-request', /unit/],
    [`samples?signal={0}&unit=`, 'unknown-unit', /UCUM/],
  ]
  for (const [path, code, says] of refused) {
    test(`${path.slice(0, 40)} is refused: ${code}`, async () => {
      const answer = await api.call(`/api/v1/${path.replace(/\{(\d)\}/, (_, index) => id(Number(index)))}`)
      const body = await answer.text()
      assert.equal(answer.status, 400)
      assert.equal(JSON.parse(body).code, code)
      assert.match(body, says)
    })
  }
})
