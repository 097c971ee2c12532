import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { LEDGER_LIMITS } from '../../continuity/ledger/limits.ts'
import type { DeliveredRow } from '../../core/account.ts'
import { accountHour } from '../../core/account.ts'
import { BatchBuilder } from '../../core/batch.ts'
import { decodeBatch } from '../../core/batch-codec.ts'
import type { LedgerLine, LedgerView } from '../../core/ledger.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { conduitReason } from '../../core/policy.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import { HOUR, parseTime } from '../../core/time.ts'
import { standInFor } from '../../core/withheld.ts'
import { start, TestClock, temporaryDirectory } from '../../gateway/spool/harness.ts'
import { HISTORIAN, LEDGER_CONSUMER, LINK } from './counting.ts'
import { type RunningLedger, startLedger } from './index.ts'

const CONNECTIONS = ['plc', 'meter', 'line']
const START = parseTime('2026-11-23T08:00:00Z')

/** What the historian of the tests has: it counts by itself, sample by sample. */
class Store {
  sequence = 0
  readonly rows = new Map<string, DeliveredRow>()
  readonly gaps: [number, number, string][] = []
  readonly #signals = new Map<number, string>()

  take(records: readonly SpoolRecord[]): void {
    for (const { node, kind, sequence, payload, recordedTime } of records) {
      if (sequence <= this.sequence) continue
      const content = parseRecord(kind, payload)
      if (content.kind === 'signals') for (const [index, { connection }] of content.signals) this.#signals.set(index, connection)
      if (content.kind === 'gap' && content.to > this.sequence)
        this.gaps.push([Math.max(this.sequence + 1, content.from), content.to, content.cause])
      if (kind === 'batch') {
        const { signal } = decodeBatch(payload)
        for (const index of signal) {
          const connection = this.#signals.get(index) ?? ''
          const hour = accountHour(recordedTime)
          const key = `${connection} ${hour}`
          const row = this.rows.get(key) ?? { node, connection, unit: 'samples' as const, hour, delivered: 0, refused: 0 }
          this.rows.set(key, { ...row, delivered: row.delivered + 1 })
        }
      }
      this.sequence = sequence
    }
  }

  historian(node: string, epoch: number) {
    return {
      accounts: async () => ({
        checkpoints: this.sequence > 0 ? [{ node, epoch, sequence: this.sequence }] : [],
        rows: [...this.rows.values()],
      }),
      writers: async () => [],
      sql: async () => ({ columns: [], rows: this.gaps, truncated: false }),
    }
  }
}

/** A node without its connections: a log, its ledger, a historian and a link that take what they are told to. */
class World {
  readonly directory: string
  readonly clock = new TestClock()
  readonly store = new Store()
  readonly truth = new Map<string, number>()
  spool!: Spool
  signals!: SignalTable
  ledger!: RunningLedger
  sent = 0
  confirmed = 0
  /** So few that neighbours are joined all the time. */
  readonly #blocks: number
  readonly #maxBytes: number
  readonly ledgerClock = new ManualClock(START)

  constructor(directory: string, blocks = 8, maxBytes = 128 * 1024) {
    this.directory = directory
    this.#blocks = blocks
    this.#maxBytes = maxBytes
  }

  async open(): Promise<void> {
    const { spool, signals } = await start(join(this.directory, 'spool'), {
      ...{ clock: this.clock, maxBytes: this.#maxBytes, segmentBytes: 16 * 1024, overflow: 'drop-oldest' },
      consumers: ['historian', LEDGER_CONSUMER, 'link'],
    })
    this.spool = spool
    this.signals = signals
    CONNECTIONS.forEach((connection, i) => {
      for (const n of [0, 1]) signals.define({ id: `s/${connection}/${n}`, connection, address: `${i}${n}`, dataType: 'number' })
    })
    spool.release('historian', this.store.sequence + 1)
    spool.release('link', this.confirmed + 1)
    this.ledger = await startLedger({
      ...{
        spool,
        signals,
        historian: this.store.historian(spool.node, spool.epoch),
        hasUplink: true,
        storedTo: 0,
        from: this.store.sequence,
      },
      ...{ directory: join(this.directory, 'ledger'), clock: this.ledgerClock, log: silent, blocks: this.#blocks },
    })
    this.sent = this.confirmed
  }

  async append(connection: number, count: number): Promise<void> {
    const builder = new BatchBuilder(count)
    for (let i = 0; i < count; i++) builder.push(connection * 2 + (i % 2), this.clock.time + i, i, 0)
    await this.spool.append(builder.build(this.clock.time))
    this.#count(connection, count)
  }

  async drop(connection: number, count: number): Promise<void> {
    const account = { connection: CONNECTIONS[connection] as string, unit: 'samples' as const, dropped: { flood: count } }
    await this.spool.appendContent({ kind: 'account', account })
    this.#count(connection, count)
  }

  async take(records: number): Promise<void> {
    const taken = await this.spool.read(this.store.sequence + 1, records, 2 ** 20)
    this.store.take(taken)
    this.spool.release('historian', this.store.sequence + 1)
    await this.ledger.stored(this.store.sequence, taken)
  }

  async send(records: number, isConfirmed: boolean): Promise<void> {
    const taken = await this.spool.read(this.sent + 1, records, 2 ** 20)
    await this.ledger.sent(taken, this.sent, new AbortController().signal)
    this.sent = taken.at(-1)?.sequence ?? this.sent
    if (!isConfirmed) return
    this.confirmed = this.sent
    this.spool.release('link', this.confirmed + 1)
    this.ledger.confirmed(this.confirmed)
  }

  /** As kill -9 does: nothing is saved, nobody is told. */
  async die(): Promise<void> {
    await this.spool.close()
    await this.open()
  }

  async restart(): Promise<void> {
    await this.ledger.close()
    await this.spool.close()
    await this.open()
  }

  #count(connection: number, count: number): void {
    const name = CONNECTIONS[connection] as string
    this.truth.set(name, (this.truth.get(name) ?? 0) + count)
  }
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, count) => all + count, 0)

function assertCloses({ lines }: LedgerView): void {
  for (const line of lines)
    for (const { destination, delivered, dropped, pending, off } of line.destinations) {
      assert.equal(off, 0, `${line.connection} to ${destination}`)
      assert.equal(line.read, delivered + line.known + sum(line.quarantined) + sum(dropped) + pending)
      for (const count of [delivered, pending, ...Object.values(dropped)])
        assert.ok(count >= 0, `${line.connection} to ${destination}: ${count}`)
    }
}

const lineOf = ({ lines }: LedgerView, connection: string): LedgerLine => {
  const line = lines.find((one) => one.connection === connection)
  assert.ok(line, connection)
  return line
}

const to = (line: LedgerLine, name: string) => {
  const found = line.destinations.find(({ destination }) => destination === name)
  assert.ok(found)
  return found
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('append' as const), connection: fc.nat(2), count: fc.integer({ min: 1, max: 400 }) }),
  },
  fc.record({ do: fc.constant('drop' as const), connection: fc.nat(2), count: fc.integer({ min: 1, max: 50 }) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('store' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 40 }), isConfirmed: fc.boolean() }),
  },
  fc.record({ do: fc.constantFrom('die' as const, 'restart' as const, 'break' as const, 'hour' as const, 'look' as const) }),
)

async function play(world: World, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
  for (const one of steps) {
    if (one.do === 'append') await world.append(one.connection, one.count)
    else if (one.do === 'drop') await world.drop(one.connection, one.count)
    else if (one.do === 'store') await world.take(one.count)
    else if (one.do === 'send') await world.send(one.count, one.isConfirmed)
    else if (one.do === 'hour') world.clock.time += HOUR
    else if (one.do === 'break') world.sent = world.confirmed
    else if (one.do === 'die') await world.die()
    else if (one.do === 'restart') await world.restart()
    else assertCloses(await world.ledger.view())
  }
}

test('sums close after any course of batches, drops, deliveries, overflow, restarts and deaths', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 120, size: 'max' }), async (steps) => {
      const world = new World(await temporaryDirectory(t))
      await world.open()
      await play(world, steps)
      const view = await world.ledger.view()
      assertCloses(view)
      assert.equal(
        view.lines.reduce((all, { read }) => all + read, 0),
        [...world.truth.values()].reduce((all, count) => all + count, 0),
      )
      for (const [connection, count] of world.truth) assert.equal(lineOf(view, connection).read, count)
      await world.ledger.close()
      await world.spool.close()
    }),
    { numRuns: 40 },
  )
})

async function opened(t: TestContext): Promise<World> {
  const world = new World(await temporaryDirectory(t))
  await world.open()
  t.after(async () => {
    await world.ledger.close()
    await world.spool.close()
  })
  return world
}

test('what a full log drops is counted by its connection, for the destination that did not have it, before that one is told', async (t) => {
  const world = await opened(t)
  await world.append(0, 100)
  await world.take(100)
  for (let n = 0; n < 300; n++) {
    await world.append(n % 2, 200)
    await world.take(10)
  }
  const before = await world.ledger.view()
  assertCloses(before)
  const plc = lineOf(before, 'plc')
  assert.equal(to(plc, HISTORIAN).delivered, 100 + 150 * 200)
  assert.deepEqual(to(plc, HISTORIAN).dropped, {})
  const lost = to(plc, LINK).dropped.overflow ?? 0
  assert.ok(lost > 0)
  assert.equal(to(plc, LINK).pending, 100 + 150 * 200 - lost)
  while (world.confirmed < world.spool.stats().lastSequence) await world.send(1_000, true)
  const after = await world.ledger.view()
  assertCloses(after)
  assert.deepEqual(to(lineOf(after, 'plc'), LINK), { ...to(plc, LINK), delivered: to(plc, LINK).pending, pending: 0 })
})

/** A log of more records than there are places for holes, each of one sample, none of which may leave. */
async function withheldAll(t: TestContext): Promise<{ world: World; parts: SpoolRecord[][]; own: SpoolRecord[] }> {
  const world = new World(await temporaryDirectory(t), LEDGER_LIMITS.blocks, 8 * 1024 * 1024)
  await world.open()
  t.after(async () => {
    await world.ledger.close()
    await world.spool.close()
  })
  await Promise.all(Array.from({ length: LEDGER_LIMITS.missed + 200 }, (_, n) => world.append(n % 2, 1)))
  const own: SpoolRecord[] = []
  for (let next = 1; next <= world.spool.stats().lastSequence; next = (own.at(-1)?.sequence ?? 0) + 1)
    own.push(...(await world.spool.read(next, 1_024, 2 ** 22)))
  // Neighbours have different causes, so that no two of them are one hole.
  const cut = own.map((record) => standInFor(record, conduitReason(record.sequence % 2 ? 'not-named' : 'cut')))
  const parts = Array.from({ length: Math.ceil(cut.length / 512) }, (_, i) => cut.slice(i * 512, (i + 1) * 512))
  return { world, parts, own }
}

const never = new AbortController().signal

test('limits: more holes on their way than are told apart hold the link back until some are settled, and every one is counted', async (t) => {
  const { world, parts } = await withheldAll(t)
  let said = 0
  const sending = (async () => {
    for (const part of parts) {
      await world.ledger.sent(part, (part[0] as SpoolRecord).sequence - 1, never)
      said = part.at(-1)?.sequence ?? said
    }
  })()
  await world.ledgerClock.advance(1_000)
  assert.ok(said > 0 && said <= LEDGER_LIMITS.missed, `${said} said`)
  world.ledger.confirmed(said)
  while (said < world.spool.stats().lastSequence) await world.ledgerClock.advance(10)
  await sending
  world.ledger.confirmed(said)
  const view = await world.ledger.view()
  assertCloses(view)
  for (const connection of ['plc', 'meter']) {
    const { read, destinations } = lineOf(view, connection)
    const link = destinations.find(({ destination }) => destination === LINK)
    assert.deepEqual([link?.delivered, link?.pending, sum(link?.dropped ?? {})], [0, 0, read])
    assert.equal(link?.dropped['not-told-apart'], undefined)
  }
})

test('limits: where no hole settles in time the oldest are joined, and nothing that was withheld counts as delivered', async (t) => {
  const { world, parts, own } = await withheldAll(t)
  // The last record goes, those before it do not.
  const last = own.at(-1) as SpoolRecord
  const all = parts.flat().map((record) => (record.sequence === last.sequence ? last : record))
  let isSent = false
  const sending = (async () => {
    for (let at = 0; at < all.length; at += 512) {
      const part = all.slice(at, at + 512)
      await world.ledger.sent(part, (part[0] as SpoolRecord).sequence - 1, never)
    }
    isSent = true
  })()
  for (let seconds = 0; !isSent && seconds < 60; seconds++) await world.ledgerClock.advance(1_000)
  await sending
  world.ledger.confirmed(last.sequence)
  const view = await world.ledger.view()
  assertCloses(view)
  const links = view.lines.map((line) => to(line, LINK))
  assert.equal(
    links.reduce((count, { delivered }) => count + delivered, 0),
    1,
  )
  assert.ok(links.some(({ dropped }) => (dropped['not-told-apart'] ?? 0) > 0))
})

test('a period is counted in whole hours of recorded time, and the hours add up to the whole', async (t) => {
  const world = await opened(t)
  for (let hour = 0; hour < 60; hour++) {
    await world.append(0, 10 + hour)
    if (hour % 7 === 0) await world.drop(0, 3)
    await world.take(10)
    await world.send(10, true)
    world.clock.time += HOUR
    if (hour % 20 === 19) await world.restart()
  }
  const all = lineOf(await world.ledger.view(), 'plc')
  let read = 0
  for (let hour = 0; hour < 60; hour++) {
    const view = await world.ledger.view({ from: START + hour * HOUR, to: START + (hour + 1) * HOUR })
    read += lineOf(view, 'plc').read
    assert.equal(lineOf(view, 'plc').read, 10 + hour + (hour % 7 === 0 ? 3 : 0))
  }
  assert.equal(read, all.read)
})
