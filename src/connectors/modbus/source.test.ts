import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import { type ModbusConfig, modbusConfig } from './config.ts'
import { HandClock, rawDevice, rows, testContext } from './fixture.ts'
import { type ModbusSimulator, startModbusSimulator, type UnitImage } from './simulator.ts'
import { ModbusSource } from './source.ts'

const never = new AbortController().signal

interface Rig {
  readonly simulator: ModbusSimulator
  readonly source: ModbusSource
  readonly clock: HandClock
  /** Moves time and reads one poll. */
  poll(ms?: number): Promise<Record<string, string>>
}

async function rig(
  t: TestContext,
  units: Record<number, UnitImage>,
  config: object,
  framing: ModbusConfig['framing'] = 'tcp',
): Promise<Rig> {
  const simulator = await startModbusSimulator({ units, framing })
  const clock = new HandClock()
  const context = testContext(clock)
  const source = new ModbusSource(modbusConfig.parse({ host: '127.0.0.1', port: simulator.port, framing, ...config }), context)
  t.after(async () => {
    await source.close()
    await simulator.stop()
  })
  await source.connect(never)
  const poll = async (ms = 1_000) => {
    clock.advance(ms)
    return rows((await source.read(never)).batch, context)
  }
  return { simulator, source, clock, poll }
}

const holding = (id: string, address: number, more: object = {}) => ({ id, table: 'holding-register', address, ...more })
const ramp = (count: number) => Array.from({ length: count }, (_, i) => i)

for (const framing of ['tcp', 'rtu-over-tcp'] as const) {
  test(`${framing}: 300 neighbouring registers take three requests`, async (t) => {
    const signals = ramp(300).map((address) => holding(`r${address}`, address))
    const { simulator, poll } = await rig(t, { 1: { 'holding-register': ramp(300) } }, { signals }, framing)
    const got = await poll(0)
    assert.equal(simulator.requests(), 3)
    assert.equal(got.r299, '299 Good')
    assert.equal(Object.keys(got).length, 300)
  })
}

test('one illegal address inside a block: only its signal turns Bad, and the division is remembered', async (t) => {
  const signals = ramp(64).map((address) => holding(`r${address}`, address))
  const { simulator, source, poll } = await rig(t, { 1: { 'holding-register': ramp(64) } }, { signals })
  simulator.remove(1, 'holding-register', 21)
  const got = await poll(0)
  assert.equal(got.r21, 'NaN BadNotFound modbus-illegal-data-address')
  assert.deepEqual(
    Object.entries(got)
      .filter(([, row]) => !row.endsWith(' Good'))
      .map(([id]) => id),
    ['r21'],
  )
  assert.match(source.counters.lastProblem ?? '', /holding-register 21\.\.21: modbus-illegal-data-address/)
  assert.ok(simulator.requests() <= 13, `${simulator.requests()} requests to find one of 64`)
  const before = simulator.requests()
  assert.equal((await poll()).r21, 'NaN BadNotFound modbus-illegal-data-address')
  assert.equal(simulator.requests() - before, 6, 'six parts that answer; the refused one is left alone')

  simulator.setRegister(1, 'holding-register', 21, 2100)
  assert.equal((await poll(60_000)).r21, '2100 Good poll-overrun', 'asked again after a minute')
  const healed = simulator.requests()
  await poll()
  assert.equal(simulator.requests() - healed, 1, 'the table is read in one request again')
})

test('an illegal address in a gap that was only read to join neighbours hurts nobody', async (t) => {
  const { simulator, poll } = await rig(t, { 1: { 'holding-register': { 0: 10, 5: 50 } } }, { signals: [holding('a', 0), holding('b', 5)] })
  assert.deepEqual(await poll(0), { a: '10 Good', b: '50 Good' })
  assert.equal(simulator.requests(), 3)
  await poll()
  assert.equal(simulator.requests(), 5)
})

test('the search for refused addresses is bounded per poll and goes on in the next', async (t) => {
  const signals = ramp(120).map((address) => holding(`r${address}`, address))
  const { simulator, poll } = await rig(t, { 1: {} }, { signals })
  await poll(0)
  assert.ok(simulator.requests() <= 2 * 64 + 1)
  const got = await poll()
  assert.ok(Object.values(got).every((row) => row === 'NaN BadNotFound modbus-illegal-data-address'))
  assert.equal(Object.keys(got).length, 120)
})

test('an exception that no smaller request avoids marks its block only', async (t) => {
  const signals = [holding('a', 0), holding('b', 1), { id: 'c', table: 'coil', address: 0 }]
  const { simulator, poll } = await rig(t, { 1: { 'holding-register': [1, 2], coil: [1] } }, { signals })
  simulator.failWith(1, 4, { table: 'holding-register', address: 0 })
  const bad = 'NaN BadDeviceFailure modbus-server-device-failure'
  assert.deepEqual(await poll(0), { a: bad, b: bad, c: '1 Good' })
  simulator.failWith(1, undefined, { table: 'holding-register', address: 0 })
  assert.deepEqual(await poll(), { a: '1 Good', b: '2 Good', c: '1 Good' })
})

test('behind a gateway, a unit that is away marks its own signals; it is asked less and less, and found again', async (t) => {
  const signals = [holding('here', 0), holding('away', 0, { unitId: 2 })]
  const { simulator, clock, source, poll } = await rig(t, { 1: { 'holding-register': [1] }, 2: { 'holding-register': [2] } }, { signals })
  simulator.failWith(2, 11)
  const bad = { away: 'NaN BadTimeout modbus-gateway-target-silent', here: '1 Good' }
  for (let i = 0; i < 10; i++) assert.deepEqual(await poll(i === 0 ? 0 : 1_000), bad)
  assert.ok(simulator.requests() < 10 + 5, `${simulator.requests()} requests`)
  simulator.failWith(2, undefined)
  assert.deepEqual(await poll(30_000), { away: '2 Good poll-overrun', here: '1 Good poll-overrun' })
  // The 30 s in which nobody read count as missed polls of both signals.
  assert.equal(source.counters.dropped['poll-overrun'], 29 * 2)
  assert.ok(clock.monotonicMs() < source.nextReadMs())
})

test('a unit that never answers costs one time-out, and the others go on over the same connection', async (t) => {
  const clock = new HandClock()
  const device = await rawDevice((request, socket) => {
    if (request[6] === 2) clock.advance(2_000)
    else socket.write(Buffer.from([...request.subarray(0, 4), 0, 5, request[6] as number, 3, 2, 0, 7]))
  })
  const signals = [
    holding('silent', 0, { unitId: 2 }),
    holding('also', 900, { unitId: 2 }),
    holding('here', 0),
    holding('there', 0, { unitId: 3 }),
  ]
  const context = testContext(clock)
  const source = new ModbusSource(modbusConfig.parse({ host: '127.0.0.1', port: device.port, signals }), context)
  t.after(async () => {
    await source.close()
    await device.stop()
  })
  await source.connect(never)
  const got: Record<string, string> = {}
  while (Object.keys(got).length < 4) Object.assign(got, rows((await source.read(never)).batch, context))
  const bad = 'NaN BadTimeout modbus-no-answer'
  assert.deepEqual(got, { silent: bad, also: bad, here: '7 Good', there: '7 Good' })
  assert.equal(device.requests.filter((request) => request[6] === 2).length, 1)
  assert.equal(device.connections, 1)
})

test('a device that answers nothing three times is taken for dead: NotConnected', async (t) => {
  const { simulator, clock, source, poll } = await rig(t, { 1: { 'holding-register': [1] } }, { signals: [holding('a', 0)] })
  simulator.setSilent(1, true)
  const wanted = 'NaN BadTimeout modbus-no-answer'
  for (let asked = 0; asked < 3; ) {
    const before = simulator.requests()
    clock.advance(10_000)
    const reading = source.read(never)
    while (simulator.requests() === before) await new Promise((resolve) => setImmediate(resolve))
    asked++
    clock.advance(2_000)
    assert.equal((await reading).batch.count, 1)
  }
  await assert.rejects(source.read(never), (error) => error instanceof NotConnected && /3 requests in a row/.test(error.message))
  await source.close()
  simulator.setSilent(1, false)
  await source.connect(never)
  assert.notEqual((await poll(0)).a, wanted)
})

test('a lost connection is NotConnected; after connecting again everything is read at once', async (t) => {
  const { simulator, source, poll } = await rig(t, { 1: { 'holding-register': [1] } }, { signals: [holding('a', 0)] })
  await poll(0)
  await simulator.stop()
  await assert.rejects(poll(), NotConnected)
  await source.close()
  await assert.rejects(
    source.connect(never),
    (error) => error instanceof NotConnected && /nothing listens on this port/.test(error.hint ?? ''),
  )
  await source.close()
  await source.close()
})

test('several periods keep an absolute schedule each; missed polls are counted, not queued', async (t) => {
  const signals = [holding('fast', 0, { period: '500ms' }), holding('slow', 1, { period: '2s' })]
  const { source, clock, poll } = await rig(t, { 1: { 'holding-register': [1, 2] } }, { signals })
  const start = clock.monotonicMs()
  assert.deepEqual(Object.keys(await poll(0)), ['fast', 'slow'])
  assert.equal(source.nextReadMs(), start + 500)
  assert.deepEqual(Object.keys(await poll(530)), ['fast'])
  assert.equal(source.nextReadMs(), start + 1_000, 'a late poll does not move the next')
  await poll(470)
  await poll(500)
  assert.deepEqual(Object.keys(await poll(500)), ['fast', 'slow'])
  assert.equal(source.counters.dropped['poll-overrun'], undefined)
  assert.deepEqual(await poll(1_700), { fast: '1 Good poll-overrun' }, 'the reading after them says that some are missing')
  assert.equal(source.counters.dropped['poll-overrun'], 2, 'two polls of one signal')
  assert.equal(source.nextReadMs(), start + 4_000)
  assert.deepEqual(await poll(300), { fast: '1 Good', slow: '2 Good' })
})

test('a read that comes early waits for the schedule; close ends a pending read', async (t) => {
  const { source, simulator, poll } = await rig(t, { 1: { 'holding-register': [1] } }, { signals: [holding('a', 0)] })
  await poll(0)
  const stop = new AbortController()
  const early = source.read(stop.signal)
  stop.abort()
  await assert.rejects(early, { name: 'AbortError' })
  const waiting = assert.rejects(source.read(never), NotConnected)
  await source.close()
  await waiting
  await source.connect(never)
  simulator.setSilent(1, true)
  const pending = poll(1_000)
  const refused = assert.rejects(pending, NotConnected)
  await source.close()
  await refused
})

test('counters tell the round trip', async (t) => {
  const { source, poll } = await rig(t, { 1: { 'holding-register': [1] } }, { signals: [holding('a', 0)] })
  await poll(0)
  assert.equal(source.counters.latencyMs, 0, 'the clock stood still')
})
