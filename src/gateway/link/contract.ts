import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SampleBatch } from '../../core/batch.ts'
import { decodeForwarded } from '../../core/forwarded.ts'
import { type Hello, type Link, LinkRefused, type Reception, type Welcome } from '../../core/link.ts'
import type { Spool, SpoolRecord, StreamPosition } from '../../core/spool.ts'
import { systemClock } from '../../core/time.ts'
import { batchesOf, defineSignals, numbered, numberOf, readAll, start, temporaryDirectory } from '../spool/harness.ts'
import { Intake, type Line } from './intake.ts'
import { LINK_LIMITS } from './limits.ts'

/** A transport under test, with a hub at its other end. */
export interface Way {
  /** A link for one attempt of a node that is known to the hub. */
  link(node: string): Link
  /** Sends bytes that are no frames, or none of the protocol, as that node; resolves when the hub has ended it. */
  garbage?(node: string, frames: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}
export type OpenWay = (test: TestContext, reception: (line: Line) => Reception) => Promise<Way>

const helloOf = (spool: Spool, instance = 'one'): Hello => {
  const { node, epoch } = spool
  const { firstSequence: first, lastSequence: last } = spool.stats()
  return { node, instance, version: '0', time: 0, streams: [{ node, epoch, first, last }] }
}

async function makeEdge(test: TestContext, node: string, batches: number, batchOf: (n: number) => SampleBatch = numbered) {
  const bench = await start(await temporaryDirectory(test), { node, segmentBytes: 2 ** 18 })
  defineSignals(bench.signals, 2)
  for (let n = 0; n < batches; n++) await bench.spool.append(batchOf(n))
  test.after(() => bench.spool.close())
  return { ...bench, records: await readAll(bench.spool) }
}

async function makeHub(test: TestContext, options: { onSync?: () => Error | undefined; gate?: Promise<void>; maxBytes?: number } = {}) {
  const { maxBytes = 2 ** 28, ...faults } = options
  const bench = await start(await temporaryDirectory(test), { node: 'hub', segmentBytes: 2 ** 20, maxBytes })
  Object.assign(bench.files, faults)
  const refused: LinkRefused[] = []
  const intake = new Intake({ log: bench.spool, clock: systemClock, onRefused: (_peer, refusal) => refused.push(refusal) })
  test.after(() => bench.spool.close())
  return { ...bench, intake, refused, reception: (line: Line) => intake.reception(line) }
}

/** Resolves when the stream is durable up to there. */
function durable(link: Link, sequence: number): Promise<StreamPosition> {
  return new Promise((resolve, reject) => {
    const before = link.onDurable
    link.onDurable = (position) => {
      before(position)
      if (position.sequence >= sequence) resolve(position)
    }
    void link.ended.then(reject)
  })
}

async function arrived(spool: Spool): Promise<SpoolRecord[]> {
  const records = await readAll(spool)
  return records.filter((record) => record.kind === 'forwarded').flatMap((record) => decodeForwarded(record.payload).records)
}

const never = new AbortController().signal

/** What every transport that can answer must hold to. */
export function linkContract(name: string, openWay: OpenWay): void {
  const named = (text: string, run: (t: TestContext) => Promise<void>) => test(`${name}: ${text}`, run)

  named('records arrive in order, unchanged, and are said to be durable', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 50), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    const link = way.link('edge-1')
    const welcome = await link.connect(helloOf(edge.spool), never)
    assert.deepEqual(welcome?.streams, [])
    const done = durable(link, edge.records.length)
    for (let at = 0; at < edge.records.length; at += 7) await link.send(edge.records.slice(at, at + 7))
    await done
    assert.deepEqual(await arrived(hub.spool), edge.records)
    assert.equal(hub.intake.unchainedRecords, 0)
    await link.close()
    await way.close()
  })

  named('a sender goes on where the last attempt stopped; what comes twice is stored once', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 60), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    const first = way.link('edge-1')
    await first.connect(helloOf(edge.spool), never)
    const done = durable(first, 20)
    await first.send(edge.records.slice(0, 20))
    await done
    await first.close()
    const second = way.link('edge-1')
    const welcome = (await second.connect(helloOf(edge.spool), never)) as Welcome
    const [position] = welcome.streams
    assert.equal(position?.sequence, 20)
    assert.deepEqual(position?.hash, edge.records[19]?.seal?.hash)
    const all = durable(second, edge.records.length)
    await second.send(edge.records.slice(5, 40))
    await second.send(edge.records.slice(30))
    await all
    assert.deepEqual(await arrived(hub.spool), edge.records)
    await second.close()
    await way.close()
  })

  named('a record that is altered, skipped or of a kind that stays at home is refused, and nothing of it is kept', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 10), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    const [first, second, third] = edge.records as [SpoolRecord, SpoolRecord, SpoolRecord]
    const bent = { ...second, payload: Uint8Array.from(second.payload, (byte, i) => (i === 30 ? byte ^ 1 : byte)) }
    const tries: [SpoolRecord[], string][] = [
      [[first, third], 'out-of-order'],
      [[{ ...first, recordedTime: first.recordedTime + 1 }], 'chain-broken'],
      [[first, bent], second.payload[30] === undefined ? '' : 'chain-broken|malformed'],
      [[{ ...first, kind: 'streams', payload: new TextEncoder().encode('[]') }], 'malformed'],
    ]
    for (const [records, code] of tries) {
      const link = way.link('edge-1')
      await link.connect(helloOf(edge.spool), never)
      await link.send(records)
      const why = await link.ended
      assert.ok(why instanceof LinkRefused && code.includes(why.code), `${why} for ${code}`)
      await link.close()
    }
    assert.deepEqual(await arrived(hub.spool), [])
    assert.equal(hub.refused.length, tries.length)
    await way.close()
  })

  named('a hub that cannot store ends the attempt, has acknowledged nothing, and takes all of it later', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 30), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    hub.files.onSync = () => Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    const link = way.link('edge-1')
    link.onDurable = () => assert.fail('acknowledged')
    await link.connect(helloOf(edge.spool), never)
    await link.send(edge.records)
    await link.ended
    hub.files.onSync = () => undefined
    const again = way.link('edge-1')
    await again.connect(helloOf(edge.spool), never)
    const done = durable(again, edge.records.length)
    await again.send(edge.records)
    await done
    assert.deepEqual(batchesOf(await arrived(hub.spool)).map(numberOf), [...Array(30).keys()])
    await again.close()
    await way.close()
  })

  named('a hub whose disk is slow holds the sender back, not the memory', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 60, noise), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    let open: () => void = () => {}
    hub.files.gate = new Promise((resolve) => {
      open = resolve
    })
    const link = way.link('edge-1')
    await link.connect(helloOf(edge.spool), never)
    const done = durable(link, edge.records.length)
    const sending = link.send(edge.records)
    while (link.counters.sentBytes < LINK_LIMITS.windowBytes) await turn()
    for (let turns = 0; turns < 100; turns++) await turn()
    assert.ok(link.counters.sentBytes < LINK_LIMITS.windowBytes + LINK_LIMITS.blockBytes, `${link.counters.sentBytes} bytes sent`)
    assert.ok(link.counters.sentRecords < edge.records.length)
    open()
    await Promise.all([sending, done])
    assert.deepEqual(await arrived(hub.spool), edge.records)
    await link.close()
    await way.close()
  })

  named('a batch of a million rows arrives', async (t) => {
    const [edge, hub] = [await makeEdgeOf(t, 1_000_000), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    const link = way.link('edge-1')
    await link.connect(helloOf(edge.spool), never)
    const done = durable(link, edge.records.length)
    await link.send(edge.records)
    await done
    assert.equal(decodeCount(await arrived(hub.spool)), 1_000_000)
    await link.close()
    await way.close()
  })

  named('a node speaks for itself alone, and a second program with its identity is refused', async (t) => {
    const [edge, other, hub] = [await makeEdge(t, 'edge-1', 3), await makeEdge(t, 'edge-2', 3), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    const foreign = way.link('edge-1')
    await assert.rejects(foreign.connect({ ...helloOf(other.spool), node: 'edge-1' }, never), {
      name: 'LinkRefused',
      code: 'not-permitted',
    })
    const first = way.link('edge-1')
    await first.connect(helloOf(edge.spool, 'one'), never)
    const second = way.link('edge-1')
    await assert.rejects(second.connect(helloOf(edge.spool, 'two'), never), { name: 'LinkRefused', code: 'identity-used-twice' })
    const done = durable(first, edge.records.length)
    await first.send(edge.records)
    await done
    await first.close()
    const back = { ...helloOf(edge.spool), streams: [{ node: 'edge-1', epoch: edge.spool.epoch - 1, first: 1, last: 1 }] }
    await assert.rejects(way.link('edge-1').connect(back, never), { name: 'LinkRefused', code: 'epoch-superseded' })
    await way.close()
  })

  named('a peer that sends no frames is ended, and the others go on', async (t) => {
    const [edge, hub] = [await makeEdge(t, 'edge-1', 10), await makeHub(t)]
    const way = await openWay(t, hub.reception)
    if (!way.garbage) return t.skip('this transport has no bytes of its own')
    const link = way.link('edge-1')
    await link.connect(helloOf(edge.spool), never)
    await way.garbage('edge-2', [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')])
    await way.garbage('edge-2', [new Uint8Array(8).fill(0xff)])
    const done = durable(link, edge.records.length)
    await link.send(edge.records)
    await done
    await link.close()
    await way.close()
  })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A batch that no packing makes much smaller. */
function noise(number: number): SampleBatch {
  const batch = numbered(number, 30_000)
  return { ...batch, value: batch.value.map(() => Math.random()) }
}

async function makeEdgeOf(test: TestContext, rows: number) {
  const bench = await start(await temporaryDirectory(test), { node: 'edge-1', segmentBytes: 2 ** 26, maxBytes: 2 ** 28 })
  defineSignals(bench.signals, 2)
  await bench.spool.append(numbered(0, rows))
  test.after(() => bench.spool.close())
  const records: SpoolRecord[] = []
  for (let next = 1; ; next = (records.at(-1)?.sequence ?? 0) + 1) {
    const some = await bench.spool.read(next, 100, 2 ** 28)
    if (some.length === 0) return { ...bench, records }
    records.push(...some)
  }
}

function decodeCount(records: readonly SpoolRecord[]): number {
  return batchesOf(records).reduce((sum, { payload }) => sum + new DataView(payload.buffer, payload.byteOffset).getUint32(4, true), 0)
}
