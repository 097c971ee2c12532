import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type FlowsView, noFlows, type SecurityFinding } from '../core/flows.ts'
import { type Fixture, json, startFixture } from './fixture.ts'
import { baselineAnswer, findingList, flowList } from './flow-schemas.ts'

const finding: SecurityFinding = {
  ...{ id: '0123456789abcdef', code: 'unexpected-write', severity: 'critical', state: 'open', subject: 'a → b:502 modbus (sensor:span)' },
  ...{ evidence: { service: '16' }, techniques: [{ id: 'T0836', name: 'Modify Parameter' }], owner: 'shift lead' },
  ...{
    text: { en: 'a write', fr: 'une écriture' },
    advice: { en: 'ask', fr: 'demandez' },
    firstSeen: 1e15,
    lastSeen: 1e15 + 1e6,
    count: 3,
  },
}

describe('flows and findings over HTTP', () => {
  let api: Fixture
  const acts: unknown[] = []
  const touched: string[] = []
  before(async () => {
    const flows: FlowsView = {
      ...noFlows,
      flows: () => [
        {
          ...{
            via: 'meter',
            source: 'self',
            destination: '10.0.0.5',
            port: 502,
            protocol: 'modbus',
            units: [[1, 1]],
            identities: [],
            clients: [],
          },
          services: [{ service: '3', count: 2, exceptions: 0, firstSeen: 1e15, lastSeen: 1e15, addresses: [[0, 9]] }],
          ...{
            sentBytes: 24,
            receivedBytes: 58,
            sent: 2,
            received: 2,
            exceptions: 0,
            firstSeen: 1e15,
            lastSeen: 1e15,
            longestGap: 1e6,
            capped: 0,
          },
        },
      ],
      judge: () => ({ from: 'field', to: 'operations', direction: 'pull', permitted: true, reason: 'conduit', conduit: 'energy' }),
      findings: () => [finding, { ...finding, id: 'fedcba9876543210', state: 'resolved', resolvedTime: 1e15 + 2e6 }],
      acknowledge: async (id, who, reason) => {
        acts.push([id, who, reason])
        return id === finding.id ? { ...finding, state: 'acknowledged', acknowledged: { who, reason, time: 1e15 } } : undefined
      },
      learn: async (who) => void acts.push(['learn', who]),
      accept: async (hash, who, reason) => {
        acts.push([hash.slice(0, 2), who, reason])
        return hash.startsWith('a')
      },
      conduitsOf: (findings) => findings.map(() => 'energy'),
      touched: (text) => void touched.push(text),
    }
    api = await startFixture(0, { node: { flows } })
    await api.signIn()
  })
  after(() => api.close())
  const get = async (path: string) => (await api.call(path)).json()

  test('flows say what a node can see, with times people read', async () => {
    const { sees, flows, total } = flowList.parse(await get('/api/v1/flows'))
    assert.match(sees.en, /own traffic and what is mirrored/)
    assert.match(sees.fr, /propre trafic/)
    assert.deepEqual([total, flows[0]?.longestGapSeconds, flows[0]?.firstSeen], [1, 1, '2001-09-09T01:46:40.000Z'])
    assert.equal(flowList.parse(await get('/api/v1/flows?via=other')).total, 0)
    assert.equal(flows[0]?.crossing?.conduit, 'energy')
    for (const [conduit, count] of [
      ['energy', 1],
      ['other', 0],
    ] as const)
      assert.equal(flowList.parse(await get(`/api/v1/flows?conduit=${conduit}`)).total, count)
  })

  test('findings come as they are judged, by state and code, with how many are open', async () => {
    const all = findingList.parse(await get('/api/v1/security/findings'))
    assert.deepEqual([all.total, all.open, all.findings[0]?.techniques[0]?.id], [2, 1, 'T0836'])
    assert.equal(findingList.parse(await get('/api/v1/security/findings?state=resolved')).total, 1)
    assert.equal(findingList.parse(await get('/api/v1/security/findings?code=canary')).total, 0)
    assert.deepEqual(all.openByConduit, { energy: 1 })
    for (const [conduit, total] of [
      ['energy', 2],
      ['other', 0],
    ] as const)
      assert.equal(findingList.parse(await get(`/api/v1/security/findings?conduit=${conduit}`)).total, total)
    // Counted whole, however few are asked for.
    const one = findingList.parse(await get('/api/v1/security/findings?limit=1&state=resolved'))
    assert.deepEqual([one.findings.length, one.openByConduit], [1, { energy: 1 }])
    assert.equal((await api.call('/api/v1/security/findings?code=nonsense')).status, 400)
  })

  test('who acknowledges says why; a baseline is accepted by its hash alone', async () => {
    const path = `/api/v1/security/findings/${finding.id}/acknowledgement`
    assert.equal((await api.call(path, json({}))).status, 400)
    assert.equal((await api.call(path, json({ reason: ' ' }))).status, 400)
    const answer = (await (await api.call(path, json({ reason: 'a test of the HMI' }))).json()) as { state: string }
    assert.equal(answer.state, 'acknowledged')
    assert.equal((await api.call('/api/v1/security/findings/ffffffffffffffff/acknowledgement', json({ reason: 'x' }))).status, 404)
    assert.equal((await api.call('/api/v1/security/baseline/learning', json({}))).status, 200)
    const accept = (hash: string) => api.call('/api/v1/security/baseline/acceptance', json({ hash, reason: 'reviewed' }))
    assert.equal((await accept('a'.repeat(64))).status, 200)
    assert.equal((await accept('b'.repeat(64))).status, 409)
    assert.equal(baselineAnswer.parse(await get('/api/v1/security/baseline')).state, 'learning')
    assert.ok(acts.length === 5)
  })

  test('what somebody asks for is told, decoded, whatever the route', async () => {
    touched.length = 0
    await get('/api/v1/samples?signal=plant%2Flure')
    await api.call('/api/v1/security/baseline/learning', json({ signal: 'plant/lure' }))
    assert.ok(touched.some((text) => text.includes('signal=plant/lure')))
    assert.ok(touched.some((text) => text.includes('"plant/lure"')) || touched.length === 1)
  })
})
