import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Contract, ContractCheck, ContractState } from '../core/contracts.ts'
import { SECOND } from '../core/time.ts'
import { contractList } from './contract-schemas.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'

const CHECK: ContractCheck = {
  ...{ name: 'nullValues mustBe 0', metric: 'nullValues', percent: false, values: undefined, nulls: true },
  ...{ low: 0, high: 0, lowOpen: false, highOpen: false },
}
const contract: Contract = {
  ...{
    id: 'motor',
    version: '1.0.0',
    status: 'active',
    name: undefined,
    file: 'motor.odcs.yaml',
    language: 'en',
    otOwner: 'Maintenance',
    itOwner: undefined,
  },
  ...{ meaning: undefined, timestampRule: undefined, acceptanceEvidence: undefined, changeProcess: undefined },
  permittedUses: ['planning'],
  forbiddenUses: ['safety'],
  properties: [
    {
      ...{
        name: 'm.current',
        signal: '**',
        logicalType: 'number',
        unit: 'A',
        meaning: undefined,
        timestampRule: undefined,
        states: undefined,
      },
      ...{ required: true, unique: false, delayUs: 5 * SECOND, minimumStatus: 'Good' },
      ...{ silenceUs: 30 * SECOND, checks: [CHECK] },
      range: { low: 0, high: Number.POSITIVE_INFINITY, lowOpen: true, highOpen: false },
    },
  ],
  service: [{ property: 'latency', element: '', value: 5, unit: 's' }],
}
const state: ContractState = {
  contract,
  enforced: true,
  bound: new Map([['m.current', new Set(Array.from({ length: 50 }, (_, index) => index))]]),
  findings: [
    {
      ...{ contract: 'motor', property: 'm.current', kind: 'range', firstTime: SECOND, lastTime: 2 * SECOND, count: 2, lastHour: 1 },
      examples: [{ signal: 't/line-0/m0', time: SECOND, value: -1 }],
    },
  ],
}

describe('contracts over HTTP', () => {
  let api: Fixture
  before(async () => {
    api = await startFixture(50, {
      contracts: () => [state, { ...state, contract: { ...contract, id: 'other', properties: [] }, findings: [] }],
    })
    await api.signIn()
  })
  after(() => api.close())

  test('each contract comes with owners, uses, bound signals and violations with examples', async () => {
    const { contracts } = contractList.parse(await (await api.call('/api/v1/contracts')).json())
    const [motor, other] = contracts
    assert.deepEqual([motor?.otOwner, motor?.forbiddenUses, other?.id, other?.violations], ['Maintenance', ['safety'], 'other', []])
    assert.ok(motor && !('itOwner' in motor))
    const [current] = motor.properties
    assert.equal(current?.signals.length, API_LIMITS.contractSignals)
    assert.deepEqual([current?.signals[0], current?.signalCount, current?.minimum, current?.maximum], ['t/line-0/m0', 50, 0, undefined])
    assert.deepEqual([current?.exclusive, current?.maxDelaySeconds], [{ minimum: true, maximum: false }, 5])
    assert.deepEqual(motor.violations, [
      {
        ...{ property: 'm.current', kind: 'range', count: 2, lastHour: 1 },
        ...{ firstTime: '1970-01-01T00:00:01.000Z', lastTime: '1970-01-01T00:00:02.000Z' },
        examples: [{ signal: 't/line-0/m0', time: '1970-01-01T00:00:01.000Z', value: -1 }],
      },
    ])
  })

  test('one contract by id, and an unknown one is 404', async () => {
    const { contracts } = contractList.parse(await (await api.call('/api/v1/contracts?id=other')).json())
    assert.deepEqual(
      contracts.map(({ id }) => id),
      ['other'],
    )
    assert.equal((await api.call('/api/v1/contracts?id=nothing')).status, 404)
    assert.equal((await fetch(`${api.url}/api/v1/contracts`)).status, 401)
  })
})
