import { resultUnit } from '../core/aggregates/index.ts'
import { compile, type Expression, type Values, type Variable } from '../core/expression/index.ts'
import type { FactValue } from '../core/facts.ts'
import { isNull, rank, Status } from '../core/status.ts'
import { bad, factValue } from './asked.ts'
import type { ExpressionValue, JoinValue } from './config.ts'
import type { CorrelateContext } from './context.ts'
import type { Where } from './related-values.ts'
import type { Subject } from './subject.ts'
import { wholeUnit } from './units.ts'

export type Variables = Readonly<Record<string, Variable>>

/** Fields of a kind, or values of an event, as expressions see them; undefined: there is no such name. */
export function variablesOf(name: string, { kinds, events }: Pick<CorrelateContext, 'kinds' | 'events'>): Variables | undefined {
  const kind = kinds.get(name)
  if (!kind) return events.get(name)
  return Object.fromEntries(Object.entries(kind.fields).map(([field, { type, unit }]) => [field, { type, ...(unit && { unit }) }]))
}

const prefixed = (variables: Variables | undefined): Variables =>
  Object.fromEntries(Object.entries(variables ?? {}).map(([name, variable]) => [`each.${name}`, variable]))

/** What a declared value is, for expressions. */
export function variableOf(value: JoinValue, context: Pick<CorrelateContext, 'site' | 'definitionOf' | 'kinds' | 'events'>): Variable {
  if ('expression' in value) return { type: value.type, unit: value.unit }
  if ('function' in value) return { type: 'number', unit: value.unit ?? resultUnit(value.function, wholeUnit(value.signal, context)) }
  if ('asOf' in value) return { type: 'number', unit: value.unit ?? wholeUnit(value.signal, context) }
  if ('take' in value) return { type: 'number', unit: value.unit ?? variablesOf(value.of, context)?.[value.value]?.unit }
  if ('list' in value || ('next' in value && value.measure === 'value' && value.of === undefined)) return { type: 'text' }
  if ('next' in value) return value.measure === 'delay' ? { type: 'number', unit: 's' } : { type: 'text' }
  return { type: 'number', unit: 'duration' in value ? 's' : '1' }
}

/** The condition `where` of a value, ready to use; without one everything counts. */
export function compileWhere(
  text: string,
  name: string,
  each: string | undefined,
  context: Pick<CorrelateContext, 'kinds' | 'events'>,
): Expression {
  return compile(text, {
    variables: { ...variablesOf(name, context), ...prefixed(each === undefined ? undefined : variablesOf(each, context)) },
    result: { type: 'boolean' },
  })
}

export function whereOf(expression: Expression): Where {
  const needsEach = expression.variables.some((name) => name.startsWith('each.'))
  return (it, each) => expression.evaluate(needsEach ? { ...it.values, ...eachValues(each) } : it.values) as boolean | undefined
}

export const eachValues = ({ values }: Subject): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`each.${name}`, value]))

/** An expression of a correlation: it sees the values declared before it. `units`: of values whose unit only their readings tell. */
export function compileValue(
  name: string,
  declared: { readonly each?: string | undefined; readonly values: Readonly<Record<string, JoinValue>> },
  context: CorrelateContext,
  units?: ReadonlyMap<string, string>,
): Expression {
  const value = declared.values[name] as ExpressionValue
  const names = Object.keys(declared.values)
  const before = names.slice(0, names.indexOf(name)).map((one) => {
    const variable = variableOf(declared.values[one] as JoinValue, context)
    return [one, { ...variable, unit: variable.unit ?? units?.get(one) }] as const
  })
  const variables = {
    ...Object.fromEntries(before),
    ...prefixed(declared.each === undefined ? undefined : variablesOf(declared.each, context)),
  }
  return compile(value.expression, { variables, result: { type: value.type, ...(value.unit && { unit: value.unit }) } })
}

/** Combinations of units that are kept compiled; places rarely have more. */
const COMBINATIONS = 64

/** The expression for the units that values really have: what `./power` is measured in may be another thing at every place. */
export function unitAware(
  expression: Expression,
  recompile: (units: ReadonlyMap<string, string>) => Expression,
  open: ReadonlySet<string>,
): (values: Readonly<Record<string, FactValue>>) => Expression {
  const names = expression.variables.filter((name) => open.has(name))
  if (names.length === 0) return () => expression
  const known = new Map<string, Expression>()
  return (values) => {
    const units = new Map(names.flatMap((name) => (values[name]?.unit === undefined ? [] : [[name, values[name].unit] as const])))
    const key = JSON.stringify([...units])
    const found = known.get(key) ?? recompile(units)
    if (known.size >= COMBINATIONS) known.clear()
    known.set(key, found)
    return found
  }
}

/**
 * The result of an expression: Good only when everything that stands in it is Good. Coverage is the smallest of what it is made of. Bad where it
 * is not known, or where the values measure what the expression is not made for.
 */
export function evaluated(
  expression: Expression,
  values: Readonly<Record<string, FactValue>>,
  others: Values,
  unit: string | undefined,
): FactValue {
  const used = expression.variables.flatMap((name) => (Object.hasOwn(values, name) ? [values[name] as FactValue] : []))
  const given: Record<string, FactValue['value'] | undefined> = { ...others }
  for (const name of expression.variables) if (Object.hasOwn(values, name)) given[name] = (values[name] as FactValue).value
  const result = expression.evaluate(given)
  const covered = used.flatMap(({ coverage }) => coverage ?? [])
  const coverage = covered.length > 0 ? Math.min(...covered) : null
  if (expression.problems.length > 0) return bad('unit', Status.BadConfigurationError, coverage)
  if (result === undefined) return bad('input-missing', Status.BadNoData, coverage)
  const reasons = used.flatMap(({ status, reasons = [] }) =>
    rank(status) === 0 && !isNull(status) ? [] : [rank(status) === 1 ? 'input-uncertain' : 'input-bad', ...reasons],
  )
  return factValue(result, Status.Good, { unit: unit ?? expression.unit, coverage, reasons })
}
