import type { Expression } from '../core/expression/index.ts'
import type { FactInput, FactValue } from '../core/facts.ts'
import type { History, Series } from '../core/history.ts'
import { LIMITS } from '../core/limits.ts'
import { rank } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import { type Asked, bad, lowered, type Read, type ReadSpan, type ValueMaker } from './asked.ts'
import { clockSpans } from './clocks.ts'
import type { ExpressionValue, JoinValue, Kpi } from './config.ts'
import type { CorrelateContext, JoinContext } from './context.ts'
import { compileValue, compileWhere, eachValues, evaluated, unitAware, variableOf, whereOf } from './expressions.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { nextMaker, relatedMaker, relatedName } from './related-values.ts'
import { aggregateMaker, asOfMaker, idPattern } from './signal-values.ts'
import { type Subject, subjectsWithin } from './subject.ts'

/** What is to be found for intervals. */
export interface Wanted {
  /** Kind or event whose values expressions see as `each.NAME`. */
  readonly each?: string
  readonly use: string
  readonly values: Readonly<Record<string, JoinValue>>
  /** Milliseconds, as the file's durations are. */
  readonly tolerance?: number | undefined
  readonly lookBack: number
  /** What values of some names can logically be. */
  readonly ranges?: Ranges
}

type Ranges = Readonly<Record<string, Kpi['range']>>

/** The same, ready to compute. */
export interface Plan {
  readonly use: string
  readonly context: JoinContext
  readonly toleranceUs: Micros
  readonly makers: ReadonlyMap<string, ValueMaker>
  readonly expressions: ReadonlyMap<string, UnitExpression>
  /** Values in the order of the file. */
  readonly names: readonly string[]
  readonly ranges: Ranges
  /** Patterns of whole signal ids, and the kinds and events that it reads. */
  readonly signals: readonly string[]
  readonly related: readonly string[]
  /** How long before and after an interval something may matter to it. */
  readonly beforeUs: Micros
  readonly afterUs: Micros
}

interface UnitExpression {
  readonly expression: (values: Readonly<Record<string, FactValue>>) => Expression
  readonly unit: string | undefined
}

/** `used`: fields of `each` in which a disagreement of its sources matters; those that the values read are added. */
export function planOf(wanted: Wanted, used: Set<string>, context: CorrelateContext): Plan {
  const toleranceUs = (wanted.tolerance ?? 0) * 1000
  const taken = fieldsTaken(wanted, used, context)
  const fieldsUsed = (one: string): ReadonlySet<string> => {
    const { validity, equipment } = context.kinds.get(one) ?? {}
    const own = one === wanted.each ? [...used] : [validity?.from, validity?.to, equipment?.field].flatMap((field) => field ?? [])
    return new Set([...own, ...(taken.get(one) ?? [])])
  }
  const makers = new Map<string, ValueMaker>()
  const expressions = new Map<string, UnitExpression>()
  const open = new Set(
    Object.entries(wanted.values).flatMap(([name, value]) => (variableOf(value, context).unit === undefined ? [name] : [])),
  )
  for (const [name, value] of Object.entries(wanted.values)) {
    if ('expression' in value) {
      const expression = compileValue(name, wanted, context)
      for (const variable of expression.variables) if (variable.startsWith('each.')) used.add(variable.slice('each.'.length))
      const forUnits = unitAware(expression, (units) => compileValue(name, wanted, context, units), open)
      expressions.set(name, { expression: forUnits, unit: value.unit })
    } else {
      if ('at' in value && value.at !== 'from' && value.at !== 'to') used.add(value.at)
      makers.set(name, makerOf(value, wanted, toleranceUs, context))
    }
  }
  const all = [...makers.values()]
  const patterns = Object.values(wanted.values).flatMap((value) => signalsOf(value).map((signal) => idPattern(signal, context.site)))
  return {
    ...{ use: wanted.use, context: { ...context, fieldsUsed }, toleranceUs, makers, expressions, names: Object.keys(wanted.values) },
    ranges: wanted.ranges ?? {},
    signals: [...new Set(patterns)],
    related: [...new Set(all.flatMap((maker) => maker.related ?? []))],
    beforeUs: Math.max(0, ...all.map((maker) => maker.beforeUs)),
    afterUs: Math.max(0, ...all.map((maker) => maker.afterUs)),
  }
}

/** Of each related kind the fields that numbers are taken from or that decide whether one counts. Those of `each` in a condition are added to `used`. */
function fieldsTaken(wanted: Wanted, used: Set<string>, context: CorrelateContext): ReadonlyMap<string, ReadonlySet<string>> {
  const taken = new Map<string, Set<string>>()
  const add = (name: string, field: string) => taken.set(name, (taken.get(name) ?? new Set()).add(field))
  for (const value of Object.values(wanted.values)) {
    if ('expression' in value || 'signal' in value) continue
    const name = 'next' in value ? value.next : relatedName(value)
    if ('take' in value) add(name, value.value)
    if ('next' in value && value.measure === 'value' && value.of !== undefined) add(name, value.of)
    const variables = value.where === undefined ? [] : compileWhere(value.where, name, wanted.each, context).variables
    for (const variable of variables) {
      if (variable.startsWith('each.')) used.add(variable.slice('each.'.length))
      else add(name, variable)
    }
  }
  return taken
}

function makerOf(value: Exclude<JoinValue, ExpressionValue>, wanted: Wanted, toleranceUs: Micros, context: CorrelateContext): ValueMaker {
  if ('function' in value) return aggregateMaker(value, wanted.lookBack * 1000, context)
  if ('asOf' in value) return asOfMaker(value, toleranceUs, context)
  const name = 'next' in value ? value.next : relatedName(value)
  const where = value.where === undefined ? undefined : whereOf(compileWhere(value.where, name, wanted.each, context))
  return 'next' in value
    ? nextMaker(value, where)
    : relatedMaker(value, { toleranceUs, lookBackUs: wanted.lookBack * 1000 }, where, context)
}

/** Signals that a value reads, as the file names them. */
export function signalsOf(value: JoinValue): string[] {
  if ('signal' in value) return [value.signal]
  return 'coveredBy' in value && value.coveredBy !== undefined ? [value.coveredBy] : []
}

/** What the intervals need of history, read together. Rejects with QueryRefused when it is too much at once. */
export async function readFor(
  { makers, use, context, related: names, beforeUs, afterUs }: Plan,
  asked: readonly Asked[],
  history: History,
): Promise<Read> {
  const all = [...makers.values()]
  const related = new Map<string, readonly Subject[]>()
  const span = {
    from: Math.min(...asked.map(({ from }) => from)) - beforeUs,
    to: Math.max(...asked.map(({ until }) => until)) + afterUs,
    most: CORRELATE_LIMITS.touched,
  }
  for (const name of names) {
    related.set(name, await subjectsWithin(name, span, use, history, context))
  }
  return { series: await readSeries(spansOf(all, asked, context), history), related }
}

/** For each signal the time that one of the intervals needs of it. */
function spansOf(makers: readonly ValueMaker[], asked: readonly Asked[], context: CorrelateContext): Map<string, ReadSpan> {
  const spans = new Map<string, ReadSpan>()
  const add = (id: string, { from, to, lookBackUs }: ReadSpan) => {
    const known = spans.get(id) ?? { from, to, lookBackUs }
    spans.set(id, { from: Math.min(from, known.from), to: Math.max(to, known.to), lookBackUs: Math.max(lookBackUs, known.lookBackUs) })
  }
  for (const one of asked) {
    for (const maker of makers) {
      const span = maker.reads?.(one)
      for (const id of span ? maker.signals(one.equipment) : []) {
        add(id, span as ReadSpan)
        for (const [clock, over] of clockSpans(id, span as ReadSpan, context)) add(clock, over)
      }
    }
  }
  return spans
}

async function readSeries(spans: ReadonlyMap<string, ReadSpan>, history: History): Promise<Map<string, Series>> {
  const together = new Map<string, { span: ReadSpan; signals: string[] }>()
  for (const [id, span] of spans) {
    const key = `${span.from} ${span.to} ${span.lookBackUs}`
    const known = together.get(key)
    if (known) known.signals.push(id)
    else together.set(key, { span, signals: [id] })
  }
  const found = await Promise.all([...together.values()].map(({ span, signals }) => history.series({ signals, ...span })))
  return new Map(found.flat().map((one) => [one.signal, one]))
}

const isOutside = ({ value, status }: FactValue, range: Kpi['range']): boolean =>
  typeof value === 'number' && rank(status) < 2 && (value < (range?.lower ?? value) || value > (range?.upper ?? value))

/** The values of one interval, and what they are from. `read` undefined: it was too much to be read. */
export function valuesOf(
  plan: Plan,
  asked: Asked,
  read: Read | undefined,
  isOutOfReach: boolean,
): { values: Record<string, FactValue>; inputs: FactInput[] } {
  const { subject, equipment } = asked
  const isLost = subject.isPlaced && equipment === undefined
  const inputs: FactInput[] = subject.input ? [subject.input] : []
  const values: Record<string, FactValue> = {}
  const compute = (maker: ValueMaker): FactValue => {
    if (!read) return bad('too-many')
    if (isLost || (maker.needsPlace && equipment === undefined)) return bad('equipment-unknown')
    if (isOutOfReach) return bad('out-of-reach')
    const found = maker.compute(asked, read)
    inputs.push(...found.inputs)
    return found.value
  }
  // In the order of the file: an expression sees the values before it.
  for (const name of plan.names) {
    const own = plan.expressions.get(name)
    const maker = plan.makers.get(name)
    const value = own ? evaluated(own.expression(values), values, eachValues(subject), own.unit) : maker && compute(maker)
    if (value) values[name] = lowered(value, [...subject.reasons, ...(isOutside(value, plan.ranges[name]) ? ['range'] : [])])
  }
  const different = [...new Map(inputs.map((input) => [JSON.stringify(input), input])).values()]
  return { values, inputs: different.slice(0, LIMITS.factInputs) }
}
