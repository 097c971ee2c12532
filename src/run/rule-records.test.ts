import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordKind, RecordVersion } from '../core/it-records.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { encodeContent } from '../core/stated-content.ts'
import { RecordWindows } from '../qualify/index.ts'
import { RuleRecords } from './rule-records.ts'

const kind: RecordKind = {
  ...{
    name: 'order',
    key: ['id'],
    validity: { from: 'start', to: 'end' },
    equipment: { field: 'at' },
    authority: { default: ['erp', 'cmms'] },
  },
  fields: Object.fromEntries(['id', 'at', 'state', 'start', 'end'].map((field) => [field, { type: 'text', required: false }])),
}
const order = (source: string, key: string, at: string, more: Partial<RecordVersion> = {}): RecordVersion => {
  return { kind: 'order', key, source, validFrom: 100, validTo: 200, isDeleted: false, values: { id: key, at, state: 'open' }, ...more }
}

function following(history: MemoryHistory) {
  const windows = new RecordWindows('s', { maintenance: [{ record: 'order', signals: '**' }], calibration: [] })
  const told = new Map<string, string>()
  windows.tell = (_kind, key, window) => void (window ? told.set(key, `${window.place} ${window.from}-${window.to}`) : told.delete(key))
  const placeOf = ({ values }: RecordVersion) => (values.at === 'nowhere' ? undefined : String(values.at))
  const records = new RuleRecords({ windows, kinds: new Map([['order', kind]]), placeOf, now: () => 1_000 })
  const arrive = (...versions: RecordVersion[]) => {
    const content = { kind: 'records', records: { source: 'erp', feed: 0, versions, quarantined: [] } } as const
    const record: SpoolRecord = { node: 'n', epoch: 1, sequence: 1, kind: 'records', recordedTime: 1, payload: encodeContent(content) }
    records.absorb(record)
  }
  return { told, arrive, load: () => records.load(history) }
}

test('what is stored, and what comes after it, by the source that counts; without what is gone, takes no time or is nowhere', async () => {
  const history = new MemoryHistory()
  for (let i = 0; i < 2_500; i++) history.record(order('cmms', `k${i}`, `belt-${i}`))
  history.record(order('erp', 'k0', 'belt-x'))
  const { told, arrive, load } = following(history)
  await load()
  assert.equal(told.size, 2_500)
  assert.deepEqual([told.get('k0'), told.get('k2499')], ['belt-x 100-200', 'belt-2499 100-200'])
  arrive(order('erp', 'k1', 'belt-1', { isDeleted: true }), order('cmms', 'k2', 'belt-2', { validTo: 100 }), order('cmms', 'k3', 'nowhere'))
  assert.deepEqual(
    ['k1', 'k2', 'k3'].map((key) => told.has(key)),
    // The other source still has it: what is deleted comes after what is not.
    [true, false, false],
  )
  arrive(order('cmms', 'k1', 'belt-1', { isDeleted: true }), order('erp', 'k2', 'belt-2', { validTo: null }))
  assert.equal(told.has('k1'), false)
  assert.match(told.get('k2') ?? '', /^belt-2 100-\d{16,}$/)
})
