import type { ASTNode } from '@marcbachmann/cel-js'
import { ZERO } from '../../lib/rational.ts'
import { nearest } from '../../lib/suggest.ts'
import { parseTime } from '../time.ts'
import { converter, nearestUnits, readUnit, type Unit } from '../units/index.ts'
import { joined, type Measure, measureOf, mismatch, root } from './measure.ts'
import { type Checking, isKnown, type Node, type NumberNode } from './node.ts'
import { agree, codeOf, SECONDS } from './operators.ts'

/** One call: its arguments as written and as checked. */
interface Call {
  readonly ast: ASTNode
  readonly written: readonly ASTNode[]
  readonly args: readonly Node[]
  readonly checking: Checking
}

interface Callable {
  /** As people read it. */
  readonly signature: string
  /** Types of the arguments; `number...` is one or more. */
  readonly takes: readonly (Node['type'] | 'number...' | 'any')[]
  readonly make: (call: Call) => Node | undefined
}

/** Keeps the unit of what it is given. */
const sameUnit = (name: string, of: (value: number) => number): Callable => ({
  signature: `${name}(number)`,
  takes: ['number'],
  make: ({ args: [inner] }) => {
    const { measure, run } = inner as NumberNode
    return { type: 'number', measure, run: (values) => of(run(values)) }
  },
})

/** The least or the greatest of several in one unit; not known where one is not. */
const extreme = (name: string, of: (a: number, b: number) => number): Callable => ({
  signature: `${name}(number, number, ...)`,
  takes: ['number...'],
  make: ({ args, ast, checking }) => {
    const numbers = args as readonly NumberNode[]
    return numbers.reduce((a: NumberNode | undefined, b) => {
      if (!a || !agree(a.measure, b.measure, ast, checking)) return undefined
      const [left, right] = [a.run, b.run]
      return { type: 'number', measure: joined(a.measure, b.measure), run: (values) => of(left(values), right(values)) }
    }, numbers[0])
  },
})

const textTest = (name: string, of: (text: string, part: string) => boolean): Callable => ({
  signature: `text.${name}(text)`,
  takes: ['text', 'text'],
  make: ({ args: [text, part] }) => {
    const [whole, piece] = [text as Node & { type: 'text' }, part as Node & { type: 'text' }].map(({ run }) => run)
    return {
      type: 'boolean',
      run: (values) => {
        const [x, y] = [whole?.(values), piece?.(values)]
        return x === undefined || y === undefined ? undefined : of(x, y)
      },
    }
  },
})

/** Half away from zero, as people round; Math.round takes -0.5 to -0. */
const rounded = (value: number): number => Math.sign(value) * Math.round(Math.abs(value))

const FUNCTIONS: Readonly<Record<string, Callable>> = {
  abs: sameUnit('abs', Math.abs),
  floor: sameUnit('floor', Math.floor),
  ceil: sameUnit('ceil', Math.ceil),
  round: sameUnit('round', rounded),
  min: extreme('min', Math.min),
  max: extreme('max', Math.max),
  sqrt: {
    signature: 'sqrt(number)',
    takes: ['number'],
    make: ({ args: [inner], ast, checking }) => {
      const { measure, run } = inner as NumberNode
      const half = root(measure)
      if (!half) return checking.problem(ast, 'unit-root', { found: codeOf(measure) })
      return { type: 'number', measure: half, run: (values) => Math.sqrt(run(values)) }
    },
  },
  known: {
    signature: 'known(value)',
    takes: ['any'],
    make: ({ args: [inner] }) => {
      if (inner?.type === 'number' || inner?.type === 'time') {
        const { run } = inner
        return { type: 'boolean', run: (values) => isKnown(run(values)) }
      }
      const { run } = inner as Extract<Node, { type: 'text' | 'boolean' }>
      return { type: 'boolean', run: (values) => run(values) !== undefined }
    },
  },
  quantity: { signature: "quantity(number, 'unit')", takes: ['number', 'text'], make: quantity },
  convert: { signature: "convert(number, 'unit')", takes: ['number', 'text'], make: convert },
  timestamp: {
    signature: "timestamp('2026-11-23T08:00:00Z')",
    takes: ['text'],
    make: (call) => {
      const time = parseTime(constant(call, 0) ?? '')
      return Number.isNaN(time) ? notConstant(call, 0) : { type: 'time', run: () => time }
    },
  },
  duration: {
    signature: "duration('1h30m')",
    takes: ['text'],
    make: (call) => {
      const seconds = readDuration(constant(call, 0) ?? '')
      return seconds === undefined ? notConstant(call, 0) : { type: 'number', measure: SECONDS, run: () => seconds }
    },
  },
}

const METHODS: Readonly<Record<string, Callable>> = {
  contains: textTest('contains', (text, part) => text.includes(part)),
  startsWith: textTest('startsWith', (text, part) => text.startsWith(part)),
  endsWith: textTest('endsWith', (text, part) => text.endsWith(part)),
}

/** CEL has these, and they are left out on purpose: regular expressions and loops can run long. */
const REFUSED = ['matches', 'all', 'exists', 'exists_one', 'map', 'filter', 'has', 'bind', 'dyn', 'type', 'bytes', 'join', 'split']

export function call(name: string, isMethod: boolean, written: readonly ASTNode[], ast: ASTNode, checking: Checking): Node | undefined {
  const table = isMethod ? METHODS : FUNCTIONS
  const known = Object.hasOwn(table, name) ? table[name] : undefined
  if (!known) {
    if (REFUSED.includes(name)) return checking.problem(ast, 'not-allowed', { found: name })
    const near = nearest(name, Object.keys(table))
    return checking.problem(ast, 'unknown-function', { found: name, expected: Object.keys(table).join(', '), ...(near && { near }) })
  }
  const args = written.map((one) => checking.visit(one))
  if (args.includes(undefined)) return undefined
  const taken = args as readonly Node[]
  const { takes, signature } = known
  const fits =
    takes[0] === 'number...'
      ? taken.length > 0 && taken.every(({ type }) => type === 'number')
      : taken.length === takes.length && taken.every(({ type }, i) => takes[i] === 'any' || takes[i] === type)
  if (!fits) {
    const found = `${name}(${taken.map(({ type }) => type).join(', ')})`
    return checking.problem(ast, 'arguments', { found, expected: signature })
  }
  return known.make({ ast, written, args: taken, checking })
}

/** The text of an argument that must be written out. */
function constant({ written }: Call, index: number): string | undefined {
  const ast = written[index]
  return ast?.op === 'value' && typeof ast.args === 'string' ? ast.args : undefined
}

function notConstant({ written, ast, checking }: Call, index: number): undefined {
  return checking.problem(written[index] ?? ast, 'constant')
}

function unitArgument(call: Call): Unit | undefined {
  const text = constant(call, 1)
  if (text === undefined) return notConstant(call, 1)
  const unit = readUnit(text)
  if (unit) return unit
  const [near] = nearestUnits(text, 1)
  return call.checking.problem(call.written[1] as ASTNode, 'unit-unknown', { found: text, ...(near && { near }) })
}

/** Says in which unit a plain number is. */
function quantity(call: Call): Node | undefined {
  const unit = unitArgument(call)
  const { measure, run } = call.args[0] as NumberNode
  if (!unit) return undefined
  const target = measureOf(unit)
  const isPlain = measure.is === 'unit' && measure.unit.dimension === '1'
  if (!isPlain && !agree(measure, target, call.ast, call.checking)) return undefined
  return { type: 'number', measure: target, run }
}

/** The same quantity in another unit; of a difference without the zero points. */
function convert(call: Call): Node | undefined {
  const unit = unitArgument(call)
  const { measure, run } = call.args[0] as NumberNode
  if (!unit) return undefined
  if (measure.is !== 'unit' || measure.scaled) {
    return call.checking.problem(call.ast, 'unit-unstated', { expected: unit.code })
  }
  const target: Measure = measureOf(unit)
  if (mismatch(measure, target) === 'unit-dimension') {
    return call.checking.problem(call.ast, 'unit-dimension', { found: measure.unit.code, expected: unit.code })
  }
  const plain = ({ kind: _, ...rest }: Unit): Unit => ({ ...rest, offset: ZERO })
  const into = measure.relative ? converter(plain(measure.unit), plain(unit)) : converter(measure.unit, unit)
  return { type: 'number', measure: { ...measure, unit }, run: (values) => into(run(values)) }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6 }

/** CEL's durations (`1h30m`, `-1.5s`) in seconds. */
function readDuration(text: string): number | undefined {
  const whole = /^(-?)((?:\d{1,12}(?:\.\d{1,12})?(?:h|ms|us|m|s))+)$/.exec(text)
  if (text.length > 64 || !whole) return undefined
  let seconds = 0
  for (const [, number, unit] of (whole[2] as string).matchAll(/([\d.]+)(h|ms|us|m|s)/g)) {
    seconds += Number(number) * (UNIT_SECONDS[unit as string] as number)
  }
  return whole[1] === '-' ? -seconds : seconds
}
