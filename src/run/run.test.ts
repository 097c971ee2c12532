import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { decodeBatch, encodeBatch } from '../core/batch-codec.ts'
import { ConfigurationError, EndOfInput, NotConnected } from '../core/errors.ts'
import { LastValues } from '../core/last-values.ts'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import type { Delivery, Source } from '../core/source.ts'
import { type AppendedContent, type RecordKind, type Spool, SpoolFull, type SpoolRecord } from '../core/spool.ts'
import { encodeContent } from '../core/stated-content.ts'
import { statusName } from '../core/status.ts'
import { parseTime } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { Qualify } from '../qualify/index.ts'
import { runConnection } from './connection.ts'
import { Drops } from './drops.ts'
import { Feeder } from './feeder.ts'
import { HealthRecord } from './health.ts'
import { Lane } from './lane.ts'
import { Liveness } from './liveness.ts'

const START = parseTime('2026-11-23T08:00:00Z')

/** A spool in memory: durable at once, unless it is told to be full. */
function memorySpool() {
  const records: SpoolRecord[] = []
  const followers = new Set<(records: readonly SpoolRecord[]) => void>()
  const spool = {
    full: false,
    records,
    released: 0,
    append: (batch: SampleBatch) => spool.write('batch', encodeBatch(batch)),
    appendContent: (content: AppendedContent) => spool.write(content.kind, encodeContent(content)),
    write: async (kind: RecordKind, payload: Uint8Array) => {
      if (spool.full) throw new SpoolFull('no room')
      const record: SpoolRecord = { node: 'n', epoch: 1, sequence: records.length + 1, kind, recordedTime: START, payload }
      records.push(record)
      for (const follower of followers) follower([record])
      return record
    },
    read: async (sequence: number, most: number) => records.slice(sequence - 1, sequence - 1 + most),
    release: (_consumer: string, sequence: number) => {
      spool.released = sequence
    },
    follow: (follower: (records: readonly SpoolRecord[]) => void) => {
      followers.add(follower)
      return () => followers.delete(follower)
    },
    stats: () => ({ lastSequence: records.length }),
  }
  return spool
}

type Step = SampleBatch | Error | 'wait'

/** A source that plays a list of steps over its connections: batches are read, errors are thrown, `wait` lasts until stopped. */
function scripted(connects: (Error | undefined)[], reads: Step[], acked: number[] = []): Source & { closed: number } {
  let batch = 0
  const source = {
    closed: 0,
    counters: { dropped: {} },
    connect: async () => {
      const failure = connects.shift()
      if (failure) throw failure
    },
    read: async (stop: AbortSignal): Promise<Delivery> => {
      const step = reads.shift() ?? 'wait'
      if (step instanceof Error) throw step
      if (step === 'wait') {
        await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }))
        throw new NotConnected('stopped')
      }
      const number = ++batch
      return { batch: step, ack: () => acked.push(number) }
    },
    close: async () => {
      source.closed++
    },
  }
  return source
}

function rig(limits = { uncertainAfter: 5_000, badAfter: 15_000 }) {
  const clock = new ManualClock(START)
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const last = new LastValues()
  const spool = memorySpool()
  for (const id of ['a', 'b']) signals.define({ id, connection: 'c', address: id, dataType: 'number' })
  signals.define({ id: 'other', connection: 'd', address: 'x', dataType: 'number' })
  const health = new HealthRecord({ name: 'c', kind: 'test', endpoint: 'here' }, clock)
  const liveness = new Liveness({ connection: 'c', limits, signals, reasons, last, clock, health })
  const stored: string[] = []
  const onStored = (batch: SampleBatch) => {
    last.update(batch, signals.size)
    for (let i = 0; i < batch.count; i++) {
      const why = reasons.names(batch.reasons[i] as number).join('+')
      stored.push(
        `${signals.at(batch.signal[i] as number)?.id}=${batch.value[i]} ${statusName(batch.status[i] as number)}${why && ` ${why}`}`,
      )
    }
  }
  const lane = new Lane({ spool: spool as unknown as Spool, health, clock, random: () => 0, onStored })
  const batch = (...rows: [signal: number, value: number][]) => {
    const builder = new BatchBuilder()
    for (const [signal, value] of rows) builder.push(signal, clock.now(), value, 0)
    return builder.build(clock.now())
  }
  const stop = new AbortController()
  const connect = (source: Source) => {
    const backOff = new BackOff(1_000, 8_000, () => 0)
    const qualify = new Qualify(signals, reasons)
    return runConnection({
      source,
      health,
      liveness,
      lane,
      drops: new Drops('c', 'samples', () => source.counters.dropped),
      qualify,
      contracts: { judge: () => undefined },
      memory: { enter: async () => () => undefined },
      backOff,
      clock,
      log: silent,
      stop: stop.signal,
    })
  }
  const tick = async () => {
    const marks = liveness.check()
    if (marks) await lane.put(marks)
    await clock.advance(0)
  }
  return { clock, signals, reasons, last, spool, health, liveness, lane, stored, batch, stop, connect, tick }
}

test('a connection is retried with back-off, closed after every attempt, and counts what it did', async () => {
  const { clock, health, batch, stop, connect, stored } = rig()
  const down = new NotConnected('connection refused', { hint: 'is the PLC on?' })
  const source = scripted([down, down, undefined, undefined], [batch([0, 1]), new NotConnected('line dropped'), batch([0, 2])])
  const running = connect(source)
  await clock.advance(0)
  assert.equal(health.state, 'backing-off')
  assert.deepEqual(health.lastError, { time: START, message: 'connection refused', hint: 'is the PLC on?' })
  await clock.advance(1_000)
  assert.equal(health.attempts, 2)
  await clock.advance(1_999)
  assert.equal(health.attempts, 2, 'the second wait is twice the first')
  await clock.advance(1)
  assert.deepEqual(stored, ['a=1 Good'])
  await clock.advance(1_000)
  assert.deepEqual(stored, ['a=1 Good', 'a=2 Good same-time'], 'after a success the wait is short again')
  const { reconnects, attempts, read, good } = health.view({ signals: 2, dropped: {}, latencyMs: undefined })
  assert.deepEqual({ reconnects, attempts, read, good, closed: source.closed }, { reconnects: 1, attempts: 4, read: 2, good: 2, closed: 3 })
  stop.abort()
  await running
  assert.equal(source.closed, 4)
  assert.equal(health.state, 'stopped')
})

test('end of input and a refused configuration end a connection; a defect does not', async () => {
  for (const [error, ends] of [
    [new EndOfInput('done'), true],
    [new ConfigurationError([]), true],
    [new TypeError('x is undefined'), false],
  ] as const) {
    const { clock, stop, connect, health } = rig()
    const running = connect(scripted([undefined], [error]))
    await clock.advance(0)
    assert.equal(health.state, ends ? 'stopped' : 'backing-off', String(error))
    stop.abort()
    await running
  }
})

test('an attempt that hangs is given up after its limit', async () => {
  const { clock, health, stop, connect } = rig()
  const source = scripted([], [])
  source.connect = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  const running = connect(source)
  await clock.advance(30_000)
  assert.match(health.lastError?.message ?? '', /no connection within 30 s/)
  stop.abort()
  await running
})

test('a batch is acknowledged only once it is durable; a full spool keeps it, in order, until there is room', async () => {
  const { clock, spool, stop, connect, batch, stored, health, lane } = rig()
  const acked: number[] = []
  spool.full = true
  const running = connect(scripted([], [batch([0, 1]), batch([0, 2]), batch([1, 3])], acked))
  await clock.advance(500)
  assert.deepEqual([acked, stored, health.pending], [[], [], 3])
  assert.match(health.lastError?.message ?? '', /the spool does not take samples: no room/)
  spool.full = false
  await clock.advance(2_000)
  assert.deepEqual([acked, health.pending], [[1, 2, 3], 0])
  assert.deepEqual(stored, ['a=1 Good', 'a=2 Good same-time', 'b=3 Good'])
  stop.abort()
  await running
  await lane.close(0)
})

test('a silent source turns Uncertain with its last value, then Bad without one; nothing stays Good, other connections are left alone', async () => {
  const { clock, lane, liveness, stored, batch, tick, health, last } = rig()
  liveness.heard()
  await lane.put({ batch: batch([0, 7], [2, 1]) })
  await clock.advance(4_999)
  await tick()
  assert.deepEqual(stored.splice(0), ['a=7 Good', 'other=1 Good'])
  await clock.advance(1)
  await tick()
  await tick()
  assert.deepEqual(stored.splice(0), ['a=7 UncertainLastUsableValue source-silent'], 'once')
  assert.equal(health.liveness, 'uncertain')
  await clock.advance(10_000)
  await tick()
  assert.deepEqual(stored.splice(0), ['a=NaN BadNoCommunication source-silent', 'b=NaN BadNoCommunication never-heard+source-silent'])
  assert.deepEqual([health.liveness, health.gaps], ['bad', 1])
  await tick()
  assert.deepEqual(stored, [])
  liveness.heard()
  await lane.put({ batch: batch([0, 8]) })
  await tick()
  assert.deepEqual(stored, ['a=8 Good'])
  assert.equal(statusName(last.status[1] as number), 'BadNoCommunication', 'a signal that is not delivered again stays Bad')
})

test('a signal with an expected period is overdue on its own while its neighbour lives', async () => {
  const { clock, signals, lane, liveness, stored, batch, tick } = rig()
  signals.define({ id: 'b', connection: 'c', address: 'b', dataType: 'number', expectedPeriodUs: 6_000_000 })
  await lane.put({ batch: batch([0, 1], [1, 2]) })
  for (let second = 0; second < 30; second++) {
    await clock.advance(1_000)
    liveness.heard()
    await tick()
  }
  assert.deepEqual(stored, ['a=1 Good', 'b=2 Good', 'b=2 UncertainLastUsableValue overdue', 'b=NaN BadNoCommunication overdue'])
})

test('a reading that comes a little after its expected period was not overdue before it', async () => {
  const { clock, signals, lane, liveness, stored, batch, tick } = rig()
  signals.define({ id: 'b', connection: 'c', address: 'b', dataType: 'number', expectedPeriodUs: 6_000_000 })
  await lane.put({ batch: batch([0, 1], [1, 2]) })
  for (let second = 1; second <= 32; second++) {
    await clock.advance(1_000)
    liveness.heard()
    if (second % 8 === 0) await lane.put({ batch: batch([1, second]) })
    await tick()
  }
  assert.deepEqual(
    stored.filter((text) => text.startsWith('b=')),
    ['b=2 Good', 'b=8 Good', 'b=16 Good', 'b=24 Good', 'b=32 Good'],
  )
})

test('a signal with an expected period that never speaks on a living connection is Bad, and says so', async () => {
  const { clock, signals, lane, liveness, stored, batch, tick } = rig()
  signals.define({ id: 'b', connection: 'c', address: 'b', dataType: 'number', expectedPeriodUs: 6_000_000 })
  await lane.put({ batch: batch([0, 1]) })
  for (let second = 0; second < 30; second++) {
    await clock.advance(1_000)
    liveness.heard()
    await tick()
  }
  assert.deepEqual(stored, ['a=1 Good', 'b=NaN BadNoCommunication never-heard+overdue'])
})

test('the historian gets every record once and in order: from memory, from the files at start, and after it failed', async () => {
  const { clock, spool, batch } = rig()
  await spool.append(batch([0, 1]))
  await spool.append(batch([0, 2]))
  const got: number[] = []
  const historian = {
    broken: true,
    write: async (records: readonly SpoolRecord[]) => {
      if (historian.broken) throw new Error('disk full')
      got.push(...records.map((record) => decodeBatch(record.payload).value[0] as number))
    },
  }
  const parts = {
    spool: spool as unknown as Spool,
    historian,
    from: 1,
    commitRows: 3,
    commitIntervalMs: 100,
    clock,
    random: () => 0,
    log: silent,
  }
  const feeder = new Feeder(parts)
  await clock.advance(150)
  assert.deepEqual([feeder.problem, feeder.lag, got], ['disk full', 1, []])
  historian.broken = false
  for (let n = 3; n <= 9; n++) await spool.append(batch([0, n]))
  await clock.advance(1_000)
  assert.deepEqual([feeder.problem, feeder.lag, spool.released], [undefined, 0, 10])
  await spool.append(batch([0, 10]))
  await clock.advance(99)
  assert.equal(feeder.lag, 1, 'one sample waits for the interval')
  await clock.advance(1)
  assert.equal(feeder.lag, 0)
  await spool.append(batch([0, 11]))
  await feeder.close(0)
  await clock.advance(1_000)
  assert.deepEqual(got, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('a batch that a flood made shorter still answers for all the messages it came from', async () => {
  const { signals, batch, connect, spool, clock, stop } = rig()
  signals.define({ id: 'a', connection: 'c', address: 'a', dataType: 'number', maxSamplesPerSecond: 5_000 })
  const rows = Array.from({ length: 6_000 }, (_, value): [number, number] => [0, value])
  const running = connect(scripted([], [{ ...batch(...rows), receipt: Uint8Array.of(1, 2, 3) }]))
  for (let i = 0; i < 20; i++) await clock.advance(0)
  const [account, record] = spool.records
  assert.ok(record)
  const { count, receipt } = decodeBatch(record.payload)
  // What the flood cost is in the log before the batch is acknowledged.
  assert.deepEqual(JSON.parse(Buffer.from(account?.payload ?? []).toString()), {
    ...{ connection: 'c', unit: 'samples' },
    dropped: { flood: 6_000 - count },
  })
  assert.ok(count < 6_000, `${count} rows are kept`)
  assert.deepEqual([...(receipt ?? [])], [1, 2, 3])
  stop.abort()
  await running
})
