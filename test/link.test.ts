import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSums } from '../faults/ledger.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import type { Transport } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'
import { Exchange } from './exchange.ts'

/** Whole nodes in one process, joined in memory: what the edge acknowledged to its device is in the hub, once, whatever was cut or restarted. */

function scratch(test: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-link-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function startAs(
  directory: string,
  id: string,
  role: string,
  transport: Transport,
  device?: Connector,
  first = 0,
): Promise<RunningNode> {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? `connections:\n  c: { kind: counting, first: ${first} }\n` : ''
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${role} }\ndata: ${join(directory, id)}\nspool: { segmentBytes: 64KiB, maxBytes: 64MiB }\nhistorian: { commitInterval: 20ms }\n${connections}`,
  )
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 30 s: ${what}`)
    await systemClock.sleep(20)
  }
}

/** Stops a node once its link stands, so that it hands over all it has. */
async function stopConnected(edge: RunningNode): Promise<void> {
  await until('the link stands', () => edge.view.uplink()?.state === 'connected')
  await edge.stop()
}

async function numbersAt(hub: RunningNode): Promise<{ count: number; distinct: number; low: number; high: number }> {
  const sql =
    "SELECT count(*), count(DISTINCT value), min(value), max(value) FROM samples WHERE signal LIKE 't/count/%' AND value IS NOT NULL"
  const { rows } = await hub.view.historian.sql(sql, { maxRows: 1, timeoutMs: 10_000 })
  const [count, distinct, low, high] = (rows[0] as unknown[]).map(Number) as [number, number, number, number]
  return { count, distinct, low, high }
}

test('an edge through a relay to a hub: cut lines, restarts of each, and every acknowledged sample once', async (t) => {
  const directory = scratch(t)
  const [inner, outer] = [new Exchange(), new Exchange()]
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const relayTransport = { ...inner.listener(), ...outer.dialler('relay', true) }
  const startEdge = () => startAs(directory, 'edge', 'edge', inner.dialler('edge'), device, acknowledged + 1)
  const startRelay = () => startAs(directory, 'relay', 'relay', relayTransport)
  const startHub = () => startAs(directory, 'hub', 'hub', outer.listener())
  let [hub, relay, edge] = [await startHub(), await startRelay(), await startEdge()]
  // A failed test must not keep its nodes running.
  t.after(() => Promise.all([edge.stop(), relay.stop(), hub.stop()]))
  const progress = async (more: number) => {
    const from = acknowledged
    await until(`${more} more samples`, () => acknowledged > from + more)
  }
  await progress(2_000)
  for (let round = 0; round < 3; round++) {
    inner.cut()
    await progress(1_000)
    outer.cut()
    await progress(1_000)
  }
  await hub.stop()
  await progress(5_000)
  hub = await startHub()
  await relay.stop()
  await progress(5_000)
  relay = await startRelay()
  await edge.stop()
  edge = await startEdge()
  await progress(1_000)
  await stopConnected(edge)
  const end = edge.view.spool().lastSequence
  await until('the hub has all of it', () => hub.view.remotes().some((remote) => remote.node === 'edge' && remote.sequence === end))
  await until('the historian too', () => hub.view.historianLag().records === 0)
  const found = await numbersAt(hub)
  assert.equal(found.low, 0)
  assert.ok(found.high >= acknowledged)
  assert.equal(found.count, found.high + 1, 'none is lost')
  assert.equal(found.distinct, found.count, 'none is there twice')
  assert.equal(hub.view.signals.indexOf('t/count/3') !== undefined, true)
  const [gaps] = (await hub.view.historian.sql('SELECT count(*) FROM gaps', { maxRows: 1, timeoutMs: 5_000 })).rows
  assert.equal(Number((gaps as unknown[])[0]), 0)
  // The edge is gone, and its samples can still be explained: by whom and under which declarations they were written.
  const { historian } = hub.view
  const { ingest } = await historian.samples({ signal: 't/count/3', from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1 })
  const [origin] = await historian.ingests([ingest[0] as number])
  assert.equal(origin?.node, 'edge')
  assert.notEqual(origin?.configVersion, hub.view.configVersion)
  assert.deepEqual((await historian.declared(origin?.configVersion ?? ''))?.clocks, { c: { maxOffsetMs: 5000 } })
  assert.equal((await historian.definitions('t/count/3'))[0]?.configVersion, origin?.configVersion)
  assert.deepEqual([await openSums(relay.view), await openSums(hub.view)], [[], []])
  await Promise.all([relay.stop(), hub.stop()])
})

test('an older copy of the hub is brought up to date; an older copy of the edge goes on in a new epoch; nothing is overwritten', async (t) => {
  const directory = scratch(t)
  const exchange = new Exchange()
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const startEdge = () => startAs(directory, 'edge', 'edge', exchange.dialler('edge'), device, acknowledged + 1)
  const startHub = () => startAs(directory, 'hub', 'hub', exchange.listener())
  let [hub, edge] = [await startHub(), await startEdge()]
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const settled = () =>
    until('settled', () => {
      const [remote] = hub.view.remotes()
      return remote?.sequence === edge.view.spool().lastSequence && hub.view.historianLag().records === 0
    })
  await until('some', () => acknowledged > 500)
  await stopConnected(edge)
  await settled()
  await hub.stop()
  cpSync(join(directory, 'hub'), join(directory, 'old-hub'), { recursive: true })
  cpSync(join(directory, 'edge'), join(directory, 'old-edge'), { recursive: true })
  hub = await startHub()
  edge = await startEdge()
  const before = acknowledged
  await until('more', () => acknowledged > before + 500)
  await stopConnected(edge)
  await settled()
  await hub.stop()
  rmSync(join(directory, 'hub'), { recursive: true })
  cpSync(join(directory, 'old-hub'), join(directory, 'hub'), { recursive: true })
  hub = await startHub()
  edge = await startEdge()
  await stopConnected(edge)
  await settled()
  const found = await numbersAt(hub)
  assert.equal(found.count, found.high + 1)
  assert.equal(found.distinct, found.count)
  rmSync(join(directory, 'edge'), { recursive: true })
  cpSync(join(directory, 'old-edge'), join(directory, 'edge'), { recursive: true })
  edge = await startEdge()
  const oldEpoch = edge.view.epoch
  await edge.restart
  const afterRestore = acknowledged
  await edge.stop()
  assert.deepEqual(await numbersAt(hub), found, 'what the hub has is not touched')
  edge = await startEdge()
  assert.ok(edge.view.epoch > oldEpoch)
  await until('more', () => acknowledged > afterRestore + 100)
  await stopConnected(edge)
  await settled()
  const end = await numbersAt(hub)
  assert.equal(end.count, end.high + 1, 'also what was read between the restoring and its discovery')
  assert.equal(end.distinct, end.count)
  assert.deepEqual(await openSums(hub.view), [])
  edge = await startAs(directory, 'edge', 'edge', exchange.dialler('edge'))
  await until('all of the edge in its historian', () => edge.view.historianLag().records === 0)
  assert.deepEqual(await openSums(edge.view), [], 'over both epochs')
  // The older copy of the hub once more: what it lacks of the epoch that ended is in no log any more, and is said to be gone.
  await hub.stop()
  rmSync(join(directory, 'hub'), { recursive: true })
  cpSync(join(directory, 'old-hub'), join(directory, 'hub'), { recursive: true })
  hub = await startHub()
  const [{ sequence: had = 0 } = {}] = hub.view.remotes()
  const sql = `SELECT first_sequence, last_sequence, cause FROM gaps WHERE node = 'edge' AND epoch = ${oldEpoch}`
  const gaps = async () => (await hub.view.historian.sql(sql, { maxRows: 9, timeoutMs: 10_000 })).rows.map((row) => row.map(String))
  await until('what is gone is declared', async () => (await gaps()).length > 0)
  const [[first, last, cause] = []] = await gaps()
  assert.deepEqual([Number(first), cause], [had + 1, 'epoch-ended'])
  assert.ok(Number(last) > had)
  assert.deepEqual(await openSums(hub.view), [])
  await edge.stop()
  await hub.stop()
})
