import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
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

async function startAs(directory: string, id: string, link: string, device?: Connector): Promise<RunningNode> {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? 'connections:\n  c: { kind: counting, first: 0 }\n' : ''
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
