import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js'
import { nearest } from '../../lib/suggest.ts'
import type { FieldValue } from '../it-records.ts'
import { nearestUnits, readUnit } from '../units/index.ts'
import { call } from './calls.ts'
import { EXPRESSION_LIMITS } from './limits.ts'
import { measureOf, mismatch, UNSTATED } from './measure.ts'
import { type Checking, isKnown, type Node } from './node.ts'
import { arithmetic, choice, codeOf, comparison, literal, logical, membership, negated, not } from './operators.ts'
import type { Expression, ExpressionProblem, ResultType, Values, Variable } from './types.ts'

export { EXPRESSION_LIMITS } from './limits.ts'
export { EXPRESSION_PROBLEMS, type Expression, type ExpressionProblem, type ResultType, type Values, type Variable } from './types.ts'

/** The grammar of the Common Expression Language. What may stand in it is checked here: no macros, no functions but those of `calls.ts`. */
const { characters, nodes, depth, elements } = EXPRESSION_LIMITS
const grammar = new Environment({
  limits: {
    ...{ maxAstNodes: nodes, maxDepth: depth, maxListElements: elements, maxMapEntries: 0 },
    maxCallArguments: EXPRESSION_LIMITS.arguments,
  },
})

/**
 * Makes a text of the Common Expression Language (https://cel.dev) ready to run, and says what is wrong with it.
 *
 * It is total: its length, depth and parts are bounded (`limits.ts`), and nothing in it can run long. Every number is a double, `2` as well as `2.0`:
 * `7 / 2` is 3.5. What is not known makes the result not known, unless `&&` or `||` can do without. A division by zero, and whatever is no finite
 * number, is not known. Names may have dots (`flight.gate`) where a variable is called so.
 *
 * Units: `+ -`, comparisons, `min`, `max` and `? :` need one unit on both sides; a plain number takes that of the other side. `* /` make
 * units. A plain number as a factor may stand for a change of unit (`/ 1000`): after it the dimension is
 * checked, and that what such numbers come to is nearer to the change than to none.
 */
export function compile(
  text: string,
  { variables, result }: { readonly variables: Readonly<Record<string, Variable>>; readonly result: ResultType },
): Expression {
  const problems: ExpressionProblem[] = []
  const used = new Set<string>()
  const ast = parse(text, problems)
  const node = ast && check(ast, variables, used, problems)
  const unit = node && checkResult(node, ast, result, problems)
  return {
    evaluate: node && problems.length === 0 ? runner(node) : () => undefined,
    unit: problems.length === 0 ? unit : undefined,
    variables: [...used].sort(),
    problems,
  }
}

function parse(text: string, problems: ExpressionProblem[]): ASTNode | undefined {
  if (text.length > characters) {
    problems.push({ code: 'too-long', start: characters, end: text.length, expected: String(characters) })
    return undefined
  }
  try {
    return grammar.parse(text).ast
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const start = Math.min(error.range?.start ?? 0, text.length)
    const end = Math.max(start, Math.min(error.range?.end ?? start, text.length))
    const code = error.code === 'limit_exceeded' ? 'too-complex' : 'syntax'
    problems.push({ code, start, end, ...(end > start && { found: text.slice(start, end) }) })
    return undefined
  }
}

function check(
  whole: ASTNode,
  variables: Readonly<Record<string, Variable>>,
  used: Set<string>,
  problems: ExpressionProblem[],
): Node | undefined {
  const checking: Checking = {
    problem: ({ start, end }, code, about) => {
      problems.push({ code, start, end, ...about })
      return undefined
    },
    visit: (ast) => {
      if (ast.op === 'id' || ast.op === '.') {
        const name = dottedName(ast)
        return name === undefined ? checking.problem(ast, 'not-allowed', { found: '.' }) : variable(name, ast, variables, used, checking)
      }
      return part(ast, checking)
    },
  }
  return checking.visit(whole)
}

function part(ast: ASTNode, checking: Checking): Node | undefined {
  switch (ast.op) {
    case 'value':
      return constant(ast, checking)
    case '-_':
    case '!_': {
      const inner = checking.visit(ast.args)
      return inner && (ast.op === '-_' ? negated : not)(inner, ast, checking)
    }
    case 'in': {
      const [item, list] = ast.args
      if (list.op !== 'list') return checking.problem(list, 'not-allowed', { found: 'in' })
      const node = checking.visit(item)
      const members = list.args.map((element) => checking.visit(element))
      return node && membership(node, members, ast, checking)
    }
    case '?:': {
      const [test, a, b] = ast.args.map((inner) => checking.visit(inner))
      return test && a && b && choice(test, a, b, ast, checking)
    }
    case 'call':
      return call(ast.args[0], false, ast.args[1], ast, checking)
    case 'rcall':
      return call(ast.args[0], true, [ast.args[1], ...ast.args[2]], ast, checking)
    case '.':
    case '.?':
    case '[]':
    case '[?]':
    case 'list':
    case 'map':
    case 'id':
      return checking.problem(ast, 'not-allowed', { found: ast.op })
    default:
      return binary(ast, checking)
  }
}

type Binary = Extract<ASTNode, { op: '&&' | '||' | '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' }>

function binary(ast: Binary, checking: Checking): Node | undefined {
  const [a, b] = ast.args.map((inner) => checking.visit(inner))
  if (!a || !b) return undefined
  const { op } = ast
  if (op === '&&' || op === '||') return logical(op, a, b, ast, checking)
  const isArithmetic = op === '+' || op === '-' || op === '*' || op === '/' || op === '%'
  return (isArithmetic ? arithmetic : comparison)(op, a, b, ast, checking)
}

function constant(ast: Extract<ASTNode, { op: 'value' }>, checking: Checking): Node | undefined {
  const value = ast.args
  if (typeof value === 'number' || typeof value === 'bigint') return literal(Number(value))
  if (typeof value === 'boolean') return { type: 'boolean', run: () => value }
  if (typeof value === 'string') return { type: 'text', run: () => value }
  return checking.problem(ast, 'not-allowed', { found: value === null ? 'null' : 'literal' })
}

/** `a.b.c` as one name. */
function dottedName(ast: ASTNode): string | undefined {
  if (ast.op === 'id') return ast.args
  if (ast.op !== '.') return undefined
  const before = dottedName(ast.args[0])
  return before === undefined ? undefined : `${before}.${ast.args[1]}`
}

function variable(
  name: string,
  ast: ASTNode,
  variables: Readonly<Record<string, Variable>>,
  used: Set<string>,
  checking: Checking,
): Node | undefined {
  const known = Object.hasOwn(variables, name) ? variables[name] : undefined
  if (!known) {
    const near = nearest(name, Object.keys(variables))
    const expected = Object.keys(variables).slice(0, NAMES_SHOWN).join(', ')
    return checking.problem(ast, 'unknown-name', { found: name, expected, ...(near && { near }) })
  }
  used.add(name)
  const { type, unit } = known
  if (type === 'text') return { type, run: (values) => asText(values[name]) }
  if (type === 'boolean') return { type, run: (values) => asBoolean(values[name]) }
  const run = (values: Values) => asNumber(values[name])
  if (type === 'time') return { type, run }
  // What nobody can read is said where the unit is declared.
  const read = unit === undefined ? undefined : readUnit(unit)
  return { type, measure: read ? measureOf(read) : UNSTATED, run }
}

/** Variables named in a message. */
const NAMES_SHOWN = 20

type Given = FieldValue | undefined
const asNumber = (value: Given): number => (typeof value === 'number' ? value : Number.NaN)
const asBoolean = (value: Given): boolean | undefined => (typeof value === 'boolean' ? value : undefined)
const asText = (value: Given): string | undefined => (typeof value === 'string' ? value : undefined)

/** The unit of the result. */
function checkResult(node: Node, ast: ASTNode, result: ResultType, problems: ExpressionProblem[]): string | undefined {
  const { start, end } = ast
  if (node.type !== result.type) {
    problems.push({ code: 'result-type', start, end, found: node.type, expected: result.type })
    return undefined
  }
  if (node.type !== 'number') return undefined
  const { measure } = node
  if (result.unit === undefined) return measure.is === 'unit' && !measure.scaled ? measure.unit.code : undefined
  const declared = readUnit(result.unit)
  if (!declared) {
    const [near] = nearestUnits(result.unit, 1)
    problems.push({ code: 'unit-unknown', start, end, found: result.unit, ...(near && { near }) })
    return undefined
  }
  const why = mismatch(measure, measureOf(declared))
  if (why) problems.push({ code: why, start, end, found: codeOf(measure), expected: declared.code })
  return declared.code
}

function runner(node: Node): Expression['evaluate'] {
  if (node.type === 'text' || node.type === 'boolean') return node.run
  const { run } = node
  return (values) => {
    const value = run(values)
    return isKnown(value) ? value : undefined
  }
}
