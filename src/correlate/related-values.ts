import { heldShare } from '../core/aggregates/held.ts'
import type { FactInput } from '../core/facts.ts'
import type { FieldValue } from '../core/it-records.ts'
import { Status } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import { type Asked, bad, type Found, factValue, type Read, type ValueMaker } from './asked.ts'
import type { NextValue, RelatedValue, Relation, TakenValue } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { coveredUs, relates, type Span } from './relations.ts'
import { holdOf, periodReasons, wholeId } from './signal-values.ts'
import type { Subject } from './subject.ts'
import { inUnit } from './units.ts'

/** Whether something counts; undefined: not known. */
export type Where = (it: Subject, each: Subject) => boolean | undefined

const DEFAULT_WITHIN_US = 3_600_000_000

/** The same place, or one below it. What names no place, and what is asked for without one, counts everywhere. */
function isAt(it: Subject, { equipment }: Asked): boolean {
  if (!it.isPlaced || equipment === undefined) return true
  return it.equipment === equipment || it.equipment?.startsWith(`${equipment}/`) === true
}

const spanOf = ({ from, to }: Subject): Span => ({ from: from ?? Number.NEGATIVE_INFINITY, to: to ?? Number.POSITIVE_INFINITY })

/** Those that count, by beginning and key, and why what comes of them is not sure. */
function chosen(all: readonly Subject[], asked: Asked, isMeant: (span: Span) => boolean, where: Where | undefined) {
  const reasons: string[] = []
  const found: Subject[] = []
  for (const it of all) {
    if (!isAt(it, asked) || !isMeant(spanOf(it))) continue
    const counts = where ? where(it, asked.subject) : true
    if (counts === undefined) reasons.push('condition-unknown')
    // Also of one that does not count: by what the other source says, or by surer values, it might.
    reasons.push(...it.reasons)
    if (counts === true) found.push(it)
  }
  found.sort((a, b) => (a.from ?? 0) - (b.from ?? 0) || (a.key < b.key ? -1 : 1))
  const inputs: FactInput[] = found.slice(0, CORRELATE_LIMITS.related).flatMap(({ input }) => input ?? [])
  return { found, inputs, reasons }
}

export const relatedName = (declared: RelatedValue): string =>
  'count' in declared ? declared.count : 'duration' in declared ? declared.duration : 'list' in declared ? declared.list : declared.of

/**
 * How many events or records relate to the interval, for how long in seconds (time that several share counts once), or their keys. Uncertain where one of them is,
 * or where a condition cannot be told.
 */
export function relatedMaker(
  declared: RelatedValue,
  { toleranceUs, lookBackUs }: { readonly toleranceUs: Micros; readonly lookBackUs: Micros },
  where: Where | undefined,
  context: CorrelateContext,
): ValueMaker {
  const name = relatedName(declared)
  const relation: Relation = declared.relation
  const withinUs = Math.min(
    'within' in declared && declared.within !== undefined ? declared.within * 1000 : DEFAULT_WITHIN_US,
    CORRELATE_LIMITS.reachUs,
  )
  const reach = Math.min(toleranceUs, CORRELATE_LIMITS.reachUs)
  const afterUs = relation === 'after' ? withinUs : reach
  const { coveredBy } = declared
  const watched = (equipment: string | undefined) => (coveredBy === undefined ? undefined : wholeId(coveredBy, context.site, equipment))
  const holdUs = Math.min(lookBackUs, CORRELATE_LIMITS.reachUs)
  return {
    ...{ signals: (equipment) => [watched(equipment) ?? []].flat(), related: name, needsPlace: coveredBy?.startsWith('./') === true },
    beforeUs: Math.max(relation === 'before' ? withinUs : reach, coveredBy === undefined ? 0 : holdUs),
    afterUs,
    finalAt: (_subject, _from, to) => to + (['overlaps', 'begins', 'ends'].includes(relation) ? 0 : afterUs),
    ...(coveredBy !== undefined && { reads: ({ from, until }) => (until > from ? { from, to: until, lookBackUs: holdUs } : undefined) }),
    compute: (asked, { related, series }) => {
      const { from, until, to, watermark } = asked
      const each: Span = { from, to: to ?? Number.POSITIVE_INFINITY }
      // What begins after the watermark is not known yet, whatever was written down beforehand.
      const isMeant = (span: Span) => span.from <= watermark && relates(relation, span, each, toleranceUs, withinUs)
      const chosenOnes = chosen(related.get(name) ?? [], asked, isMeant, where)
      const { found, inputs } = chosenOnes
      const id = watched(asked.equipment)
      const seen = id === undefined ? undefined : series.get(id)
      const coverage = id === undefined ? null : seen && until > from ? heldShare(seen, from, until, holdOf(id, lookBackUs, context)) : 0
      const reasons = [
        ...chosenOnes.reasons,
        ...(coverage !== null && coverage < 1 ? ['coverage'] : []),
        ...(id === undefined ? [] : periodReasons(id, lookBackUs, context)),
      ]
      if (found.length > CORRELATE_LIMITS.related) return { value: bad('too-many', Status.BadOutOfRange, coverage), inputs }
      // Nobody was looking: that nothing was seen says nothing.
      if (coverage === 0) return { value: bad('coverage', Status.BadNoData, 0), inputs }
      const value = (what: FieldValue, unit?: string) => ({ value: factValue(what, Status.Good, { unit, coverage, reasons }), inputs })
      if ('count' in declared) return value(found.length, '1')
      if ('duration' in declared) return value(coveredUs(found.map(spanOf), from, until) / 1e6, 's')
      if ('take' in declared) return taken(declared, found, unitOfField(name, declared, context), { coverage, reasons, inputs })
      const text = found.map(({ key }) => shown(key)).join(', ')
      return text.length > CORRELATE_LIMITS.listText ? { value: bad('too-many', Status.BadOutOfRange), inputs } : value(text)
    },
  }
}

const unitOfField = (name: string, { value }: TakenValue, { kinds, events }: CorrelateContext): string | undefined =>
  kinds.get(name)?.fields[value]?.unit ?? events.get(name)?.[value]?.unit

/** One number of theirs, in the declared unit; that names the unit of a field that has none. One that has none makes the result Uncertain; the sum of nothing is 0, and its average not known. */
function taken(
  { value: field, take, unit }: TakenValue,
  found: readonly Subject[],
  own: string | undefined,
  {
    coverage,
    reasons,
    inputs,
  }: { readonly coverage: number | null; readonly reasons: readonly string[]; readonly inputs: readonly FactInput[] },
): Found {
  const numbers = found.flatMap(({ values }) => (typeof values[field] === 'number' ? [values[field]] : []))
  const why = numbers.length < found.length ? [...reasons, 'input-missing'] : reasons
  const sum = numbers.reduce((total, number) => total + number, 0)
  // No more of the time than the least covered of them: what a figure over figures does not cover must not vanish.
  const covered = found.flatMap(({ coverages }) => coverages?.[field] ?? [])
  const least = covered.length > 0 ? Math.min(coverage ?? 1, ...covered) : coverage
  const result = {
    ...{ sum: () => sum, average: () => sum / numbers.length, minimum: () => Math.min(...numbers), maximum: () => Math.max(...numbers) },
    ...{ first: () => numbers[0] as number, last: () => numbers.at(-1) as number },
  }[take]
  if (numbers.length === 0 && (take !== 'sum' || found.length > 0)) return { value: bad('none', Status.BadNoData, least), inputs }
  const converted = inUnit(result(), own ?? unit, unit)
  if (!converted) return { value: bad('unit', Status.BadConfigurationError, least), inputs }
  return { value: factValue(converted.value, Status.Good, { unit: converted.unit, coverage: least, reasons: why }), inputs }
}

/** The first that begins at or after the interval does (or ends), within a time. GoodNoData when that time has passed without one: then it is known that none came. */
export function nextMaker(declared: NextValue, where: Where | undefined): ValueMaker {
  const { next: name, measure, of } = declared
  const withinUs = Math.min(declared.within * 1000, CORRELATE_LIMITS.reachUs)
  return {
    ...{ signals: () => [], related: name, needsPlace: false, beforeUs: 0, afterUs: withinUs },
    finalAt: (_subject, from, to) => Math.max(to, (declared.from === 'from' ? from : to) + withinUs),
    compute: (asked, { related }: Read) => {
      const since = declared.from === 'from' ? asked.from : asked.to
      if (since === null) return { value: bad('not-yet'), inputs: [] }
      const isMeant = (span: Span) => span.from >= since && span.from <= since + withinUs && span.from <= asked.watermark
      const { found, inputs, reasons } = chosen(related.get(name) ?? [], asked, isMeant, where)
      const [first] = found
      if (!first) {
        if (asked.watermark < since + withinUs) return { value: bad('not-yet'), inputs: [] }
        if (reasons.length > 0) return { value: bad('condition-unknown'), inputs: [] }
        return { value: { value: null, status: Status.GoodNoData, coverage: null, reasons: ['none-followed'] }, inputs: [] }
      }
      const one = inputs.slice(0, 1)
      // Another before it whose condition is not known might be the next one.
      const why = reasons.includes('condition-unknown') ? [...first.reasons, 'condition-unknown'] : first.reasons
      if (measure === 'delay')
        return { value: factValue(((first.from ?? since) - since) / 1e6, Status.Good, { unit: 's', reasons: why }), inputs: one }
      const value = of === undefined ? shown(first.key) : (first.values[of] ?? null)
      return { value: value === null ? bad('no-value') : factValue(value, Status.Good, { reasons: why }), inputs: one }
    },
  }
}

/** The fields of a key as people read them. */
const shown = (key: string): string => key.replaceAll('\u001f', '/')
