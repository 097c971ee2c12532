import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchBuilder } from './batch.ts'
import { encodeBatch } from './batch-codec.ts'
import { encodeForwarded } from './forwarded.ts'
import { LIMITS } from './limits.ts'
import { recordKindsConfig, toRecordKinds } from './record-kinds.ts'
import { judgeRow, rowText } from './record-row.ts'
import type { SpoolRecord } from './spool.ts'
import { encodeContent } from './stated-content.ts'

/** What is at the limit is taken, one more is not. */
const at = (limit: number, take: (count: number) => unknown) => {
  assert.doesNotThrow(() => take(limit))
  assert.throws(() => take(limit + 1), RangeError)
}

const version = { kind: 'order', key: 'k', source: 'erp', validFrom: null, validTo: null, isDeleted: false, values: {} }
const records = (one: object, aside: object[] = []) =>
  encodeContent({ kind: 'records', records: { source: 'erp', feed: 0, versions: [{ ...version, ...one }], quarantined: aside } } as never)
const fact = (one: object) =>
  encodeContent({
    kind: 'facts',
    facts: [
      {
        ...{ definition: 'd', type: 'kpi', version: '1', key: 'k', from: 0, to: 1, cause: 'first', values: {}, inputs: [] },
        ...one,
      },
    ],
  } as never)
const many = <T>(count: number, one: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => one(i))
const named = <T>(count: number, value: T) => Object.fromEntries(many(count, (i) => [`f${i}`, value]))

test('what IT records and facts may hold in a log', () => {
  at(LIMITS.recordFields, (count) => records({ values: named(count, 1) }))
  at(LIMITS.fieldText, (length) => records({ values: { a: 'x'.repeat(length) } }))
  at(LIMITS.keyLength, (length) => records({ key: 'x'.repeat(length) }))
  at(LIMITS.quarantinedRow, (length) => records({}, [{ kind: 'order', source: 'erp', reason: 'r', row: 'x'.repeat(length) }]))
  at(LIMITS.factValues, (count) => fact({ values: named(count, { value: 1, status: 0, coverage: 1 }) }))
  at(LIMITS.factInputs, (count) => fact({ inputs: many(count, (i) => ({ fact: 'd', key: `${i}`, revision: 1 })) }))
})

test('what a row of a source may hold: it is set aside with its reason, and as much of it is kept', () => {
  const kind = toRecordKinds(recordKindsConfig.parse({ order: { key: ['id'], fields: { id: {}, text: {} } } })).get('order')
  assert.ok(kind)
  const judged = (row: object) => Object.keys(judgeRow(row as never, kind, {}, 'erp'))[0]
  assert.equal(judged({ id: 'x'.repeat(LIMITS.keyLength), text: 'x'.repeat(LIMITS.fieldText) }), 'version')
  assert.equal(judged({ id: 'x'.repeat(LIMITS.keyLength + 1) }), 'malformed')
  assert.equal(judged({ id: 'x', text: 'x'.repeat(LIMITS.fieldText + 1) }), 'malformed')
  assert.equal(rowText({ text: 'x'.repeat(LIMITS.quarantinedRow) }).length, LIMITS.quarantinedRow)
  const fields = (count: number) => recordKindsConfig.safeParse({ order: { key: ['f0'], fields: named(count, {}) } }).success
  assert.deepEqual([LIMITS.recordFields, LIMITS.recordFields + 1].map(fields), [true, false])
  const systems = (count: number) =>
    recordKindsConfig.safeParse({ order: { key: ['id'], fields: { id: {} }, equipment: { field: 'id', systems: named(count, 'sap') } } })
      .success
  assert.deepEqual([LIMITS.recordSystems, LIMITS.recordSystems + 1].map(systems), [true, false])
})

test('a batch, and records that are forwarded together, fit in one record of a log', () => {
  const builder = new BatchBuilder()
  builder.push(0, 1, 1, 0)
  const with_ = (bytes: number) => encodeBatch({ ...builder.build(1), receipt: new Uint8Array(bytes) })
  const around = with_(0).length
  at(LIMITS.batchBytes, (bytes) => assert.equal(with_(bytes - around).length, bytes))
  const seal = { samples: 0, signals: 0, reasonSets: 0, hash: new Uint8Array(32) }
  const record = (bytes: number): SpoolRecord => ({
    ...{ node: 'n', epoch: 1, sequence: 1, kind: 'batch', recordedTime: 0, seal },
    payload: new Uint8Array(bytes),
  })
  const forwarded = (bytes: number) => encodeForwarded({ node: 'n', epoch: 1, records: [record(bytes)] } as never)
  const head = forwarded(0).length
  assert.doesNotThrow(() => forwarded(LIMITS.recordBytes - head))
  assert.throws(() => forwarded(LIMITS.recordBytes - head + 8), RangeError)
})
