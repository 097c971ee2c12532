import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { buildGraph, type Declarations } from '../continuity/graph/index.ts'
import { type Fixture, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'
import { configurationList, keptConfiguration, lineage, lineagePlaces } from './lineage-schemas.ts'

const MANY = 10_000
const declared: Declarations = {
  ...{ site: 't', equipment: {}, models: {}, kinds: [], results: [], peers: [], substitutes: [], maintenance: [], contracts: [] },
  connections: [{ name: 'plc', records: [] }],
  signals: Array.from({ length: MANY }, (_, i) => ({ id: `t/line-${i % 2_000}/m${i}`, connection: 'plc', unit: 'A' })),
  computed: [
    { kind: 'derive', id: 'sum', values: [], at: [{ makes: { id: 't/sum' }, reads: [{ signal: 't/line-1/m1', ref: 'line-1/m1' }] }] },
  ],
  deliveries: [{ name: 'historian', why: 'stored' }],
}
const graph = buildGraph(declared)
const version = 'a'.repeat(16)
const kept = { version, keptTime: 1, entry: 'ecluse.yaml', files: ['ecluse.yaml'] }
let node: Fixture

before(async () => {
  const configurations = {
    list: async () => [kept],
    read: async (one: string) => (one === version ? { ...kept, texts: ['version: 1'] } : undefined),
  }
  node = await startFixture(1, { node: { dependencies: () => graph, configurations, configVersion: version } })
  await node.signIn()
})
after(() => node.close())

const ask = async (query: Record<string, string>) => {
  const answer = await node.call(`/api/v1/lineage?${new URLSearchParams(query)}`)
  return { status: answer.status, body: await answer.json() }
}

test('lineage: one hop by default, counted by kind and by equipment, then page by page', async () => {
  const { status, body } = await ask({ of: 'connection:plc', limit: '3' })
  assert.equal(status, 200)
  const found = lineage.parse(body)
  assert.deepEqual(
    [found.total, found.items.length, found.groups.length, found.groupsTotal],
    [MANY + 1, 3, API_LIMITS.lineageGroups, 2_001],
  )
  assert.deepEqual(found.counts, [
    { kind: 'signal', count: MANY },
    { kind: 'page', count: 1 },
  ])
  const page = lineage.parse((await ask({ of: 'connection:plc', equipment: 'line-7', limit: '2', offset: '4' })).body)
  assert.deepEqual([page.matching, page.items.map(({ id }) => id)], [5, ['t/line-7/m8007']])
})

test('lineage: deeper, backwards, and a signal without its site', async () => {
  const forward = lineage.parse((await ask({ of: 'signal:line-1/m1', depth: '9' })).body)
  assert.ok(
    forward.items.some(
      ({ kind, id, why, from }) => kind === 'signal' && id === 't/sum' && why === 'input' && from === 'signal:t/line-1/m1',
    ),
  )
  const backward = lineage.parse((await ask({ of: 'signal:t/sum', direction: 'backward', depth: '9' })).body)
  assert.deepEqual(backward.items.map(({ kind, id }) => `${kind}:${id}`).sort(), [
    'connection:plc',
    'derive:sum',
    'signal:t/line-1/m1',
    'unit:A',
  ])
})

test('lineage: what is not there, or is no KIND:ID, is refused with what to do', async () => {
  assert.equal((await ask({ of: 'signal:nowhere' })).status, 404)
  assert.equal((await ask({ of: 'nothing' })).status, 400)
  assert.equal((await ask({ of: 'connection:plc', depth: '65' })).status, 400)
  assert.equal((await ask({ of: 'connection:plc', limit: '1001' })).status, 400)
})

test('lineage: with no name, the places with what they hold and what depends on it, a step at a time', async () => {
  const places = async (query: Record<string, string>) =>
    lineagePlaces.parse(await (await node.call(`/api/v1/lineage/places?${new URLSearchParams(query)}`)).json())
  const top = await places({})
  assert.deepEqual([top.places.length, top.placesTotal, top.here.map(({ id }) => id)], [API_LIMITS.lineageGroups, 2_000, ['t/sum']])
  const line = top.places.find(({ path }) => path === 'line-1')
  assert.deepEqual(line, { path: 'line-1', hasPlaces: false, signals: 5, derived: 0, results: 0, consumers: 1 })
  assert.ok(top.kinds?.some(({ kind, count }) => kind === 'signal' && count === MANY + 1))
  const below = await places({ under: 'line-1', limit: '2' })
  assert.deepEqual([below.places.length, below.here.length, below.hereTotal, below.kinds], [0, 2, 5, undefined])
  assert.equal((await node.call('/api/v1/lineage/places?limit=1001')).status, 400)
})

test('configurations: the list, and the files of one', async () => {
  const list = configurationList.parse(await (await node.call('/api/v1/configurations')).json())
  assert.deepEqual([list.running, list.configurations.length], [version, 1])
  const one = keptConfiguration.parse(await (await node.call(`/api/v1/configurations/${version}`)).json())
  assert.deepEqual(one.files, [{ name: 'ecluse.yaml', text: 'version: 1' }])
  assert.equal((await node.call(`/api/v1/configurations/${'b'.repeat(16)}`)).status, 404)
  assert.equal((await node.call('/api/v1/configurations/..%2f..%2fx')).status, 400)
})
