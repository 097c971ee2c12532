import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js'
import { readUnit } from '../units/read.ts'
import { EXPRESSION_LIMITS } from './limits.ts'
import { difference, joined, literalOf, type Measure, measureOf, mismatch, product } from './measure.ts'
import { type Checking, isKnown, type Node, type NumberNode } from './node.ts'

/** Differences of times, and what is added to a time. */
export const SECONDS: Measure = measureOf(readUnit('s') as NonNullable<ReturnType<typeof readUnit>>)
const MICROS = 1e6

export function negated(inner: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (inner.type !== 'number') return checking.problem(ast, 'type', { found: inner.type, expected: 'number' })
  const { measure, run } = inner
  return { type: 'number', measure, run: (values) => -run(values) }
}

export function not(inner: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (inner.type !== 'boolean') return checking.problem(ast, 'type', { found: inner.type, expected: 'boolean' })
  const { run } = inner
  return {
    type: 'boolean',
    run: (values) => {
      const value = run(values)
      return value === undefined ? undefined : !value
    },
  }
}

/** Three-valued: either side decides alone where it can, whatever the other is (Kleene; CEL says the same of errors). */
export function logical(operator: '&&' | '||', a: Node, b: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (a.type !== 'boolean' || b.type !== 'boolean') {
    return checking.problem(ast, 'type', { found: `${a.type} ${operator} ${b.type}`, expected: 'boolean' })
  }
  const decisive = operator === '||'
  const [left, right] = [a.run, b.run]
  return {
    type: 'boolean',
    run: (values) => {
      const x = left(values)
      if (x === decisive) return decisive
      const y = right(values)
      if (y === decisive) return decisive
      return x === undefined || y === undefined ? undefined : !decisive
    },
  }
}

/** `+ - * / %` */
export function arithmetic(operator: BinaryOperator, a: Node, b: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (a.type === 'number' && b.type === 'number') return ofNumbers(operator, a, b, ast, checking)
  if (operator === '+' && a.type === 'text' && b.type === 'text') {
    const [left, right] = [a.run, b.run]
    return {
      type: 'text',
      run: (values) => {
        const [x, y] = [left(values), right(values)]
        return x === undefined || y === undefined || x.length + y.length > EXPRESSION_LIMITS.text ? undefined : x + y
      },
    }
  }
  return ofTimes(operator, a, b, ast, checking) ?? checking.problem(ast, 'type', { found: `${a.type} ${operator} ${b.type}` })
}

function ofNumbers(operator: BinaryOperator, a: NumberNode, b: NumberNode, ast: ASTNode, checking: Checking): Node | undefined {
  const [left, right] = [a.run, b.run]
  if (operator === '*' || operator === '/') {
    const measure = product(a.measure, b.measure, operator)
    if (operator === '*') return { type: 'number', measure, run: (values) => left(values) * right(values) }
    return { type: 'number', measure, run: (values) => quotient(left(values), right(values)) }
  }
  if (!agree(a.measure, b.measure, ast, checking)) return undefined
  if (operator === '%') return { type: 'number', measure: joined(a.measure, b.measure), run: (values) => left(values) % right(values) }
  if (operator === '+') return { type: 'number', measure: joined(a.measure, b.measure), run: (values) => left(values) + right(values) }
  return { type: 'number', measure: difference(a.measure, b.measure), run: (values) => left(values) - right(values) }
}

/** Nothing known comes of a division by zero, nor by what overflowed: 1 / (1 / 0) would be a clean 0. */
const quotient = (x: number, y: number): number => (y !== 0 && isKnown(y) ? x / y : Number.NaN)

/** `time - time` is seconds; `time + seconds` and `time - seconds` are times. */
function ofTimes(operator: BinaryOperator, a: Node, b: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (a.type === 'time' && b.type === 'time' && operator === '-') {
    const [left, right] = [a.run, b.run]
    return { type: 'number', measure: SECONDS, run: (values) => (left(values) - right(values)) / MICROS }
  }
  const [time, number] = a.type === 'time' ? [a, b] : [b, a]
  if (time.type !== 'time' || number.type !== 'number' || !(operator === '+' || (operator === '-' && time === a))) return undefined
  const sign = operator === '+' ? MICROS : -MICROS
  const [at, seconds] = [time.run, number.run]
  if (!agree(number.measure, SECONDS, ast, checking)) return { type: 'time', run: () => Number.NaN }
  return { type: 'time', run: (values) => Math.round(at(values) + seconds(values) * sign) }
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

/** `== != < <= > >=` between values of one type, numbers in one unit. Texts and booleans have no order here. */
export function comparison(operator: BinaryOperator, a: Node, b: Node, ast: ASTNode, checking: Checking): Node | undefined {
  const isEquality = operator === '==' || operator === '!='
  const isOrdered = a.type === 'number' || a.type === 'time'
  if (a.type !== b.type || !(isEquality || isOrdered)) {
    return checking.problem(ast, 'type', { found: `${a.type} ${operator} ${b.type}` })
  }
  if (a.type === 'number' && b.type === 'number' && !agree(a.measure, b.measure, ast, checking)) return undefined
  if (isOrdered) {
    const test = COMPARE[operator] as (x: number, y: number) => boolean
    const [left, right] = [a.run, b.run as typeof a.run]
    return {
      type: 'boolean',
      run: (values) => {
        const [x, y] = [left(values), right(values)]
        return isKnown(x) && isKnown(y) ? test(x, y) : undefined
      },
    }
  }
  const wanted = operator === '=='
  const [left, right] = [a.run, b.run]
  return {
    type: 'boolean',
    run: (values) => {
      const [x, y] = [left(values), right(values)]
      return x === undefined || y === undefined ? undefined : (x === y) === wanted
    },
  }
}

/** `x in [a, b]`: true where one is known to be it, not known where one that is not known might be. */
export function membership(item: Node, list: readonly (Node | undefined)[], ast: ASTNode, checking: Checking): Node | undefined {
  const tests = list.map((element) => element && comparison('==', item, element, ast, checking))
  if (tests.includes(undefined)) return undefined
  return (tests as Node[]).reduce((any: Node, test) => logical('||', any, test, ast, checking) as Node, {
    type: 'boolean',
    run: () => false,
  })
}

/** `test ? a : b`; not known where the test is not. */
export function choice(test: Node, a: Node, b: Node, ast: ASTNode, checking: Checking): Node | undefined {
  if (test.type !== 'boolean') return checking.problem(ast, 'type', { found: test.type, expected: 'boolean' })
  if (a.type !== b.type) return checking.problem(ast, 'type', { found: `${a.type} : ${b.type}` })
  const decide = test.run
  const unknown = a.type === 'number' || a.type === 'time' ? Number.NaN : undefined
  const [yes, no] = [a.run, b.run] as [(values: never) => unknown, (values: never) => unknown]
  const run = (values: never) => {
    const decided = decide(values)
    return decided === undefined ? unknown : decided ? yes(values) : no(values)
  }
  if (a.type !== 'number' || b.type !== 'number') return { type: a.type, run } as Node
  if (!agree(a.measure, b.measure, ast, checking)) return undefined
  return { type: 'number', measure: joined(a.measure, b.measure), run: run as NumberNode['run'] }
}

/** True when two numbers are in one unit; a problem otherwise. */
export function agree(a: Measure, b: Measure, ast: ASTNode, checking: Checking): boolean {
  const why = mismatch(a, b)
  if (why) checking.problem(ast, why, { found: codeOf(a), expected: codeOf(b) })
  return why === undefined
}

export const codeOf = (measure: Measure): string => (measure.is === 'unit' ? measure.unit.code : '1')

export const literal = (value: number): NumberNode => ({ type: 'number', measure: literalOf(value), run: () => value })
