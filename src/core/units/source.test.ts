import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameUnitText, unitsDisagree } from './compare.ts'
import { REC20_NAMESPACE as namespaceUri, unitIdOf } from './rec20.ts'
import { unitIdFor, unitOfSource } from './source.ts'

test('an EUInformation means its Rec 20 code, else its display name, else what it says', () => {
  const cel = unitIdOf('CEL')
  assert.equal(unitOfSource({ namespaceUri, unitId: cel, displayName: '°C' }), 'Cel')
  assert.equal(unitOfSource({ namespaceUri, unitId: cel, displayName: 'Grad' }), 'Cel')
  assert.equal(unitOfSource({ namespaceUri, unitId: cel, displayName: undefined }), 'Cel')
  assert.equal(unitOfSource({ namespaceUri: 'urn:maker', unitId: cel, displayName: 'm³/h' }), 'm3/h')
  assert.equal(unitOfSource({ namespaceUri, unitId: -1, displayName: 'kWh' }), 'kW.h')
  assert.equal(unitOfSource({ namespaceUri, unitId: unitIdOf('BAR'), displayName: 'barg' }), 'bar{gauge}')
  assert.equal(unitOfSource({ namespaceUri, unitId: unitIdOf('BAR'), displayName: 'psig' }), 'bar')
  assert.equal(unitOfSource({ namespaceUri, unitId: -1, displayName: 'Blurp' }), 'Blurp')
  assert.equal(unitOfSource({ namespaceUri, unitId: -1, displayName: 'x'.repeat(65) }), undefined)
  assert.equal(unitOfSource({ namespaceUri, unitId: -1, displayName: '' }), undefined)
  assert.equal(unitOfSource({}), undefined)
})

test('whatever a source says, the answer is a text within its length or undefined', () => {
  fc.assert(
    fc.property(
      fc.anything(),
      fc.oneof(fc.integer(), fc.anything()),
      fc.oneof(fc.string({ maxLength: 80 }), fc.anything()),
      (uri, unitId, displayName) => {
        const unit = unitOfSource({ namespaceUri: uri, unitId, displayName })
        assert.ok(unit === undefined || (typeof unit === 'string' && unit.length > 0))
      },
    ),
  )
})

test('the unitId of what a simulator is told', () => {
  assert.deepEqual(
    [unitIdFor('°C'), unitIdFor('Cel'), unitIdFor('kWh'), unitIdFor('barg'), unitIdFor('Blurp')],
    [4408652, 4408652, 4937544, -1, -1],
  )
})

test('a declared unit and the source’s disagree only when the number would mean something else', () => {
  const disagree: [string, string][] = [
    ['Cel', '[degF]'],
    ['kW', 'W'],
    ['bar', 'bar{gauge}'],
    ['barg', 'kPa'],
    ['Nm3/h', 'Sm3/h'],
    ['kVAr', 'kVA'],
    ['kVAr', 'kW'],
    ['A', 'V'],
  ]
  const agree: [string | undefined, string | undefined][] = [
    ['°C', 'Cel'],
    ['kWh', 'kW.h'],
    ['barg', 'bar'],
    ['Nm3/h', 'm3/h'],
    ['A', 'Blurp'],
    ['Blurp', 'Blurp'],
    ['A', undefined],
    [undefined, 'A'],
  ]
  for (const [declared, source] of disagree) assert.ok(unitsDisagree(declared, source), `${declared} ${source}`)
  for (const [declared, source] of agree) assert.ok(!unitsDisagree(declared, source), `${declared} ${source}`)
})

test('two texts are one unit when they mean the same, or are the same', () => {
  for (const [a, b] of [
    ['kWh', 'kW.h'],
    ['°C', 'Cel'],
    ['Blurp', 'Blurp'],
  ] as const)
    assert.ok(sameUnitText(a, b))
  for (const [a, b] of [
    ['kWh', 'MW.h'],
    ['barg', 'bar'],
    ['Blurp', 'blurp'],
    ['Blurp', 'A'],
  ] as const)
    assert.ok(!sameUnitText(a, b))
})
