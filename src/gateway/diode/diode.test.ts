import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SpoolRecord } from '../../core/spool.ts'
import { batchesOf, numbered, numberOf } from '../spool/harness.ts'
import type { DiodeSettings } from './options.ts'
import { helloOf, recordsFrom, type Weather, world } from './world.fixture.ts'

const never = new AbortController().signal
/** Short, so that a difference can be read: what a record is, and the hash that seals all of it. */
const lineOf = ({ node, epoch, sequence, kind, seal, payload }: SpoolRecord) =>
  `${node} ${epoch} ${sequence} ${kind} ${payload.length} ${Buffer.from(seal?.hash ?? []).toString('hex')}`
const realRecords = (records: readonly SpoolRecord[]) => records.filter(({ kind, seal }) => kind !== 'gap' || seal)

/** Batches from an edge through the network to the hub, one every 20 ms; then time for the last to be found missing. */
async function run(t: TestContext, seed: number, weather: Weather, settings: Partial<DiodeSettings> = {}, batches = 300, rows = 200) {
  const w = await world(t, seed, weather, settings)
  const link = w.makeLink()
  await link.connect(helloOf(w.edge.spool), never)
  const sentMs = new Map<number, number>()
  const declaredMs = new Map<number, number>()
  let next = 1
  const tick = async (ms: number) => {
    await w.clock.advance(ms)
    for (const { from, to } of w.gaps.gaps())
      for (let sequence = from; sequence <= to; sequence++) if (!declaredMs.has(sequence)) declaredMs.set(sequence, w.clock.monotonicMs())
  }
  for (let n = 0; n < batches; n++) {
    await w.edge.spool.append(numbered(n, rows))
    const records = await recordsFrom(w.edge.spool, next)
    next = (records.at(-1)?.sequence ?? next - 1) + 1
    const sending = link.send(records)
    await tick(20)
    await sending
    for (const { sequence } of records) sentMs.set(sequence, w.clock.monotonicMs())
  }
  for (let i = 0; i < 70; i++) await tick(100)
  const closing = link.close()
  await tick(100)
  await closing
  return { ...w, link, sentMs, declaredMs, source: await recordsFrom(w.edge.spool, 1) }
}

function assertNothingTwice(records: readonly SpoolRecord[]): void {
  const sequences = records.map(({ sequence }) => sequence)
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].sort((a, b) => a - b),
  )
}

for (const loss of [0, 0.01, 0.05]) {
  test(`with ${loss * 100} % of datagrams lost, doubled and overtaken, every record arrives once, in order, unchanged`, async (t) => {
    const { hub, source, gaps, receiving, net } = await run(t, 1 + loss * 100, { loss, double: 0.05, late: 0.05 })
    assert.deepEqual(hub.records.map(lineOf), source.map(lineOf))
    assert.deepEqual(gaps.gaps(), [])
    assert.equal(batchesOf(hub.records).map(numberOf).length, 300)
    const { forged, foreign, contradicting, cutMessages, lostBlocks } = receiving.now.counters
    assert.deepEqual([forged, foreign, contradicting, cutMessages, lostBlocks], [0, 0, 0, 0, 0])
    assert.ok(net.counters.doubled > 20 && net.counters.late > 20)
  })
}

for (const [loss, blockLoss] of [
  [0.3, 1e-10],
  [0.3, 1e-3],
  [0.2, 1e-2],
  [0.1, 0.5],
] as const) {
  test(`with ${loss * 100} % lost and parity for a block loss of ${blockLoss}, every gap is declared within 5 s and nothing false is there`, async (t) => {
    const settings = { blockLoss, datagramBytes: 600, dataShards: 16 }
    const { hub, source, gaps, declaredMs, sentMs } = await run(t, 77, { loss, double: 0.02, late: 0.02 }, settings)
    const arrived = realRecords(hub.records)
    assertNothingTwice(arrived)
    const bySequence = new Map(source.map((record) => [record.sequence, record]))
    for (const record of arrived) assert.equal(lineOf(record), lineOf(bySequence.get(record.sequence) as SpoolRecord))
    const missing = new Set(gaps.gaps().flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))
    const here = new Set(arrived.map(({ sequence }) => sequence))
    for (const { sequence } of source) assert.ok(here.has(sequence) !== missing.has(sequence), `record ${sequence}`)
    for (const sequence of missing) {
      const ms = (declaredMs.get(sequence) ?? Number.POSITIVE_INFINITY) - (sentMs.get(sequence) ?? 0)
      assert.ok(ms <= 5000, `gap at ${sequence} was declared after ${ms} ms`)
    }
    if (blockLoss >= 1e-3) assert.ok(missing.size > 0)
    t.diagnostic(`${missing.size} of ${source.length} records missing`)
  })
}
