import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { auditList } from '../src/api/evidence-schemas.ts'
import { startApi } from '../src/api/index.ts'
import { gapList, nodeList, signalPage } from '../src/api/schemas.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { NotConnected } from '../src/core/errors.ts'
import { type Channel, LinkRefused, type Transport, type TurnedAway } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { memoryChannels } from '../src/gateway/link/memory-channel.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** A hub and an edge in one process: what people see of them over HTTP, with real logs and a real history. */

let listener: ((channel: Channel) => void) | undefined
const hubEnd: Transport = {
  listen: async (onChannel) => {
    listener = onChannel
    return {
      address: 'memory:1',
      close: async () => {
        listener = undefined
      },
    }
  },
}
const edgeEnd = (node: string): Transport => ({
  endpoint: 'memory:1',
  dial: async () => {
    if (!listener) throw new NotConnected('nobody listens')
    const peer = { address: 'memory', mayForward: false }
    const ends = memoryChannels({ atDialler: { node: 'hub', ...peer }, atListener: { node, ...peer } })
    listener(ends.listener)
    return ends.dialler
  },
})

async function start(directory: string, id: string, rest: string, transport: Transport, device?: Connector): Promise<RunningNode> {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? 'connections:\n  c: { kind: counting, first: 0 }\n' : ''
  const yaml = `version: 1\nsite: { id: t }\ndata: ${join(directory, id)}\nhistorian: { commitInterval: 20ms }\n${rest}\n${connections}`
  writeFileSync(file, yaml)
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport, diskFree: async () => 1e12 })
}

async function serving(t: TestContext, directory: string, node: RunningNode) {
  const options = { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent }
  const api = await startApi(node.view, options)
  t.after(() => api.close())
  const authorization = `Bearer ${readFileSync(join(directory, 'local-token'), 'utf8').trim()}`
  const ask = async (path: string): Promise<unknown> => (await fetch(`${api.url}/api/v1/${path}`, { headers: { authorization } })).json()
  return Object.assign(ask, { close: () => api.close() })
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 30 s: ${what}`)
    await systemClock.sleep(20)
  }
}

test('the hub shows its edge, what the edge had to give up and why; the edge shows what waits, and the link', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-nodes-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  let read = 0
  const device = countingConnector((last) => {
    read = last
  })
  const spool = 'node: { id: edge, role: edge }\nspool: { segmentBytes: 64KiB, maxBytes: 1MiB, overflow: drop-oldest }'
  const startEdge = () => start(directory, 'edge', spool, edgeEnd('edge'), device)
  const first = await startEdge()
  const askFirst = await serving(t, join(directory, 'edge'), first)
  await until('the edge gave something up', () => first.view.spool().droppedSamples > 0)
  const alone = nodeList.parse(await askFirst('nodes'))
  assert.deepEqual([alone.self.role, alone.self.uplink?.state === 'connected', alone.nodes], ['edge', false, []])
  assert.equal(alone.self.spool.held.consumer, 'link')
  assert.ok(alone.self.spool.held.bytes > 500_000 && alone.self.spool.held.bytes <= 2 ** 20, `${alone.self.spool.held.bytes}`)
  assert.ok(alone.findings.some(({ code }) => code === 'data-dropped'))
  await askFirst.close()
  // What was given up on the disk might still be sent from memory: a restart forgets it.
  await first.stop()
  const edge = await startEdge()
  t.after(() => edge.stop())
  const askEdge = await serving(t, join(directory, 'edge'), edge)

  const startHub = () => start(directory, 'hub', 'node: { id: hub, role: hub }', hubEnd)
  let hub = await startHub()
  const askHub = await serving(t, join(directory, 'hub'), hub)
  await until('the gap is in the history', async () => gapList.parse(await askHub('nodes/gaps?node=edge')).gaps.length > 0)
  const { gaps, kept } = gapList.parse(await askHub('nodes/gaps'))
  assert.equal(kept, true)
  assert.ok(gaps.every(({ node, first, last }) => node === 'edge' && first >= 1 && last >= first))
  assert.ok(
    gaps.some(({ cause }) => cause === 'overflow' || cause === 'no longer kept'),
    JSON.stringify(gaps),
  )
  assert.deepEqual(gapList.parse(await askHub('nodes/gaps?node=other')).gaps, [])

  const seen = read
  await until('more comes', () => read > seen + 500)
  await until('the hub tells what was lost', async () => (nodeList.parse(await askHub('nodes')).nodes[0]?.lostRecords ?? 0) > 0)
  const { self, nodes } = nodeList.parse(await askHub('nodes'))
  assert.deepEqual([self.role, self.linkAddress, nodes.length, nodes[0]?.state], ['hub', 'memory:1', 1, 'live'])
  assert.ok((nodes[0]?.gaps ?? 0) > 0)
  const { signals } = signalPage.parse(await askHub('signals?match=t/count/3'))
  assert.equal(signals[0]?.node, 'edge')
  const linked = nodeList.parse(await askEdge('nodes')).self
  assert.deepEqual([linked.uplink?.state, linked.uplink?.peer, linked.uplink?.downSince], ['connected', 'hub', undefined])

  await edge.stop()
  await until('all of it is stored', () => hub.view.historianLag().records === 0)
  const sequence = hub.view.remotes()[0]?.sequence
  await hub.stop()
  hub = await startHub()
  t.after(() => hub.stop())
  assert.deepEqual(
    hub.view.remotes().map((one) => [one.node, one.sequence, one.behindRecords]),
    [['edge', sequence, 0]],
  )
  assert.equal(hub.view.nodeOf(hub.view.signals.indexOf('t/count/3') as number), 'edge')
})

test('a hub shows which nodes knock and are not let in; strangers are in its audit log alone', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-nodes-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  let told: TurnedAway | undefined
  const listening: Transport = {
    listen: async (_, turnedAway) => {
      told = turnedAway
      return { address: 'memory:1', close: async () => {} }
    },
  }
  const hub = await start(directory, 'hub', 'node: { id: hub, role: hub }', listening)
  t.after(() => hub.stop())
  const ask = await serving(t, join(directory, 'hub'), hub)
  told?.node({ node: 'cell-3', address: '10.0.0.7', mayForward: false }, new LinkRefused('revoked', 'node cell-3 was revoked: stolen'))
  told?.stranger('10.0.0.8', 'token-unknown')
  const { findings } = nodeList.parse(await ask('nodes'))
  assert.deepEqual(
    findings.map(({ code, node, refusal }) => [code, node, refusal]),
    [['sender-refused', 'cell-3', 'revoked']],
  )
  const refused = async () => auditList.parse(await ask('audit?kind=node-refusal')).entries
  await until('both are recorded', async () => (await refused()).length === 2)
  assert.deepEqual((await refused()).map(({ who, from, what }) => [who, from, what]).sort(), [
    [undefined, '10.0.0.8', 'token-unknown'],
    ['cell-3', '10.0.0.7', 'revoked'],
  ])
})
