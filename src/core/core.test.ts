import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchBuilder } from './batch.ts'
import { byteSize, duration, label, signalBase } from './config-parts.ts'
import { type Fact, type FactValue, saysTheSame } from './facts.ts'
import { LastValues } from './last-values.ts'
import { LIMITS } from './limits.ts'
import { isSignalId, toSegment } from './names.ts'
import { ReasonSets } from './reasons.ts'
import { type SignalDefinition, SignalTable } from './signals.ts'
import { isNull, rank, Status, severity, statusFromName, statusName, worst } from './status.ts'
import { formatTime, parseTime, systemClock, wallTime } from './time.ts'

test('status codes have the published values, names and severities', () => {
  assert.equal(Status.BadNoCommunication, 0x80310000)
  assert.equal(Status.UncertainLastUsableValue, 0x40900000)
  assert.equal(statusName(0x80310000), 'BadNoCommunication')
  assert.equal(statusName(Status.Good | 0x480), 'Good', 'info bits do not rename a code')
  assert.equal(statusName(0x80ff0000), 'Bad(0x80ff0000)')
  assert.equal(statusFromName('constructor'), undefined)
  assert.deepEqual([0, 0x40000000, 0x80000000, 0xc0000000].map(severity), ['Good', 'Uncertain', 'Bad', 'Bad'])
  assert.ok(isNull(Status.GoodNoData) && isNull(Status.Bad) && !isNull(Status.Uncertain))
})

test('the OPC DA byte 0xC0, passed for an OPC UA code, is no Bad status and keeps no name of its own', () => {
  assert.equal(statusName(0xc0), 'Good')
})

test('the worse of two codes never improves on either', () => {
  const code = fc.constantFrom(...Object.values(Status))
  fc.assert(fc.property(code, code, (a, b) => assert.equal(rank(worst(a, b)), Math.max(rank(a), rank(b)))))
})

test('times keep their microseconds through text', () => {
  assert.equal(formatTime(parseTime('2026-11-23T08:00:00.000250Z')), '2026-11-23T08:00:00.000250Z')
  assert.equal(formatTime(parseTime('2026-11-23T10:00:00.5+02:00')), '2026-11-23T08:00:00.500Z')
  assert.ok(Number.isNaN(parseTime('2026-11-23 08:00')), 'a zone is required')
  assert.ok(Number.isNaN(parseTime('yesterday')))
  fc.assert(fc.property(fc.integer({ min: -1e15, max: 7e15 }), (time) => assert.equal(parseTime(formatTime(time)), time)))
})

test('a sleep ends at once when it is stopped', async () => {
  const stop = new AbortController()
  const slept = systemClock.sleep(3_600_000, stop.signal)
  stop.abort()
  await slept
  await systemClock.sleep(3_600_000, stop.signal)
})

test('reason sets are interned, ordered by name and bounded', () => {
  const reasons = new ReasonSets()
  const both = reasons.with(reasons.of('range'), 'late')
  assert.deepEqual(reasons.names(both), ['late', 'range'])
  assert.equal(reasons.with(reasons.of('late'), 'range'), both)
  assert.equal(reasons.with(both, 'late'), both)
  const copy = new ReasonSets()
  copy.restore(1, reasons.since(1))
  assert.deepEqual(copy.names(both), ['late', 'range'])
  assert.throws(() => copy.restore(1, [['other']]))
  for (let i = 0; i < LIMITS.reasonSets; i++) reasons.of(`r${i}`)
  assert.deepEqual(reasons.names(reasons.of('one-too-many')), ['reasons-overflow'])
  assert.ok(reasons.size <= LIMITS.reasonSets + 1)
})

const definition = (id: string, more: Partial<SignalDefinition> = {}): SignalDefinition => ({
  id,
  connection: 'c',
  address: 'a',
  dataType: 'number',
  ...more,
})

test('a signal keeps its index when it is redefined, and the change is logged once', () => {
  const signals = new SignalTable()
  assert.equal(signals.define(definition('a')), 0)
  assert.equal(signals.define(definition('b')), 1)
  assert.equal(signals.define(definition('a')), 0)
  assert.equal(signals.version, 2)
  assert.equal(signals.define(definition('a', { unit: 'A' })), 0)
  assert.deepEqual(signals.changedSince(2), [0])
  assert.equal(signals.at(0)?.unit, 'A')
  assert.throws(() => signals.restore(5, definition('b')))
})

test('last values take the later row, drop text with the value that replaces it, and grow', () => {
  const last = new LastValues()
  const first = new BatchBuilder()
  first.push(300, 1, 5, Status.Good)
  first.setText(first.push(1, 1, Number.NaN, Status.Good), 'open')
  last.update(first.build(10), 301)
  assert.ok(last.has(300) && !last.has(2) && last.text.get(1) === 'open')
  const second = new BatchBuilder()
  second.push(1, 2, Number.NaN, Status.BadNoCommunication)
  last.update(second.build(11), 301)
  assert.equal(last.text.get(1), undefined)
  assert.equal(last.status[1], Status.BadNoCommunication)
})

test('ids are paths of plain segments; foreign names become one', () => {
  assert.ok(isSignalId('t2e/baggage/carousel-3/motor/current') && isSignalId('température/été'))
  for (const bad of ['', '/a', 'a/', 'a//b', 'a b', '../a', `${'x'.repeat(LIMITS.idLength)}y`]) assert.ok(!isSignalId(bad), bad)
  assert.equal(toSegment(' Motor (current) '), 'Motor-current')
})

test('durations and sizes are read in their units, anything else is refused', () => {
  assert.deepEqual(
    ['500ms', '5s', '2min', '1h', '7d', '1.5s'].map((text) => duration.parse(text)),
    [500, 5000, 120_000, 3_600_000, 604_800_000, 1500],
  )
  assert.deepEqual(
    ['64MiB', '2GB', '10B'].map((text) => byteSize.parse(text)),
    [67_108_864, 2e9, 10],
  )
  for (const bad of ['5', '5 s', 's', '-5s', '5m', '1e3s']) assert.ok(!duration.safeParse(bad).success, bad)
  assert.ok(!signalBase.safeParse({ id: 'a', range: [2, 1] }).success)
  assert.ok(!label.safeParse({ de: 'x' }).success)
})

test('wall time has the microseconds of the timer, and follows a clock that is set while the program runs', () => {
  let wallMs = 1_000_000
  let timerMs = 10.25
  const now = wallTime(
    () => Math.floor(wallMs),
    () => timerMs,
  )
  const pass = (ms: number, stepMs = 0) => {
    timerMs += ms
    wallMs += ms + stepMs
  }
  const start = now()
  pass(0.125)
  assert.equal(now() - start, 125)
  pass(1000, 30)
  assert.equal(now() - start, 1_000_125, 'what the two differ by within the tolerance changes nothing')
  for (const stepMs of [86_400_000, -2 * 86_400_000, -1_000_000_000_000, 3.15e11]) {
    pass(5, stepMs)
    assert.ok(Math.abs(now() / 1000 - wallMs) <= 50, `a step of ${stepMs} ms`)
  }
})

test('two facts say the same whatever the order in which they say it', () => {
  const fact = (value: FactValue): Fact => ({
    ...{ definition: 'd', type: 'event', version: 'v', key: 'k', from: 0, to: 1, values: { a: value }, inputs: [], cause: 'first' },
  })
  const computed = fact({ value: 1, status: 0, coverage: 1, unit: 'W' })
  assert.ok(saysTheSame(computed, fact({ coverage: 1, unit: 'W', status: 0, value: 1, reasons: [] })))
  assert.ok(!saysTheSame(computed, fact({ value: 1, status: 0, coverage: 0.9, unit: 'W' })))
})
