import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClockExchange, ClockOffset } from '../../core/clock-offset.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { HOUR, parseTime } from '../../core/time.ts'
import { HELD_EXCHANGES, watchServer } from './server-time.ts'
import type { Session } from './services.ts'
import { opcuaSource } from './source.ts'
import { readUntil, testConfig, testContext, testSimulator } from './test-bench.ts'

const never = () => AbortSignal.timeout(10_000)

test('a server whose clock is an hour ahead is measured to be an hour ahead, within the uncertainty', async (t) => {
  const context = await testContext(t)
  const variables = [{ path: 'L/T', nodeId: 's=T', dataType: 'Double' as const, value: () => 1 }]
  const simulator = await testSimulator(t, { variables, now: () => Date.now() + HOUR / 1000 })
  const source = opcuaSource(testConfig(simulator.endpoint, [{ id: 't', node: 'ns=1;s=T' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  await readUntil(source, context, (all) => all.length >= 1)
  const exchanges: ClockExchange[] = []
  while (exchanges.length === 0) {
    await source.read(never())
    exchanges.push(...(source.clock?.takeExchanges?.() ?? []))
  }
  const offset = new ClockOffset('round-trip')
  for (const exchange of exchanges) assert.equal(offset.roundTrip(exchange), true)
  const reading = offset.reading(context.clock.monotonicMs())
  assert.ok(reading)
  // A millisecond for the two wall clocks: Date.now() counts whole ones from another start.
  assert.ok(Math.abs(reading.offsetUs - HOUR) <= reading.uncertaintyUs + 2_000, JSON.stringify(reading))
  assert.ok(reading.uncertaintyUs < 2_000_000)
})

test('asks every 30 s, keeps a bounded number of answers, and bears a server that does not tell', async (t) => {
  const clock = new ManualClock(parseTime('2026-11-25T08:00:00Z'))
  const stop = new AbortController()
  const exchanges: ClockExchange[] = []
  const answers: unknown[] = [
    new Error('BadTooManyOperations'),
    { statusCode: { value: 0x80340000 } },
    { statusCode: { value: 0 }, value: { dataType: 13, arrayType: 0, value: new Date(Number.NaN) } },
    { statusCode: { value: 0 }, value: { dataType: 12, arrayType: 0, value: 'noon' } },
    { statusCode: { value: 0 }, value: null },
  ]
  let asked = 0
  const readTimed = async () => {
    asked++
    const answer = answers.shift() ?? {
      statusCode: { value: 0 },
      value: { dataType: 13, arrayType: 0, value: new Date(clock.now() / 1000 + 7) },
    }
    if (answer instanceof Error) throw answer
    return { answer, sentMs: undefined }
  }
  const context = { ...(await testContext(t)), clock }
  const watching = watchServer({ readTimed } as unknown as Session, context, stop.signal, exchanges)
  for (let i = 0; i < 5 + 3 * HELD_EXCHANGES; i++) await clock.advance(30_000)
  assert.equal(asked, 6 + 3 * HELD_EXCHANGES)
  assert.equal(exchanges.length, HELD_EXCHANGES)
  assert.deepEqual([exchanges[0]?.resolutionUs, (exchanges[0]?.deviceTime ?? 0) - (exchanges[0]?.sent.wallUs ?? 0)], [1_000, 7_000])
  stop.abort()
  await watching
})

test('a server that renews CurrentTime once a second is believed when it sent its answer; a header that is no clock is not', async (t) => {
  const clock = new ManualClock(parseTime('2026-11-25T08:00:00Z'))
  const stop = new AbortController()
  const exchanges: ClockExchange[] = []
  const heads = [0, Date.UTC(1601, 0, 1) - clock.now() / 1000, -7_200_000]
  const readTimed = async () => ({
    answer: { statusCode: { value: 0 }, value: { dataType: 13, arrayType: 0, value: new Date(clock.now() / 1000 - 617) } },
    sentMs: clock.now() / 1000 + (heads.shift() as number),
  })
  const context = { ...(await testContext(t)), clock }
  const watching = watchServer({ readTimed } as unknown as Session, context, stop.signal, exchanges)
  for (let i = 0; i < 2; i++) await clock.advance(30_000)
  assert.deepEqual(
    exchanges.map(({ deviceTime, received }) => deviceTime - received.wallUs),
    [0, -617_000, -617_000],
  )
  stop.abort()
  await watching
})
