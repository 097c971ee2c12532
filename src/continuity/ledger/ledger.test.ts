import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { accountHour } from '../../core/account.ts'
import { BatchBuilder } from '../../core/batch.ts'
import { encodeBatch } from '../../core/batch-codec.ts'
import { encodeForwarded } from '../../core/forwarded.ts'
import { silent } from '../../core/log.ts'
import type { RecordKind, SpoolRecord } from '../../core/spool.ts'
import { DAY, HOUR, parseTime } from '../../core/time.ts'
import { Blocks } from './blocks.ts'
import { Book } from './book.ts'
import { emptyCell, reasonClass, tally, total } from './cells.ts'
import { Ledger, newStream } from './index.ts'
import { LEDGER_LIMITS } from './limits.ts'

const START = parseTime('2026-11-23T08:00:00Z')

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ecluse-ledger-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const open = (directory: string, destinations: readonly string[] = ['historian']) =>
  Ledger.open({
    ...{ node: 'n', epoch: 1, destinations, directory, log: silent, read: async () => [] },
    begin: async () => ({ sequence: 0, others: [], own: newStream('n', 1), delivered: [] }),
  })

/** The records of one log, in order, with its running count of samples. */
class Log {
  readonly #node: string
  sequence = 0
  samples = 0
  time = START

  constructor(node = 'n') {
    this.#node = node
  }

  record(kind: RecordKind, payload: Uint8Array, samples = 0): SpoolRecord {
    this.samples += samples
    const seal = { samples: this.samples, signals: 0, reasonSets: 0, hash: new Uint8Array(32) }
    return { node: this.#node, epoch: 1, sequence: ++this.sequence, kind, recordedTime: this.time, payload, seal }
  }

  json = (kind: RecordKind, value: unknown): SpoolRecord => this.record(kind, Buffer.from(JSON.stringify(value)))

  signals = (connections: readonly string[]): SpoolRecord =>
    this.json(
      'signals',
      connections.map((connection, i) => [i, { id: `s/${i}`, connection, address: '', dataType: 'number' }]),
    )

  batch(signals: readonly number[]): SpoolRecord {
    const builder = new BatchBuilder(signals.length)
    for (const signal of signals) builder.push(signal, this.time, 1, 0)
    return this.record('batch', encodeBatch(builder.build(this.time)), signals.length)
  }

  /** What is sent on, as it lies in the log of the receiving node. */
  forward(records: readonly SpoolRecord[]): SpoolRecord {
    const [first] = records as [SpoolRecord]
    const samples = records.reduce((sum, { kind, payload }) => sum + (kind === 'batch' ? Buffer.from(payload).readUInt32LE(4) : 0), 0)
    return this.record('forwarded', encodeForwarded({ node: first.node, epoch: 1, via: first.node, records }), samples)
  }
}

const NO_WORDS = new Map()
const NEVER = { cuts: [], single: [] }

test('samples of mixed batches are counted by connection, those of signals that nobody defined apart', async (t) => {
  const ledger = await open(await scratch(t))
  const log = new Log()
  await ledger.take([log.signals(['a', 'b']), log.batch([0, 1, 1, 1]), log.batch([0, 0]), log.batch([9]), log.batch([70_000, 0])])
  await ledger.advance('historian', 3)
  const lines = await ledger.lines(undefined, NO_WORDS)
  const of = (name: string) => lines.find(({ connection }) => connection === name)
  assert.deepEqual([of('a')?.read, of('b')?.read, of('')?.read], [4, 3, 2])
  const [to] = of('a')?.destinations ?? []
  assert.deepEqual([to?.delivered, to?.pending, to?.off], [3, 1, 0])
})

test('the historian’s word is held against the log: what it lacks or has twice is off by that much', async (t) => {
  const ledger = await open(await scratch(t))
  const log = new Log()
  await ledger.take([log.signals(['a']), log.batch([0, 0, 0])])
  await ledger.advance('historian', 2)
  const off = async (delivered: number) => {
    const row = { node: 'n', connection: 'a', unit: 'samples' as const, hour: accountHour(START), delivered, refused: 0 }
    const [line] = await ledger.lines(undefined, new Map([['historian', [row]]]))
    return line?.destinations[0]?.off
  }
  assert.deepEqual([await off(3), await off(2), await off(5)], [0, 1, -2])
})

test('what another node lost on the way is counted by its own running number, explained when it says why, and taken back when it comes late', async (t) => {
  const ledger = await open(await scratch(t))
  const [log, edge] = [new Log(), new Log('edge')]
  const lost = () => ledger.lines(undefined, NO_WORDS).then((lines) => lines.find(({ connection }) => connection === '')?.destinations[0])
  const signals = edge.signals(['a'])
  const first = edge.batch([0, 0])
  const gone = [edge.batch([0, 0, 0]), edge.batch([0])]
  const next = edge.batch([0, 0])
  const gap = { node: 'edge', epoch: 1, sequence: 4, kind: 'gap' as const, recordedTime: START }
  const unread = { ...gap, payload: Buffer.from(JSON.stringify({ from: 3, to: 4, cause: 'no longer kept' })) }
  await ledger.take([log.forward([signals, first]), log.forward([unread, next])])
  assert.deepEqual((await lost())?.dropped, { 'no longer kept': 4 })
  await ledger.take([log.forward([edge.json('gap', { from: 3, to: 4, cause: 'overflow', samples: 4 })])])
  assert.deepEqual((await lost())?.dropped, { overflow: 4 })
  await ledger.take([log.forward([gone[0] as SpoolRecord])])
  assert.deepEqual((await lost())?.dropped, { overflow: 1 })
  // The same again fills nothing.
  await ledger.take([log.forward([gone[1] as SpoolRecord]), log.forward([gone[1] as SpoolRecord])])
  const lines = await ledger.lines(undefined, NO_WORDS)
  assert.deepEqual((await lost())?.dropped, {})
  assert.equal(lines.find(({ connection }) => connection === 'a')?.read, 8)
})

test('a saved ledger goes on where it stood; days that are over stand in files of their own and take late records up again', async (t) => {
  const directory = await scratch(t)
  let ledger = await open(directory)
  const log = new Log()
  await ledger.take([log.signals(['a'])])
  for (let day = 0; day < 5; day++) {
    log.time = START + day * DAY
    await ledger.take([log.batch([0, 0])])
    await ledger.advance('historian', log.sequence)
    await ledger.save(log.time)
  }
  assert.deepEqual((await readdir(directory)).sort(), ['2026-11-23', '2026-11-24', 'state'])
  ledger = await open(directory)
  assert.equal(ledger.sequence, log.sequence)
  log.time = START
  await ledger.take([log.batch([0])])
  await ledger.advance('historian', log.sequence)
  const read = async (from: number, to: number) => (await ledger.lines({ from, to }, NO_WORDS))[0]?.read
  assert.deepEqual([await read(START, START + HOUR), await read(START + DAY, START + DAY + HOUR)], [3, 2])
  for (let saves = 0; saves < 2; saves++) await ledger.save(START + 5 * DAY)
  ledger = await open(directory)
  assert.equal((await ledger.lines(undefined, NO_WORDS))[0]?.read, 11)
  assert.equal(await read(START, START + HOUR), 3)
})

test('a new log of the same node: what the old one still held is said to have ended with it', async (t) => {
  const directory = await scratch(t)
  const ledger = await open(directory)
  const log = new Log()
  await ledger.take([log.signals(['a']), log.batch([0, 0]), log.batch([0])])
  await ledger.advance('historian', 2)
  await ledger.save(START)
  const again = await Ledger.open({
    ...{ node: 'n', epoch: 2, destinations: ['historian'], directory, log: silent, read: async () => [] },
    begin: async () => ({ sequence: 0, others: [], own: newStream('n', 2), delivered: [] }),
  })
  const [line] = await again.lines(undefined, NO_WORDS)
  assert.deepEqual(line?.destinations[0], {
    ...{ destination: 'historian', delivered: 2, dropped: { 'log-ended': 1 }, pending: 0, off: 0, isOwnWord: false },
  })
})

test('a damaged or too large state is left out, and the ledger begins again with what the historian says', async (t) => {
  for (const spoil of [(file: string) => writeFile(file, '1\n{"own":{}}'), (file: string) => truncate(file, LEDGER_LIMITS.fileBytes + 1)]) {
    const directory = await scratch(t)
    await open(directory)
    await spoil(join(directory, 'state'))
    const delivered = [{ node: 'n', connection: 'a', unit: 'samples' as const, hour: accountHour(START), delivered: 7, refused: 1 }]
    const ledger = await Ledger.open({
      ...{ node: 'n', epoch: 1, destinations: ['historian'], directory, log: silent, read: async () => [] },
      begin: async () => ({ sequence: 12, others: [], own: newStream('n', 1), delivered }),
    })
    assert.equal(ledger.sequence, 12)
    const [line] = await ledger.lines(undefined, new Map([['historian', delivered]]))
    assert.deepEqual([line?.read, line?.destinations[0]?.dropped, line?.destinations[0]?.off], [8, { 'undefined-signal': 1 }, 0])
  }
})

test('limits: reasons beyond theirs are counted as other, connections under no name, days under no hour', () => {
  const counts = {}
  for (let n = 0; n < LEDGER_LIMITS.reasons + 5; n++) tally(counts, `reason ${n}`, 2)
  assert.equal(Object.keys(counts).length, LEDGER_LIMITS.reasons + 1)
  assert.equal(total(counts), 2 * (LEDGER_LIMITS.reasons + 5))
  const book = new Book()
  const hour = accountHour(START)
  for (let n = 0; n < 24 * LEDGER_LIMITS.connections + 3; n++) book.cell('n', `c${n}`, 'samples', hour).logged++
  assert.equal(book.cell('n', '', 'samples', hour).logged, 3)
  for (let day = 0; day < LEDGER_LIMITS.openDays + 3; day++) book.cell('n', 'c', 'samples', book.hourFor(START + day * DAY)).logged++
  assert.equal(book.cell('n', 'c', 'samples', 0).logged, 3)
  assert.equal(accountHour(Number.NaN), 0)
  assert.equal(accountHour(-1), 0)
})

test('limits: blocks are joined beyond theirs, told apart again by what the log still has, and the rest is what is gone', () => {
  const cells = ['a', 'b'].map((connection) => emptyCell({ node: 'n', connection, unit: 'samples', hour: 0 }))
  const blocks = new Blocks([], 4)
  for (let n = 1; n <= 5; n++) blocks.add({ first: n, last: n, counts: [[cells[n % 2] as (typeof cells)[0], 10 * n]] }, () => NEVER)
  assert.equal(blocks.size, 4)
  const destination = { name: 'link', reached: 0, holes: [{ from: 2, to: 2, cause: 'overflow' }], withheld: [] }
  const astride = blocks.advance(destination, 5)
  assert.deepEqual([astride?.first, astride?.last], [1, 2])
  assert.equal(destination.reached, 0)
  blocks.divide(astride as NonNullable<typeof astride>, [{ first: 1, last: 1, counts: [[cells[1] as (typeof cells)[0], 10]] }])
  assert.equal(blocks.advance(destination, 5), undefined)
  assert.deepEqual(cells[1]?.to.link, { passed: 90, lost: {} })
  assert.deepEqual(cells[0]?.to.link, { passed: 40, lost: { overflow: 20 } })
  const many = new Blocks()
  for (let n = 1; n <= 3 * LEDGER_LIMITS.savedBlocks; n++)
    many.add({ first: n, last: n, counts: [[cells[0] as (typeof cells)[0], 1]] }, () => NEVER)
  assert.equal(many.saved(NEVER).length, LEDGER_LIMITS.savedBlocks)
  assert.equal(many.size, 3 * LEDGER_LIMITS.savedBlocks)
  // What a destination has and what it has not stay apart.
  assert.deepEqual(
    many
      .saved({ cuts: [4], single: [] })
      .slice(0, 3)
      .map(({ first, last }) => [first, last]),
    [
      [1, 3],
      [4, 4],
      [5, 7],
    ],
  )
})

test('law: what was handed over and dropped before it was confirmed counts as what the next node turns out to have, however it was joined, over restarts', async () => {
  const step = fc.record({
    act: fc.constantFrom('write', 'write', 'send', 'send', 'arrive', 'confirm', 'drop', 'restart'),
    by: fc.integer({ min: 1, max: 6 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const directory = await mkdtemp(join(tmpdir(), 'ecluse-ledger-'))
      const log = new Log()
      const records = [log.signals(['a'])]
      let [first, sent, there, confirmed] = [1, 0, 0, 0]
      /** What the link holds that was handed over, and what of it the next node has. */
      let onTheWay: SpoolRecord[] = []
      const has = new Set<SpoolRecord>()
      const read = async (from: number, most: number) => records.slice(Math.max(from, first) - 1).slice(0, most)
      const begin = async () => ({ sequence: 0, others: [], own: newStream('n', 1), delivered: [] })
      const start = () =>
        Ledger.open({ ...{ node: 'n', epoch: 1, destinations: ['link'], directory, log: silent, blocks: 4 }, read, begin })
      let ledger = await start()
      await ledger.take(records)
      const arrive = (count: number) => {
        for (const record of onTheWay.splice(0, count)) {
          has.add(record)
          there = record.sequence
        }
      }
      const connect = async () => {
        onTheWay = []
        sent = there
        await ledger.advance('link', (confirmed = there))
      }
      const send = async (count: number) => {
        const taken = records.slice(Math.max(sent + 1, first) - 1).slice(0, count)
        if (taken.length === 0) return
        const [next, last] = [taken[0] as SpoolRecord, taken.at(-1) as SpoolRecord]
        ledger.handedOver('link', last.sequence)
        await ledger.tellApart(taken)
        if (next.sequence > sent + 1) ledger.miss('link', { from: sent + 1, to: next.sequence - 1, cause: 'overflow' })
        onTheWay.push(...taken)
        sent = last.sequence
      }
      for (const { act, by } of steps) {
        if (act === 'write') {
          const written = Array.from({ length: by }, (_, i) => log.batch(Array.from({ length: 1 + ((log.sequence + i) % 7) }, () => 0)))
          records.push(...written)
          await ledger.take(written)
        } else if (act === 'send') await send(by)
        else if (act === 'arrive') arrive(by)
        else if (act === 'confirm') await ledger.advance('link', (confirmed = there))
        else if (act === 'drop') {
          await ledger.tellApart()
          await ledger.save(START)
          first = Math.min(records.length, first + by)
        } else {
          await ledger.save(START)
          ledger = await start()
          await connect()
        }
      }
      await connect()
      await send(records.length)
      arrive(records.length)
      await ledger.advance('link', there)
      const samples = (some: Iterable<SpoolRecord>) =>
        [...some].reduce((sum, { kind, payload }) => sum + (kind === 'batch' ? Buffer.from(payload).readUInt32LE(4) : 0), 0)
      const line = (await ledger.lines(undefined, NO_WORDS)).find(({ connection }) => connection === 'a')
      const [to] = line?.destinations ?? []
      const lost = samples(records) - samples(has)
      assert.deepEqual([to?.delivered ?? 0, to?.dropped.overflow ?? 0, to?.pending ?? 0], [samples(has), lost, 0])
      assert.ok(confirmed <= there)
      await rm(directory, { recursive: true })
    }),
    { numRuns: 80 },
  )
})

test('limits: more holes than are remembered, and longer periods than are answered', async (t) => {
  const ledger = await open(await scratch(t))
  const log = new Log()
  const records = [log.signals(['a'])]
  for (let n = 0; n < 2 * LEDGER_LIMITS.missed + 10; n++) records.push(log.batch([0]))
  await ledger.take(records)
  const holes = LEDGER_LIMITS.missed + 4
  for (let n = 0; n < holes; n++) {
    assert.equal(ledger.hasRoom('historian', 1), n < LEDGER_LIMITS.missed)
    ledger.miss('historian', { from: 2 + 2 * n, to: 2 + 2 * n, cause: 'corrupt' })
  }
  await ledger.advance('historian', log.sequence)
  // The five oldest became one, with the four records between them that nobody can tell from them any more.
  const [line] = await ledger.lines(undefined, NO_WORDS)
  assert.deepEqual(line?.destinations[0]?.dropped, { corrupt: holes - 5, 'not-told-apart': 9 })
  assert.equal(line?.destinations[0]?.off, 0)
  // A destination that counts by itself knows that it has these four.
  const delivered = log.samples - holes
  const row = { node: 'n', connection: 'a', unit: 'samples' as const, hour: accountHour(START), delivered, refused: 0 }
  const [exact] = await ledger.lines(undefined, new Map([['historian', [row]]]))
  assert.deepEqual(exact?.destinations[0]?.dropped, { corrupt: holes - 5, 'not-told-apart': 5 })
  assert.equal(exact?.destinations[0]?.off, 0)
  await assert.rejects(ledger.lines({ from: START, to: START + (LEDGER_LIMITS.askedDays + 1) * DAY }, NO_WORDS), RangeError)
})

test('limits: of another log so many connections have names of their own, however its signals are named', async (t) => {
  const ledger = await open(await scratch(t))
  const [log, edge] = [new Log(), new Log('edge')]
  const names = Array.from({ length: LEDGER_LIMITS.connections + 1 }, (_, i) => `c${i}`)
  const sent = [edge.signals(names), edge.batch([0, LEDGER_LIMITS.connections - 1, LEDGER_LIMITS.connections])]
  await ledger.take([log.forward(sent)])
  const lines = await ledger.lines(undefined, NO_WORDS)
  assert.deepEqual(
    lines
      .filter(({ node }) => node === 'edge')
      .map(({ connection, read }) => [connection, read])
      .sort(),
    [
      ['', 1],
      ['c0', 1],
      [names.at(-2), 1],
    ],
  )
})

test('limits: of the gaps of another log, said or not, the newest are remembered; what was counted for the others stays counted', async (t) => {
  const directory = await scratch(t)
  const ledger = await open(directory)
  const [log, edge] = [new Log(), new Log('edge')]
  const gone: SpoolRecord[] = []
  const sent = [edge.signals(['a'])]
  for (let n = 0; n <= LEDGER_LIMITS.holes; n++) {
    gone.push(edge.batch([0]))
    sent.push(edge.batch([0]))
  }
  // Nobody says that one is missing: the running number does.
  for (const record of sent) await ledger.take([log.forward([record])])
  const dropped = async () =>
    (await ledger.lines(undefined, NO_WORDS)).find(({ connection }) => connection === '')?.destinations[0]?.dropped.missing
  assert.equal(await dropped(), LEDGER_LIMITS.holes + 1)
  await ledger.take([log.forward([gone[1] as SpoolRecord])])
  assert.equal(await dropped(), LEDGER_LIMITS.holes, 'the second is remembered, and not missing any more')
  await ledger.take([log.forward([gone[0] as SpoolRecord])])
  assert.equal(await dropped(), LEDGER_LIMITS.holes, 'the first is not')
  await ledger.take([log.forward([gone.at(-1) as SpoolRecord])])
  assert.equal(await dropped(), LEDGER_LIMITS.holes - 1)
})

test('samples that the log lost before anybody saw them are dropped for every destination, whether it is past the place or not, over a restart', async (t) => {
  for (const isPast of [false, true]) {
    const directory = await scratch(t)
    let ledger = await open(directory)
    const log = new Log()
    const before = [log.signals(['a']), log.batch([0, 0])]
    log.batch([0, 0, 0])
    const unread = { from: 3, to: 3, cause: 'corrupt' }
    const gap = { ...log.json('gap', unread), sequence: 3, seal: undefined } as unknown as SpoolRecord
    log.sequence = 3
    await ledger.take([...before, gap])
    ledger.miss('historian', unread)
    if (isPast) await ledger.advance('historian', 3)
    await ledger.save(START)
    ledger = await open(directory)
    await ledger.take([log.batch([0])])
    await ledger.advance('historian', 4)
    const lines = await ledger.lines(undefined, NO_WORDS)
    const of = (name: string) => lines.find(({ connection }) => connection === name)?.destinations[0]
    assert.deepEqual([of('')?.delivered, of('')?.dropped, of('')?.pending, of('')?.off], [0, { corrupt: 3 }, 0, 0])
    assert.deepEqual([of('a')?.delivered, of('a')?.dropped, of('a')?.off], [3, {}, 0])
  }
})

test('kinds of reasons leave out what differs from row to row', () => {
  assert.equal(
    reasonClass('priority is "urgent" where a number was expected; state is required and empty'),
    'priority is … where a number was expected',
  )
  assert.equal(reasonClass('the key has 513 characters, the limit is 512'), 'the key has # characters, the limit is #')
})

test('what a relay withholds of a record is no delivery: said again it counts once, over a restart, beyond the limit, and not of a record that is gone', async (t) => {
  const directory = await scratch(t)
  const ledger = await open(directory, ['link'])
  const [log, cell] = [new Log(), new Log('cell')]
  const dictionary = cell.signals(['a', 'b'])
  const [first, second] = [cell.batch([0, 0, 1]), cell.batch([1, 1])]
  const outer = [log.forward([dictionary, first]), log.forward([second])] as [SpoolRecord, SpoolRecord]
  await ledger.take(outer)
  ledger.withhold('link', outer[0], new Map([['conduit-cut', [first]]]))
  ledger.withhold('link', outer[0], new Map([['conduit-not-named', [first]]]))
  ledger.withhold('link', outer[1], new Map([['conduit-not-named', [second]]]))
  assert.equal(ledger.isWithheld('link', 1), true)
  await ledger.save(START)
  const again = await open(directory, ['link'])
  await again.advance('link', 1)
  again.withhold('link', outer[0], new Map([['conduit-cut', [first]]]))
  // Sent under a policy that permits it: nothing of it is withheld any more.
  again.withhold('link', outer[1], new Map())
  await again.advance('link', 2)
  const of = async (from: Ledger) =>
    Object.fromEntries(
      (await from.lines(undefined, NO_WORDS)).map(({ connection, destinations: [to] }) => [
        connection,
        [to?.delivered, to?.dropped, to?.pending, to?.off],
      ]),
    )
  assert.deepEqual(await of(again), { a: [0, { 'conduit-not-named': 2 }, 0, 0], b: [2, { 'conduit-not-named': 1 }, 0, 0] })

  const more: [SpoolRecord, SpoolRecord][] = []
  for (let n = 0; n < LEDGER_LIMITS.missed + 2; n++) {
    const inner = cell.batch([0])
    more.push([log.forward([inner]), inner])
  }
  await again.take(more.map(([record]) => record))
  for (const [record, inner] of more) again.withhold('link', record, new Map([['conduit-cut', [inner]]]))
  // Said again after they were joined, the last one too.
  for (const [record, inner] of [...more.slice(0, 3), ...more.slice(-1)])
    again.withhold('link', record, new Map([['conduit-cut', [inner]]]))
  await again.advance('link', log.sequence)
  assert.deepEqual((await of(again)).a, [0, { 'conduit-not-named': 2, 'conduit-cut': more.length }, 0, 0])

  const inner = cell.batch([1])
  const lost = log.forward([inner])
  await again.take([lost])
  again.withhold('link', lost, new Map([['conduit-cut', [inner]]]))
  again.miss('link', { from: lost.sequence, to: lost.sequence, cause: 'overflow' })
  await again.advance('link', log.sequence)
  assert.deepEqual((await of(again)).b, [2, { 'conduit-not-named': 1, overflow: 1 }, 0, 0])
})
