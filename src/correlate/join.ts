import { createHash } from 'node:crypto'
import { type Change, type Derivation, FOREVER, type Outcome, type Unit } from '../core/derivation.ts'
import type { Expression } from '../core/expression/index.ts'
import type { Fact, FactInput, FactValue, RevisionCause } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { History, Series } from '../core/history.ts'
import { LIMITS } from '../core/limits.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import { type Asked, bad, lowered, type Read, type ReadSpan, type ValueMaker } from './asked.ts'
import type { Correlation, ExpressionValue, JoinValue } from './config.ts'
import type { CorrelateContext, JoinContext } from './context.ts'
import { compileValue, compileWhere, eachValues, evaluated, whereOf } from './expressions.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { nextMaker, relatedMaker } from './related-values.ts'
import { aggregateMaker, asOfMaker, idPattern } from './signal-values.ts'
import { type Subject, subjectsByKey, subjectsWithin } from './subject.ts'

/** A correlation ready to compute, with what it is made of. */
interface Join {
  readonly name: string
  readonly version: string
  readonly declared: Correlation
  readonly context: JoinContext
  readonly toleranceUs: Micros
  readonly makers: ReadonlyMap<string, ValueMaker>
  readonly expressions: ReadonlyMap<string, { readonly expression: Expression; readonly unit: string | undefined }>
  /** Its interval is told by fields that need not be those of its validity. */
  readonly hasOwnTimes: boolean
}

/**
 * For each record of a kind, or each event: what signals, other records and events say of its time and place. One fact per record, its key the record's.
 *
 * A fact goes on (`to: null`) while its record does; it is final when everything it may depend on has been seen. A record without a beginning has no interval and no
 * fact. Nothing Good comes of what is not: a value is at best Uncertain where an input is, where its time is not covered, where the sources of its record
 * disagree, or where the clock behind its signal is less sure than the tolerance; it is Bad where an input is missing or the equipment is not known.
 */
export function createJoin(name: string, declared: Correlation, context: CorrelateContext): Derivation {
  const join = joinOf(name, declared, context)
  const makers = [...join.makers.values()]
  const related = makers.flatMap((maker) => maker.related ?? [])
  const named = [...new Set([declared.each, ...related])]
  const signals = Object.values(declared.values).flatMap((value) => ('signal' in value ? [idPattern(value.signal, context.site)] : []))
  return {
    ...{ name, version: join.version, facts: 'keyed', progressUs: declared.progress * 1000 },
    inputs: {
      signals: [...new Set(signals)],
      records: named.filter((one) => context.kinds.has(one)),
      facts: named.filter((one) => !context.kinds.has(one)),
    },
    touched: (change, history) => touched(join, change, history),
    within: async (range, history) => {
      const slackUs = slackOf(join)
      const wide = { from: range.from - slackUs.before, to: Math.min(FOREVER, range.to + slackUs.after), most: CORRELATE_LIMITS.touched }
      return unitsOf(join, await subjectsWithin(declared.each, wide, declared.use, history, join.context))
    },
    compute: (units, history, { watermark, cause }) => compute(join, units, history, watermark, cause),
  }
}

function joinOf(name: string, declared: Correlation, context: CorrelateContext): Join {
  const kind = context.kinds.get(declared.each)
  const { from = kind?.validity?.from, to = kind?.validity?.to } = declared.during
  const used = new Set([from, to, kind?.equipment?.field].flatMap((field) => field ?? []))
  const toleranceUs = (declared.tolerance ?? 0) * 1000
  const fieldsOf = (one: string): ReadonlySet<string> => {
    const { validity, equipment } = context.kinds.get(one) ?? {}
    return one === declared.each ? used : new Set([validity?.from, validity?.to, equipment?.field].flatMap((field) => field ?? []))
  }
  const makers = new Map<string, ValueMaker>()
  const expressions = new Map<string, { expression: Expression; unit: string | undefined }>()
  for (const [valueName, value] of Object.entries(declared.values)) {
    if ('expression' in value) {
      const expression = compileValue(valueName, declared, context)
      for (const variable of expression.variables) if (variable.startsWith('each.')) used.add(variable.slice('each.'.length))
      expressions.set(valueName, { expression, unit: (value as ExpressionValue).unit })
    } else {
      if ('at' in value && value.at !== 'from' && value.at !== 'to') used.add(value.at)
      makers.set(valueName, makerOf(value, declared, toleranceUs, context))
    }
  }
  const names = [declared.each, ...[...makers.values()].flatMap((maker) => maker.related ?? [])]
  const kinds = [...new Set(names)].map((one) => context.kinds.get(one) ?? one)
  const version = createHash('sha256')
    .update(JSON.stringify([context.site, declared, kinds]))
    .digest('hex')
    .slice(0, 16)
  const hasOwnTimes = kind !== undefined && (from !== kind.validity?.from || to !== kind.validity?.to)
  return { name, version, declared, context: { ...context, fieldsUsed: fieldsOf }, toleranceUs, makers, expressions, hasOwnTimes }
}

function makerOf(
  value: Exclude<JoinValue, ExpressionValue>,
  declared: Correlation,
  toleranceUs: Micros,
  context: CorrelateContext,
): ValueMaker {
  if ('function' in value) return aggregateMaker(value, declared.lookBack * 1000, context)
  if ('asOf' in value) return asOfMaker(value, toleranceUs, context)
  const name = 'next' in value ? value.next : 'count' in value ? value.count : 'duration' in value ? value.duration : value.list
  const where = value.where === undefined ? undefined : whereOf(compileWhere(value.where, name, declared.each, context))
  return 'next' in value ? nextMaker(value, where) : relatedMaker(value, toleranceUs, where)
}

/** How far beyond the validity of a record something may lie that matters to it. */
function slackOf({ declared, makers, hasOwnTimes }: Join): { before: Micros; after: Micros } {
  const all = [...makers.values()]
  const own = hasOwnTimes ? CORRELATE_LIMITS.reachUs : 0
  return {
    before: Math.max(0, ...all.map(({ afterUs }) => afterUs)) + declared.during.after * 1000 + own,
    after: Math.max(0, ...all.map(({ beforeUs }) => beforeUs)) + declared.during.before * 1000 + own,
  }
}

/** `to` null: it goes on. Undefined: it has no beginning. */
function intervalOf({ declared, context }: Join, subject: Subject): { from: Micros; to: Micros | null } | undefined {
  const { during, each } = declared
  const isRecord = context.kinds.has(each)
  const field = (name: string | undefined, otherwise: Micros | null) => {
    if (name === undefined || !isRecord) return otherwise
    const value = subject.values[name]
    return typeof value === 'number' ? value : null
  }
  const from = field(during.from, subject.from)
  const to = field(during.to, subject.to)
  return from === null ? undefined : { from: from - during.before * 1000, to: to === null ? null : to + during.after * 1000 }
}

function unitOf(join: Join, subject: Subject): Unit | undefined {
  const interval = intervalOf(join, subject)
  if (!interval) return undefined
  const { from, to } = interval
  const final = to === null ? FOREVER : Math.max(from, to, ...[...join.makers.values()].map((maker) => maker.finalAt(subject, from, to)))
  return { definition: join.name, key: subject.key, from, to: final }
}

const unitsOf = (join: Join, subjects: Iterable<Subject>): Unit[] => [...subjects].flatMap((subject) => unitOf(join, subject) ?? [])

async function touched(join: Join, change: Change, history: History): Promise<Unit[]> {
  const { declared, context, makers } = join
  const units: Unit[] = []
  const name = 'record' in change ? change.record : 'fact' in change ? change.fact : undefined
  if (name === declared.each && 'key' in change) {
    const [subject] = (await subjectsByKey(declared.each, [change.key], declared.use, history, context)).values()
    const was = { definition: join.name, key: change.key, from: change.from, to: Math.max(change.from, change.to) }
    const is = (subject && unitOf(join, subject)) ?? was
    // From where it was: what was found there has to be taken back, even when the record lies in the future now.
    units.push({ ...is, from: Math.min(is.from, was.from) })
  }
  const all = [...makers.values()]
  const reads =
    'signal' in change
      ? (subject: Subject) => readsSignal(join, subject, change.signal)
      : (subject: Subject) => mayRelate(placeOf(join, subject), change)
  if (name !== undefined && !all.some((maker) => maker.related === name)) return units
  const { before, after } = slackOf(join)
  // To whole minutes, so that the changes of one commit ask the same.
  const from = Math.floor((change.from - before) / MINUTE) * MINUTE
  const to = Math.min(FOREVER, Math.ceil((change.to + after) / MINUTE) * MINUTE)
  const subjects = await subjectsWithin(declared.each, { from, to, most: CORRELATE_LIMITS.touched }, declared.use, history, context)
  const near = unitsOf(join, subjects.filter(reads)).filter((unit) => unit.from - after <= change.to && change.from <= unit.to + before)
  return [...units, ...near]
}

const placeOf = ({ declared }: Join, subject: Subject): string | undefined => declared.equipment ?? subject.equipment

const readsSignal = (join: Join, subject: Subject, signal: string): boolean =>
  [...join.makers.values()].some((maker) => maker.signals(placeOf(join, subject)).includes(signal))

/** False only where both places are known and one has nothing to do with the other. */
function mayRelate(place: string | undefined, change: Change): boolean {
  const at = 'equipment' in change ? change.equipment : undefined
  return at === undefined || place === undefined || at === place || at.startsWith(`${place}/`)
}

async function compute(join: Join, units: readonly Unit[], history: History, watermark: Micros, cause: RevisionCause): Promise<Outcome[]> {
  const { declared, context } = join
  const subjects = await subjectsByKey(declared.each, [...new Set(units.map(({ key }) => key))], declared.use, history, context)
  const asked = [...subjects.values()].flatMap((subject): Asked[] => {
    const interval = intervalOf(join, subject)
    if (!interval || interval.from > watermark) return []
    const { from } = interval
    const isOver = interval.to !== null && interval.to <= watermark
    const to = isOver ? interval.to : null
    return [
      {
        subject,
        equipment: placeOf(join, subject),
        from,
        to,
        until: Math.max(from, to ?? watermark),
        watermark,
        toleranceUs: join.toleranceUs,
      },
    ]
  })
  const facts = new Map<string, Fact>()
  const read = asked.length > 0 && (await reading(join, asked, history).catch((error) => refused(error, asked)))
  for (const one of asked) facts.set(one.subject.key, factOf(join, one, read || undefined, cause))
  return units.map((unit) => {
    const subject = subjects.get(unit.key)
    const fact = facts.get(unit.key)
    const known = subject && unitOf(join, subject)
    return { unit: known ?? { ...unit, to: Math.min(unit.to, watermark) }, facts: fact ? [fact] : [], samples: [] }
  })
}

/** One interval alone that is too much for the history has no values, and says so; several are asked for in smaller groups. */
function refused(error: unknown, asked: readonly Asked[]): undefined {
  if (error instanceof QueryRefused && asked.length === 1) return undefined
  throw error
}

async function reading({ makers, declared, context }: Join, asked: readonly Asked[], history: History): Promise<Read> {
  const all = [...makers.values()]
  const related = new Map<string, readonly Subject[]>()
  const span = {
    from: Math.min(...asked.map(({ from }) => from)) - Math.max(0, ...all.map(({ beforeUs }) => beforeUs)),
    to: Math.max(...asked.map(({ until }) => until)) + Math.max(0, ...all.map(({ afterUs }) => afterUs)),
    most: CORRELATE_LIMITS.touched,
  }
  for (const name of new Set(all.flatMap((maker) => maker.related ?? []))) {
    related.set(name, await subjectsWithin(name, span, declared.use, history, context))
  }
  return { series: await readSeries(spansOf(all, asked), history), related }
}

/** For each signal the time that one of the intervals needs of it. */
function spansOf(makers: readonly ValueMaker[], asked: readonly Asked[]): Map<string, ReadSpan> {
  const spans = new Map<string, ReadSpan>()
  for (const one of asked) {
    for (const maker of makers) {
      const span = maker.reads?.(one)
      for (const id of span ? maker.signals(one.equipment) : []) {
        const known = spans.get(id) ?? (span as ReadSpan)
        const { from, to, lookBackUs } = span as ReadSpan
        spans.set(id, { from: Math.min(from, known.from), to: Math.max(to, known.to), lookBackUs: Math.max(lookBackUs, known.lookBackUs) })
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
  const series = new Map<string, Series>()
  for (const { span, signals } of together.values()) {
    for (const one of await history.series({ signals, ...span })) series.set(one.signal, one)
  }
  return series
}

function factOf(join: Join, asked: Asked, read: Read | undefined, cause: RevisionCause): Fact {
  const { name, version, toleranceUs, makers, expressions } = join
  const { subject, equipment, from, to } = asked
  const found = new Map<string, FactValue>()
  const inputs: FactInput[] = [subject.input]
  const isLost = subject.isPlaced && equipment === undefined
  for (const [valueName, maker] of makers) {
    if (!read) found.set(valueName, bad('too-many'))
    else if (isLost || (maker.needsPlace && equipment === undefined)) found.set(valueName, bad('equipment-unknown'))
    else if (isOutOfReach(join, asked)) found.set(valueName, bad('out-of-reach'))
    else {
      const { value, inputs: own } = maker.compute(asked, read)
      found.set(valueName, lowered(value, subject.reasons))
      inputs.push(...own)
    }
  }
  const values: Record<string, FactValue> = {}
  for (const valueName of Object.keys(join.declared.values)) {
    const own = expressions.get(valueName)
    const value = own ? lowered(evaluated(own.expression, values, eachValues(subject), own.unit), subject.reasons) : found.get(valueName)
    if (value) values[valueName] = value
  }
  const different = [...new Map(inputs.map((input) => [JSON.stringify(input), input])).values()]
  return {
    ...{ definition: name, type: 'join', version, key: subject.key },
    ...(equipment !== undefined && { equipment }),
    ...{ from, to, toleranceUs, values, inputs: different.slice(0, LIMITS.factInputs), cause },
  }
}

/** Fields say a time so far from the record's validity that changes there are not seen as its own. */
function isOutOfReach({ hasOwnTimes, declared }: Join, { subject, from, until }: Asked): boolean {
  if (!hasOwnTimes) return false
  const reach = CORRELATE_LIMITS.reachUs
  const begins = (subject.from ?? Number.NEGATIVE_INFINITY) - reach - declared.during.before * 1000
  const ends = (subject.to ?? Number.POSITIVE_INFINITY) + reach + declared.during.after * 1000
  return from < begins || until > ends
}
