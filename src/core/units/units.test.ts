import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ALIASES, PREFIXED_ALIASES } from './aliases.ts'
import { METRIC, PLAIN, SCALES } from './atoms.ts'
import { convert, sameDimension, sameUnit } from './convert.ts'
import { NotConvertible, nearestUnits, readUnit, type Unit } from './index.ts'
import { parseCode } from './parse.ts'
import { rec20Units } from './rec20.ts'
import { UNIT_LIMITS } from './unit.ts'

const unit = (text: string): Unit => readUnit(text) ?? assert.fail(`${text} is not known`)
const say = (value: number, from: string, to: string) => convert(value, unit(from), unit(to))

/** Value, unit, the same in another unit, and who says so. Numbers are compared without tolerance: each is the nearest double. */
const TABLE: readonly [number, string, number, string, string][] = [
  [1, 'in', 25.4, 'mm', 'NIST SP 811 B.8: inch, exact'],
  [1, 'ft', 0.3048, 'm', 'NIST SP 811 B.8: foot, exact'],
  [1, 'mi', 1609.344, 'm', 'NIST SP 811 B.8: mile, exact'],
  [0, '°C', 273.15, 'K', 'NIST SP 811 B.8: degree Celsius, exact'],
  [212, '°F', 100, '°C', 'NIST SP 811 B.8: t/°C = (t/°F - 32)/1.8, exact'],
  [-40, 'degF', -40, 'degC', 'the same'],
  [32, '°F', 491.67, '°R', 'NIST SP 811 B.8: T/K = (T/°R)/1.8, exact'],
  [18, '°F/h', 10, 'K/h', 'NIST SP 811 B.8: interval, 1 °F = 1/1.8 K, exact'],
  [1, 'kWh', 3.6e6, 'J', 'NIST SP 811 B.8: kilowatt hour, exact'],
  [1, 'gal', 3.785411784, 'L', 'NIST SP 811 B.8: gallon (U.S.) 231 in³, NIST Handbook 44 appendix C, exact'],
  [1, '[gal_br]', 4.54609, 'L', 'NIST SP 811 B.8: gallon (Imperial), exact'],
  [1, 'lb', 0.45359237, 'kg', 'NIST SP 811 B.8: pound (avoirdupois), exact'],
  [1, 'lbf', 4.4482216152605, 'N', 'NIST SP 811 B.8: pound-force, exact'],
  [1, 'kgf', 9.80665, 'N', 'NIST SP 811 B.8: kilogram-force, exact'],
  [1, 'kg/cm²', 98.0665, 'kPa', 'NIST SP 811 B.8: technical atmosphere, exact'],
  [1, 'atm', 101.325, 'kPa', 'NIST SP 811 B.8: atmosphere, standard, exact'],
  [760, 'torr', 1, 'atm', 'NIST SP 811 B.8: torr, 1/760 atm, exact'],
  [1, 'mmH2O', 9.80665, 'Pa', 'NIST SP 811 B.8: millimeter of water, conventional'],
  [1, 'mmHg', 133.322, 'Pa', 'UCUM table 24: m[Hg] = 133.3220 kPa (NIST has 133.3224)'],
  [1, 'BTU', 1055.05585262, 'J', 'NIST SP 811 B.8: British thermal unit IT, exact'],
  [1, 'kcal', 4186.8, 'J', 'NIST SP 811 B.8: kilocalorie IT, exact'],
  [1, 'ch', 735.49875, 'W', 'NIST SP 811 B.8: horsepower (metric)'],
  [1, 'hp', 745.6998715822702, 'W', 'NIST SP 811 B.8: horsepower (550 ft·lbf/s), from its exact definition'],
  [1, 'TR', 3516.8528420666667, 'W', 'NIST SP 811 B.8: ton of refrigeration (12 000 BtuIT/h)'],
  [1, 'mph', 0.44704, 'm/s', 'NIST SP 811 B.8: mile per hour, exact'],
  [1, 'knot', 1.852, 'km/h', 'NIST SP 811 B.8: knot, exact'],
  [1, 'bbl', 158.987294928, 'L', 'NIST SP 811 B.8: barrel, 42 gal, exact'],
  [3600, 'rpm', 60, 'Hz', 'UCUM: both are 1/s'],
  [180, '°', Math.PI, 'rad', 'UCUM: deg = 2 π rad / 360'],
  [1, 'Gal', 0.01, 'm/s²', 'NIST SP 811 B.8: gal, exact'],
  [1, 'g0', 9.80665, 'm/s2', 'NIST SP 811 B.8: acceleration of free fall, standard, exact'],
  [1, 'cP', 1, 'mPa.s', 'NIST SP 811 B.8: centipoise, exact'],
  [1, 'cSt', 1, 'mm²/s', 'NIST SP 811 B.8: centistokes, exact'],
  [5, '%', 50_000, 'ppm', 'UCUM table 2'],
  [18, 'km/h', 5, 'm/s', 'by definition'],
  [7.2, 'm³/h', 2, 'l/s', 'by definition'],
  [0.1, 'Nm³/h', 0.1, 'm3{normal}/h', 'the same unit'],
  [1, 'psig', 6894.757293168362, 'Pa(g)', 'NIST SP 811 B.8: psi 6.894757 E+03, from its exact definition'],
]
for (const [value, from, expected, to, source] of TABLE) {
  test(`${value} ${from} is ${expected} ${to} (${source})`, () => assert.equal(say(value, from, to), expected))
}

test('aliases, codes and capitals: what is the same unit and what is not', () => {
  const same = [
    '°C Cel',
    'degC Cel',
    'kWh kW.h',
    'kW·h kW.h',
    'm³/h m3/h',
    'µm um',
    'μm um',
    'l L',
    'rpm /min',
    'tr/min rpm',
    'min⁻¹ /min',
    'bara bar',
  ]
  const other = [
    'mW MW',
    'barg bar',
    'Nm3/h m3/h',
    'Nm3/h Sm3/h',
    'VA W',
    'kVAr kVA',
    'Cel K',
    'm/s m/s2',
    'min mol',
    'S s',
    'pH nH',
    'Cel °F',
  ]
  for (const pair of same) assert.ok(sameUnit(unit(pair.split(' ')[0] as string), unit(pair.split(' ')[1] as string)), pair)
  for (const pair of other) assert.ok(!sameUnit(unit(pair.split(' ')[0] as string), unit(pair.split(' ')[1] as string)), pair)
})

test('letters that UCUM reads in a way nobody means are read as they are meant', () => {
  assert.deepEqual(
    ['ft', 'pH', 'mph', 'kph', 'cph', 'ft/min', 'kg/cm²'].map((text) => unit(text).code),
    ['[ft_i]', '[pH]', '[mi_i]/h', 'km/h', '{count}/h', '[ft_i]/min', 'kgf/cm2'],
  )
})

test('a conversion that needs a pressure, a temperature or a power factor is refused, and says so', () => {
  const why = (from: string, to: string) => {
    try {
      return say(1, from, to)
    } catch (error) {
      return error instanceof NotConvertible ? error.why : assert.fail(String(error))
    }
  }
  assert.equal(why('barg', 'bar'), 'gauge')
  assert.equal(why('kPa', 'psig'), 'gauge')
  assert.equal(why('Nm3/h', 'm3/h'), 'reference-state')
  assert.equal(why('Nm3/h', 'Sm3/h'), 'reference-state')
  assert.equal(why('kVAr', 'kW'), 'power-kind')
  assert.equal(why('V', 'A'), 'dimension')
  assert.equal(why('dB', 'Np'), 'dimension')
  assert.equal(why('dB', '1'), 'dimension')
  assert.throws(() => say(1, 'barg', 'bara'), /pressure of the air/)
})

test('every alias, every atom and every unit of Rec 20 is a unit, and its code reads as the same unit again', () => {
  const texts = [ALIASES, PREFIXED_ALIASES, METRIC, PLAIN, SCALES].flatMap((table) => Object.keys(table)).concat(rec20Units())
  assert.ok(texts.length > 500)
  for (const text of texts) {
    const read = unit(text)
    assert.ok(sameUnit(parseCode(read.code) ?? assert.fail(`${text} gives ${read.code}`), read), text)
    assert.ok(sameUnit(unit(read.code), read), text)
  }
})

test('what is no unit is undefined, whatever is tried', () => {
  const none = [
    '',
    ' ',
    'xyz',
    '/',
    'm/',
    '.m',
    'm..s',
    '(m',
    'm)',
    'm{',
    'm}',
    '0',
    'm0',
    '[',
    '[in',
    'kmin',
    'kCelsius',
    'constructor',
    '__proto__',
    'é',
    '🔥',
    'm\0',
  ]
  for (const text of none) assert.equal(readUnit(text), undefined, JSON.stringify(text))
})

test('limits: length, depth, exponent, size of the factor', () => {
  assert.ok(readUnit(`{${'x'.repeat(UNIT_LIMITS.characters - 2)}}`))
  assert.equal(readUnit(`{${'x'.repeat(UNIT_LIMITS.characters - 1)}}`), undefined)
  const nested = (depth: number) => `${'('.repeat(depth)}m${')'.repeat(depth)}`
  assert.ok(readUnit(nested(UNIT_LIMITS.depth)))
  assert.equal(readUnit(nested(UNIT_LIMITS.depth + 1)), undefined)
  const power = (exponent: number) =>
    Array.from({ length: Math.ceil(exponent / 99) }, (_, i) => `10*${Math.min(99, exponent - 99 * i)}`).join('.')
  assert.equal(`${parseCode(power(UNIT_LIMITS.scaleDigits))?.scale.n}`.length, UNIT_LIMITS.scaleDigits + 1)
  assert.equal(parseCode(power(UNIT_LIMITS.scaleDigits + 1)), undefined)
  assert.equal(parseCode(`/(${power(UNIT_LIMITS.scaleDigits + 1)})`), undefined)
  assert.ok(readUnit(`m${UNIT_LIMITS.exponent}`))
  assert.equal(readUnit(`m${UNIT_LIMITS.exponent + 1}`), undefined)
  assert.ok(readUnit('10*99.10*99.10*99.10*99'))
  assert.equal(readUnit('10*99.10*99.10*99.10*99.10*99'), undefined)
  assert.equal(readUnit('Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99.Ym99'), undefined)
})

test('did you mean: capitals, a slip of the finger, nothing for nonsense', () => {
  assert.equal(nearestUnits('kwH')[0], 'kWh')
  assert.ok(nearestUnits('barr').includes('bar'))
  assert.ok(nearestUnits('Celc').includes('Cel'))
  assert.equal(nearestUnits('m3/hh')[0], 'm3/h')
  assert.deepEqual(nearestUnits('quatsch-und-unsinn'), [])
  assert.deepEqual(nearestUnits('x'.repeat(1000)), [])
})

const known = fc.constantFrom(...rec20Units(), 'barg', 'psig', 'kWh', '°C', '°F', 'K')
const doubles = fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e200, max: 1e200 }).filter((v) => v === 0 || Math.abs(v) > 1e-200)
const ulp = (value: number) => 2 ** (Math.floor(Math.log2(Math.abs(value) || Number.MIN_VALUE)) - 52)

test('there and back again: within one unit in the last place', () => {
  const pairs = fc
    .tuple(known, known)
    .map(([a, b]) => [unit(a), unit(b)] as const)
    .filter(([a, b]) => sameDimension(a, b))
  fc.assert(
    fc.property(pairs, doubles, ([from, to], value) => {
      const there = convert(value, from, to)
      const back = convert(there, to, from)
      // Across two zeros the last place is that of the larger number: 1e-20 °C is 273.15 K.
      const zero =
        from.offset.n === to.offset.n && from.offset.d === to.offset.d
          ? 0
          : Math.max(Math.abs(convert(0, to, from)), ulpIn(there, to, from))
      assert.ok(Math.abs(back - value) <= ulp(Math.max(Math.abs(value), zero)), `${value} ${from.code} is ${there} ${to.code} is ${back}`)
    }),
    { numRuns: 2_000 },
  )
})

/** The size of a value of `to`, as a step of `from`. */
const ulpIn = (value: number, to: Unit, from: Unit) =>
  Math.abs((value * Number(to.scale.n) * Number(from.scale.d)) / (Number(to.scale.d) * Number(from.scale.n)))

test('the result is the nearest double: going through a third unit exactly, or scaling by ten to the power of n, agrees', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (n) => {
      assert.equal(say(n, 'mm', 'm'), n / 1000)
      assert.equal(say(n, 'km/h', 'm/s'), (n * 5) / 18)
      assert.equal(say(n, '°C', 'K'), (n * 100 + 27_315) / 100)
      assert.equal(say(n, 'kWh', 'J'), n * 3_600_000)
    }),
  )
})

test('any text is a unit or undefined, never an error', () => {
  const symbols = fc.constantFrom(
    'm',
    'k',
    's',
    '2',
    '-',
    '/',
    '.',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '10*',
    'Cel',
    '°',
    '³',
    ' ',
    '*',
    '^',
    "'",
    '{gauge}',
    'Nm3',
    'in',
  )
  const texts = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.array(symbols, { maxLength: 20 }).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const read = readUnit(text)
      if (read) assert.ok(sameUnit(unit(read.code), read), text)
    }),
    { numRuns: 3_000 },
  )
})
