import { createHash } from 'node:crypto'
import { type Change, type Derivation, FOREVER, type Outcome, type Unit } from '../core/derivation.ts'
import { type Fact, type RevisionCause, versionBy } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { History } from '../core/history.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import type { Asked, Read } from './asked.ts'
import { clockGlobs, clockHoldUs, withClocks } from './clocks.ts'
import type { Correlation } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { type Plan, planOf, readFor, valuesOf } from './plan.ts'
import { type Subject, subjectsByKey, subjectsWithin } from './subject.ts'

/** A correlation ready to compute, with what it is made of. */
interface Join {
  readonly name: string
  readonly version: string
  readonly declared: Correlation
  readonly plan: Plan
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
  const { plan } = join
  const named = [...new Set([declared.each, ...plan.related])]
  return {
    ...{ name, version: join.version, facts: 'keyed', progressUs: declared.progress * 1000 },
    inputs: {
      signals: plan.signals,
      records: named.filter((one) => context.kinds.has(one)),
      facts: named.filter((one) => !context.kinds.has(one)),
      ...(context.clockOf && { clocks: clockGlobs(context.site) }),
    },
    touched: (changes, history) => touched(join, changes, history),
    within: async (range, history) => {
      const slackUs = slackOf(join)
      const wide = { from: range.from - slackUs.before, to: Math.min(FOREVER, range.to + slackUs.after), most: CORRELATE_LIMITS.touched }
      return unitsOf(join, await subjectsWithin(declared.each, wide, declared.use, history, plan.context))
    },
    compute: (units, history, { watermark, cause }) => compute(join, units, history, watermark, cause),
  }
}

function joinOf(name: string, declared: Correlation, context: CorrelateContext): Join {
  const kind = context.kinds.get(declared.each)
  const { from = kind?.validity?.from, to = kind?.validity?.to } = declared.during
  const plan = planOf(declared, new Set([from, to, kind?.equipment?.field].flatMap((field) => field ?? [])), context)
  const hasOwnTimes = kind !== undefined && (from !== kind.validity?.from || to !== kind.validity?.to)
  return { name, version: versionOf(declared, [declared.each, ...plan.related], context), declared, plan, hasOwnTimes }
}

/** Raised when the same declaration over the same history comes to something else. 2: clocks are inputs, and seen in the middle of an interval, too. */
const ENGINE = 'correlate@2'

/** Of a declaration together with the kinds of records it reads: who has authority over them makes other facts, too. */
export function versionOf(declared: object, names: readonly string[], { site, kinds }: CorrelateContext): string {
  const read = [...new Set(names)].map((one) => kinds.get(one) ?? one)
  const hash = createHash('sha256').update(JSON.stringify([site, declared, read]))
  return versionBy(hash.digest('hex').slice(0, 16), ENGINE)
}

/** How far beyond the validity of a record something may lie that matters to it. */
function slackOf({ declared, plan, hasOwnTimes }: Join): { before: Micros; after: Micros } {
  const own = hasOwnTimes ? CORRELATE_LIMITS.reachUs : 0
  return {
    before: plan.afterUs + declared.during.after * 1000 + own,
    after: plan.beforeUs + declared.during.before * 1000 + own,
  }
}

/** `to` null: it goes on. Undefined: it has no beginning. */
function intervalOf({ declared, plan }: Join, subject: Subject): { from: Micros; to: Micros | null } | undefined {
  const { during, each } = declared
  const isRecord = plan.context.kinds.has(each)
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
  const final =
    to === null ? FOREVER : Math.max(from, to, ...[...join.plan.makers.values()].map((maker) => maker.finalAt(subject, from, to)))
  return { definition: join.name, key: subject.key, from, to: final }
}

const unitsOf = (join: Join, subjects: Iterable<Subject>): Unit[] => [...subjects].flatMap((subject) => unitOf(join, subject) ?? [])

async function touched(join: Join, changes: readonly Change[], history: History): Promise<Unit[]> {
  const { declared, plan } = join
  const nameOf = (change: Change) => ('record' in change ? change.record : 'fact' in change ? change.fact : undefined)
  const own = changes.flatMap((change) => ('key' in change && nameOf(change) === declared.each ? [change] : []))
  const keys = [...new Set(own.map(({ key }) => key))]
  const subjects =
    own.length > 0 ? await subjectsByKey(declared.each, keys, declared.use, history, plan.context) : new Map<string, Subject>()
  const units = own.map(({ key, from, to }): Unit => {
    const subject = subjects.get(key)
    const was = { definition: join.name, key, from, to: Math.max(from, to) }
    const is = (subject && unitOf(join, subject)) ?? was
    // From where it was: what was found there has to be taken back, even when the record lies in the future now.
    return { ...is, from: Math.min(is.from, was.from) }
  })
  const { before, after } = slackOf(join)
  // To whole minutes: the changes of one commit lie close together, and ask once.
  const periods = new Map<string, { readonly from: Micros; readonly to: Micros; readonly changes: Change[] }>()
  for (const told of changes) {
    const change = { ...told, to: Math.min(FOREVER, told.to + (await clockHoldUs(told, history))) }
    const name = nameOf(change)
    if (name !== undefined && !plan.related.includes(name)) continue
    const from = Math.floor((change.from - before) / MINUTE) * MINUTE
    const to = Math.min(FOREVER, Math.ceil((change.to + after) / MINUTE) * MINUTE)
    const known = periods.get(`${from} ${to}`) ?? { from, to, changes: [] }
    periods.set(`${from} ${to}`, known)
    known.changes.push(change)
  }
  const near = await Promise.all(
    [...periods.values()].map(async ({ from, to, changes }) => {
      const span = { from, to, most: CORRELATE_LIMITS.touched }
      const found = await subjectsWithin(declared.each, span, declared.use, history, plan.context)
      const readers = readersOf(join, found)
      return changes.flatMap((change) => {
        const reads = 'signal' in change ? (readers.get(change.signal) ?? []) : found.filter((one) => mayRelate(placeOf(join, one), change))
        return unitsOf(join, reads).filter((unit) => unit.from - after <= change.to && change.from <= unit.to + before)
      })
    }),
  )
  return [...units, ...near.flat()]
}

/** The subjects that read each signal. */
function readersOf(join: Join, subjects: readonly Subject[]): ReadonlyMap<string, Subject[]> {
  const makers = [...join.plan.makers.values()]
  const signals = new Map<string | undefined, readonly string[]>()
  const readers = new Map<string, Subject[]>()
  for (const subject of subjects) {
    const place = placeOf(join, subject)
    const read =
      signals.get(place) ??
      withClocks(
        makers.flatMap((maker) => maker.signals(place)),
        join.plan.context,
      )
    signals.set(place, read)
    for (const signal of read) {
      const list = readers.get(signal)
      if (list) list.push(subject)
      else readers.set(signal, [subject])
    }
  }
  return readers
}

const placeOf = ({ declared }: Join, subject: Subject): string | undefined => declared.equipment ?? subject.equipment

/** False only where both places are known and one has nothing to do with the other. */
function mayRelate(place: string | undefined, change: Change): boolean {
  const at = 'equipment' in change ? change.equipment : undefined
  return at === undefined || place === undefined || at === place || at.startsWith(`${place}/`)
}

async function compute(join: Join, units: readonly Unit[], history: History, watermark: Micros, cause: RevisionCause): Promise<Outcome[]> {
  const { declared, plan } = join
  const subjects = await subjectsByKey(declared.each, [...new Set(units.map(({ key }) => key))], declared.use, history, plan.context)
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
        toleranceUs: plan.toleranceUs,
      },
    ]
  })
  const facts = new Map<string, Fact>()
  const read = asked.length > 0 && (await readFor(plan, asked, history).catch((error) => refused(error, asked)))
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

function factOf(join: Join, asked: Asked, read: Read | undefined, cause: RevisionCause): Fact {
  const { name, version, plan } = join
  const { subject, equipment, from, to, toleranceUs } = asked
  const { values, inputs } = valuesOf(plan, asked, read, isOutOfReach(join, asked))
  return {
    ...{ definition: name, type: 'join', version, key: subject.key },
    ...(equipment !== undefined && { equipment }),
    ...{ from, to, toleranceUs, values, inputs, cause },
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
