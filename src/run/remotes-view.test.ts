import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { encodeForwarded } from '../core/forwarded.ts'
import { LastValues } from '../core/last-values.ts'
import { LinkRefused } from '../core/link.ts'
import { ManualClock } from '../core/manual-clock.ts'
import type { SenderRefusal } from '../core/node-view.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { REFUSALS_KEPT, remember } from './gateway.ts'
import { Remotes } from './remotes.ts'

function makeRemotes() {
  const signals = new SignalTable()
  const published: SampleBatch[] = []
  const remotes = new Remotes({
    ...{ signals, reasons: new ReasonSets(), last: new LastValues(), clock: new ManualClock(1_000_000) },
    ...{ silence: { uncertainAfter: 10_000, badAfter: 60_000 }, publish: (batch: SampleBatch) => published.push(batch) },
  })
  const define = (id: string) => signals.define({ id, connection: 'c', address: 'a', dataType: 'number' })
  return { remotes, define, published }
}

test('a signal belongs to the node that feeds it, and to none where that is this one', () => {
  const { remotes, define } = makeRemotes()
  const [own, theirs, others] = [define('t/own'), define('t/theirs'), define('t/others')]
  const writer = (node: string, id: string, epoch = 1) => ({ node, epoch, signals: [[7, id] as const], reasons: [] })
  remotes.restore([writer('here', 't/own'), writer('edge-1', 't/theirs'), writer('edge-2', 't/others')], 'here')
  assert.deepEqual(
    [own, theirs, others].map((index) => remotes.nodeOf(index)),
    [undefined, 'edge-1', 'edge-2'],
  )
  remotes.restore([writer('edge-2', 't/theirs', 2)], 'here')
  assert.equal(remotes.nodeOf(theirs), 'edge-2', 'who fed it last')
})

test('after a restart it is known how far the logs of others are here', () => {
  const { remotes } = makeRemotes()
  remotes.reached([
    { node: 'edge-1', epoch: 1, sequence: 40 },
    { node: 'edge-1', epoch: 2, sequence: 90 },
    { node: 'edge-1', epoch: 1, sequence: 50 },
  ])
  const [{ node, epoch, sequence, behindRecords }] = remotes.view() as [ReturnType<Remotes['view']>[number]]
  assert.deepEqual({ node, epoch, sequence, behindRecords }, { node: 'edge-1', epoch: 2, sequence: 90, behindRecords: 0 })
})

test('senders turned away are remembered by name, the newest last, and no more than the limit', () => {
  const refused = new Map<string, SenderRefusal>()
  const turnAway = (node: string) =>
    remember(refused, { node, address: '10.0.0.9', mayForward: false }, new LinkRefused('revoked', 'was revoked'), 5)
  for (let n = 0; n < REFUSALS_KEPT + 10; n++) turnAway(`edge-${n}`)
  turnAway('edge-100')
  assert.equal(refused.size, REFUSALS_KEPT)
  assert.equal(refused.has('edge-9'), false)
  assert.deepEqual([...refused.values()].at(-1), {
    node: 'edge-100',
    address: '10.0.0.9',
    code: 'revoked',
    message: 'was revoked',
    time: 5,
    count: 2,
  })
})

test('what another node gave up after it came here is not counted as lost', () => {
  const { remotes } = makeRemotes()
  const gap = (sequence: number, from: number, to: number): SpoolRecord => ({
    ...{ node: 'edge-1', epoch: 1, sequence, kind: 'gap', recordedTime: 5 },
    payload: new TextEncoder().encode(JSON.stringify({ from, to, cause: 'overflow' })),
  })
  let outer = 0
  const absorb = (record: SpoolRecord) => {
    const payload = encodeForwarded({ node: 'edge-1', epoch: 1, via: 'edge-1', records: [record] })
    remotes.absorb({ node: 'here', epoch: 9, sequence: ++outer, kind: 'forwarded', recordedTime: 5, payload })
  }
  absorb(gap(10, 1, 10))
  assert.equal(remotes.view()[0]?.lostRecords, 10)
  absorb(gap(11, 3, 8))
  assert.equal(remotes.view()[0]?.lostRecords, 10, 'known already')
  absorb(gap(15, 8, 15))
  assert.equal(remotes.view()[0]?.lostRecords, 14)
})

test('a signal that two live nodes send is contested, and said with both names; so is one that this node measures itself', () => {
  const { remotes, define } = makeRemotes()
  const [shared, own] = [define('t/shared'), define('t/own')]
  const writer = (node: string) => ({ node, epoch: 1, signals: [[7, 't/shared'] as const, [8, 't/own'] as const], reasons: [] })
  remotes.restore([writer('edge-1'), writer('edge-2')], 'here')
  const of = (signal: number) => {
    const builder = new BatchBuilder()
    builder.push(signal, 5, 1, 0)
    return builder.build(5)
  }
  const send = (node: string, signal: number) => remotes.show({ node, epoch: 1 }, of(signal), 1)
  send('edge-1', 7)
  send('edge-2', 7)
  assert.deepEqual(remotes.contested(), [], 'it may have moved')
  send('edge-1', 7)
  remotes.measuredHere(of(own), 'here')
  send('edge-2', 8)
  remotes.measuredHere(of(own), 'here')
  assert.deepEqual(
    remotes.contested().map(({ signal, nodes }) => [signal, nodes]),
    [
      ['t/own', ['edge-2', 'here']],
      ['t/shared', ['edge-1', 'edge-2']],
    ],
  )
  assert.ok(remotes.nodeOf(shared))
})
