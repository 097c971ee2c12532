import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from '../core/batch.ts'
import { CLOCK_LIMITS, type ClockExchange } from '../core/clock-offset.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import type { SourceClock } from '../core/source.ts'
import { statusName } from '../core/status.ts'
import { HOUR, type Micros, parseTime, SECOND } from '../core/time.ts'
import { ClocksOff, clockOffset, NOTHING_DECLARED, Qualify } from '../qualify/index.ts'
import { type ClockSettings, ClockWatch } from './clock-watch.ts'

const START = parseTime('2026-11-25T08:00:00Z')

function rig(method: SourceClock['method'] | undefined, settings: ClockSettings = { maxOffset: 5_000 }) {
  const clock = new ManualClock(START)
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const exchanges: ClockExchange[] = []
  const clocksOff = new ClocksOff()
  const qualify = new Qualify(signals, reasons, { ...NOTHING_DECLARED, others: [clockOffset(reasons, clocksOff)] })
  for (const connection of ['plc', 'other']) signals.define({ id: `t/${connection}/x`, connection, address: 'x', dataType: 'number' })
  const source = method ? { clock: { method, takeExchanges: () => exchanges.splice(0) } } : {}
  const onLimit = (isOff: boolean) => clocksOff.set('plc', isOff)
  const watch = new ClockWatch({ connection: 'plc', site: 't', settings, source, signals, reasons, clock, onLimit })
  return {
    clock,
    signals,
    watch,
    /** The device says what time it is; the answer took `tripMs`. */
    async ask(offsetUs: number, tripMs = 10) {
      const sent = { wallUs: clock.now(), monotonicMs: clock.monotonicMs() }
      await clock.advance(tripMs)
      const deviceTime = clock.now() - (tripMs * 1000) / 2 + offsetUs
      exchanges.push({ sent, received: { wallUs: clock.now(), monotonicMs: clock.monotonicMs() }, deviceTime, resolutionUs: 1_000 })
    },
    /** One reading of each connection, with the device's time; how they were judged. */
    read(deviceTime: Micros, receivedTime = clock.now()) {
      const builder = new BatchBuilder()
      builder.push(0, deviceTime, 1, 0)
      builder.push(1, receivedTime, 1, 0)
      const batch = builder.build(receivedTime)
      watch.take(batch)
      qualify.judge(batch)
      return [0, 1].map((i) => [statusName(batch.status[i] as number), ...reasons.names(batch.reasons[i] as number)])
    },
    told() {
      const batch = watch.measure()?.batch
      return batch && Array.from({ length: batch.count }, (_, i) => [signals.at(batch.signal[i] as number)?.id, batch.value[i]])
    },
  }
}

test('round trip: offset and uncertainty become signals of the node’s own, once for each measurement', async () => {
  const { watch, ask, told, signals } = rig('round-trip')
  assert.equal(watch.ownSignals, 0)
  assert.equal(told(), undefined)
  await ask(2 * SECOND)
  assert.deepEqual(told(), [
    ['t/ecluse/plc/clock-offset', 2],
    ['t/ecluse/plc/clock-uncertainty', 0.006001],
  ])
  assert.equal(told(), undefined)
  assert.equal(watch.ownSignals, 2)
  const definition = signals.at(signals.indexOf('t/ecluse/plc/clock-offset') ?? -1)
  assert.deepEqual([definition?.connection, definition?.unit, definition?.address], ['plc', 's', 'clock by round trip'])
  assert.deepEqual([watch.view()?.offsetUs, watch.view()?.beyondLimit, watch.view()?.finding], [2 * SECOND, false, undefined])
})

test('beyond the limit every sample of that connection is Uncertain with clock-offset, until the clock is set', async () => {
  const { clock, ask, read, watch } = rig('round-trip', { maxOffset: 2_000 })
  assert.deepEqual(read(START), [['Good'], ['Good']])
  await ask(3 * SECOND)
  assert.deepEqual(read(clock.now() + 3 * SECOND), [['Uncertain', 'clock-offset'], ['Good']])
  assert.equal(watch.view()?.beyondLimit, true)
  await clock.advance(CLOCK_LIMITS.windowMs)
  await ask(0)
  assert.deepEqual(read(clock.now()), [['Good'], ['Good']])
})

test('what the uncertainty may explain is not held against the device', async () => {
  const { clock, ask, read } = rig('round-trip', { maxOffset: 2_000 })
  await ask(3 * SECOND, 4_000)
  assert.deepEqual(read(clock.now()), [['Good'], ['Good']])
})

test('one way: a device ahead is found, one behind is not; the first slot of messages is waited for', async () => {
  const ahead = rig('one-way')
  assert.deepEqual(ahead.read(START + 8 * SECOND)[0], ['Uncertain', 'clock-ahead', 'clock-offset'])
  assert.equal(ahead.told(), undefined)
  await ahead.clock.advance(CLOCK_LIMITS.slotMs)
  assert.equal(ahead.told()?.length, 2)
  assert.equal(ahead.told(), undefined)
  const behind = rig('one-way')
  assert.deepEqual(behind.read(START - 8 * SECOND)[0], ['Good'])
  const { offsetUs = 0, uncertaintyUs = 0 } = behind.watch.view() ?? {}
  assert.ok(offsetUs - uncertaintyUs <= -8 * SECOND && offsetUs + uncertaintyUs >= 0)
})

test('a device on local time is named; declared with its zone it is right', async () => {
  const wrong = rig('round-trip')
  await wrong.ask(HOUR + 20 * SECOND)
  wrong.told()
  assert.deepEqual([wrong.watch.view()?.finding, wrong.watch.view()?.findingDetail], ['local-time', 'UTC+01:00'])
  const declared = rig('round-trip', { maxOffset: 5_000, zone: 'Europe/Paris' })
  await declared.ask(HOUR)
  declared.told()
  assert.deepEqual([declared.watch.view()?.finding, declared.watch.view()?.offsetUs], [undefined, 0])
  const arriving = rig('one-way', { maxOffset: 5_000, zone: 'Europe/Paris' })
  assert.deepEqual(arriving.read(START + HOUR - SECOND)[0], ['Good'])
  assert.equal(arriving.watch.view()?.beyondLimit, false)
})

test('a protocol without time is not measured and its times are left alone', () => {
  const { read, told, watch } = rig(undefined, { maxOffset: 5_000, zone: 'Europe/Paris' })
  assert.deepEqual(read(START - SECOND), [['Good'], ['Good']])
  assert.deepEqual([told(), watch.view()], [undefined, undefined])
})
