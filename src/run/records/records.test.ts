import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NotConnected } from '../../core/errors.ts'
import type { RecordBatch, RecordKind, RecordVersion, StoredVersion } from '../../core/it-records.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { RecordDelivery, RecordSource, Row } from '../../core/record-source.ts'
import { type AppendedContent, SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import { encodeContent } from '../../core/stated-content.ts'
import { parseTime } from '../../core/time.ts'
import { BackOff } from '../../lib/back-off.ts'
import { Drops } from '../drops.ts'
import { HealthRecord } from '../health.ts'
import { RecordBook } from './book.ts'
import { runRecords } from './run.ts'

const START = parseTime('2026-11-27T08:00:00Z')

const order: RecordKind = {
  name: 'order',
  key: ['id'],
  fields: { id: { type: 'text', required: true }, state: { type: 'text', required: true }, from: { type: 'time', required: false } },
  validity: { from: 'from' },
  authority: {},
}

/** A log in memory, and what it says of records. */
class MemoryLog {
  readonly log: SpoolRecord[] = []
  isFull = false

  async appendContent(content: AppendedContent): Promise<SpoolRecord> {
    if (this.isFull) throw new SpoolFull('no room')
    const record: SpoolRecord = {
      ...{ node: 'n', epoch: 1, sequence: this.log.length + 1, kind: content.kind, recordedTime: START },
      payload: encodeContent(content),
    }
    this.log.push(record)
    return record
  }

  get batches(): RecordBatch[] {
    return this.log.flatMap((record) => {
      const content = parseRecord(record.kind, record.payload)
      return content.kind === 'records' ? [content.records] : []
    })
  }

  get newest(): Map<string, RecordVersion> {
    return new Map(this.batches.flatMap(({ versions }) => versions).map((version) => [version.key, version]))
  }

  /** What is there now, as `id=state`. */
  get standing(): string[] {
    return [...this.newest.values()].filter(({ isDeleted }) => !isDeleted).map(({ key, values }) => `${key}=${values.state}`)
  }
}

type Step = RecordDelivery | Error

/** Runs a source that plays these steps, then ends. */
async function play(log: MemoryLog, steps: Step[], book = new RecordBook('erp')) {
  const clock = new ManualClock(START)
  const stop = new AbortController()
  const health = new HealthRecord({ name: 'erp', kind: 'test', endpoint: 'here' }, clock)
  const counts = { rows: 0, known: 0, versions: 0, deleted: 0, quarantined: 0, blurred: 0 }
  const source: RecordSource = {
    counters: { dropped: {} },
    connect: async () => undefined,
    close: async () => undefined,
    read: async () => {
      const step = steps.shift()
      if (step instanceof Error) throw step
      if (step) return step
      stop.abort()
      throw new NotConnected('over')
    },
  }
  const lastVersions = async ({ keys }: { keys?: readonly string[] }) =>
    [...log.newest.values()].filter(({ key }) => keys?.includes(key)) as StoredVersion[]
  const running = runRecords({
    drops: new Drops('erp', 'rows', () => ({})),
    ...{ source, health, clock, book, counts, spool: log, lastVersions, log: silent, stop: stop.signal, random: () => 0 },
    ...{ feeds: [{ record: 'order' }], kinds: new Map([['order', order]]), backOff: new BackOff(1, 1, () => 0) },
  })
  while (!stop.signal.aborted) {
    await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(100)
  }
  await running
  return { counts, health, book }
}

const rows = (...list: [id: string, state: string][]): Row[] => list.map(([id, state]) => ({ id, state }))
const changes = (...list: [id: string, state: string][]): RecordDelivery => ({ feed: 0, rows: rows(...list) })
const part = (last: boolean, ...list: [id: string, state: string][]): RecordDelivery => ({ ...changes(...list), snapshot: { last } })

test('a row that says nothing new makes no version; every change does', async () => {
  const log = new MemoryLog()
  const { counts } = await play(log, [
    changes(['1', 'open'], ['2', 'open']),
    changes(['1', 'open'], ['2', 'closed'], ['2', 'open'], ['2', 'open']),
  ])
  assert.deepEqual(
    log.batches.map(({ versions }) => versions.map(({ key, values }) => `${key}=${values.state}`)),
    [
      ['1=open', '2=open'],
      ['2=closed', '2=open'],
    ],
  )
  assert.deepEqual(counts, { rows: 6, known: 2, versions: 4, deleted: 0, quarantined: 0, blurred: 0 })
})

test('what a whole snapshot leaves out is deleted, with its last values; what comes back is a new version', async () => {
  const log = new MemoryLog()
  await play(log, [
    part(false, ['1', 'open']),
    part(true, ['2', 'open']),
    part(true, ['2', 'open']),
    part(true, ['1', 'open'], ['2', 'open']),
  ])
  const first = log.batches.flatMap(({ versions }) => versions).filter(({ key }) => key === '1')
  assert.deepEqual(
    first.map(({ isDeleted, values }) => [isDeleted, values.state]),
    [
      [false, 'open'],
      [true, 'open'],
      [false, 'open'],
    ],
  )
})

test('a snapshot that breaks off deletes nothing, nor does one with a row whose key nobody can read', async () => {
  const log = new MemoryLog()
  const { counts } = await play(log, [
    part(true, ['1', 'open'], ['2', 'open']),
    part(false, ['1', 'open']),
    new NotConnected('the line dropped'),
    { feed: 0, rows: [{ id: '1', state: 'open' }, { state: 'lost its id' }], snapshot: { last: true } },
  ])
  assert.deepEqual(log.standing, ['1=open', '2=open'])
  assert.deepEqual([counts.blurred, counts.quarantined], [1, 1])
})

test('a malformed row of a known key goes to quarantine once, and is not taken for deleted', async () => {
  const log = new MemoryLog()
  const broken: RecordDelivery = {
    feed: 0,
    rows: [
      { id: '1', state: 'open' },
      { id: '2', state: null },
    ],
    snapshot: { last: true },
  }
  const { counts, health } = await play(log, [part(true, ['1', 'open'], ['2', 'open']), broken, broken])
  assert.deepEqual(log.standing, ['1=open', '2=open'])
  assert.deepEqual(
    log.batches.flatMap(({ quarantined }) => quarantined),
    [{ kind: 'order', source: 'erp', reason: 'state is required and empty', row: '{"id":"2","state":null}' }],
  )
  assert.equal(counts.known, 1 + 1 + 1, 'order 1 twice, the malformed row once')
  assert.match(health.lastError?.message ?? '', /1 rows went to quarantine: state is required/)
})

test('deletions by key, also of a record of the same delivery; of one that is not there nothing is said', async () => {
  const log = new MemoryLog()
  await play(log, [
    { ...changes(['1', 'open'], ['2', 'open']), deleted: [{ id: '2' }, { id: '9' }] },
    { feed: 0, rows: [], deleted: [{ id: '1' }] },
  ])
  assert.deepEqual(
    log.batches
      .flatMap(({ versions }) => versions)
      .map(({ key, isDeleted, values }) => `${key} ${values.state}${isDeleted ? ' deleted' : ''}`),
    ['1 open', '2 open', '2 open deleted', '1 open deleted'],
  )
})

test('the acknowledgement waits for the disk, and a full spool loses nothing', async () => {
  const log = new MemoryLog()
  log.isFull = true
  let acknowledged = 0
  const delivery: RecordDelivery = {
    ...changes(['1', 'open']),
    cursor: 'c1',
    ack: () => {
      acknowledged = log.log.length
    },
  }
  setTimeout(() => {
    log.isFull = false
  }, 20)
  const { book } = await play(log, [delivery])
  assert.equal(acknowledged, 1)
  assert.equal(book.cursor(0), 'c1')
})

test('whatever is delivered, however often and cut in whatever way, the history ends with what the source has', async () => {
  const state = fc.constantFrom('open', 'closed', 'held')
  const table = fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5'), state)
  const turn = fc.record({ table, cut: fc.nat(5), breaksOff: fc.boolean(), restart: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 8 }), async (turns) => {
      const log = new MemoryLog()
      let book = new RecordBook('erp')
      for (const { table: now, cut, breaksOff, restart } of [...turns, { ...(turns.at(-1) as (typeof turns)[0]), breaksOff: false }]) {
        const all = Object.entries(now)
        const steps: Step[] = [part(false, ...all.slice(0, cut)), breaksOff ? new NotConnected('cut') : part(true, ...all.slice(cut))]
        await play(log, steps, book)
        if (!restart) continue
        book = new RecordBook('erp')
        for (const record of log.log) book.absorb(record)
      }
      const last = turns.at(-1)?.table ?? {}
      assert.deepEqual(
        log.standing.sort(),
        Object.entries(last)
          .map(([id, value]) => `${id}=${value}`)
          .sort(),
      )
      const versions = log.batches.flatMap((batch) => batch.versions)
      for (const key of Object.keys(last)) {
        const said = versions.filter((version) => version.key === key).map(({ isDeleted, values }) => (isDeleted ? 'gone' : values.state))
        assert.ok(
          said.every((one, i) => one !== said[i - 1]),
          'no version repeats the one before',
        )
      }
    }),
    { numRuns: 150 },
  )
})
