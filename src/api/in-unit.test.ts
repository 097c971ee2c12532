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
      api.view.signals.define({ ...definition, ...(unit && { unit }) })
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
