import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { parseGapFile } from '../src/gateway/diode/gap-map.ts'
import { dropImport } from '../src/gateway/diode/take-imports.ts'
import { exportRecords } from '../src/gateway/spool/export.ts'
import { findLog } from '../src/gateway/spool/walk.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { airGap, freePort, losesSome, until } from './air-gap.ts'
import { countingConnector } from './counting-source.ts'

/** An edge that sends one way, over real datagrams, to a hub: what is lost on the way is declared, and closed by a file carried by hand. */
const KEY = randomBytes(32).toString('base64')

function scratch(test: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-diode-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function startAs(directory: string, id: string, link: string, device?: Connector, first = 0): Promise<RunningNode> {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? `connections:\n  c: { kind: counting, first: ${first} }\n` : ''
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${id} }\ndata: ${join(directory, id)}\nspool: { segmentBytes: 64KiB, maxBytes: 64MiB }\nhistorian: { commitInterval: 20ms }\nlink: { transport: diode, ${link} }\n${connections}`,
  )
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: { KEY } })
  const transport = await transportOf(loaded, { clock: systemClock, log: silent })
  assert.ok(transport)
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

const one = async (node: RunningNode, sql: string): Promise<number[]> =>
  ((await node.view.historian.sql(sql, { maxRows: 1, timeoutMs: 10_000 })).rows[0] as unknown[]).map(Number)

test('what a one-way link loses is declared by sequence, and a file carried by hand closes it exactly', async (t) => {
  const directory = scratch(t)
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const port = await freePort()
  const senders = `[{ sender: 1, node: edge, key: "\${env:KEY}" }]`
  const hub = await startAs(directory, 'hub', `listen: { port: ${port} }, diode: { senders: ${senders} }`)
  const gap = await airGap(port)
  t.after(gap.close)
  const edge = await startAs(directory, 'edge', `to: "127.0.0.1:${gap.port}", diode: { key: "\${env:KEY}" }`, device)
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const end = await losesSome(gap, edge, hub)
  await until('stored', () => hub.view.historianLag().records === 0)
  const [declared] = (await one(hub, 'SELECT coalesce(sum(last_sequence - first_sequence + 1), 0) FROM gaps')) as [number]
  assert.ok(declared > 0)
  const [before = 0] = await one(hub, "SELECT count(DISTINCT value) FROM samples WHERE signal LIKE 't/count/%'")
  assert.ok(before < acknowledged + 1)

  const file = join(directory, 'carried.ecx')
  const log = await findLog(join(directory, 'edge', 'spool'))
  assert.ok(log)
  await exportRecords(log, [{ from: 1, to: end }], file, systemClock.now())
  await dropImport(file, join(directory, 'hub', 'imports'))
  await until('the gap is closed', async () => (await one(hub, 'SELECT count(*) FROM gaps'))[0] === 0)
  const [count, distinct, high] = await one(
    hub,
    "SELECT count(*), count(DISTINCT value), max(value) FROM samples WHERE signal LIKE 't/count/%' AND value IS NOT NULL",
  )
  assert.equal(count, distinct)
  assert.equal(count, (high as number) + 1)
  assert.ok((high as number) >= acknowledged)
  await hub.stop()
})

/** An edge and a hub that can be stopped and started again; the edge counts on where it was. */
async function pair(t: TestContext) {
  const directory = scratch(t)
  const counted = { last: -1 }
  const device = countingConnector((last) => {
    counted.last = Math.max(counted.last, last)
  })
  const port = await freePort()
  const senders = `[{ sender: 1, node: edge, key: "\${env:KEY}" }]`
  const running = new Set<RunningNode>()
  t.after(() => Promise.all([...running].map((node) => node.stop())))
  const remembered = async (starting: Promise<RunningNode>) => {
    const node = await starting
    running.add(node)
    return node
  }
  const to = `to: "127.0.0.1:${port}", diode: { key: "\${env:KEY}" }`
  return {
    directory,
    counted,
    startHub: () => remembered(startAs(directory, 'hub', `listen: { port: ${port} }, diode: { senders: ${senders} }`)),
    startEdge: () => remembered(startAs(directory, 'edge', to, device, counted.last + 1)),
  }
}

/** How far the hub is in the newest log of the edge. */
const here = (hub: RunningNode): number => hub.view.remotes().toSorted((a, b) => b.epoch - a.epoch)[0]?.sequence ?? 0
const arrived = (hub: RunningNode, edge: RunningNode) =>
  until('all has arrived', () => here(hub) === edge.view.spool().lastSequence && hub.view.historianLag().records === 0)

test('one way, what the receiver lacks of a log that ended is declared, and what was set aside of it closes the gap', async (t) => {
  const { directory, counted, startHub, startEdge } = await pair(t)
  let hub = await startHub()
  let edge = await startEdge()
  await until('some arrive', () => here(hub) > 20)
  await hub.stop()
  const had = here(hub)
  const more = counted.last + 500
  await until('some are sent that nobody hears', () => counted.last > more)
  await edge.stop()
  const ended = { epoch: edge.view.epoch, last: edge.view.spool().lastSequence }
  renameSync(join(directory, 'edge/spool'), join(directory, 'edge/spool-before'))
  hub = await startHub()
  edge = await startEdge()
  const sql = `SELECT first_sequence, last_sequence, cause FROM gaps WHERE node = 'edge'`
  const gaps = async () => (await hub.view.historian.sql(sql, { maxRows: 9, timeoutMs: 10_000 })).rows.map((row) => row.map(String))
  await until('the end of the log is declared', async () => (await gaps()).length > 0)
  await until('the new log arrives', () => here(hub) > 20)
  await edge.stop()
  await arrived(hub, edge)
  assert.deepEqual(
    await gaps(),
    [[`${had + 1}`, `${ended.last}`, 'epoch-ended']],
    'and nothing of the new log: it was sent from its first record on',
  )
  const file = join(directory, 'carried.ecx')
  const log = await findLog(join(directory, 'edge/spool-before'))
  assert.ok(log)
  const listed = parseGapFile(readFileSync(join(directory, 'hub/link/gaps.json')), '').gaps
  await exportRecords(
    log,
    listed.filter(({ epoch }) => epoch === ended.epoch),
    file,
    systemClock.now(),
  )
  await dropImport(file, join(directory, 'hub', 'imports'))
  await until('the gap is closed', async () => (await gaps()).length === 0)
  const [count, distinct] = await one(
    hub,
    "SELECT count(*), count(DISTINCT value) FROM samples WHERE signal LIKE 't/count/%' AND value IS NOT NULL",
  )
  assert.deepEqual([count, distinct], [counted.last + 1, counted.last + 1])
})

/** Nothing of what was sent is on its way any more: how far the hub is has not moved for a second. What a busy machine lost of it stays lost. */
async function settled(hub: RunningNode): Promise<void> {
  let [reached, since] = [-1, 0]
  await until('nothing more arrives', () => {
    if (here(hub) !== reached || hub.view.historianLag().records > 0) [reached, since] = [here(hub), systemClock.monotonicMs()]
    return systemClock.monotonicMs() - since > 1_000
  })
}

test('one way, an older copy of an edge that goes on is refused, with its name, until it begins a new log', async (t) => {
  const { directory, counted, startHub, startEdge } = await pair(t)
  let hub = await startHub()
  let edge = await startEdge()
  await until('some arrive', () => here(hub) > 20)
  await edge.stop()
  cpSync(join(directory, 'edge'), join(directory, 'old-edge'), { recursive: true })
  const copied = edge.view.spool().lastSequence
  edge = await startEdge()
  await until('the first one goes on', () => here(hub) > copied + 20)
  await edge.stop()
  await settled(hub)
  const found = await one(hub, 'SELECT count(*), max(value) FROM samples WHERE value IS NOT NULL')
  const far = here(hub)
  rmSync(join(directory, 'edge'), { recursive: true })
  cpSync(join(directory, 'old-edge'), join(directory, 'edge'), { recursive: true })
  edge = await startEdge()
  await until('it is refused', () => hub.view.refusals().length > 0)
  const [{ node, code } = {}] = hub.view.refusals()
  assert.deepEqual([node, code], ['edge', 'forked'])
  await until('it is farther than the first one', () => edge.view.spool().lastSequence > far + 20)
  await edge.stop()
  // Started again it names more than is here: that it is a copy is remembered, also over a start of the hub.
  await hub.stop()
  hub = await startHub()
  edge = await startEdge()
  await until('it is refused again', () => hub.view.refusals().length > 0)
  await edge.stop()
  assert.deepEqual(
    await one(hub, 'SELECT count(*), max(value) FROM samples WHERE value IS NOT NULL'),
    found,
    'nothing of it passes for the first one',
  )
  renameSync(join(directory, 'edge/spool'), join(directory, 'edge/spool-before'))
  edge = await startEdge()
  await until('the new log arrives', () => here(hub) > 20 && hub.view.remotes().some(({ epoch }) => epoch === edge.view.epoch))
  const measured = counted.last
  await until('and what is measured now', async () => ((await one(hub, 'SELECT max(value) FROM samples'))[0] ?? 0) >= measured)
})
