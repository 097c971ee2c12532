import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECOND } from '../time.ts'
import { compile, EXPRESSION_LIMITS, type ResultType, type Values, type Variable } from './index.ts'

const VARIABLES: Record<string, Variable> = {
  current: { type: 'number', unit: 'A' },
  voltage: { type: 'number', unit: 'V' },
  power: { type: 'number', unit: 'kW' },
  reactive: { type: 'number', unit: 'kvar' },
  supply: { type: 'number', unit: 'Cel' },
  back: { type: 'number', unit: 'Cel' },
  inlet: { type: 'number', unit: 'barg' },
  outlet: { type: 'number', unit: 'barg' },
  flow: { type: 'number', unit: 'm3/h' },
  x: { type: 'number' },
  y: { type: 'number' },
  on: { type: 'boolean' },
  fault: { type: 'boolean' },
  mode: { type: 'text' },
  planned: { type: 'time' },
  actual: { type: 'time' },
  'flight.gate': { type: 'text' },
}
const made = (text: string, result: ResultType = { type: 'number' }) => compile(text, { variables: VARIABLES, result })
const run = (text: string, type: ResultType['type'], values: Values = {}) => {
  const { evaluate, problems } = made(text, { type })
  assert.deepEqual(problems, [], text)
  return evaluate(values)
}
const problem = (text: string, result?: ResultType) => made(text, result).problems[0]

test('numbers are doubles, whole ones too', () => {
  assert.equal(run('7 / 2', 'number'), 3.5)
  assert.equal(run('x > 0', 'boolean', { x: 0.5 }), true)
  assert.equal(run('x * 2 + 1', 'number', { x: 1.25 }), 3.5)
  assert.equal(run('-x % 3', 'number', { x: 7 }), -1)
  assert.equal(run('x == 1.0 && 1 == 1.0', 'boolean', { x: 1 }), true)
  assert.equal(run('0x10 + 1e3', 'number'), 1016)
})

test('what is no finite number is not known', () => {
  for (const text of ['x / 0', '0.0 / 0.0', '1 / (1 / x)', 'sqrt(-1 - x)', 'x % 0', '1e308 * 10 * 10'])
    assert.equal(run(text, 'number', { x: 0 }), undefined, text)
  assert.equal(run('1 / x > 5', 'boolean', { x: 0 }), undefined)
})

test('and, or, not with what is not known', () => {
  const values = [true, false, undefined]
  const and = (a?: boolean, b?: boolean) => (a === false || b === false ? false : a && b ? true : undefined)
  const or = (a?: boolean, b?: boolean) => (a === true || b === true ? true : a === false && b === false ? false : undefined)
  for (const on of values) {
    for (const fault of values) {
      assert.equal(run('on && fault', 'boolean', { on, fault }), and(on, fault))
      assert.equal(run('on || fault', 'boolean', { on, fault }), or(on, fault))
      assert.equal(run('on == fault', 'boolean', { on, fault }), on === undefined || fault === undefined ? undefined : on === fault)
      const chosen = run('on ? fault : !fault', 'boolean', { on, fault })
      assert.equal(chosen, on === undefined || fault === undefined ? undefined : on === fault)
    }
    assert.equal(run('!on', 'boolean', { on }), on === undefined ? undefined : !on)
    assert.equal(run('known(on)', 'boolean', { on }), on !== undefined)
  }
  assert.equal(run('x > 1 || on', 'boolean', { on: true }), true)
  assert.equal(run('x + 0 * y', 'number', { x: 1 }), undefined)
  assert.equal(run('x > 1', 'boolean', { x: null }), undefined)
  assert.equal(run("mode in ['auto', 'manual']", 'boolean', {}), undefined)
  assert.equal(run('x in [1, y]', 'boolean', { x: 1 }), true)
  assert.equal(run('x in [2, y]', 'boolean', { x: 1 }), undefined)
})

test('texts, lists, functions and times', () => {
  assert.equal(run("mode in ['auto', 'manual']", 'boolean', { mode: 'auto' }), true)
  assert.equal(run("mode + '!'", 'text', { mode: 'a' }), 'a!')
  assert.equal(run("mode.startsWith('au') && mode.contains('ut') && mode.endsWith('to')", 'boolean', { mode: 'auto' }), true)
  assert.equal(run('flight.gate == "K12"', 'boolean', { 'flight.gate': 'K12' }), true)
  assert.equal(run('max(1, x, 3) - min(x, 2) + abs(-x) + floor(2.7) + ceil(2.1) + round(-2.5)', 'number', { x: 5 }), 5 - 2 + 5 + 2 + 3 - 3)
  const [planned, actual] = [1_000 * SECOND, 1_900 * SECOND]
  assert.equal(run('actual - planned', 'number', { planned, actual }), 900)
  assert.equal(run("actual - planned > duration('10m')", 'boolean', { planned, actual }), true)
  assert.equal(run("actual == planned + duration('15m')", 'boolean', { planned, actual }), true)
  assert.equal(run("planned < timestamp('2026-11-23T08:00:00Z')", 'boolean', { planned }), true)
  assert.equal(run('on ? mode : "none"', 'text', { on: false }), 'none')
})

test('units are computed and checked', () => {
  assert.equal(made('current * voltage').unit, 'A.V')
  assert.equal(made('current * voltage * 1.732 / 1000.0', { type: 'number', unit: 'kW' }).unit, 'kW')
  assert.equal(made("convert(current * voltage, 'kW')", { type: 'number', unit: 'kW' }).evaluate({ current: 10, voltage: 400 }), 4)
  assert.equal(made("convert(supply, '[degF]')", { type: 'number', unit: '[degF]' }).evaluate({ supply: 100 }), 212)
  assert.equal(made("convert(supply - back, 'K')", { type: 'number', unit: 'K' }).evaluate({ supply: 80, back: 60 }), 20)
  assert.deepEqual(problem('current * voltage', { type: 'number', unit: 'kW' }), {
    ...{ code: 'unit-scale', start: 0, end: 17, found: 'A.V', expected: 'kW' },
  })
  const kilo = { type: 'number', unit: 'kW' } as const
  assert.deepEqual(problem('current * voltage * 1.732', kilo), {
    ...{ code: 'unit-factor', start: 0, end: 25, found: 'A.V', expected: 'kW' },
  })
  for (const text of [
    'current * voltage * 1.732 * 0.001',
    '0.0017 * voltage * current',
    'current * voltage / (2.0 * 500.0)',
    'current * voltage * (1.0 + 0.2)',
  ])
    assert.equal(problem(text, kilo), undefined, `${text}: the change, or numbers of which nobody knows what they come to`)
  assert.equal(problem('power > current * voltage * 1.732', { type: 'boolean' })?.code, 'unit-factor')
  assert.equal(problem('current * voltage * 1000.0', kilo)?.code, 'unit-factor')
  assert.deepEqual(problem('current + voltage'), { code: 'unit-dimension', start: 0, end: 17, found: 'A', expected: 'V' })
  assert.equal(problem('current > 8.0 && power > quantity(1, "W")', { type: 'boolean' })?.code, 'unit-scale')
  assert.equal(problem('power + reactive')?.code, 'unit-dimension')
  assert.equal(made('sqrt(power * power + reactive * reactive)', { type: 'number', unit: 'kVA' }).problems.length, 0)
  assert.equal(made('inlet - outlet', { type: 'number', unit: 'bar' }).problems.length, 0)
  assert.equal(problem('inlet', { type: 'number', unit: 'bar' })?.code, 'unit-dimension')
  assert.equal(made('supply - back', { type: 'number', unit: 'K' }).problems.length, 0)
  assert.equal(problem('supply', { type: 'number', unit: 'K' })?.code, 'unit-scale')
  assert.equal(made('(supply + back) / 2 > 20 && current > quantity(8.0, "A")', { type: 'boolean' }).problems.length, 0)
  assert.equal(problem('sqrt(current)')?.code, 'unit-root')
  assert.equal(problem("convert(current * 2, 'mA')")?.code, 'unit-unstated')
  assert.equal(problem("convert(current, 'V')")?.code, 'unit-dimension')
  assert.equal(problem('power / flow', { type: 'number', unit: 'kW.h/m3' }), undefined)
  assert.equal(problem('power / flow', { type: 'number', unit: 'kW' })?.code, 'unit-dimension')
  assert.equal(problem('x * current', { type: 'number', unit: 'bar' }), undefined)
  assert.equal(problem('on ? current : voltage')?.code, 'unit-dimension')
  assert.equal(problem('max(current, voltage)')?.code, 'unit-dimension')
})

test('each mistake is said, and where', () => {
  const cases: [string, object, ResultType?][] = [
    ['curent * 2', { code: 'unknown-name', start: 0, end: 6, near: 'current' }],
    ['x + ', { code: 'syntax', start: 4, end: 4 }],
    ['x ** 2', { code: 'syntax', start: 3, end: 4, found: '*' }],
    ['sqr(x)', { code: 'unknown-function', start: 0, end: 6, near: 'sqrt' }],
    ["mode.matches('(a+)+$')", { code: 'not-allowed', found: 'matches' }, { type: 'boolean' }],
    ['[1, 2].all(i, i > 0)', { code: 'not-allowed' }, { type: 'boolean' }],
    ['x == null', { code: 'not-allowed', found: 'null', start: 5, end: 9 }, { type: 'boolean' }],
    ['[1][0]', { code: 'not-allowed' }],
    ['{}', { code: 'not-allowed' }],
    ['{1: 2}', { code: 'too-complex' }],
    ['x in mode', { code: 'not-allowed', found: 'in' }, { type: 'boolean' }],
    ['x && on', { code: 'type', found: 'number && boolean', expected: 'boolean' }, { type: 'boolean' }],
    ['mode < "a"', { code: 'type' }, { type: 'boolean' }],
    ['mode - mode', { code: 'type' }, { type: 'text' }],
    ['-mode', { code: 'type', found: 'text' }],
    ['!x', { code: 'type', found: 'number' }, { type: 'boolean' }],
    ['x ? 1 : 2', { code: 'type', found: 'number' }],
    ['abs(mode)', { code: 'arguments', found: 'abs(text)', expected: 'abs(number)' }],
    ['max()', { code: 'arguments' }],
    ["duration('soon')", { code: 'constant', start: 9, end: 15 }],
    ["quantity(1, 'kWs.')", { code: 'unit-unknown' }],
    ['x > 1', { code: 'result-type', found: 'boolean', expected: 'number' }],
    ['planned + current', { code: 'unit-dimension' }, { type: 'time' }],
    ['x'.repeat(EXPRESSION_LIMITS.characters + 1), { code: 'too-long' }],
    [`${'('.repeat(EXPRESSION_LIMITS.depth)}x${')'.repeat(EXPRESSION_LIMITS.depth)}`, { code: 'too-complex' }],
    [Array(EXPRESSION_LIMITS.nodes).fill('x').join('+'), { code: 'too-complex' }],
    [`x in [${Array(EXPRESSION_LIMITS.elements + 1).fill(1)}]`, { code: 'too-complex' }, { type: 'boolean' }],
    [`max(${Array(EXPRESSION_LIMITS.arguments + 1).fill(1)})`, { code: 'too-complex' }],
  ]
  for (const [text, expected, result] of cases) {
    const found = problem(text, result)
    assert.ok(found, text)
    for (const [key, value] of Object.entries(expected)) assert.equal(found[key as keyof typeof found], value, `${text}: ${key}`)
    assert.equal(made(text, result).evaluate({ x: 1 }), undefined)
  }
})

test('a text that is put together stays bounded', () => {
  const mode = 'm'.repeat(EXPRESSION_LIMITS.text / 2)
  assert.equal((run('mode + mode', 'text', { mode }) as string).length, EXPRESSION_LIMITS.text)
  assert.equal(run("mode + mode + '!'", 'text', { mode }), undefined)
})

test('every mistake of one expression is said', () => {
  assert.deepEqual(
    made('curent * voltag').problems.map(({ near }) => near),
    ['current', 'voltage'],
  )
})
