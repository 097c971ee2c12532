import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fact } from '../core/facts.ts'
import type { RecordVersion } from '../core/it-records.ts'
import type { AppendedContent, SpoolRecord } from '../core/spool.ts'
import { encodeContent } from '../core/stated-content.ts'
import { MOST_CHANGES, statedChanges } from './stated-changes.ts'

const record = (content: AppendedContent): SpoolRecord => ({
  ...{ node: 'n', epoch: 1, sequence: 1, kind: content.kind, recordedTime: 1, payload: encodeContent(content) },
})
const version = (key: string): RecordVersion => ({
  ...{ kind: 'flight', key, source: 'fids', validFrom: null, validTo: null, isDeleted: false, values: {} },
})
const fact = (key: string): Fact => ({
  ...{ definition: 'jam', type: 'event', version: '1', key, from: 0, to: null, values: {}, inputs: [], cause: 'first' },
})

test('what is told: each record and fact once, as many as have room', () => {
  const records = record({
    kind: 'records',
    records: { source: 'fids', feed: 0, versions: [version('1'), version('1'), version('2')], quarantined: [] },
  })
  assert.deepEqual(statedChanges([records, record({ kind: 'facts', facts: [fact('a')] })]), {
    records: [
      { kind: 'flight', key: '1' },
      { kind: 'flight', key: '2' },
    ],
    facts: [{ definition: 'jam', key: 'a' }],
    more: false,
  })
  const many = Array.from({ length: MOST_CHANGES + 1 }, (_, i) => fact(String(i)))
  const told = statedChanges([record({ kind: 'facts', facts: many })])
  assert.deepEqual([told?.facts.length, told?.more], [MOST_CHANGES, true])
})

test('samples alone are nothing to tell', () => {
  assert.equal(statedChanges([{ ...record({ kind: 'facts', facts: [] }), kind: 'gap', payload: Buffer.from('{}') }]), undefined)
  assert.equal(statedChanges([]), undefined)
})
