import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EquipmentNames, equipmentConfig } from './equipment.ts'
import type { RecordKind, RecordVersion } from './it-records.ts'
import { isOnePlace, placeOfRecord, systemOf } from './record-place.ts'

const aliases = [
  { system: 'mes', name: 'L1' },
  { system: 'sap', name: 'PKG-0001' },
]
const names = new EquipmentNames(equipmentConfig.parse({ 'pack/line-1': { level: 'work-center', aliases } }))
const equipment = { field: 'line', system: 'mes', systems: { erp: 'sap' } }
const order: RecordKind = { name: 'order', key: ['id'], fields: {}, equipment, authority: {} }
const told = (source: string, line: string): RecordVersion => ({
  ...{ kind: 'order', key: '1', source, validFrom: 0, validTo: null, isDeleted: false, values: { line } },
})

test('each connection names equipment as its own system does', () => {
  const placeOf = placeOfRecord(new Map([['order', order]]), names, () => 0)
  assert.equal(placeOf(told('mes', 'L1')), 'pack/line-1')
  assert.equal(placeOf(told('erp', 'PKG-0001')), 'pack/line-1')
  assert.equal(placeOf(told('erp', 'L1')), undefined, 'a name of another system')
  assert.equal(placeOf(told('constructor', 'L1')), 'pack/line-1', 'whose system nobody said')
  assert.equal(systemOf({ field: 'line' }, 'erp'), undefined)
  assert.equal(isOnePlace(told('mes', 'L1'), told('erp', 'PKG-0001'), placeOf), true)
  assert.equal(isOnePlace(told('mes', 'L9'), told('erp', 'PKG-0009'), placeOf), false, 'nobody knows')
})
