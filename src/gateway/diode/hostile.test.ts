import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { LIMITS } from '../../core/limits.ts'
import { silent } from '../../core/log.ts'
import { temporaryDirectory } from '../spool/harness.ts'
import { Codes } from './blocks.ts'
import { compress } from './compress.ts'
import { type Datagram, Sealer } from './datagram.ts'
import { GapMap, parseGapFile } from './gap-map.ts'
import { Intake, newIntakeCounters } from './intake.ts'
import { DIODE_LIMITS } from './limits.ts'
import { Cutter, encodeMessage, Joiner, MESSAGE_KINDS, type Message } from './message.ts'
import { diodeDefaults, parityTable } from './options.ts'
import { Window } from './window.ts'
import { helloOf, KEY, world } from './world.fixture.ts'

const CALM = { loss: 0, double: 0, late: 0 }
const shard = (block: number, more: Partial<Datagram> = {}): Datagram => {
  return { block, shard: 0, data: 2, parity: 1, blockBytes: 200, bytes: new Uint8Array(100), ...more }
}
const messageOf = (kind: Message['kind'], head: string, body: Uint8Array, bodyBytes: number): Message => {
  return { kind, head: new TextEncoder().encode(head), body, bodyBytes }
}

test('datagrams that are noise, changed, or well sealed nonsense: nothing is thrown, nothing is taken, memory stays bounded', async (t) => {
  const w = await world(t, 1, { ...CALM })
  const sealer = new Sealer(KEY, { sender: 1, boot: 5, salt: new Uint8Array(16) })
  const sealed = fc.record({
    block: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 47 })),
    data: fc.integer({ min: 1, max: 64 }),
    parity: fc.nat(20),
    shard: fc.nat(80),
    length: fc.integer({ min: 0, max: 1400 }),
    noise: fc.nat(255),
  })
  const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 1500 }), sealed), fc.option(fc.nat()), (what, flip) => {
    let bytes: Uint8Array
    if (what instanceof Uint8Array) bytes = what
    else {
      const { length, noise, ...numbers } = what
      bytes = sealer.seal({ ...numbers, blockBytes: length * numbers.data, bytes: new Uint8Array(length).fill(noise) })
      if (flip !== null) bytes[flip % bytes.length] = (bytes[flip % bytes.length] as number) ^ 1
    }
    w.receiving.now.onDatagram(bytes, 'hostile')
    assert.ok(w.receiving.now.heldBytes <= DIODE_LIMITS.windowBytes + DIODE_LIMITS.waitingBytes)
  })
  fc.assert(property, { numRuns: 8000 })
  await w.clock.advance(5000)
  const { datagrams, foreign, forged, records } = w.receiving.now.counters
  assert.equal(datagrams, 8000)
  assert.ok(foreign > 1000 && forged > 1000, `${foreign} ${forged}`)
  assert.deepEqual([records, w.hub.records.length], [0, 0])
  const link = w.makeLink()
  await link.connect(helloOf(w.edge.spool), new AbortController().signal)
  const { unknownSender } = w.receiving.now.counters
  w.receiving.now.onDatagram(new Sealer(KEY, { sender: 2, boot: 5, salt: new Uint8Array(16) }).seal(shard(1)), 'other')
  assert.equal(w.receiving.now.counters.unknownSender, unknownSender + 1)
  const closing = link.close()
  await w.clock.advance(500)
  await closing
})

test('well sealed messages that are nonsense end with themselves', async (t) => {
  const w = await world(t, 1, { ...CALM })
  const hello = async () =>
    messageOf(
      'hello',
      '',
      await compress(json({ ...helloOf({ node: 'edge-1', epoch: 1 }), sent: [] })),
      json({ ...helloOf({ node: 'edge-1', epoch: 1 }), sent: [] }).length,
    )
  const counters = newIntakeCounters()
  const intake = new Intake({
    ...{ peer: { node: 'edge-1', address: '', mayForward: false }, gaps: w.gaps, clock: w.clock, log: silent, counters, after: undefined },
    reception: () => ({
      open: async () => ({ node: 'hub', time: 0, streams: [] }),
      take: async () => assert.fail('taken'),
      show() {},
      close() {},
      importMissing: async () => assert.fail('imported'),
      refused() {},
    }),
  })
  intake.put(await hello())
  const body = new Uint8Array(40)
  const packed = await compress(body)
  const head = JSON.stringify({ node: 'edge-1', epoch: 1, explainedBy: 0 })
  const nonsense = [
    messageOf('records', '{', packed, 40),
    messageOf('records', '[]', packed, 40),
    messageOf('records', JSON.stringify({ node: 'x'.repeat(LIMITS.nodeLength + 1), epoch: 1, explainedBy: 0 }), packed, 40),
    messageOf('records', head, body, 40),
    messageOf('records', head, packed, 39),
    messageOf('records', head, packed, 40),
    messageOf('records', head, await compress(new Uint8Array(240)), 240),
    messageOf('show', JSON.stringify({ node: 'edge-1', epoch: 1, upTo: 1 }), packed, 40),
    messageOf('hello', '', packed, 40),
    messageOf('dictionaries', JSON.stringify({ node: 'edge-1', epoch: 1, explainedBy: 1 }), packed, 40),
    messageOf('dictionaries', head, packed, DIODE_LIMITS.dictionariesBytes + 1),
    messageOf(
      'dictionaries',
      JSON.stringify({ node: 'n', epoch: 1, explainedBy: 1, parts: DIODE_LIMITS.dictionariesParts + 1 }),
      packed,
      40,
    ),
  ]
  for (const message of nonsense) intake.put(message)
  const bomb = await compress(new Uint8Array(2 ** 20))
  intake.put(messageOf('hello', '', bomb, 10))
  await intake.close()
  assert.equal(counters.unreadable, nonsense.length + 1)
})

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

test('a sender that names too many streams is refused', async (t) => {
  const w = await world(t, 1, { ...CALM })
  const counters = newIntakeCounters()
  const intake = new Intake({
    ...{ peer: { node: 'edge-1', address: '', mayForward: true }, gaps: w.gaps, clock: w.clock, log: silent, counters, after: undefined },
    reception: () => ({
      open: async () => ({ node: 'hub', time: 0, streams: [] }),
      take: async () => ({ node: '', epoch: 0, sequence: 0 }),
      show() {},
      close() {},
      importMissing: async () => {},
      refused() {},
    }),
  })
  for (const from of [0, 1]) {
    const sent = Array.from({ length: LIMITS.streams }, (_, epoch) => ({ node: 'n', epoch: from + epoch, sequence: 0, explainedBy: 0 }))
    const body = json({ ...helloOf({ node: 'edge-1', epoch: 1 }), sent })
    intake.put(messageOf('hello', '', await compress(body), body.length))
  }
  await intake.close()
  assert.deepEqual([counters.refused, counters.unreadable], [1, 0])
})

test('messages beyond the room for those that wait are given up and counted', async (t) => {
  const w = await world(t, 1, { ...CALM })
  const counters = newIntakeCounters()
  const gate = Promise.withResolvers<void>()
  const intake = new Intake({
    ...{
      peer: { node: 'edge-1', address: '', mayForward: false },
      gaps: w.gaps,
      clock: w.clock,
      log: silent,
      counters,
      after: gate.promise,
    },
    reception: () => assert.fail('opened'),
  })
  const body = randomFillSync(new Uint8Array(2 ** 20))
  for (let i = 0; i < 70; i++) intake.put(messageOf('records', '', body, 1))
  assert.ok(intake.waitingBytes <= DIODE_LIMITS.waitingBytes)
  assert.equal(counters.overflow, 70 - DIODE_LIMITS.waitingBytes / 2 ** 20)
  gate.resolve()
  await intake.close()
})

test('the window: blocks in order, the oldest given up when it must move on, old ones not taken', () => {
  const window = new Window(1, new Codes(), 1000)
  for (const block of [2, 1]) {
    window.add(shard(block), 0)
    window.add(shard(block, { shard: 1 }), 0)
  }
  assert.deepEqual(
    window.take(0).map((turn) => turn.length),
    [200, 200],
  )
  window.add(shard(4), 10)
  window.add(shard(4, { shard: 1 }), 10)
  window.add(shard(3), 500)
  assert.deepEqual(window.take(1499), [])
  assert.deepEqual(
    window.take(1500).map((turn) => turn.length),
    ['lost'.length, 200],
  )
  window.add(shard(5, { data: 3, blockBytes: 300 }), 0)
  window.add(shard(5), 0)
  assert.equal(window.counters.contradicting, 1)
  window.add(shard(5 + DIODE_LIMITS.windowBlocks), 0)
  assert.deepEqual(window.take(0), ['lost'])
  window.add(shard(2 ** 46), 0)
  window.add(shard(70), 0)
  assert.equal(window.counters.stale, 1)
  window.add(shard(2 ** 46 - DIODE_LIMITS.windowBlocks), 0)
  assert.equal(window.counters.surplus, 1)
  const wide = new Window(1, new Codes(), 1000)
  for (let block = 1; block <= DIODE_LIMITS.windowBlocks; block++)
    for (let i = 0; i < 63; i++) wide.add({ block, shard: i, data: 64, parity: 0, blockBytes: 64 * 8900, bytes: new Uint8Array(8900) }, 0)
  assert.ok(wide.bytes <= DIODE_LIMITS.windowBytes)
  assert.ok(wide.take(0).length > 0)
})

test('codes whose tables are kept are the last ones used', () => {
  const codes = new Codes()
  const first = codes.get(1, 1)
  assert.equal(codes.get(1, 1), first)
  for (let i = 0; i < DIODE_LIMITS.codes; i++) codes.get(2, i)
  assert.notEqual(codes.get(1, 1), first)
})

test('messages come out of blocks however they are cut, and find their way after a lost block', () => {
  const message = fc.record({
    kind: fc.constantFrom(...MESSAGE_KINDS),
    head: fc.uint8Array({ maxLength: 30 }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  const property = fc.property(
    fc.array(message, { maxLength: 20 }),
    fc.integer({ min: 30, max: 400 }),
    fc.infiniteStream(fc.nat(9)),
    (messages, size, dice) => {
      const cutter = new Cutter(size)
      const joiner = new Joiner()
      const blocks = messages.flatMap((one) => {
        const full = cutter.add(encodeMessage({ ...one, bodyBytes: one.body.length }))
        return dice.next().value === 0 ? [...full, ...cutter.flush()] : full
      })
      blocks.push(...cutter.flush())
      assert.ok(blocks.every((block) => block.length <= size))
      const lines = (all: readonly Pick<Message, 'kind' | 'head' | 'body'>[]) =>
        all.map(({ kind, head, body }) => `${kind} ${head} ${body}`)
      assert.deepEqual(lines(blocks.flatMap((block) => joiner.add(block))), lines(messages))
      const gappy = new Joiner()
      const some = blocks.flatMap((block) => {
        if (dice.next().value !== 1) return gappy.add(block)
        gappy.skip()
        return []
      })
      assert.equal(gappy.malformed, 0)
      const rest = lines(messages)
      for (const line of lines(some)) {
        const at = rest.indexOf(line)
        assert.ok(at >= 0, 'a message that was never sent')
        rest.splice(0, at + 1)
      }
    },
  )
  fc.assert(property, { numRuns: 300 })
})

test('a message over the limit, with a wrong checksum or of no kind is counted, and what follows is found', () => {
  const good = encodeMessage(messageOf('records', 'x', new Uint8Array(3), 3))
  const blockOf = (message: Uint8Array) => new Cutter(2000).add(message).concat()[0] ?? flushed(message)
  const flushed = (message: Uint8Array) => {
    const cutter = new Cutter(2000)
    cutter.add(message)
    return cutter.flush()[0] as Uint8Array
  }
  const bend = (offset: number, value: number) => {
    const bytes = good.slice()
    new DataView(bytes.buffer).setUint32(offset, value, true)
    return bytes
  }
  for (const bad of [bend(0, 9), bend(8, DIODE_LIMITS.messageBytes), bend(12, DIODE_LIMITS.messageBytes + 1), bend(16, 0)]) {
    const joiner = new Joiner()
    assert.deepEqual(joiner.add(blockOf(bad)), [])
    assert.equal(joiner.malformed, 1)
    assert.equal(joiner.add(blockOf(good)).length, 1)
  }
  const joiner = new Joiner()
  assert.deepEqual(joiner.add(new Uint8Array(2)), [])
  assert.equal(joiner.malformed, 1)
})

test('gaps: declared once, filled exactly, kept over a start, joined when there are too many', async (t) => {
  const path = join(await temporaryDirectory(t), 'gaps.json')
  const gaps = await GapMap.open(path)
  const of = { node: 'a', epoch: 1 }
  const gap = (from: number, to: number) => ({ ...of, from, to, cause: 'diode-loss', time: 5 })
  await gaps.declare(gap(10, 20))
  await gaps.declare(gap(15, 25))
  await gaps.declare(gap(12, 13))
  await gaps.noteBoot(7, 99)
  assert.deepEqual(gaps.gaps(), [gap(10, 25)])
  await gaps.fill(of, [12, 10, 30])
  const reopened = await GapMap.open(path)
  assert.deepEqual(reopened.gaps(), [gap(11, 11), gap(13, 25)])
  assert.equal(reopened.bootOf(7), 99)
  assert.deepEqual(reopened.missing(of, [9, 10, 11, 12, 13, 25, 26]), [11, 13, 25])
  assert.deepEqual(reopened.missing({ node: 'a', epoch: 2 }, [11]), [])
  await assert.rejects(
    writeFile(path, '{"version":1,"boots":[],"gaps":[{"node":"a"}]}').then(() => GapMap.open(path)),
    /not a list of gaps/,
  )
  assert.throws(() => parseGapFile(new Uint8Array(DIODE_LIMITS.gapFileBytes + 1), path), /the limit is/)
  const many = Array.from({ length: DIODE_LIMITS.gaps }, (_, i) => gap(i * 10 + (i === 5 ? -1 : 1), i * 10 + 4))
  await writeFile(`${path}.2`, JSON.stringify({ version: 1, boots: [], gaps: many }))
  const crowded = await GapMap.open(`${path}.2`)
  await crowded.declare(gap(1_000_000, 1_000_000))
  assert.equal(crowded.gaps().length, DIODE_LIMITS.gaps)
  assert.deepEqual(crowded.missing(of, [44, 45, 46, 49, 55]), [44, 45, 46, 49], 'the two nearest became one')
  for (let epoch = 0; epoch <= DIODE_LIMITS.forked; epoch++) await gaps.noteForked({ node: 'a', epoch })
  const forked = await GapMap.open(path)
  assert.deepEqual(
    [0, 1, DIODE_LIMITS.forked].map((epoch) => forked.isForked({ node: 'a', epoch })),
    [false, true, true],
    'beyond the limit the oldest is forgotten',
  )
})

test('settings out of their bounds are refused', () => {
  assert.equal(parityTable(diodeDefaults)[32], 16)
  for (const change of [{ datagramBytes: 575 }, { datagramBytes: 8973 }, { dataShards: 0 }, { dataShards: DIODE_LIMITS.dataShards + 1 }])
    assert.throws(() => parityTable({ ...diodeDefaults, ...change }), RangeError)
})
