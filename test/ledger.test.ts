import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { disagreements, openSums } from '../faults/ledger.ts'
import { startApi } from '../src/api/index.ts'
import { ledgerAnswer } from '../src/api/ledger-schemas.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { NotConnected } from '../src/core/errors.ts'
import type { LedgerLine } from '../src/core/ledger.ts'
import type { Channel, Peer, Transport } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { HOUR, systemClock } from '../src/core/time.ts'
import { memoryChannels } from '../src/gateway/link/memory-channel.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** Whole nodes in one process: what a device said and what it dropped is in the ledgers of edge and hub, and their sums close. */

/** The counting device, which also loses three samples with every read. */
function losing(onAck: (last: number) => void, dropped: { samples: number }): Connector {
  const counting = countingConnector(onAck)
  return {
    ...counting,
    source: (config, context) => {
      const source = counting.source?.(config as { first: number }, context)
      if (!source) throw new Error('it has a source')
      return {
        ...source,
        read: async (stop) => {
          const delivery = await source.read(stop)
          source.counters.dropped['local-queue-full'] = (source.counters.dropped['local-queue-full'] ?? 0) + 3
          dropped.samples += 3
          return delivery
        },
      }
    },
  } as Connector
}

function exchange() {
  let onChannel: ((channel: Channel) => void) | undefined
  const open = new Set<Channel>()
  const peer = (node: string): Peer => ({ node, certificate: '01', address: 'memory', mayForward: false })
  const dialler: Transport = {
    endpoint: 'memory',
    dial: async () => {
      if (!onChannel) throw new NotConnected('nobody listens')
      const channels = memoryChannels({ atDialler: peer('hub'), atListener: peer('edge') })
      open.add(channels.dialler)
      onChannel(channels.listener)
      return channels.dialler
    },
  }
  const close = async () => {
    onChannel = undefined
    for (const channel of open) void channel.close(false)
    open.clear()
  }
  const listener: Transport = {
    listen: async (call) => {
      onChannel = call
      return { address: 'memory', close }
    },
  }
  return { dialler, listener }
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 30 s: ${what}`)
    await systemClock.sleep(20)
  }
}

async function startAs(directory: string, id: string, role: string, transport: Transport, device?: Connector, first = 0) {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? `connections:\n  c: { kind: counting, first: ${first} }\n` : ''
  const spool = '{ segmentBytes: 64KiB, maxBytes: 1MiB, overflow: drop-oldest }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${role} }\ndata: ${join(directory, id)}\nspool: ${spool}\nhistorian: { commitInterval: 20ms }\n${connections}`,
  )
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

const lineOf = async ({ view }: RunningNode, connection: string): Promise<LedgerLine | undefined> =>
  (await view.ledger()).lines.find((line) => line.node === 'edge' && line.connection === connection)

const sharesOf = async (node: RunningNode, connection: string, destination: string) =>
  (await lineOf(node, connection))?.destinations.find((one) => one.destination === destination)

test('an edge that fills up while its hub is away: both ledgers close, and say the same of what was lost', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-ledger-'))
  const { dialler, listener } = exchange()
  let acknowledged = -1
  const dropped = { samples: 0 }
  const device = losing((last) => {
    acknowledged = Math.max(acknowledged, last)
  }, dropped)
  const startEdge = () => startAs(directory, 'edge', 'edge', dialler, device, acknowledged + 1)
  const startHub = () => startAs(directory, 'hub', 'hub', listener)
  let [hub, edge] = [await startHub(), await startEdge()]
  t.after(async () => {
    await Promise.all([edge.stop(), hub.stop()])
    rmSync(directory, { recursive: true, force: true })
  })
  await until('some', () => acknowledged > 2_000)
  assert.deepEqual(await openSums(edge.view), [], 'while everything runs')
  assert.deepEqual(await openSums(hub.view), [], 'while everything runs')
  await hub.stop()
  // The record that declares it may be the first of the next group.
  await until('a full log, said while the hub is away still', async () => {
    const full = await sharesOf(edge, 'c', 'link')
    assert.equal(full?.off ?? 0, 0)
    return (full?.dropped.overflow ?? 0) > 0
  })
  await edge.stop()
  edge = await startEdge()
  assert.deepEqual(await openSums(edge.view), [], 'after a restart')
  hub = await startHub()
  await until('the link stands', () => edge.view.uplink()?.state === 'connected')
  // The device stops, so that both can be looked at side by side.
  await edge.stop()
  edge = await startAs(directory, 'edge', 'edge', dialler)
  const end = () => edge.view.spool().lastSequence
  await until('all at the hub', () => hub.view.remotes().some(({ node, sequence }) => node === 'edge' && sequence === end()))
  await until('and stored', () => hub.view.historianLag().records === 0 && edge.view.historianLag().records === 0)
  await until('and confirmed', () => edge.view.uplink()?.confirmedSequence === end())
  assert.deepEqual(await openSums(edge.view), [])
  assert.deepEqual(await openSums(hub.view), [])
  assert.deepEqual(await disagreements(edge.view, hub.view), [])
  const toHistorian = await sharesOf(edge, 'c', 'historian')
  const toLink = await sharesOf(edge, 'c', 'link')
  assert.deepEqual(toHistorian?.dropped, { 'local-queue-full': dropped.samples })
  const lost = toLink?.dropped.overflow ?? 0
  assert.ok(lost > 0)
  assert.equal(toLink?.delivered, (toHistorian?.delivered ?? 0) - lost)
  // The hub never saw them: it knows how many, why, and of which node.
  assert.deepEqual((await sharesOf(hub, '', 'historian'))?.dropped, { overflow: lost })
  // What the device dropped is known at the hub as far as the records that say so came.
  const told = (await sharesOf(hub, 'c', 'historian'))?.dropped['local-queue-full'] ?? 0
  assert.ok(told > 0 && told <= dropped.samples)
  const now = systemClock.now()
  const { lines } = await hub.view.ledger({ from: now - HOUR, to: now + HOUR })
  assert.equal(lines.find(({ connection }) => connection === 'c')?.read, (await lineOf(hub, 'c'))?.read)
})

test('the sums of signals at a hub, over HTTP: of the edge’s log as it lies there, and of the rows of its historian', async (t: TestContext) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-ledger-'))
  const { dialler, listener } = exchange()
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  }) as Connector
  const hub = await startAs(directory, 'hub', 'hub', listener)
  const edge = await startAs(directory, 'edge', 'edge', dialler, device)
  const api = await startApi(hub.view, { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent })
  t.after(async () => {
    await api.close()
    await Promise.all([edge.stop(), hub.stop()])
    rmSync(directory, { recursive: true, force: true })
  })
  const authorization = `Bearer ${readFileSync(join(directory, 'local-token'), 'utf8').trim()}`
  const read = async (query: string) =>
    ledgerAnswer.parse(await (await fetch(`${api.url}/api/v1/ledger?${query}`, { headers: { authorization } })).json())
  await until('some', () => acknowledged > 2_000)
  await edge.stop()
  const end = edge.view.spool().lastSequence
  await until('all at the hub', () => hub.view.remotes().some(({ node, sequence }) => node === 'edge' && sequence === end))
  await until('and stored', () => hub.view.historianLag().records === 0)
  const { closes, signals } = await read('signals=**&node=edge')
  const [sum] = signals?.sums ?? []
  assert.deepEqual([closes, signals?.sums.length, sum?.connection, sum?.off, sum?.signalsOff, sum?.pending], [true, 1, 'c', 0, 0, 0])
  const { rows } = await read('node=edge&connection=c')
  assert.equal(sum?.delivered, rows.find(({ destination }) => destination === 'historian')?.delivered)
  assert.ok((sum?.logged ?? 0) > 2_000)
  assert.deepEqual((await read('signals=no/such/signal')).signals?.sums, [])
})
