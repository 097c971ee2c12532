import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { rank, Status } from '../core/status.ts'
import { SECOND } from '../core/time.ts'
import { Qualify } from './index.ts'
import type { Rule } from './rule.ts'

/** What holds whatever comes: with every rule declared on one signal, peers, a substitute, a flood limit. */
const T0 = 1_700_000_000 * SECOND

function node(reasons = new ReasonSets(), others: readonly Rule[] = []) {
  const signals = new SignalTable()
  const common = { connection: 'c', address: 'a', dataType: 'number' } as const
  signals.define({ ...common, id: 's/plain' })
  signals.define({
    ...{ ...common, id: 's/all', range: [0, 100], instrumentRange: [-20, 120], maxRatePerSecond: 10, flatLineUs: 5 * SECOND },
    ...{ spike: { threshold: 3, minimum: 1 }, expectedPeriodUs: 2 * SECOND, staleAfterUs: 30 * SECOND, acceptLateUs: 90 * SECOND },
    ...{ counter: { rollover: 100 }, calibratedUntil: T0 + 60 * SECOND, maxSamplesPerSecond: 3 },
    ...{ states: { 1: 'a', 2: 'b', 3: 'c' }, transitions: { a: ['b'], b: ['c'], c: ['a'] }, maxStateUs: { a: SECOND } },
  })
  const qualify = new Qualify(signals, reasons, {
    ...{ site: 's', others },
    maintenance: [
      { signals: 'all', from: new Date((T0 + 20 * SECOND) / 1000).toISOString(), to: new Date((T0 + 25 * SECOND) / 1000).toISOString() },
    ],
    peers: { both: { same: ['plain', 'all'], tolerance: 5, relativeTolerance: 0, within: 3_000 } },
    substitutes: { clean: { of: 'all', method: 'last-good', forAtMost: 10_000, author: 'x' } },
  })
  const verdicts = ({ count, signal, sourceTime, value, status, reasons: why }: SampleBatch) =>
    Array.from({ length: count }, (_, i) => ({
      signal: signals.at(signal[i] as number)?.id,
      time: sourceTime[i] as number,
      value: value[i] as number,
      status: status[i] as number,
      reasons: reasons.names(why[i] as number),
    }))
  return { qualify, reasons, judge: (batch: SampleBatch) => verdicts(qualify.judge(batch).batch) }
}

type Row = readonly [signal: number, tenths: number, value: number, status: number]
const row: fc.Arbitrary<Row> = fc.tuple(
  fc.integer({ min: 0, max: 1 }),
  fc.integer({ min: 0, max: 300 }),
  fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ min: -50, max: 150, noNaN: true })),
  fc.constantFrom(Status.Good, Status.Good, Status.Good, Status.UncertainLastUsableValue, Status.BadNoCommunication),
)
const rows = fc.array(row, { maxLength: 60 })

function batchOf(given: readonly Row[], receivedTime = T0 + 40 * SECOND): SampleBatch {
  const builder = new BatchBuilder()
  for (const [signal, tenths, value, status] of given) {
    builder.push(signal, T0 + (tenths * SECOND) / 10, rank(status) === 2 ? Number.NaN : value, status)
  }
  return builder.build(receivedTime)
}

test('no rule raises a status, touches a value or time, or makes a reading Bad; a lowered status says why', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const before = batchOf(given)
      const kept = node()
        .judge(batchOf(given))
        .filter(({ signal }) => signal !== 's/clean')
      let from = 0
      for (const got of kept) {
        // What a flood loses leaves holes; what is kept stays in order.
        while (
          !(
            before.sourceTime[from] === got.time &&
            Object.is(before.value[from], got.value) &&
            rank(got.status) >= rank(before.status[from] as number)
          )
        ) {
          assert.ok(++from < before.count, 'every kept reading is one that came')
        }
        const was = before.status[from++] as number
        if (rank(was) < 2) assert.ok(rank(got.status) < 2)
        if (got.status !== was) assert.ok(got.reasons.length > 0)
      }
    }),
  )
})

test('how samples are cut into batches changes no verdict', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 7 }), (given, size) => {
      const whole = node().judge(batchOf(given))
      const { judge } = node()
      const parts = given.flatMap((_, i) => (i % size === 0 ? judge(batchOf(given.slice(i, i + size))) : []))
      const byArrival = (signal: string) => (list: typeof whole) => list.filter((one) => one.signal === signal)
      for (const only of ['s/plain', 's/all', 's/clean'].map(byArrival)) assert.deepEqual(only(parts), only(whole))
    }),
  )
})

test('a restart in the middle changes no verdict: memory saved and put back, what came after it learnt again from the log', () => {
  fc.assert(
    fc.property(rows, rows, rows, (first, second, third) => {
      const one = node()
      one.judge(batchOf(first))
      const saved = one.qualify.save()
      const stored = batchOf(second)
      const durable = one.qualify.judge(stored).batch
      const expected = one.judge(batchOf(third))
      // The log's dictionaries put the sets of reasons back where they were.
      const other = node(one.reasons)
      // The rules know their signals as soon as a batch comes; memory is put back before.
      assert.ok(other.qualify.restore(saved))
      other.qualify.learn(durable)
      // A flood's bucket is a little fuller after a restart, since what was dropped is not in the log: floods apart.
      const isCalm = [first, second, third].every((list) => node().qualify.judge(batchOf(list)).flooded === 0)
      fc.pre(isCalm && durable.count >= second.length)
      assert.deepEqual(other.judge(batchOf(third)), expected)
    }),
  )
})

test('late data is judged as data on time is, except for its lateness', () => {
  const late = new Set(['late', 'too-late', 'stale'])
  fc.assert(
    fc.property(rows, (given) => {
      const judged = (received?: number) =>
        node()
          .judge(batchOf(given, received))
          .filter(({ signal }) => signal !== 's/clean')
      const [delayed, onTime] = [judged(T0 + 500 * SECOND), judged()]
      const strip = (list: typeof onTime) => list.map((one) => one.reasons.filter((reason) => !late.has(reason)))
      assert.deepEqual(strip(delayed), strip(onTime))
      const lowers = ({ reasons }: (typeof onTime)[number]) => reasons.some((reason) => reason === 'too-late' || reason === 'stale')
      for (const [i, one] of delayed.entries()) {
        const other = onTime[i] as (typeof onTime)[number]
        if (!lowers(one) && !lowers(other)) assert.equal(one.status, other.status)
      }
    }),
  )
})

test('a rule is shown every reading that it has something to say of: shown all of them, the rules say the same', () => {
  const curious: Rule = { isActive: true, declare: () => ({ isAlways: true }), judge: () => {} }
  fc.assert(
    fc.property(rows, (given) => {
      assert.deepEqual(node(new ReasonSets(), [curious]).judge(batchOf(given)), node().judge(batchOf(given)))
    }),
  )
})

test('memory that is cut, of another version or damaged is refused, and the rules begin anew', () => {
  const { qualify } = node()
  const saved = qualify.save()
  assert.equal(qualify.restore(saved.subarray(0, saved.length - 3)), false)
  assert.equal(qualify.restore(Buffer.from('{"magic":"other"}\n')), false)
  assert.equal(qualify.restore(Buffer.from('{"magic":"ecluse rule memory 2","columns":[{"rule":"x","name":"y","length":-1}]}\n')), false)
  assert.equal(qualify.restore(new Uint8Array(0)), false)
})
