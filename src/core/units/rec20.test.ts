import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameUnit } from './convert.ts'
import { readUnit } from './index.ts'
import { commonCode, fromRec20, rec20Codes, unitIdOf } from './rec20.ts'

/** UNECE_to_OPCUA.csv of the OPC Foundation (OPC 10000-8, 5.6.3): common code, unitId, symbol. */
const PUBLISHED: readonly [string, number, string][] = [
  ['CEL', 4408652, '°C'],
  ['FAH', 4604232, '°F'],
  ['KEL', 4932940, 'K'],
  ['P1', 20529, '%'],
  ['59', 13625, 'ppm'],
  ['C62', 4404786, '1'],
  ['DD', 17476, '°'],
  ['MMT', 5066068, 'mm'],
  ['4H', 13384, 'µm'],
  ['MTQ', 5067857, 'm³'],
  ['GLL', 4672588, 'gal'],
  ['RPM', 5394509, 'r/min'],
  ['C94', 4405556, 'min⁻¹'],
  ['MTS', 5067859, 'm/s'],
  ['C16', 4403510, 'mm/s'],
  ['MSK', 5067595, 'm/s²'],
  ['KGM', 4933453, 'kg'],
  ['NEW', 5129559, 'N'],
  ['NU', 20053, 'N·m'],
  ['PAL', 5259596, 'Pa'],
  ['KPA', 4935745, 'kPa'],
  ['BAR', 4342098, 'bar'],
  ['MBR', 5063250, 'mbar'],
  ['PS', 20563, 'lbf/in²'],
  ['E42', 4535346, 'kgf/cm²'],
  ['MQH', 5067080, 'm³/h'],
  ['L2', 19506, 'l/min'],
  ['G51', 4666673, 'l/s'],
  ['2L', 12876, 'ft³/min'],
  ['Q40', 5321776, 'Nm³/h'],
  ['KGS', 4933459, 'kg/s'],
  ['E18', 4534584, 't/h'],
  ['KWH', 4937544, 'kW·h'],
  ['MWH', 5068616, 'MW·h'],
  ['WTT', 5723220, 'W'],
  ['KWT', 4937556, 'kW'],
  ['D46', 4469814, 'V·A'],
  ['KVA', 4937281, 'kV·A'],
  ['KVR', 4937298, 'kvar'],
  ['D44', 4469812, 'var'],
  ['AMP', 4279632, 'A'],
  ['4K', 13387, 'mA'],
  ['VLT', 5655636, 'V'],
  ['KVT', 4937300, 'kV'],
  ['OHM', 5195853, 'Ω'],
  ['G42', 4666418, 'µS/cm'],
  ['LUX', 5002584, 'lx'],
  ['2N', 12878, 'dB'],
  ['D54', 4470068, 'W/m²'],
  ['D55', 4470069, 'W/(m²·K)'],
  ['Q30', 5321520, 'pH'],
  ['HJ', 18506, 'CV'],
]
for (const [code, unitId, symbol] of PUBLISHED) {
  test(`Rec 20 ${code} is unitId ${unitId} and means ${symbol}`, () => {
    assert.equal(unitIdOf(code), unitId)
    const meant = readUnit(fromRec20(unitId) ?? '')
    const shown = readUnit(symbol)
    assert.ok(meant && shown && sameUnit(meant, shown))
    assert.equal(fromRec20(code), fromRec20(unitId))
  })
}

test('the table holds what the field uses, each code packs and unpacks', () => {
  assert.ok(rec20Codes().length >= 250)
  for (const code of rec20Codes()) assert.equal(commonCode(unitIdOf(code)), code)
})

test('an id that is no code, or none we know, is undefined', () => {
  for (const id of [0, -1, 1.5, Number.NaN, 2 ** 31, 0x616263, 0x430045, 0x5a5a5a]) assert.equal(fromRec20(id), undefined)
  for (const text of ['', 'cel', 'constructor', '__proto__']) assert.equal(fromRec20(text), undefined)
  fc.assert(fc.property(fc.integer(), (id) => fromRec20(id) === undefined || readUnit(fromRec20(id) ?? '') !== undefined))
})
