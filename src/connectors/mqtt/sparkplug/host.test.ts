import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MQTT_LIMITS } from '../limits.ts'
import { EdgeNode } from './edge-node.ts'
import { encodePayload } from './encode.ts'
import { data, metric, NOON_MS, nbirth, ndeath, testHost } from './host.fixture.ts'
import { Rebirths } from './rebirths.ts'
import { SparkplugType } from './types.ts'

const N = (type: string) => `spBv1.0/T2/${type}/edge`
const D = (type: string, device = 'gate') => `spBv1.0/T2/${type}/edge/${device}`
const short = (all: { signal: string; value: unknown; status: string; reasons: readonly string[] }[]) =>
  all.map(({ signal, value, status, reasons }) => [signal.replace(/^t\/T2\/edge\//, ''), value, status, ...reasons])
const float = (alias: number, value: number) => ({ alias, type: SparkplugType.Float, value })

const dropped = (counters: { dropped: Record<string, number> }, reason: string) => counters.dropped[reason]

test('a birth names signals, data goes by alias, times are the device’s', () => {
  const { send, context } = testHost()
  assert.deepEqual(short(send(N('NBIRTH'), nbirth([metric('Motor 1/Current', 7, 'Float', 1.5, { unit: 'A' })]))), [
    ['Motor-1/Current', 1.5, 'Good'],
  ])
  const [sample] = send(N('NDATA'), encodePayload({ timeMs: NOON_MS + 5, seq: 1, metrics: [{ ...float(7, 2.5), timeMs: NOON_MS + 3 }] }))
  assert.deepEqual([sample?.value, sample?.time], [2.5, (NOON_MS + 3) * 1000])
  assert.equal(send(N('NDATA'), data(2, [float(7, 3)]))[0]?.time, (NOON_MS + 1000) * 1000)
  assert.equal(context.signals.at(0)?.unit, 'A')
  assert.equal(context.signals.at(0)?.address, 'T2/edge//Motor 1/Current')
})

test('every type that can be a sample, with its signs and limits', () => {
  const { send } = testHost()
  const values = [
    metric('i8', 0, 'Int8', -5),
    metric('i16', 1, 'Int16', -300),
    metric('i32', 2, 'Int32', -70_000),
    metric('i64', 3, 'Int64', -5_000_000_000),
    metric('u8', 4, 'UInt8', 200),
    metric('u32', 5, 'UInt32', 4_000_000_000),
    metric('u64', 6, 'UInt64', 2 ** 52),
    metric('f', 7, 'Float', 0.5),
    metric('d', 8, 'Double', Math.PI),
    metric('b', 9, 'Boolean', true),
    metric('s', 10, 'String', 'é'),
    metric('t', 11, 'DateTime', NOON_MS),
    metric('uuid', 12, 'UUID', 'x-1'),
  ]
  const wanted = [
    -5,
    -300,
    -70_000,
    -5_000_000_000,
    200,
    4_000_000_000,
    2 ** 52,
    0.5,
    Math.PI,
    true,
    'é',
    '2026-03-02T08:00:00.000Z',
    'x-1',
  ]
  assert.deepEqual(
    send(N('NBIRTH'), nbirth(values)).map(({ value }) => value),
    wanted,
  )
  const again = send(
    N('NDATA'),
    data(
      1,
      values.map(({ name: _, ...rest }) => rest),
    ),
  )
  assert.deepEqual(
    again.map(({ value, status }) => [value, status]),
    wanted.map((value) => [value, 'Good']),
  )
})

test('what is abnormal about one metric stays with it', () => {
  const { send, counters } = testHost()
  const born = send(
    N('NBIRTH'),
    nbirth([
      metric('null', 0, 'Float', null),
      metric('nan', 1, 'Double', Number.NaN),
      metric('huge', 2, 'UInt64', 2n ** 60n + 1n),
      metric('bad', 3, 'Float', 1, { quality: 0 }),
      metric('stale', 4, 'Float', 2, { quality: 500 }),
      metric('good', 5, 'Float', 3, { quality: 192 }),
      metric('old', 6, 'Float', 4, { historical: true, timeMs: NOON_MS - 60_000 }),
      metric('passing', 7, 'Float', 5, { transient: true }),
      metric('1970', 8, 'Float', 6, { timeMs: 0 }),
    ]),
  )
  assert.deepEqual(short(born), [
    ['null', null, 'BadNoData', 'no-value'],
    ['nan', null, 'BadOutOfRange', 'not-a-number'],
    ['huge', 2 ** 60, 'Uncertain', 'precision-lost'],
    ['bad', null, 'Bad', 'sparkplug-quality-bad'],
    ['stale', 2, 'UncertainNoCommunicationLastUsableValue', 'sparkplug-stale'],
    ['good', 3, 'Good'],
    ['old', 4, 'Good', 'historical'],
    ['passing', 5, 'Good', 'transient'],
    ['1970', 6, 'Uncertain', 'epoch-1970', 'source-time-implausible'],
  ])
  const misfit = send(N('NDATA'), data(1, [{ alias: 5, type: SparkplugType.String, value: 'no number' }, float(6, 1)]))
  assert.deepEqual(short(misfit), [
    ['good', null, 'BadTypeMismatch', 'type-mismatch'],
    ['old', 1, 'Good'],
  ])
  assert.deepEqual(counters.dropped, {})
})

test('templates are flattened; datasets, bytes and arrays are refused by name', () => {
  const { send, counters } = testHost()
  const motor = (speed: number) => ({
    name: 'Motor',
    alias: 0,
    type: SparkplugType.Template,
    value: [metric('Speed', -1, 'Float', speed), metric('On', -1, 'Boolean', true)].map(({ alias: _, ...rest }) => rest),
  })
  const dataset = Buffer.from([0x12, 0x0a, 0x0a, 0x02, 0x44, 0x53, 0x10, 0x05, 0x20, 0x10, 0x38, 0x01])
  const born = send(N('NBIRTH'), Buffer.concat([nbirth([motor(10)]), dataset]))
  assert.deepEqual(short(born), [
    ['DS', null, 'BadTypeMismatch', 'dataset-refused'],
    ['Motor/Speed', 10, 'Good'],
    ['Motor/On', true, 'Good'],
  ])
  assert.match(counters.lastProblem ?? '', /DS: a value of type DataSet is refused/)
  const { name: _, ...byAlias } = motor(11)
  assert.deepEqual(short(send(N('NDATA'), data(1, [byAlias]))), [
    ['Motor/Speed', 11, 'Good'],
    ['Motor/On', true, 'Good'],
  ])
})

test('a device dies and returns; the death of the node takes all with it, unless it is of an earlier session', () => {
  const { send } = testHost()
  send(N('NBIRTH'), nbirth([metric('load', 0, 'Float', 1)], { bdSeq: 4 }))
  send(D('DBIRTH'), data(1, [metric('docked', 1, 'Boolean', true)]))
  send(D('DBIRTH', 'other'), data(2, [metric('docked', 2, 'Boolean', true)]))
  const [dead, ...more] = send(D('DDEATH'), data(3, []))
  assert.deepEqual(short(dead ? [dead] : []), [['gate/docked', null, 'BadNoCommunication', 'sparkplug-device-death']])
  assert.equal(dead?.time, (NOON_MS + 1000) * 1000, 'the time of a device’s death is the one in the message')
  assert.equal(more.length, 0)
  assert.deepEqual(short(send(D('DDATA', 'other'), data(4, [{ alias: 2, type: SparkplugType.Boolean, value: false }]))), [
    ['other/docked', false, 'Good'],
  ])
  assert.deepEqual(short(send(D('DBIRTH'), data(5, [metric('docked', 1, 'Boolean', true)]))), [['gate/docked', true, 'Good']])
  assert.deepEqual(send(N('NDEATH'), ndeath(3)), [])
  const gone = send(N('NDEATH'), ndeath(4))
  assert.equal(gone.length, 3)
  assert.ok(gone.every(({ status, reasons }) => status === 'BadNoCommunication' && reasons[0] === 'sparkplug-node-death'))
})

test('a gap in the numbers is counted, makes what follows uncertain until the rebirth, and asks for it once per interval', () => {
  const { send, counters, sent, pass } = testHost()
  send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1)], { seq: 255 }))
  assert.deepEqual(short(send(N('NDATA'), data(0, [float(0, 2)]))), [['a', 2, 'Good']], '255 is followed by 0')
  assert.deepEqual(short(send(N('NDATA'), data(4, [float(0, 3)]))), [['a', 3, 'Uncertain', 'sparkplug-sequence-gap']])
  assert.equal(counters.dropped['sequence-gap'], 3)
  assert.deepEqual(sent, [])
  pass(0)
  assert.deepEqual(sent, ['spBv1.0/T2/NCMD/edge'])
  send(N('NDATA'), data(5, [float(0, 4)]))
  pass(4_000)
  assert.equal(sent.length, 1, 'not twice within the interval')
  pass(1_000)
  assert.equal(sent.length, 2)
  send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 5)]))
  assert.deepEqual(short(send(N('NDATA'), data(1, [float(0, 6)]))), [['a', 6, 'Good']])
})

test('data before a birth and unknown aliases are counted and asked about; the rest goes on', () => {
  const { send, counters, sent, pass } = testHost()
  assert.deepEqual(send(N('NDATA'), data(1, [float(0, 2)])), [])
  assert.deepEqual(counters.dropped, { 'before-birth': 1 })
  pass(0)
  assert.equal(sent.length, 1)
  send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1), metric('b', 70_000, 'Float', 1)]))
  const mixed = send(N('NDATA'), data(1, [float(0, 2), float(9, 9), float(70_000, 3), float(99_999_999, 1)]))
  assert.deepEqual(short(mixed), [
    ['a', 2, 'Good'],
    ['b', 3, 'Good'],
  ])
  assert.equal(dropped(counters, 'unknown-metric'), 2)
})

test('an alias of another device, or given twice, writes nothing to the wrong signal', () => {
  const { send, counters } = testHost()
  send(N('NBIRTH'), nbirth([]))
  send(D('DBIRTH', 'one'), data(1, [metric('x', 1, 'Float', 1)]))
  const two = send(D('DBIRTH', 'two'), data(2, [metric('y', 1, 'Float', 2), metric('z', 2, 'Float', 3)]))
  assert.deepEqual(short(two), [['two/z', 3, 'Good']])
  assert.match(counters.lastProblem ?? '', /name or alias 1 is taken/)
  assert.deepEqual(send(D('DDATA', 'two'), data(3, [float(1, 9)])), [])
  assert.deepEqual(short(send(D('DDATA', 'one'), data(4, [float(1, 9)]))), [['one/x', 9, 'Good']])
})

test('what a new birth no longer has becomes Bad, and its alias means nothing any more', () => {
  const { send } = testHost()
  send(N('NBIRTH'), nbirth([]))
  send(D('DBIRTH'), data(1, [metric('a', 1, 'Float', 1), metric('b', 2, 'Float', 2)]))
  assert.deepEqual(short(send(D('DBIRTH'), data(2, [metric('a', 3, 'Float', 5)]))), [
    ['gate/a', 5, 'Good'],
    ['gate/b', null, 'BadNoCommunication', 'sparkplug-metric-gone'],
  ])
  assert.deepEqual(send(D('DDATA'), data(3, [float(1, 9), float(2, 9)])), [])
  assert.deepEqual(short(send(D('DDATA'), data(4, [float(3, 9)]))), [['gate/a', 9, 'Good']])
})

test('after a restart the known nodes are asked, and are dead when they do not answer; devices missing from a rebirth too', () => {
  const before = testHost()
  before.send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1)]))
  before.send(D('DBIRTH'), data(1, [metric('b', 1, 'Float', 1)]))
  before.send('spBv1.0/T2/NBIRTH/other', nbirth([metric('c', 0, 'Float', 1)]))
  const { host, pass, sent, send } = testHost({}, before.context)
  host.connected()
  pass(0)
  pass(1_000)
  assert.deepEqual(sent.toSorted(), ['spBv1.0/T2/NCMD/edge', 'spBv1.0/T2/NCMD/other'])
  assert.deepEqual(short(send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1)]))), [['a', 1, 'Good']])
  const late = pass(12_000)
  assert.deepEqual(late.map(({ signal, status, reasons }) => [signal, status, reasons[0]]).sort(), [
    ['t/T2/edge/gate/b', 'BadNoCommunication', 'sparkplug-no-birth'],
    ['t/T2/other/c', 'BadNoCommunication', 'sparkplug-no-birth'],
  ])
  assert.deepEqual(pass(60_000), [], 'said once')
})

test('only what the file accepts: groups, nodes, devices, listed metrics, their own ids', () => {
  const globs = testHost({ groups: ['T2/edge/gate*', 'Z'] })
  assert.deepEqual(globs.send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1)])), [])
  assert.equal(globs.send(D('DBIRTH'), data(1, [metric('b', 1, 'Float', 1)])).length, 1)
  assert.deepEqual(globs.send(D('DBIRTH', 'pump'), data(2, [metric('b', 2, 'Float', 1)])), [])
  assert.deepEqual(globs.send(D('DDATA', 'pump'), data(3, [float(2, 1)])), [])
  assert.deepEqual(globs.send('spBv1.0/X/NDATA/n', data(1, [])), [])
  assert.deepEqual(globs.counters.dropped, {})
  const listed = testHost({ discover: false, signals: [{ metric: 'T2/edge//a', id: 'mine/a', unit: 'A', range: [0, 1] }] })
  const born = listed.send(N('NBIRTH'), nbirth([metric('a', 0, 'Float', 1, { unit: 'V' }), metric('b', 1, 'Float', 1)]))
  assert.deepEqual(
    born.map(({ signal }) => signal),
    ['t/mine/a'],
  )
  assert.equal(listed.context.signals.at(0)?.unit, 'A', 'the file outranks the birth')
  assert.equal(listed.context.signals.at(0)?.sourceUnit, 'V', 'and the birth is kept beside it')
  assert.deepEqual(
    listed.send(N('NDATA'), data(1, [float(0, 0.5), float(1, 7)])).map(({ value }) => value),
    [0.5],
  )
  assert.deepEqual(listed.counters.dropped, {})
})

test('two metrics with one id: the second is refused with its reason', () => {
  const { send, counters } = testHost()
  assert.equal(send(N('NBIRTH'), nbirth([metric('a b', 0, 'Float', 1), metric('a-b', 1, 'Float', 2)])).length, 1)
  assert.match(counters.lastProblem ?? '', /T2\/edge\/\/a-b: its id t\/T2\/edge\/a-b belongs to T2\/edge\/\/a b/)
})

test('limits: nodes, devices, metrics of a message', () => {
  const { send, counters } = testHost()
  for (let i = 0; i <= MQTT_LIMITS.nodes; i++) send(`spBv1.0/T2/NBIRTH/n${i}`, nbirth([]))
  assert.deepEqual(counters.dropped, { 'too-many-nodes': 1 })
  for (let i = 0; i <= MQTT_LIMITS.devices; i++) send(`spBv1.0/T2/DBIRTH/n0/d${i}`, data((i + 1) & 255, []))
  assert.equal(dropped(counters, 'too-many-devices'), 1)
  send('spBv1.0/T2/NBIRTH/n1', nbirth([metric('a', 0, 'Boolean', true)]))
  const many = Buffer.alloc((MQTT_LIMITS.messageSamples + 1) * 6, Buffer.from([0x12, 4, 0x10, 0, 0x70, 1]))
  assert.deepEqual(send('spBv1.0/T2/NDATA/n1', many), [])
  assert.equal(dropped(counters, 'undecodable'), 1)
})

test('limits: metrics of a node, aliases that are looked up directly, births asked for in a second', () => {
  const node = new EdgeNode('g', 'n')
  for (let i = 0; i < MQTT_LIMITS.metrics; i++) assert.notEqual(node.add(node.self, `m${i}`, i, 0, -1), undefined)
  assert.equal(node.add(node.self, 'more', 0, 0, -1), undefined)
  node.forget()
  for (const alias of [MQTT_LIMITS.directAlias - 1, MQTT_LIMITS.directAlias, 2 ** 40]) {
    const slot = node.add(node.self, `${alias}`, 0, 0, alias)
    assert.equal(node.slotOf(alias), slot)
    assert.ok(node.direct.length <= MQTT_LIMITS.directAlias)
  }
  const asked: string[] = []
  const rebirths = new Rebirths({ publish: (topic) => asked.push(topic), wallMs: () => NOON_MS, intervalMs: 1e6, timeoutMs: 1e6 })
  for (let i = 0; i < 3 * MQTT_LIMITS.rebirthsPerSecond; i++) rebirths.ask('g', `n${i}`)
  rebirths.tick(0)
  assert.equal(asked.length, MQTT_LIMITS.rebirthsPerSecond)
  rebirths.tick(1_000)
  assert.equal(asked.length, 2 * MQTT_LIMITS.rebirthsPerSecond)
})
