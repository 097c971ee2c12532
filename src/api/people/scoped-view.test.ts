import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Fixture, json } from '../fixture.ts'
import { somebody, startZones } from './zones.fixture.ts'

/** Every way to read that is limited to the zones somebody may read, asked for as much as there is. */
const READS: Readonly<Record<string, string>> = {
  '/api/v1/signals': '',
  '/api/v1/last': '',
  '/api/v1/quality': '',
  '/api/v1/health': '',
  '/api/v1/contracts': '',
  '/api/v1/records': 'kind=order&versions=all',
  '/api/v1/records/kinds': '',
  '/api/v1/records/quarantine': 'state=all',
  '/api/v1/records/equipment': '',
  '/api/v1/facts': 'definition=own-kpi',
  '/api/v1/facts/definitions': '',
  '/api/v1/ledger': '',
  '/api/v1/aggregate': 'match=**&from=-1d',
  '/api/v1/lineage': 'of=unit:A&depth=3',
  '/api/v1/lineage/places': '',
  '/api/v1/openapi.json': '',
}
/** Those of one signal. */
const OF_SIGNAL = ['samples', 'trend', 'quality/hours', 'why', 'passport', 'aggregate']
const STREAMS = ['/api/v1/live']

describe('answers hold what is in the zones that somebody may read', () => {
  let api: Fixture
  let field: Awaited<ReturnType<typeof somebody>>
  let office: Awaited<ReturnType<typeof somebody>>
  before(async () => {
    api = await startZones()
    await api.signIn()
    field = await somebody(api, 'fay', ['read@field'])
    office = await somebody(api, 'olga', ['read@office'])
  })
  after(() => api.close())
  const textOf = async (call: Fixture['call'], path: string) => {
    const answer = await call(path)
    return `${answer.status} ${await answer.text()}`
  }

  test('every route that is limited by zone is looked at here', () => {
    const limited = new Set(api.routes.filter(({ scope, permission }) => scope === 'any' && permission === 'read').map(({ url }) => url))
    const looked = [...Object.keys(READS), ...OF_SIGNAL.map((name) => `/api/v1/${name}`), ...STREAMS]
    assert.deepEqual([...limited].sort(), [...new Set(looked)].sort())
  })

  test('lists: what is hidden is not in them, and who may see everything sees it', async () => {
    for (const [path, query] of Object.entries(READS)) {
      const seen = await textOf(field, `${path}?${query}`)
      assert.doesNotMatch(seen, /hidden/, `${path} for who reads the field`)
      assert.doesNotMatch(await textOf(office, `${path}?${query}`), /hidden|open-|\/open\//, `${path} for who reads the office`)
      const whole = await textOf(api.call, `${path}?${query}`)
      assert.match(whole, /^200 /, path)
      assert.match(seen, /^(200|404) /, `${path}: ${seen.slice(0, 200)}`)
    }
    for (const path of [
      'signals',
      'last',
      'health',
      'contracts',
      'records?kind=order',
      'ledger',
      'facts?definition=own-kpi',
      'lineage?of=unit:A&depth=3',
      'lineage/places',
    ]) {
      assert.match(await textOf(api.call, `/api/v1/${path}`), /hidden/, `${path} for the administrator`)
    }
    for (const path of ['signals', 'last', 'health', 'contracts', 'records?kind=order', 'ledger', 'lineage?of=unit:A&depth=3'])
      assert.match(await textOf(field, `/api/v1/${path}`), /open/, `${path} for who reads the field`)
    const health = JSON.parse((await textOf(field, '/api/v1/health')).slice(4)) as { signals: { total: number } }
    assert.equal(health.signals.total, 1, 'not even counted')
  })

  test('a hidden signal is as unknown as one that never was', async () => {
    for (const name of OF_SIGNAL) {
      const of = (id: string) => `/api/v1/${name}?signal=${id}&${name === 'why' || name === 'passport' ? '' : 'from=-1h'}`
      const unknown = (await textOf(field, of('t/never/m'))).replaceAll('never', 'hidden')
      assert.equal(await textOf(field, of('t/hidden/m')), unknown, name)
      assert.match(unknown, /^404 /, name)
      assert.doesNotMatch(await textOf(field, of('t/open/m')), /^404/, name)
    }
    assert.match(await textOf(field, '/api/v1/lineage?of=signal:t/hidden/m'), /^404 /)
    assert.match(await textOf(field, '/api/v1/lineage?of=connection:hidden-plc'), /^404 /)
    assert.match(await textOf(field, '/api/v1/facts?definition=own-kpi'), /^404 /, 'results are of the zone of the node')
  })

  test('lineage and passport of a result: what it came of in other zones is not named, nor the conduit that let it in', async () => {
    const both = await somebody(api, 'beth', ['read@office', 'read@field'])
    const all = await somebody(api, 'alma', ['read@*'])
    for (const path of [
      'passport?definition=own-kpi&key=own',
      'passport?definition=own-kpi&key=own&expand=samples:hidden-plc:t/hidden',
      'passport?definition=own-kpi&key=own&expand=conduit:hidden-way:ecluse.yaml:hidden-line',
      'lineage?of=signal:t/own/m&direction=backward&depth=8',
      'lineage?of=unit:A&depth=8',
      'facts?definition=own-kpi',
    ]) {
      const shown = (text: string) => text.replaceAll(path, '')
      assert.doesNotMatch(shown(await textOf(office, `/api/v1/${path}`)), /hidden|t\/open|open-/, `${path} for who reads the office`)
      assert.doesNotMatch(shown(await textOf(both, `/api/v1/${path}`)), /hidden/, `${path} for who reads the office and the field`)
    }
    const passport = 'passport?definition=own-kpi&key=own'
    assert.match(await textOf(field, `/api/v1/${passport}`), /^404 /, 'results are of the zone of the node')
    // Who may see it is told which conduit and which line of the file let it in.
    const seen = await textOf(both, `/api/v1/${passport}`)
    for (const said of [/t\/open\/m/, /"name":"open-way"/, /"decidedBy":"ecluse.yaml:open-line"/]) assert.match(seen, said)
    for (const said of [/t\/hidden\/m/, /hidden-way/]) assert.match(await textOf(all, `/api/v1/${passport}`), said)
  })

  test('OpenLineage events, evidence, the audit log and what flows are for who may do so everywhere, or in the zone of the node', async () => {
    const roles = ['read', 'query', 'operate', 'audit'].map((permission) => `${permission}@field`)
    const everything = await somebody(api, 'fred', roles)
    for (const path of [
      'lineage/events?hour=2026-11-27T08:00:00Z',
      'evidence',
      'evidence/verification',
      'evidence/proof?node=n&epoch=1&sequence=1',
      'audit',
      'flows',
      'security/findings',
      'security/baseline',
      'policy',
      'policy/explain?subject=hidden-plc&action=send&object=hidden/m',
      'nodes',
      'metrics',
    ]) {
      const said = await textOf(everything, `/api/v1/${path}`)
      assert.match(said, /^(403|404) /, `${path}: ${said.slice(0, 120)}`)
      assert.doesNotMatch(said.replaceAll(path, ''), /hidden/, path)
    }
  })

  test('the live stream says nothing of hidden signals, and ends when the role goes', async () => {
    const call = await somebody(api, 'lea', ['read@field'])
    const stream = await call('/api/v1/live')
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader()
    let said = ''
    const read = async () => {
      const { value, done } = await reader.read()
      said += Buffer.from(value ?? []).toString()
      return done
    }
    while (!said.includes('event: health')) await read()
    api.publish([
      [1, 42],
      [0, 41],
    ])
    while (!said.includes('41')) await read()
    const { users } = (await (await api.call('/api/v1/users')).json()) as { users: { id: string; name: string }[] }
    const id = users.find(({ name }) => name === 'lea')?.id
    const asked = performance.now()
    await api.call(`/api/v1/users/${id}`, json({ roles: [] }))
    while (!(await read()));
    assert.ok(performance.now() - asked < 2_000)
    assert.match(said, /t\/open\/m/)
    assert.doesNotMatch(said, /hidden/)
    assert.equal((await call('/api/v1/signals')).status, 403)
  })

  test('a free query is for who may query every zone', async () => {
    const some = await somebody(api, 'quentin', ['query@field', 'query@office', 'read@*'])
    assert.equal((await some('/api/v1/query', json({ sql: 'SELECT 1' }))).status, 403)
    const all = await somebody(api, 'queen', ['query@field', 'query@office', 'query@safety'])
    assert.equal((await all('/api/v1/query', json({ sql: 'SELECT 1' }))).status, 200)
  })
})
