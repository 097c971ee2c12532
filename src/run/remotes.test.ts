import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { encodeBatch } from '../core/batch-codec.ts'
import { encodeForwarded } from '../core/forwarded.ts'
import { LastValues } from '../core/last-values.ts'
import { LIMITS } from '../core/limits.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import type { RecordKind, SpoolRecord } from '../core/spool.ts'
import { rank, Status } from '../core/status.ts'
import { parseTime, SECOND } from '../core/time.ts'
import { Remotes } from './remotes.ts'

const START = parseTime('2026-11-26T08:00:00Z')
const EDGE = { node: 'edge-1', epoch: 5 }

function makeHub() {
  const clock = new ManualClock(START)
  const [signals, reasons, last] = [new SignalTable(), new ReasonSets(), new LastValues()]
  const published: SampleBatch[] = []
  // The hub has signals of its own: the numbers of the two tables differ.
  signals.define({ id: 'hub/own', connection: 'c', address: 'a', dataType: 'number' })
  reasons.of('of-the-hub')
  const silence = { uncertainAfter: 10_000, badAfter: 60_000 }
  const remotes = new Remotes({ signals, reasons, last, clock, silence, publish: (batch) => published.push(batch) })
  return { clock, signals, reasons, last, published, remotes }
}

let sequence = 0
function inner(kind: RecordKind, payload: Uint8Array): SpoolRecord {
  return { ...EDGE, sequence: ++sequence, kind, recordedTime: START, payload }
}
const json = (kind: RecordKind, value: unknown) => inner(kind, new TextEncoder().encode(JSON.stringify(value)))
const carried = (...records: SpoolRecord[]): SpoolRecord => {
  const payload = encodeForwarded({ ...EDGE, via: 'edge-1', records })
  return { node: 'hub', epoch: 1, sequence: 1, kind: 'forwarded', recordedTime: START, payload }
}
function batchOf(time: number, value: number, reason = 0): SampleBatch {
  const builder = new BatchBuilder()
  builder.push(0, time, value, reason === 0 ? 0 : Status.Uncertain, reason)
  return builder.build(time)
}
const tables = () => [
  json('signals', [[0, { id: 't/pump/flow', connection: 'plc', address: 'x', dataType: 'number' }]]),
  json('reasons', { first: 1, sets: [['range@3']] }),
]

test('samples of another node are seen under the numbers of this one, with their reasons', () => {
  sequence = 0
  const { remotes, signals, reasons, last, published } = makeHub()
  remotes.absorb(carried(...tables(), inner('batch', encodeBatch(batchOf(START, 7, 1)))))
  const index = signals.indexOf('t/pump/flow') as number
  assert.equal(last.value[index], 7)
  assert.deepEqual(reasons.names(last.reasons[index] as number), ['range@3'])
  assert.equal(published.length, 1)
  assert.ok(remotes.nodeOf(index) === 'edge-1' && remotes.nodeOf(0) === undefined)
  assert.deepEqual(
    remotes.view().map(({ node, sequence: at, signals: count, liveness }) => ({ node, at, count, liveness })),
    [{ node: 'edge-1', at: 3, count: 1, liveness: 'live' }],
  )
})

test('newest values go ahead of history, and history behind them moves nothing back', () => {
  sequence = 0
  const { remotes, signals, last, published } = makeHub()
  remotes.absorb(carried(...tables()))
  const index = signals.indexOf('t/pump/flow') as number
  remotes.show(EDGE, batchOf(START + 100 * SECOND, 42), 90)
  assert.equal(last.value[index], 42)
  assert.equal(remotes.view()[0]?.behindRecords, 88)
  while (sequence < 90) remotes.absorb(carried(inner('batch', encodeBatch(batchOf(START + sequence * SECOND, sequence)))))
  assert.equal(last.value[index], 42)
  assert.equal(published.length, 1)
  remotes.absorb(carried(inner('batch', encodeBatch(batchOf(START + 101 * SECOND, 43)))))
  assert.equal(last.value[index], 43)
  assert.equal(published.length, 2)
})

test('a node that is silent turns Uncertain, then Bad, and is itself again with its next word', async () => {
  sequence = 0
  const { remotes, signals, reasons, last, clock } = makeHub()
  remotes.absorb(carried(...tables(), inner('batch', encodeBatch(batchOf(START, 7)))))
  const index = signals.indexOf('t/pump/flow') as number
  await clock.advance(9_000)
  remotes.tick()
  assert.equal(rank(last.status[index] as number), 0)
  await clock.advance(2_000)
  remotes.tick()
  assert.equal(last.status[index], Status.UncertainLastUsableValue)
  assert.equal(last.value[index], 7)
  assert.deepEqual(reasons.names(last.reasons[index] as number), ['link-silent'])
  await clock.advance(50_000)
  remotes.tick()
  assert.equal(last.status[index], Status.BadNoCommunication)
  assert.ok(Number.isNaN(last.value[index]))
  assert.equal(remotes.view()[0]?.liveness, 'bad')
  remotes.show(EDGE, batchOf(clock.now(), 8), 9)
  assert.equal(rank(last.status[index] as number), 0)
  assert.equal(remotes.view()[0]?.liveness, 'live')
})

test('old records do not make a node live: their values are history, Uncertain or Bad as it is', async () => {
  sequence = 0
  const { remotes, signals, last, clock } = makeHub()
  const old = (value: number) => inner('batch', encodeBatch(batchOf(clock.now(), value)))
  await clock.advance(3_600_000)
  remotes.absorb(carried(...tables(), old(7)))
  const index = signals.indexOf('t/pump/flow') as number
  const standing = () => [remotes.view()[0]?.liveness, remotes.view()[0]?.lastHeardTime, rank(last.status[index] as number)]
  remotes.tick()
  assert.deepEqual(standing(), ['uncertain', undefined, 1])
  await clock.advance(61_000)
  remotes.tick()
  assert.deepEqual(standing(), ['bad', undefined, 2])
  // More of the old log: it is stored, and marked again.
  remotes.absorb(carried(old(8)))
  remotes.tick()
  assert.deepEqual(standing(), ['bad', undefined, 2])
  const fresh = { ...inner('batch', encodeBatch(batchOf(clock.now(), 9))), recordedTime: clock.now() - 2 * SECOND }
  remotes.absorb(carried(fresh))
  assert.deepEqual(standing(), ['live', clock.now(), 0])
  await clock.advance(11_000)
  remotes.absorb(carried(old(10)))
  remotes.tick()
  assert.equal(remotes.view()[0]?.liveness, 'uncertain')
})

test('after a restart the numbers come from the historian, and nothing is Good before the node is heard', () => {
  sequence = 0
  const { remotes, signals, last, reasons } = makeHub()
  const index = signals.define({ id: 't/pump/flow', connection: 'plc', address: 'x', dataType: 'number' })
  const builder = new BatchBuilder()
  builder.push(index, START, 7, 0)
  last.update(builder.build(START), signals.size)
  remotes.restore(
    [
      { ...EDGE, signals: [[0, 't/pump/flow']], reasons: [[1, ['range@3']]] },
      { node: 'hub', epoch: 1, signals: [[0, 'hub/own']], reasons: [] },
    ],
    'hub',
  )
  assert.ok(remotes.nodeOf(0) === undefined)
  remotes.tick()
  assert.equal(rank(last.status[index] as number), 1)
  remotes.absorb(carried(inner('batch', encodeBatch(batchOf(START + SECOND, 9, 1)))))
  assert.equal(last.value[index], 9)
  assert.deepEqual(reasons.names(last.reasons[index] as number), ['range@3'])
})

test('a node that declares more signals than there is room for harms nobody: its other signals, and those of others, are seen', () => {
  sequence = 0
  const { remotes, signals, last } = makeHub()
  while (signals.size < LIMITS.signals - 1) signals.define({ id: `t/${signals.size}`, connection: 'c', address: 'a', dataType: 'number' })
  const definition = (id: string) => ({ id, connection: 'plc', address: 'x', dataType: 'number' })
  const declared = json('signals', [
    [0, definition('t/fits')],
    [1, definition('t/one-too-many')],
    [2, definition('t/5')],
  ])
  remotes.absorb(carried(declared, inner('batch', encodeBatch(batchOf(START, 7)))))
  assert.equal(last.value[signals.indexOf('t/fits') as number], 7)
  assert.equal(signals.indexOf('t/one-too-many'), undefined)
  assert.deepEqual(
    remotes.view().map(({ signals: count, unseenSignals }) => [count, unseenSignals]),
    [[2, 1]],
  )
})
