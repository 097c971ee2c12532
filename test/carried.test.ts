import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSums } from '../faults/ledger.ts'
import { loadConfig } from '../src/config/index.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { dropImport } from '../src/gateway/diode/take-imports.ts'
import { exportRecords } from '../src/gateway/spool/export.ts'
import { readImport } from '../src/gateway/spool/import.ts'
import { findLog } from '../src/gateway/spool/walk.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { CarryRefused, carriedUnder } from '../src/run/policy/carried.ts'
import { transportOf } from '../src/run/transport.ts'
import { airGap, freePort, losesSome, until } from './air-gap.ts'
import { countingConnector } from './counting-source.ts'

/** Records carried by hand stand under the conduits of the link that they go around. */

const KEY = randomBytes(32).toString('base64')
const CASE = 'necessity: n, impact: i, owner: o, riskOwner: r, isolation: { by: [shift lead] }'
const policy = (
  signals: string,
  more = '',
  reviewBy = '2999-12-31',
) => `zones: { field: { level: 1 }, control: { level: 2 }, it: { level: 4 } }
conduits:
  poll: { from: field, to: control, direction: pull, transports: [counting], signals: ["**"], ${CASE}, reviewBy: 2999-12-31 }
  upward: { from: control, to: it, direction: one-way, transports: [diode], signals: [${signals}], ${CASE}, reviewBy: ${reviewBy}${more} }
`

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-carried-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function loadAs(directory: string, id: string, link: string, zones: string, device?: Connector) {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? 'connections:\n  c: { kind: counting, zone: field, first: 0 }\n' : ''
  const zone = id === 'hub' ? 'it' : 'control'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${id}, zone: ${zone} }\ndata: ${join(directory, id)}\nspool: { segmentBytes: 64KiB, maxBytes: 64MiB }\nhistorian: { commitInterval: 20ms }\nlink: { transport: diode, ${link} }\n${zones}${connections}`,
  )
  return loadConfig(file, { connectors: device ? [device] : [], env: { KEY } })
}

async function start(loaded: Awaited<ReturnType<typeof loadAs>>): Promise<RunningNode> {
  const transport = await transportOf(loaded, { clock: systemClock, log: silent })
  assert.ok(transport)
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

test('carried by hand: what no conduit permits is not in the file, and neither in the hub that takes one made without the policy', async (t) => {
  const directory = scratch(t)
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const port = await freePort()
  const permitted = policy('"count/[0-6]"')
  // The hub limits who may send: a file has no address, and is still taken.
  const atHub = policy('"count/[0-6]"', ', peers: [127.0.0.1]')
  const senders = `[{ sender: 1, node: edge, key: "\${env:KEY}" }]`
  const hubLink = `listen: { port: ${port} }, diode: { senders: ${senders} }, nodes: { edge: { zone: control } }`
  const hub = await start(await loadAs(directory, 'hub', hubLink, atHub))
  const gap = await airGap(port)
  t.after(gap.close)
  const edgeLink = `zone: it, to: "127.0.0.1:${gap.port}", diode: { key: "\${env:KEY}" }`
  const loaded = await loadAs(directory, 'edge', edgeLink, permitted, device)
  const edge = await start(loaded)
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const end = await losesSome(gap, edge, hub)

  const log = await findLog(join(directory, 'edge', 'spool'))
  assert.ok(log)
  const whole = join(directory, 'whole.ecx')
  const file = join(directory, 'carried.ecx')
  const carried = await carriedUnder(loaded, log, 1, systemClock)
  const half = Math.floor(end / 2)
  const made = await exportRecords(log, [{ from: 1, to: half }], file, systemClock.now(), { pass: carried?.pass })
  assert.ok(made.withheld > 0)
  assert.ok((carried?.refused['conduit-not-named'] ?? 0) > 0)
  assert.doesNotMatch(readFileSync(file).toString('latin1'), /count\/[789]/)
  const kinds = new Set<string>()
  await readImport(file, async (records) => {
    for (const { kind } of records) kinds.add(kind)
  })
  assert.equal(kinds.has('batch') && kinds.has('gap'), true)
  // The rest by somebody who has the files and no policy: the hub asks its own.
  await exportRecords(log, [{ from: half + 1, to: end }], whole, systemClock.now())
  assert.match(readFileSync(whole).toString('latin1'), /count\/[789]/)
  for (const one of [file, whole]) await dropImport(one, join(directory, 'hub', 'imports'))
  const numbers = async (sql: string) =>
    ((await hub.view.historian.sql(sql, { maxRows: 1, timeoutMs: 10_000 })).rows[0] as unknown[]).map(Number)
  const readings = "FROM samples WHERE signal LIKE 't/count/%' AND value IS NOT NULL"
  const due = Array.from({ length: acknowledged + 1 }, (_, n) => n).filter((n) => n % 10 < 7).length
  await until('every permitted reading is there', async () => (await numbers(`SELECT count(DISTINCT value) ${readings}`))[0] === due)
  assert.deepEqual(await numbers(`SELECT count(*), max(value % 10) ${readings}`), [due, 6])
  const ids = hub.view.signals.all().map(({ id }) => id)
  assert.equal(
    ids.some((id) => /count\/[789]/.test(id)),
    false,
  )
  assert.deepEqual(await openSums(hub.view), [])
})

test('carried by hand while the conduit is cut, or past its review: nothing leaves', async (t) => {
  const directory = scratch(t)
  const device = countingConnector(() => {})
  for (const [link, zones, why] of [
    ['zone: it, to: "127.0.0.1:9", diode: { key: "${env:KEY}" }', policy('"**"', ', cut: true'), /upward: conduit-cut/],
    ['zone: it, to: "127.0.0.1:9", diode: { key: "${env:KEY}" }', policy('"**"', '', '2020-12-31'), /upward: conduit-expired/],
  ] as const) {
    const loaded = await loadAs(directory, 'edge', link, zones, device)
    const log = { node: 'edge', epoch: 1, segments: [] }
    await assert.rejects(
      carriedUnder(loaded, log, 1, systemClock),
      (error: Error) => error instanceof CarryRefused && why.test(error.message),
    )
  }
})
