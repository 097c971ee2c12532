import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFixture } from '../src/api/fixture.ts'
import { nodeFindings } from '../src/api/node-findings.ts'
import { policy, policyChange, policyExplanation, policyRights } from '../src/api/policy-schemas.ts'
import { fakeConnectors } from '../src/config/fake-connector.ts'
import { lintText } from '../src/config/index.ts'
import { noChanges } from '../src/core/changes.ts'
import { ManualClock } from '../src/core/manual-clock.ts'
import type { PolicyView } from '../src/core/policy.ts'
import { SignalTable } from '../src/core/signals.ts'
import { parseTime } from '../src/core/time.ts'
import { policingOf } from '../src/run/policy/policing.ts'
import { forwardingUnder } from '../src/run/policy/telling.ts'
import { policyView } from '../src/run/policy/view.ts'

const file = (signals: string, zones = '[it]') => `version: 1
site: { id: t }
node: { id: hub, role: hub, zone: it }
link: { nodes: { cell-3: { zone: control } } }
http: { host: 0.0.0.0, zone: office }
zones: { field: { level: 1 }, control: { level: 2 }, it: { level: 4 }, office: { level: 4 } }
roles: { visitor: { grants: [{ direction: outward, may: [read], zones: ${zones} }] } }
conduits:
  upward:
    from: control
    to: it
    direction: push
    transports: [link]
    signals: ${signals}
    necessity: energy report
    impact: false report
    owner: energy manager
    riskOwner: plant manager
    reviewBy: 2026-12-31
    isolation: { by: [network team], manual: [meters are read by hand] }
  pages:
    { from: it, to: office, direction: pull, transports: [http], signals: ["**"], peers: [10.1.0.0/16], necessity: n, impact: i, owner: o, riskOwner: r, reviewBy: 2026-12-31, isolation: { by: [x] } }
policyTests:
  - { name: badges stay, conduit: upward, neverCarries: ["access/**"] }
`
const clock = new ManualClock(parseTime('2026-11-27T10:00:00Z'))

function made(text: string) {
  const { loaded, problems } = lintText(text, { connectors: fakeConnectors, env: {}, now: clock.now() })
  assert.ok(loaded, JSON.stringify(problems))
  const signals = new SignalTable()
  signals.define({ id: 't/motor/current', connection: 'c', address: '', dataType: 'number', zone: 'control' })
  const policing = policingOf(loaded, signals, clock)
  return { loaded, policing, view: policyView(loaded, policing, signals, clock) }
}

test('the policy over HTTP: what is declared with its place, crossings with counts, explain and simulate', async (t) => {
  const { view } = made(file('["motor/**"]'))
  const api = await startFixture(0, { node: { policy: view } })
  t.after(() => api.close())
  await api.signIn()
  const got = policy.parse(await (await api.call('/api/v1/policy')).json())
  const [upward] = got.conduits
  assert.deepEqual(
    [upward?.name, upward?.state, upward?.place, upward?.isolation.manual],
    ['upward', 'open', 'ecluse.yaml:9', ['meters are read by hand']],
  )
  assert.deepEqual(
    got.crossings.map(({ part, name, permitted, conduit }) => [part, name, permitted, conduit]),
    [
      ['link-in', 'cell-3', true, 'upward'],
      ['http', '0.0.0.0:8480', true, 'pages'],
    ],
  )
  assert.deepEqual(got.tests, [
    { name: 'badges stay', says: { conduit: 'upward', neverCarries: ['access/**'] }, passed: true, place: 'ecluse.yaml:24', findings: [] },
  ])
  const { rights } = policyRights.parse(await (await api.call('/api/v1/policy/rights')).json())
  assert.deepEqual(
    rights.filter(({ role, may }) => role === 'visitor' && may.length > 0),
    [{ role: 'visitor', zone: 'it', may: ['read'] }],
  )
  const ask = async (words: string) => api.call(`/api/v1/policy/explain?${words}`)
  const { answers } = policyExplanation.parse(await (await ask('subject=cell-3&action=send&object=pump/state')).json())
  assert.deepEqual(
    answers.map((one) => [one.permitted, one.place]),
    [[false, 'ecluse.yaml:14']],
  )
  assert.equal((await ask('subject=nobody&action=send&object=pump/state')).status, 404)
  const post = (text: string) =>
    api.call('/api/v1/policy/simulate', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ file: text }),
    })
  const change = policyChange.parse(await (await post(file('[]', '["*"]'))).json())
  assert.deepEqual(change.carried.lost, [{ conduit: 'upward', kind: 'signal', id: 't/motor/current' }])
  assert.deepEqual(
    change.rights.gained.filter(({ who }) => who === 'visitor').map(({ zone }) => zone),
    ['field', 'control', 'office'],
  )
  assert.equal((await post('zones: [')).status, 422)
})

test('readers from other machines need a conduit that names their address', () => {
  const { view } = made(file('[]'))
  assert.equal(view.againstReader('127.0.0.1'), undefined)
  assert.equal(view.againstReader('10.1.2.3'), undefined)
  assert.equal(view.againstReader('10.2.2.3'), 'conduit-peer')
  assert.deepEqual(view.crossings().find(({ part }) => part === 'http')?.counts, {
    ...{ passed: 1, refused: { 'conduit-peer': 1 } },
    byConduit: [{ conduit: 'pages', passed: 1, refused: { 'conduit-peer': 1 } }],
  })
})

test('entries of the audit log that no conduit lets out are counted with the reason', () => {
  const siem =
    '  siem: { from: it, to: office, direction: push, transports: [syslog], necessity: n, impact: i, owner: o, riskOwner: r, reviewBy: 2026-12-31, cut: true, isolation: { by: [x] } }\n'
  const text = file('["motor/**"]')
    .replace('zones: { field', 'audit: { forward: [{ host: siem, port: 6514, transport: tcp, zone: office }] }\nzones: { field')
    .replace('policyTests:', `${siem}policyTests:`)
  const { loaded, policing, view } = made(text)
  assert.ok(policing)
  const forwarding = forwardingUnder(policing)
  const [receiver] = loaded.config.audit.forward
  assert.ok(receiver)
  assert.equal(forwarding.against(receiver), 'conduit-cut')
  forwarding.held(receiver, 'conduit-cut', 3)
  assert.deepEqual(view.crossings().find(({ part }) => part === 'syslog')?.counts?.byConduit, [
    { conduit: 'siem', passed: 0, refused: { 'conduit-cut': 3 } },
  ])
})

test('the node says by itself that nobody decided what may leave it, and whose decision is to be looked at again', () => {
  const startedAt = (view: PolicyView) =>
    nodeFindings({
      ...{
        node: 'hub',
        clock,
        uplink: () => undefined,
        remotes: () => [],
        refusals: () => [],
        refusedFiles: () => [],
        contested: () => [],
        policy: view,
      },
      connectedNodes: () => [],
      changes: noChanges,
      ...{ outlook: () => ({}), spool: () => ({ droppedSamples: 0, corruptRecords: 0 }) },
    } as unknown as Parameters<typeof nodeFindings>[0]).map(({ code, node, owner, count, days }) => ({ code, node, owner, count, days }))
  const none = { owner: undefined, count: undefined, days: undefined }
  assert.deepEqual(startedAt(made('version: 1\nsite: { id: t }\nhttp: { host: 0.0.0.0 }\nconnections: {}\n').view), [
    { ...none, code: 'no-zones', node: 'hub', count: 1 },
  ])
  assert.deepEqual(startedAt(made('version: 1\nsite: { id: t }\nconnections: {}\n').view), [])
  assert.deepEqual(startedAt(made(file('["motor/**"]')).view), [])
  const soon = file('["motor/**"]')
    .replace('reviewBy: 2026-12-31', 'reviewBy: 2026-12-10')
    .replace(/reviewBy: 2026-12-31/, 'reviewBy: 2026-11-20')
  assert.deepEqual(startedAt(made(soon).view), [
    { ...none, code: 'review-overdue', node: 'pages', owner: 'o', days: -7 },
    { ...none, code: 'review-due', node: 'upward', owner: 'energy manager', days: 13 },
  ])
})
