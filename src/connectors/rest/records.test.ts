import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { NotConnected } from '../../core/errors.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { testRunner } from '../../core/record-source.fixture.ts'
import type { RecordDelivery, Row } from '../../core/record-source.ts'
import { restConfig } from './config.ts'
import { REST_LIMITS } from './limits.ts'
import { RestRecords } from './records.ts'
import { createRestSimulator, type RestSimulatorOptions } from './simulator.ts'

const flight = (id: string, updated = '2026-11-27T08:00:00Z'): Row => ({ id, updated, gate: 'B12' })
const flights = (count: number) => Array.from({ length: count }, (_, i) => flight(`AF${String(i).padStart(4, '0')}`))

/** A system with rows, and a connected source of one feed that reads them. */
async function bench(t: TestContext, feed: object, options: Partial<RestSimulatorOptions> = {}, connection: object = {}) {
  const simulator = await createRestSimulator({ key: ['id'], rows: flights(25), pageSize: 10, ...options })
  const clock = new ManualClock(1_764_200_000_000_000)
  const runner = testRunner({ clock })
  const config = restConfig.parse({
    url: simulator.url,
    records: [{ record: 'flight', path: 'rows', rows: 'items', every: '10s', ...feed }],
    ...connection,
  })
  const make = async () => {
    const source = new RestRecords(config, runner.context)
    t.after(() => source.close())
    await source.connect(t.signal)
    return source
  }
  t.after(() => simulator.stop())
  const reading = async (source: RestRecords) => {
    const all: RecordDelivery[] = []
    await clock.advance(Math.max(0, source.nextReadMs() - clock.monotonicMs()))
    do all.push(await runner.next(source))
    while (source.nextReadMs() <= clock.monotonicMs())
    return all
  }
  return { simulator, clock, runner, make, reading, source: await make() }
}

const ids = (deliveries: readonly RecordDelivery[]) => deliveries.flatMap(({ rows }) => rows.map((row) => row.id))

for (const [name, paging] of Object.entries({
  'numbered pages': { page: 'page', size: 10 },
  'numbered pages, the last one short': { page: 'page', size: 10, until: 'short' },
  offset: { offset: 'offset', size: 7 },
  'a link in the answer': { next: 'next' },
  'a Link header': { next: 'Link header' },
}))
  test(`a snapshot over pages: ${name}`, async (t) => {
    const { reading, source } = await bench(t, { paging, snapshot: true })
    const all = await reading(source)
    assert.deepEqual(ids(all), ids([{ feed: 0, rows: flights(25) }]))
    assert.ok(all.length >= 3)
    assert.deepEqual(
      all.map(({ snapshot }) => snapshot?.last),
      all.map((_, i) => i === all.length - 1),
    )
  })

test('304 is an empty delivery that ends no snapshot; a change is read again', async (t) => {
  const { reading, simulator, source } = await bench(t, { snapshot: true }, { pageSize: 100 })
  assert.equal(ids(await reading(source)).length, 25)
  const quiet = await reading(source)
  assert.deepEqual([quiet[0]?.rows, quiet[0]?.snapshot], [[], undefined])
  assert.equal(simulator.asked.at(-1)?.status, 304)
  simulator.remove({ id: 'AF0003' })
  const changed = await reading(source)
  assert.equal(ids(changed).length, 24)
  assert.deepEqual(changed[0]?.snapshot, { last: true })
})

test('an answer that was not made durable is not taken for known', async (t) => {
  const { source } = await bench(t, {}, { pageSize: 100 })
  const lost = await source.read(t.signal)
  assert.equal(lost.rows.length, 25)
  await source.close()
  await source.connect(t.signal)
  assert.equal((await source.read(t.signal)).rows.length, 25)
})

test('a cursor: the highest value goes on, over a restart too', async (t) => {
  const feed = { cursor: { field: 'updated', parameter: 'since' }, paging: { next: 'next' } }
  const { make, reading, simulator, source, runner } = await bench(t, feed)
  assert.equal(ids(await reading(source)).length, 25)
  simulator.put(flight('AF9000', '2026-11-27T09:00:00Z'), flight('AF9001', '2026-11-27T09:30:00Z'))
  await source.close()
  const after = await make()
  const later = await reading(after)
  assert.ok(ids(later).includes('AF9001'))
  assert.deepEqual(ids(await reading(after)), ['AF9001'])
  assert.match(simulator.asked.at(-1)?.url ?? '', /since=2026-11-27T09:30:00Z/)
  assert.match(runner.cursors.get(0) ?? '', /09:30/)
})

test('a cursor that goes back a little finds rows that were written late', async (t) => {
  const { reading, simulator, source } = await bench(t, {
    cursor: { field: 'updated', parameter: 'since', overlap: '5min' },
    paging: { next: 'next' },
  })
  simulator.put(flight('AF9000', '2026-11-27T09:00:00Z'))
  await reading(source)
  simulator.put(flight('AF9001', '2026-11-27T08:56:00Z'), flight('AF9002', '2026-11-27T08:54:00Z'))
  assert.deepEqual(ids(await reading(source)), ['AF9000', 'AF9001'])
  assert.match(simulator.asked.at(-1)?.url ?? '', /since=2026-11-27T08:55:00.000Z/)
})

test('a cursor of a feed that was configured otherwise is not used', async (t) => {
  const { make, reading, source, runner } = await bench(t, { cursor: { field: 'updated', parameter: 'since' }, paging: { next: 'next' } })
  await reading(source)
  runner.cursors.set(0, (runner.cursors.get(0) ?? '').replace(/"mark":"[^"]*"/, '"mark":"other"'))
  assert.equal(ids(await reading(await make())).length, 25)
})

test('numbers beyond 2^53 are exact, as rows and as a cursor', async (t) => {
  const text = '{"items":[{"id":"a","seq":9007199254740993},{"id":"b","seq":9007199254740995}]}'
  const { reading, source, runner } = await bench(
    t,
    { path: 'fixed', cursor: { field: 'seq', parameter: 'since' } },
    { fixed: { '/fixed': text } },
  )
  assert.deepEqual(
    (await reading(source))[0]?.rows.map(({ seq }) => seq),
    ['9007199254740993', '9007199254740995'],
  )
  assert.equal(JSON.parse(runner.cursors.get(0) ?? '').value, '9007199254740995')
})

test('OData: pages of the server, filter by cursor, pages of the client', async (t) => {
  for (const pageSize of [undefined, 10]) {
    const feed = { path: 'odata/Flights', rows: '', paging: 'odata', cursor: { field: 'updated' }, ...(pageSize && { pageSize }) }
    const { reading, simulator, source } = await bench(t, feed)
    assert.deepEqual(ids(await reading(source)), ids([{ feed: 0, rows: flights(25) }]))
    simulator.put(flight('AF9000', '2026-11-27T09:00:00Z'))
    assert.equal(ids(await reading(source)).length, 26)
    assert.deepEqual(ids(await reading(source)), ['AF9000'])
    assert.match(simulator.asked.at(-1)?.url ?? '', /\$filter=updated%20ge%202026-11-27T09:00:00Z/)
  }
})

test('OData delta: a snapshot once, then changes and deletions; a forgotten link begins again', async (t) => {
  const { make, reading, simulator, source, runner } = await bench(t, { path: 'odata/Flights', rows: '', paging: 'odata', delta: true })
  const first = await reading(source)
  assert.equal(ids(first).length, 25)
  assert.deepEqual(
    first.map(({ snapshot }) => snapshot?.last),
    [false, false, true],
  )
  simulator.put(flight('AF9000'))
  simulator.remove({ id: 'AF0001' })
  const [changes] = await reading(await make())
  assert.deepEqual([changes?.rows, changes?.deleted, changes?.snapshot], [[flight('AF9000')], [{ id: 'AF0001' }], undefined])
  assert.match(runner.cursors.get(0) ?? '', /deltatoken=2/)
  simulator.failNext(410)
  const again = await reading(await make())
  assert.equal(ids(again).length, 25)
  assert.deepEqual(again.at(-1)?.snapshot, { last: true })
})

test('more rows than one delivery may have are split', async (t) => {
  const many = await bench(t, { snapshot: true }, { rows: flights(25_000), pageSize: 100_000 })
  const all = await many.reading(many.source)
  assert.deepEqual(
    all.map(({ rows, snapshot }) => [rows.length, snapshot?.last]),
    [
      [10_000, false],
      [10_000, false],
      [5_000, true],
    ],
  )
})

test('429 and 503: not connected, and the pause the server asks for', async (t) => {
  const { clock, simulator, source } = await bench(t, {})
  simulator.failNext(429, { 'retry-after': '120' })
  await assert.rejects(source.read(t.signal), (error) => error instanceof NotConnected && /answers 429/.test(error.message))
  assert.equal(source.nextReadMs() - clock.monotonicMs(), 120_000)
  await source.close()
  await source.connect(t.signal)
  assert.equal(source.nextReadMs() - clock.monotonicMs(), 120_000)
  simulator.failNext(503, { 'retry-after': new Date(clock.now() / 1000 + 60_000).toUTCString() })
  await assert.rejects(source.read(t.signal), /answers 503/)
  assert.ok(Math.abs(source.nextReadMs() - clock.monotonicMs() - 60_000) <= 1000)
  simulator.failNext(503, { 'retry-after': '99999999' })
  await assert.rejects(source.read(t.signal), /answers 503/)
  assert.equal(source.nextReadMs() - clock.monotonicMs(), REST_LIMITS.retryAfterMs)
})

test('a feed that fails leaves the others their turn', async (t) => {
  const simulator = await createRestSimulator({ key: ['id'], rows: flights(3) })
  t.after(() => simulator.stop())
  const feed = { record: 'flight', rows: 'items', every: '10s' }
  const config = restConfig.parse({
    url: simulator.url,
    records: [
      { ...feed, path: 'nothing-here' },
      { ...feed, path: 'rows' },
    ],
  })
  const source = new RestRecords(config, testRunner({ clock: new ManualClock(0) }).context)
  t.after(() => source.close())
  await source.connect(t.signal)
  await assert.rejects(source.read(t.signal), (error) => error instanceof NotConnected && /correct url and path/.test(error.hint ?? ''))
  await source.close()
  await source.connect(t.signal)
  const delivery = await source.read(t.signal)
  assert.deepEqual([delivery.feed, delivery.rows.length], [1, 3])
})
