import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MQTT_LIMITS } from '../limits.ts'
import { decodeBirth } from './decode-birth.ts'
import { decodeCommand } from './decode-command.ts'
import { encodeAliasFloats, encodePayload, type OutMetric } from './encode.ts'
import { data, metric, NOON_MS, nbirth, testHost } from './host.fixture.ts'
import { SparkplugType, type SparkplugTypeName } from './types.ts'
import { Malformed, WireReader } from './wire.ts'

const RUNS = process.env.ECLUSE_LONG === '1' ? 100_000 : 1_000
const TOPICS = ['NBIRTH', 'NDATA', 'NDEATH']
  .map((type) => `spBv1.0/g/${type}/n`)
  .concat(['DBIRTH', 'DDATA', 'DDEATH'].map((type) => `spBv1.0/g/${type}/n/d`))

/** A value of each type and what must come of it. */
const VALUES: readonly fc.Arbitrary<{ type: SparkplugTypeName; value: number | bigint | boolean | string | null; seen: unknown }>[] = [
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: 'Int8', value, seen: value })),
  fc.integer({ min: -32_768, max: 32_767 }).map((value) => ({ type: 'Int16', value, seen: value })),
  fc.integer().map((value) => ({ type: 'Int32', value, seen: value })),
  fc.maxSafeInteger().map((value) => ({ type: 'Int64', value, seen: value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => ({ type: 'Int64', value, seen: Number(value) })),
  fc.nat({ max: 255 }).map((value) => ({ type: 'UInt8', value, seen: value })),
  fc.nat({ max: 65_535 }).map((value) => ({ type: 'UInt16', value, seen: value })),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => ({ type: 'UInt32', value, seen: value })),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ type: 'UInt64', value, seen: Number(value) })),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: 'Float', value, seen: value })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ type: 'Double', value, seen: value })),
  fc.boolean().map((value) => ({ type: 'Boolean', value, seen: value })),
  fc.string({ unit: 'binary', maxLength: 40 }).map((value) => ({ type: 'String', value, seen: value })),
  fc.constant({ type: 'Double', value: null, seen: null }),
]
const anyMetrics = fc.array(
  fc.record({ of: fc.oneof(...VALUES), timeMs: fc.option(fc.integer({ min: NOON_MS - 1e10, max: NOON_MS }), { nil: undefined }) }),
  {
    maxLength: 30,
  },
)
const anyAliases = fc.uniqueArray(fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 2 ** 40 })), { minLength: 30, maxLength: 30 })

test('what is encoded is decoded: births by name, data by alias, every type, times and values exact', () => {
  fc.assert(
    fc.property(anyMetrics, anyAliases, (metrics, aliases) => {
      const { send, counters } = testHost()
      const outs = metrics.map(({ of, timeMs }, i): OutMetric => {
        const base = { name: `m${i}`, alias: aliases[i] as number, type: SparkplugType[of.type], value: of.value }
        return timeMs === undefined ? base : { ...base, timeMs }
      })
      const born = send('spBv1.0/g/NBIRTH/n', nbirth(outs))
      const changed = send(
        'spBv1.0/g/NDATA/n',
        data(
          1,
          outs.map(({ name: _, ...rest }) => rest),
        ),
      )
      const same = (got: unknown, wanted: unknown) =>
        assert.ok(Object.is(got, wanted) || got === wanted, `${String(got)} is not ${String(wanted)}`)
      for (const samples of [born, changed]) {
        assert.equal(samples.length, metrics.length)
        for (const [i, { of }] of metrics.entries()) same(samples[i]?.value, of.seen)
      }
      for (const [i, { timeMs }] of metrics.entries()) same(changed[i]?.time, (timeMs ?? NOON_MS + 1000) * 1000)
      assert.deepEqual(counters.dropped, {})
    }),
    { numRuns: RUNS },
  )
})

test('the quick encoder says the same as the careful one', () => {
  const values = Float32Array.from({ length: 300 }, (_, i) => i / 3)
  const careful = encodePayload({
    timeMs: NOON_MS,
    seq: 7,
    metrics: [...values].map((value, i) => ({ alias: 10 + i, type: SparkplugType.Float, value })),
  })
  assert.ok(careful.equals(encodeAliasFloats(NOON_MS, 7, values, 10)))
})

/** A host with something to confuse. */
function populated() {
  const host = testHost()
  const template = { name: 'T', alias: 3, type: SparkplugType.Template, value: [{ name: 'x', type: SparkplugType.Float, value: 1 }] }
  host.send('spBv1.0/g/NBIRTH/n', nbirth([metric('a', 0, 'Float', 1), metric('s', 1, 'String', 'x'), metric('i', 2, 'Int64', 1), template]))
  host.send('spBv1.0/g/DBIRTH/n/d', data(1, [metric('b', 4, 'Boolean', true)]))
  return host
}

const bytes = fc.uint8Array({ maxLength: 200 })
/** Sound messages with a few bytes overwritten, cut or repeated: they get further into the decoder than noise does. */
const damaged = fc
  .record({
    metrics: anyMetrics,
    named: fc.boolean(),
    edits: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 6 }),
    cut: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ metrics, named, edits, cut }) => {
    const outs = metrics.map(({ of }, i) => ({
      ...(named ? { name: `m${i}` } : {}),
      alias: i,
      type: SparkplugType[of.type],
      value: of.value,
      quality: i,
    }))
    const message = Buffer.from(nbirth(outs))
    for (const [at, byte] of edits) message[at % message.length] = byte
    return cut === undefined ? message : message.subarray(0, cut % (message.length + 1))
  })

test('no bytes whatever make the host throw, or leave half a message behind', () => {
  const host = populated()
  fc.assert(
    fc.property(fc.oneof(bytes, damaged), fc.constantFrom(...TOPICS), (payload, topic) => {
      const before = host.counters.dropped.undecodable ?? 0
      const got = host.send(topic, payload)
      if ((host.counters.dropped.undecodable ?? 0) > before) assert.deepEqual(got, [])
      for (const { value, status } of got) if (typeof value === 'number') assert.ok(Number.isFinite(value), status)
    }),
    { numRuns: RUNS },
  )
  assert.ok((host.counters.dropped.undecodable ?? 0) > 0, 'the noise was noise')
})

test('a message cut at any byte is either refused whole or sound', () => {
  const whole = nbirth([metric('a', 0, 'Float', 1), metric('s', 1, 'String', 'text', { quality: 192, unit: 'A' })])
  for (let length = 0; length < whole.length; length++) {
    const host = testHost()
    const got = host.send('spBv1.0/g/NBIRTH/n', whole.subarray(0, length))
    if (host.counters.dropped.undecodable) assert.deepEqual(got, [])
  }
})

test('nesting, lengths and wire types that lie', () => {
  const nest = (depth: number) => {
    // From the inside out, each level only its own head, so that ten thousand of them are made at once.
    const parts: Buffer[] = [Buffer.from([0x0a, 1, 0x78])]
    let size = 3
    for (let i = 0; i < depth; i++) {
      const member = head(2, size)
      const template = head(18, size + member.length)
      parts.push(member, template, Buffer.from([0x0a, 1, 0x78, 0x20, 19]))
      size += member.length + template.length + 5
    }
    return Buffer.concat([head(2, size), ...parts.reverse()])
  }
  const deep = [nest(10_000), nest(MQTT_LIMITS.templateDepth + 1)]
  const lies = [
    [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f],
    [0x12, 0x02, 0x0a, 0xff],
    [0x13],
    [0x14],
    [0x08, ...new Array(11).fill(0xff)],
    [0x12, 3, 0x65, 0, 0],
    [0x00],
    [0x12, 2, 0x10, 0x80],
  ]
  for (const payload of [...deep, ...lies.map((lie) => Buffer.from(lie))]) {
    const host = populated()
    assert.deepEqual(host.send('spBv1.0/g/NDATA/n', payload), [])
    assert.deepEqual(host.send('spBv1.0/g/NBIRTH/n', payload), [])
    assert.ok((host.counters.dropped.undecodable ?? 0) >= 1, payload.subarray(0, 12).toString('hex'))
  }
  assert.equal(populated().send('spBv1.0/g/NBIRTH/n', nest(MQTT_LIMITS.templateDepth - 1)).length > 0, true)
  const longName = { name: 'n'.repeat(MQTT_LIMITS.nameBytes + 1), type: SparkplugType.Float, value: 1 }
  assert.throws(() => decodeBirth(encodePayload({ metrics: [longName] })), Malformed)
})

function head(number: number, size: number): Buffer {
  const bytes: number[] = []
  for (const value of [(number << 3) | 2, size]) {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
    bytes.push(rest)
  }
  return Buffer.from(bytes)
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([head(number, content.length), content])
}

test('numbers at the edges of their widths', () => {
  const reader = new WireReader()
  for (const value of [0, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 1]) {
    reader.load(encodePayload({ timeMs: value, metrics: [] }).subarray(1))
    assert.equal(reader.uint(), value)
    reader.pos = 0
    reader.uint64()
    assert.equal(reader.unsigned, value)
  }
})

test('a rebirth request is one', () => {
  const ask = (value: boolean) => encodePayload({ metrics: [{ name: 'Node Control/Rebirth', type: SparkplugType.Boolean, value }] })
  assert.deepEqual([decodeCommand(ask(true)).rebirth, decodeCommand(ask(false)).rebirth], [true, false])
})

test('a compressed payload is refused with what to do', () => {
  const host = testHost()
  host.send('spBv1.0/g/NBIRTH/n', field(4, Buffer.from('SPBV1.0_COMPRESSED')))
  assert.match(host.counters.lastProblem ?? '', /switch compression off/)
})
