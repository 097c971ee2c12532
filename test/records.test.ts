import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { answerWhy } from '../src/api/why.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { createRestSimulator, type RestSimulator } from '../src/connectors/rest/simulator.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import type { StoredVersion } from '../src/core/it-records.ts'
import { silent } from '../src/core/log.ts'
import { systemClock } from '../src/core/time.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'

/** A whole node that reads IT records from a system over HTTP: every version is kept, nothing twice, over restarts too. */

const LIMIT_MS = 20_000

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-records-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function system(t: TestContext): Promise<RestSimulator> {
  const simulator = await createRestSimulator({ key: ['wonum'], path: '/orders', pageSize: 3 })
  t.after(() => simulator.stop())
  return simulator
}

const order = (wonum: string, status: string, priority: unknown = 3) => ({
  wonum,
  status,
  priority,
  asset: 'CAR-03',
  reported: '2026-07-01T08:00:00Z',
})

async function start(
  t: TestContext,
  directory: string,
  url: string,
  fields = 'priority: { type: number }',
  more = '',
): Promise<RunningNode> {
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(
    file,
    `version: 1
site: { id: t2e }
spool: { maxBytes: 64MiB, segmentBytes: 8MiB }
equipment:
  baggage/carousel-3: { level: work-unit, aliases: [{ system: maximo, name: CAR-03 }] }
records:
  order:
    key: [wonum]
    fields: { wonum: {}, status: { values: [OPEN, DONE] }, ${fields}, asset: {}, reported: { type: time } }
    validity: { from: reported }
    equipment: { field: asset, system: maximo }
connections:
  maximo:
    kind: rest
    url: ${url}
    auth: { type: none }
    records:
      - { record: order, path: orders, rows: items, paging: { page: page, size: 3 }, snapshot: true, every: 100ms }
${more}`,
  )
  const loaded = await loadConfig(file, { connectors: [...connectors, ticking], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  t.after(() => node.stop())
  return node
}

/** A device whose belt draws 3 A, read every 20 ms. */
const ticking: Connector = {
  kind: 'ticking',
  label: { fr: 'tic', en: 'tick' },
  config: z.strictObject({ discover: z.literal(true) }),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    const id = `${site}/baggage/carousel-3/current`
    let due = 0
    return {
      counters: { dropped: {} },
      connect: async () => void signals.define({ id, connection, address: 'current', dataType: 'number', unit: 'A' }),
      close: async () => undefined,
      nextReadMs: () => due,
      read: async () => {
        due = clock.monotonicMs() + 20
        const builder = new BatchBuilder()
        builder.push(signals.indexOf(id) as number, clock.now(), 3, 0)
        return { batch: builder.build(clock.now()) }
      },
    }
  },
}

async function until<T>(what: string, found: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + LIMIT_MS
  for (;;) {
    const value = await found()
    if (value !== undefined) return value
    assert.ok(performance.now() < end, what)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const said = (versions: readonly StoredVersion[]) =>
  versions.map(({ key, revision, isDeleted, values }) => `${key}.${revision} ${isDeleted ? 'deleted ' : ''}${values.status}`)
const all = async (node: RunningNode, allVersions = true) =>
  (await node.view.historian.records({ kind: 'order', allVersions, limit: 100 })).versions
const settled = (node: RunningNode, expected: string[]) =>
  until(`expected ${expected}`, async () => {
    const found = said(await all(node))
    return found.join() === expected.join() ? found : undefined
  })

test('a table behind REST: changes, deletions and what comes back are versions, over restarts, and nothing else is', async (t) => {
  const [directory, simulator] = [scratch(t), await system(t)]
  for (const n of [1, 2, 3, 4, 5]) simulator.put(order(`W${n}`, 'OPEN'))
  let node = await start(t, directory, simulator.url)
  await settled(node, ['W1.1 OPEN', 'W2.1 OPEN', 'W3.1 OPEN', 'W4.1 OPEN', 'W5.1 OPEN'])
  simulator.put(order('W2', 'DONE'))
  simulator.remove({ wonum: 'W5' })
  const changed = ['W1.1 OPEN', 'W2.1 OPEN', 'W2.2 DONE', 'W3.1 OPEN', 'W4.1 OPEN', 'W5.1 OPEN', 'W5.2 deleted OPEN']
  await settled(node, changed)
  await node.stop()
  // While the node is away one order changes and one comes back; everything else it has seen before.
  simulator.put(order('W5', 'OPEN'), order('W3', 'DONE'))
  node = await start(t, directory, simulator.url)
  await settled(node, [
    'W1.1 OPEN',
    'W2.1 OPEN',
    'W2.2 DONE',
    'W3.1 OPEN',
    'W3.2 DONE',
    'W4.1 OPEN',
    'W5.1 OPEN',
    'W5.2 deleted OPEN',
    'W5.3 OPEN',
  ])
  const [connection] = node.view.connections()
  assert.equal(connection?.state, 'connected')
  assert.deepEqual([connection?.records?.versions, connection?.records?.deleted, connection?.records?.quarantined], [2, 0, 0])
})

test('a snapshot that fails half way deletes nothing', async (t) => {
  const [directory, simulator] = [scratch(t), await system(t)]
  for (const n of [1, 2, 3, 4, 5]) simulator.put(order(`W${n}`, 'OPEN'))
  const node = await start(t, directory, simulator.url)
  await until('all orders', async () => ((await all(node)).length === 5 ? true : undefined))
  const before = simulator.asked.length
  simulator.failNext(500)
  simulator.put(order('W1', 'DONE'))
  await until('the change', async () => ((await all(node)).some(({ values }) => values.status === 'DONE') ? true : undefined))
  assert.ok(simulator.asked.slice(before).some(({ status }) => status === 500))
  assert.ok((await all(node)).every(({ isDeleted }) => !isDeleted))
})

test('a malformed row is set aside with its reason; when the declaration is corrected it can be released', async (t) => {
  const [directory, simulator] = [scratch(t), await system(t)]
  simulator.put(order('W1', 'OPEN'), order('W2', 'OPEN', 'urgent'))
  let node = await start(t, directory, simulator.url)
  const quarantine = async () => (await node.view.historian.quarantine({ limit: 10 })).rows
  const [row] = await until('the row in quarantine', async () => ((await quarantine()).length > 0 ? quarantine() : undefined))
  assert.equal(row?.reason, 'priority is "urgent" where a number was expected')
  const decision = { by: 'Ada', reason: 'the declaration was too narrow' }
  assert.deepEqual(await node.view.releaseQuarantined([row?.id ?? '', '99.9'], decision), {
    released: [],
    refused: [
      { id: row?.id, reason: 'priority is "urgent" where a number was expected' },
      { id: '99.9', reason: 'there is no such row' },
    ],
  })
  await node.stop()
  // The source stays away, so that only the release can bring the record.
  simulator.failNext(503)
  for (let i = 0; i < 100; i++) simulator.failNext(503)
  node = await start(t, directory, simulator.url, 'priority: {}')
  assert.deepEqual(await node.view.releaseQuarantined([row?.id ?? ''], decision), { released: [row?.id], refused: [] })
  await until('the record', async () => ((await all(node)).some(({ key }) => key === 'W2') ? true : undefined))
  const [released] = await quarantine()
  assert.ok(released?.releasedTime !== undefined)
  assert.deepEqual(released.settled, decision)
  assert.deepEqual((await node.view.releaseQuarantined([row?.id ?? ''], decision)).refused, [
    { id: row?.id, reason: 'it is released already' },
  ])
})

test('a row that is discarded stays visible, with who and why; the ledger of the rows closes at every step', async (t) => {
  const [directory, simulator] = [scratch(t), await system(t)]
  simulator.put(order('W1', 'OPEN'), order('W2', 'OPEN', 'urgent'))
  const node = await start(t, directory, simulator.url)
  const quarantine = async () => (await node.view.historian.quarantine({ limit: 10 })).rows
  const [row] = await until('the row in quarantine', async () => ((await quarantine()).length > 0 ? quarantine() : undefined))
  const sums = async () => {
    const { lines } = await node.view.ledger()
    const [line] = lines.filter(({ unit }) => unit === 'rows')
    const [destination] = line?.destinations ?? []
    assert.equal(destination?.off, 0)
    return { read: line?.read, delivered: destination?.delivered, quarantined: line?.quarantined, dropped: destination?.dropped }
  }
  const aside = { 'priority is … where a number was expected': 1 }
  const before = await sums()
  assert.deepEqual([before.delivered, before.quarantined, before.dropped], [1, aside, {}])
  const decision = { by: 'Ada', reason: 'a test order' }
  assert.deepEqual(await node.view.discardQuarantined([row?.id ?? '', '99.9'], decision), {
    discarded: [row?.id],
    refused: [{ id: '99.9', reason: 'there is no such row' }],
  })
  const after = await sums()
  assert.deepEqual([after.delivered, after.quarantined, after.dropped], [1, {}, { discarded: 1 }])
  const [discarded] = await quarantine()
  assert.ok(discarded?.discardedTime !== undefined)
  assert.deepEqual(discarded.settled, decision)
  assert.deepEqual((await node.view.historian.quarantine({ state: 'waiting', limit: 10 })).rows, [])
  assert.match((await node.view.releaseQuarantined([row?.id ?? ''], decision)).refused[0]?.reason ?? '', /discarded already/)
})

test('while a work order is open at a belt its readings are under maintenance, over a restart too; when it is done they are Good', async (t) => {
  const [directory, simulator] = [scratch(t), await system(t)]
  const more = `  belt: { kind: ticking, discover: true }
maintenanceRecords: [{ record: order, only: { status: [OPEN] } }]
`
  const begin = () => start(t, directory, simulator.url, undefined, more)
  /** The reasons of the next reading are what is expected, sooner or later. */
  const judged = ({ view }: RunningNode, expected: string) =>
    until(`a reading that is ${expected || 'Good'}`, async () => {
      const now = view.clock.now()
      const signal = 't2e/baggage/carousel-3/current'
      const { count, reasons, reasonSets } = await view.historian.samples({ signal, from: 0, to: now, limit: 1, descending: true })
      return count > 0 && (reasonSets.get(reasons[0] as number) ?? []).join() === expected ? true : undefined
    })
  let node = await begin()
  await judged(node, '')
  simulator.put(order('W1', 'OPEN'))
  await judged(node, 'under-maintenance')
  const { rules } = await answerWhy(node.view, { signal: 't2e/baggage/carousel-3/current', at: 'now' })
  assert.deepEqual(rules[0]?.parameters.because, ['order W1 (maximo), 2026-07-01T08:00:00.000Z – …'])
  await node.stop()
  // The source stays away: what is stored tells.
  for (let i = 0; i < 100; i++) simulator.failNext(503)
  const since = systemClock.now()
  node = await begin()
  await until('readings after the restart', async () => {
    const { last, signals } = node.view
    const index = signals.indexOf('t2e/baggage/carousel-3/current')
    return index !== undefined && (last.sourceTime[index] ?? 0) > since + 200_000 ? true : undefined
  })
  const signal = 't2e/baggage/carousel-3/current'
  const rows = await until('stored readings', async () => {
    const found = await node.view.historian.samples({ signal, from: since, to: node.view.clock.now(), limit: 100 })
    return found.count > 3 ? found : undefined
  })
  const names = Array.from(rows.reasons.subarray(0, rows.count), (set) => (rows.reasonSets.get(set) ?? []).join())
  assert.deepEqual([...new Set(names)], ['under-maintenance'])
  await node.stop()
  simulator.put(order('W1', 'DONE'))
  const after = await system(t)
  after.put(order('W1', 'DONE'))
  node = await start(t, directory, after.url, undefined, more)
  await judged(node, '')
})
