import { compileGlob } from '../src/api/match.ts'
import { Refusal } from '../src/api/problem.ts'
import { modbusConfig } from '../src/connectors/modbus/config.ts'
import { decode, decoderOf } from '../src/connectors/modbus/decode.ts'
import { cutRtu, cutTcp, type ReadRequest, readContent } from '../src/connectors/modbus/frame.ts'
import { plainConfig } from '../src/connectors/mqtt/config.ts'
import { contextFor } from '../src/connectors/mqtt/context.fixture.ts'
import { PacketGate } from '../src/connectors/mqtt/packet-gate.ts'
import { PlainTopics } from '../src/connectors/mqtt/plain.ts'
import { Redelivered, receiptFor } from '../src/connectors/mqtt/redelivered.ts'
import { decodeBirth } from '../src/connectors/mqtt/sparkplug/decode-birth.ts'
import { decodeCommand } from '../src/connectors/mqtt/sparkplug/decode-command.ts'
import { data, metric, nbirth, testHost } from '../src/connectors/mqtt/sparkplug/host.fixture.ts'
import { readState } from '../src/connectors/mqtt/sparkplug/state.ts'
import { parseTopic } from '../src/connectors/mqtt/sparkplug/types.ts'
import { Malformed } from '../src/connectors/mqtt/sparkplug/wire.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import { decodeBatch, encodeBatch } from '../src/core/batch-codec.ts'
import type { Fact } from '../src/core/facts.ts'
import { decodeForwarded, encodeForwarded } from '../src/core/forwarded.ts'
import type { RecordBatch } from '../src/core/it-records.ts'
import { ReasonSets } from '../src/core/reasons.ts'
import { parseRecord } from '../src/core/record-content.ts'
import { RECORD_KINDS, type RecordKind } from '../src/core/spool.ts'
import { encodeContent } from '../src/core/stated-content.ts'
import { Status } from '../src/core/status.ts'
import { parseTime } from '../src/core/time.ts'
import { encodeSegmentHeader, SEGMENT_HEADER, sealRecord } from '../src/gateway/spool/layout.ts'
import { scanSegment } from '../src/gateway/spool/scan.ts'
import { follow, parsePath } from '../src/lib/json-path.ts'

/** One reader of bytes from outside, and true messages of which mutants are made. */
export interface Parser {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  /** Errors that it says it throws. */
  readonly throws?: readonly (abstract new (
    ...args: never
  ) => Error)[]
  /** Makes a fresh reader: what it remembers of earlier messages is part of what is tried. */
  make(): (bytes: Buffer) => unknown
}

type Errors = NonNullable<Parser['throws']>

const NOW = parseTime('2026-03-02T08:00:00Z')
const text = (value: string): Buffer => Buffer.from(value)
const json = (value: unknown): Buffer => text(JSON.stringify(value))
const plain = (name: string, throws: Errors, seeds: readonly Uint8Array[], parse: (bytes: Buffer) => unknown): Parser => ({
  ...{ name, throws, seeds },
  make: () => parse,
})

/** Every parser that takes bytes from outside. A new one is one line here. */
export const parsers = (): readonly Parser[] => [
  sparkplugHost(),
  plain('Sparkplug birth', [Malformed], sparkplugSeeds(), decodeBirth),
  plain('Sparkplug command', [Malformed], sparkplugSeeds(), decodeCommand),
  plain('Sparkplug STATE', [], [json({ online: true, timestamp: 1 })], readState),
  plain('Sparkplug topic', [], [text('spBv1.0/g/DDATA/n/d'), text('spBv1.0/STATE/h')], (bytes) => parseTopic(bytes.toString())),
  packetGate(),
  plainTopics(),
  plain('JSON path', [], [text('$.a["b"].c[0]'), text('sensors[0].t')], (bytes) =>
    follow({ a: [{ b: 1 }] }, parsePath(bytes.toString()) ?? []),
  ),
  plain('MQTT receipts', [], [receipt()], receipts),
  modbusTcp(),
  modbusRtu(),
  plain('batch', [RangeError], batches(), decodeBatch),
  plain('forwarded records', [RangeError, SyntaxError], [forwarded()], decodeForwarded),
  ...records(),
  segment(),
  plain('glob of the API', [Refusal], [text('**/line-{1,2}/*/m?'), text('a/[bc]/**')], (bytes) =>
    compileGlob(bytes.toString())('t/line-1/m1'),
  ),
  plain('time', [], [text('2026-03-02T08:00:00.123456Z'), text('2026-03-02T08:00:00+05:30')], (bytes) => parseTime(bytes.toString())),
]

function sparkplugSeeds(): Buffer[] {
  return [
    nbirth([
      metric('a', 1, 'Double', 1.5),
      metric('b', 2, 'Int64', 7),
      metric('Node Control/Rebirth', 3, 'Boolean', false),
      metric('s', 4, 'String', 'text'),
    ]),
    data(1, [
      { alias: 1, type: 10, value: 2.5 },
      { alias: 2, type: 4, value: 8 },
    ]),
  ]
}

/** What it is sent it must count, not throw. */
function sparkplugHost(): Parser {
  const types = ['NBIRTH', 'NDATA', 'NDEATH', 'DBIRTH', 'DDATA', 'DDEATH']
  return {
    name: 'Sparkplug host',
    seeds: sparkplugSeeds(),
    make: () => {
      const { send } = testHost()
      send('spBv1.0/g/NBIRTH/n', sparkplugSeeds()[0] as Buffer)
      let n = 0
      return (bytes) => {
        const type = types[n++ % types.length] as string
        return send(`spBv1.0/g/${type}/n${type.startsWith('D') ? '/d' : ''}`, bytes)
      }
    },
  }
}

function packetGate(): Parser {
  const publish = Buffer.concat([Buffer.of(0x32, 9, 0, 1, 0x61, 0, 7), text('data')])
  return {
    name: 'MQTT packets',
    throws: [RangeError],
    seeds: [Buffer.concat([publish, Buffer.of(0xd0, 0), publish]), Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61)],
    make: () => (bytes) => {
      const gate = new PacketGate(64, () => undefined)
      gate.pass(bytes.subarray(0, bytes.length >> 1))
      return gate.pass(bytes.subarray(bytes.length >> 1))
    },
  }
}

function plainTopics(): Parser {
  const signals = [
    { id: 'n', topic: 'x' },
    { id: 'j', topic: 'x', jsonPath: 'a[0].v', timestamp: { jsonPath: 't', format: 'iso' } },
    { id: 'b', topic: 'x', jsonPath: 'b', dataType: 'boolean' },
    { id: 's', topic: 'x', dataType: 'text' },
  ]
  return {
    name: 'MQTT payloads: text and JSON',
    seeds: [text('21.5'), json({ a: [{ v: 1.25 }], t: '2026-03-02T08:00:00Z', b: true })],
    make: () => {
      const config = plainConfig.parse({ url: 'mqtt://127.0.0.1', format: 'plain', signals })
      const topics = new PlainTopics({ config, context: contextFor(), counters: { dropped: {} } })
      return (bytes) => topics.handle('x', bytes, false, new BatchBuilder(), NOW)
    },
  }
}

const message = (id: number) => ({ topic: 't', payload: text(`payload ${id}`), id, retain: false, dup: true })

function receipt(): Uint8Array {
  return receiptFor('s', [1, 2, 3].map(message)) as Uint8Array
}

function receipts(bytes: Buffer): unknown {
  return new Redelivered('s', [{ receivedTime: NOW, bytes }], 2).take(message(1))
}

const request: ReadRequest = { unitId: 1, table: 'holding-register', address: 0, count: 12 }

function modbusDecoding(pdu: Buffer): void {
  const content = readContent(pdu, request)
  if (!('data' in content)) return
  const target = { into: new BatchBuilder(), reasons: new ReasonSets(), data: content.data, time: NOW, scratch: Buffer.alloc(8) }
  const { signals, ...defaults } = modbusConfig.parse({
    host: '127.0.0.1',
    signals: [
      { id: 'a', table: 'holding-register', address: 0, type: 'float64' },
      { id: 'b', table: 'holding-register', address: 4, type: 'int64', wordOrder: 'little' },
      { id: 'c', table: 'holding-register', address: 8, type: 'text', length: 8 },
    ],
  })
  signals.forEach((signal, i) => {
    decode(target, decoderOf(signal, defaults), i, i * 4)
  })
}

function modbusTcp(): Parser {
  const pdu = Buffer.concat([Buffer.of(3, 24), Buffer.alloc(24, 0x42)])
  const seeds = [Buffer.concat([Buffer.of(0, 1, 0, 0, 0, pdu.length + 1, 1), pdu]), Buffer.of(0, 1, 0, 0, 0, 3, 1, 0x83, 2)]
  return plain('Modbus TCP answer', [], seeds, (bytes) => {
    const cut = cutTcp(bytes)
    if (cut && 'frame' in cut) modbusDecoding(cut.frame.pdu)
  })
}

function modbusRtu(): Parser {
  return plain(
    'Modbus RTU answer',
    [],
    [Buffer.concat([Buffer.of(1, 3, 24), Buffer.alloc(26, 0x42)]), Buffer.of(1, 0x83, 2, 0xc0, 0xf1)],
    (bytes) => {
      const cut = cutRtu(bytes, request)
      if (cut && 'frame' in cut) modbusDecoding(cut.frame.pdu)
    },
  )
}

function batches(): Uint8Array[] {
  const rich = new BatchBuilder(8)
  for (let i = 0; i < 8; i++) rich.push(i * 70_000, NOW + i * 1.5, i / 3, i % 2 ? Status.Uncertain : 0, i)
  rich.setText(rich.push(1, NOW, Number.NaN, 0), 'a text')
  const lean = new BatchBuilder(4)
  for (let i = 0; i < 4; i++) lean.push(i, NOW + i, 5, 0)
  return [encodeBatch({ ...rich.build(NOW), receipt: receipt() }), encodeBatch(lean.build(NOW))]
}

function forwarded(): Uint8Array {
  const seal = { samples: 9, signals: 3, reasonSets: 1, hash: new Uint8Array(32).fill(7) }
  const record = (kind: RecordKind, sequence: number, payload: Uint8Array) => ({
    ...{ node: 'edge-1', epoch: 1, sequence, kind, recordedTime: NOW, payload, seal },
  })
  const records = [record('signals', 1, dictionary.signals), record('batch', 2, batches()[0] as Uint8Array)]
  return encodeForwarded({ node: 'edge-1', epoch: 1, via: 'relay-1', certificate: 'ab', records })
}

const RECORDS: RecordBatch = {
  source: 'erp',
  feed: 0,
  versions: [
    {
      kind: 'order',
      key: '7',
      source: 'erp',
      validFrom: NOW,
      validTo: null,
      isDeleted: false,
      values: { id: '7', count: 3, isOpen: true, note: null },
    },
  ],
  quarantined: [{ kind: 'order', source: 'erp', reason: 'count: a number was expected', row: '{"count":"many"}' }],
  released: ['9.0'],
  cursor: '2026-01-01',
}

const FACT: Fact = {
  ...{
    definition: 'jams',
    type: 'join',
    version: 'ab12',
    key: '7',
    equipment: 'line-1',
    from: NOW,
    to: null,
    toleranceUs: 5,
    cause: 'first',
  },
  values: { jams: { value: 2, unit: '1', status: 0, coverage: 0.9, reasons: ['coverage'] } },
  inputs: [
    { signal: 't/a', from: NOW, to: NOW + 1, samples: 2, newestIngest: 9 },
    { record: 'order', key: '7', source: 'erp', revision: 1 },
    { fact: 'jam', key: '1', revision: 1 },
  ],
}

const dictionary: Record<Exclude<RecordKind, 'batch' | 'forwarded'>, Uint8Array> = {
  signals: json([[0, { id: 't/a', connection: 'c', address: 'a', dataType: 'number', unit: 'A' }]]),
  reasons: json({ first: 1, sets: [['range@1'], ['spike', 'late']] }),
  config: json({ version: 'v1', loadedTime: NOW }),
  gap: json({ from: 3, to: 9, cause: 'overflow', samples: 12 }),
  streams: json([{ node: 'edge-1', epoch: 1, sequence: 4, hash: 'ab'.repeat(32) }]),
  records: encodeContent({ kind: 'records', records: RECORDS }),
  facts: encodeContent({ kind: 'facts', facts: [FACT] }),
  account: encodeContent({ kind: 'account', account: { connection: 'c', unit: 'samples', dropped: { flood: 3 } } }),
  root: encodeContent({ kind: 'root', root: { hour: 0, from: 1, to: 9, root: '0'.repeat(64) } }),
}

function records(): Parser[] {
  return RECORD_KINDS.filter((kind) => kind !== 'batch' && kind !== 'forwarded').map((kind) =>
    plain(`record: ${kind}`, [RangeError, SyntaxError], [dictionary[kind]], (bytes) => parseRecord(kind, bytes)),
  )
}

/** A whole segment of three records, read as a starting node reads it. */
function segment(): Parser {
  const salt = 0x5a5a5a5a
  const header = encodeSegmentHeader({
    ...{ node: 'edge-1', epoch: 1, ordinal: 1, firstSequence: 1, createdTime: NOW, samples: 0, signals: 0, reasonSets: 1 },
    ...{ previousHash: new Uint8Array(32), salt },
  })
  let hash: Uint8Array = new Uint8Array(32)
  let samples = 0
  const parts = [dictionary.signals, ...batches()].flatMap((payload, i) => {
    samples += i === 0 ? 0 : i === 1 ? 9 : 4
    const kind = i === 0 ? 'signals' : 'batch'
    const sealed = sealRecord({ kind, sequence: i + 1, recordedTime: NOW, samples, signals: 1, reasonSets: 1 }, payload, hash, salt)
    hash = sealed.hash
    return sealed.buffers
  })
  return plain('spool segment', [], [Buffer.concat([header, ...parts])], async (bytes) => {
    const file = {
      read: async (into: Uint8Array, position: number) => bytes.copy(into, 0, position, position + into.length),
      ...{ write: refuse, sync: refuse, size: async () => bytes.length, truncate: refuse, close: async () => undefined },
    }
    const chain = { sequence: 0, samples: 0, hash: new Uint8Array(32) }
    const range = { offset: SEGMENT_HEADER, chain, end: bytes.length, lastSequence: Number.POSITIVE_INFINITY, salt }
    for await (const found of scanSegment(file, range))
      for (const one of found) if (one.what === 'record' && one.frame.kind === 'batch') decodeBatch(one.frame.payload)
  })
}

const refuse = async (): Promise<never> => {
  throw new Error('reading only')
}
