import { type Change, type Derivation, FOREVER, type Outcome, type Unit } from '../core/derivation.ts'
import type { Fact, RevisionCause } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { History } from '../core/history.ts'
import { LIMITS } from '../core/limits.ts'
import { MINUTE, type Micros } from '../core/time.ts'
import { compileGlob } from '../lib/glob.ts'
import type { Asked } from './asked.ts'
import { clockGlobs, clockHoldUs, withClocks } from './clocks.ts'
import type { JoinValue, Kpi } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { versionOf } from './join.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { type Calendar, calendar } from './periods.ts'
import { type Plan, planOf, readFor, valuesOf } from './plan.ts'
import { READY, type Ready } from './ready/index.ts'
import { holdOf } from './signal-values.ts'
import { type Subject, subjectsWithin } from './subject.ts'

/** A figure ready to compute. */
interface Figure {
  readonly name: string
  readonly version: string
  readonly declared: Kpi
  readonly plan: Plan
  /** Equipment paths it is told for; undefined alone: one for all. */
  readonly places: readonly (string | undefined)[]
  /** Absent where the periods are records. */
  readonly calendar: Calendar | undefined
}

/** Where a figure that is for all equipment stands in its key. */
const ALL = 'site'

/**
 * A figure per period and equipment: one fact, key `EQUIPMENT@START` (`site@START` where it is for all), with the figure as `value`, its parts and inputs beside it, each
 * with its own coverage. Status and coverage come from the inputs as they do in a join: the figure is Good only when all of them are, and Uncertain outside its logical
 * range. A period of which no signal says anything, nor of the time that a reading would hold before it, has no fact.
 */
export function createKpi(name: string, declared: Kpi, context: CorrelateContext & { readonly equipment: readonly string[] }): Derivation {
  const figure = figureOf(name, declared, context)
  const { plan } = figure
  const kind = typeof declared.per === 'string' ? undefined : declared.per.record
  const named = [...new Set([...(kind === undefined ? [] : [kind]), ...plan.related])]
  const isAsked = declared.timing === 'on-demand'
  return {
    // Also where nothing is told before the end: a period that was over, and is longer now, has a figure to take back.
    ...{ name, version: figure.version, facts: 'keyed', progressUs: declared.progress * 1000 },
    inputs: {
      signals: plan.signals,
      records: named.filter((one) => context.kinds.has(one)),
      facts: named.filter((one) => !context.kinds.has(one)),
      ...(context.clockOf && { clocks: clockGlobs(context.site) }),
    },
    touched: async (changes, history) =>
      isAsked ? [] : (await Promise.all(changes.map((change) => touched(figure, change, history)))).flat(),
    within: ({ from, to }, history) =>
      unitsWithin(figure, from - plan.afterUs, Math.min(FOREVER, to + plan.beforeUs), figure.places, history),
    compute: (units, history, { watermark, cause }) => compute(figure, units, history, watermark, cause),
  }
}

/** The declaration with what its ready figure says where it says nothing itself; inputs are converted into the units that its formula is written for. */
export function wholeKpi(declared: Kpi): Kpi & { readonly formula: string } {
  const ready: Ready | undefined = declared.ready && READY[declared.ready]
  const { label, description, scope, formula = '', unit, range, trend, parts } = ready ?? {}
  return {
    ...defined({ label, description, scope, unit, range, trend, parts }),
    ...defined(declared),
    ...(declared.formula === undefined && ready && { inputs: inUnits(declared.inputs, ready) }),
    formula: declared.formula ?? formula,
  } as never
}

const inUnits = (inputs: Kpi['inputs'], { inputs: wanted }: Ready): Kpi['inputs'] =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const unit = Object.hasOwn(wanted, name) ? wanted[name]?.unit : undefined
      const canState = 'function' in value || 'asOf' in value || 'take' in value || 'expression' in value
      return [name, unit !== undefined && canState && value.unit === undefined ? { ...value, unit } : value]
    }),
  )

const defined = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Inputs, parts and the figure itself, in the order in which expressions may use them. */
export function kpiValues(declared: Kpi): Record<string, JoinValue> {
  const { inputs, parts = {}, formula, unit } = wholeKpi(declared)
  const steps = Object.entries({ ...parts, value: { expression: formula, unit } })
  return {
    ...inputs,
    ...Object.fromEntries(steps.map(([name, step]) => [name, { expression: step.expression, type: 'number' as const, unit: step.unit }])),
  }
}

/** What the parts and the figure itself can logically be. */
function rangesOf(declared: Kpi): Record<string, Kpi['range']> {
  const { parts = {}, range } = wholeKpi(declared)
  return { ...Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.range])), value: range }
}

/** Declared paths that a pattern means; lint refuses more than `CORRELATE_LIMITS.equipment`. Throws GlobError. */
export function placesOf(pattern: string | undefined, paths: readonly string[]): (string | undefined)[] {
  if (pattern === undefined) return [undefined]
  const matches = compileGlob(pattern, { length: LIMITS.idLength, alternatives: 64 })
  return paths.filter(matches)
}

function figureOf(name: string, declared: Kpi, context: CorrelateContext & { readonly equipment: readonly string[] }): Figure {
  const { per, zone, use, tolerance, lookBack, equipment } = declared
  const values = kpiValues(declared)
  const each = typeof per === 'string' ? undefined : per.record
  const { validity, equipment: place } = (each === undefined ? undefined : context.kinds.get(each)) ?? {}
  const used = new Set([validity?.from, validity?.to, place?.field].flatMap((field) => field ?? []))
  const ranges = rangesOf(declared)
  const plan = planOf({ ...(each !== undefined && { each }), use, values, tolerance, lookBack, ranges }, used, context)
  const places = placesOf(equipment, context.equipment)
  return {
    ...{ name, declared: wholeKpi(declared), plan, places, calendar: typeof per === 'string' ? calendar(per, zone) : undefined },
    version: versionOf({ ...declared, values, places, ranges }, [...(each === undefined ? [] : [each]), ...plan.related], context),
  }
}

/** A period of one place: the interval that the inputs are asked for. */
type Slot = Pick<Asked, 'subject' | 'equipment' | 'from' | 'to'>

const keyOf = (equipment: string | undefined, from: Micros): string => `${equipment ?? ALL}@${from}`

function slotOf(equipment: string | undefined, from: Micros, to: Micros | null, shift?: Subject): Slot {
  const subject: Subject = {
    ...{ key: keyOf(equipment, from), equipment, isPlaced: equipment !== undefined, from, to },
    ...{ values: shift?.values ?? {}, reasons: shift?.reasons ?? [], ...(shift?.input && { input: shift.input }) },
  }
  return { subject, equipment, from, to }
}

/** A shift of one place is no period of another. */
const isOf = (shift: Subject, place: string | undefined): boolean =>
  place === undefined || shift.equipment === undefined || shift.equipment === place || place.startsWith(`${shift.equipment}/`)

async function slotsWithin(
  { calendar, declared, plan }: Figure,
  from: Micros,
  to: Micros,
  places: readonly (string | undefined)[],
  history: History,
): Promise<Slot[]> {
  if (!calendar) {
    const kind = (declared.per as { record: string }).record
    const shifts = await subjectsWithin(kind, { from, to, most: CORRELATE_LIMITS.touched }, declared.use, history, plan.context)
    return shifts.flatMap((shift) =>
      places.flatMap((place) => (shift.from !== null && isOf(shift, place) ? [slotOf(place, shift.from, shift.to, shift)] : [])),
    )
  }
  const slots: Slot[] = []
  // Of time to come, and of time without an end, one period is enough: each sees to the one after it.
  const end = to === FOREVER ? from : to
  for (let period = calendar.at(from); period.from <= end; period = calendar.at(period.to)) {
    for (const place of places) slots.push(slotOf(place, period.from, period.to))
    if (slots.length > CORRELATE_LIMITS.touched) throw new QueryRefused(`more than ${CORRELATE_LIMITS.touched} periods`)
  }
  return slots
}

function unitOf({ name, plan }: Figure, { subject, from, to }: Slot): Unit {
  const makers = [...plan.makers.values()]
  return {
    definition: name,
    key: subject.key,
    from,
    to: to === null ? FOREVER : Math.max(to, ...makers.map((maker) => maker.finalAt(subject, from, to))),
  }
}

async function unitsWithin(
  figure: Figure,
  from: Micros,
  to: Micros,
  places: readonly (string | undefined)[],
  history: History,
): Promise<Unit[]> {
  return (await slotsWithin(figure, from, to, places, history)).map((slot) => unitOf(figure, slot))
}

async function touched(figure: Figure, change: Change, history: History): Promise<Unit[]> {
  const { plan, declared, places, name } = figure
  const units: Unit[] = []
  if ('record' in change && typeof declared.per !== 'string' && change.record === declared.per.record) {
    // Where it was has other keys than where it is, and so has what another source said before this one had a say.
    const { from, to } = change
    const told = await history.records({ kind: change.record, keys: [change.key], allVersions: true, limit: CORRELATE_LIMITS.touched })
    for (const start of new Set([from, ...told.versions.flatMap(({ validFrom }) => validFrom ?? [])])) {
      for (const place of places)
        units.push({ definition: name, key: keyOf(place, start), from: start, to: start === from ? Math.max(from, to) : start })
    }
    units.push(...(await unitsWithin(figure, from, Math.max(from, to), places, history)))
  }
  if (!('signal' in change)) {
    const related = 'record' in change ? change.record : change.fact
    if (!plan.related.includes(related)) return units
    const near = places.filter((place) => place === undefined || change.equipment === undefined || isUnder(change.equipment, place))
    const [from, to] = [change.from - plan.afterUs, Math.min(FOREVER, change.to + plan.beforeUs)]
    return [
      ...units,
      ...(await unitsWithin(figure, from, to === FOREVER && figure.calendar ? from : to, near, history)),
      ...(await stillOpen(figure, change, near, history)),
    ]
  }
  const makers = [...plan.makers.values()]
  const near = places.filter((place) => makers.some((maker) => withClocks(maker.signals(place), plan.context).includes(change.signal)))
  if (near.length === 0) return units
  const holdUs = Math.max(
    holdOf(change.signal, declared.lookBack * 1000, plan.context),
    declared.tolerance * 1000,
    await clockHoldUs(change, history),
  )
  // To whole minutes, so that the changes of one commit ask the same.
  const from = Math.floor((change.from - plan.afterUs) / MINUTE) * MINUTE
  const to = Math.ceil((change.to + holdUs) / MINUTE) * MINUTE
  return [...units, ...(await unitsWithin(figure, from, to, near, history))]
}

/** Of something without an end every period since it began that there is a figure of. */
async function stillOpen(figure: Figure, change: Change, places: readonly (string | undefined)[], history: History): Promise<Unit[]> {
  if (change.to < FOREVER || !figure.calendar) return []
  const overlapping = { from: change.from - figure.plan.afterUs, to: FOREVER }
  const { facts, truncated } = await history.facts({ definition: figure.name, overlapping, limit: CORRELATE_LIMITS.touched })
  if (truncated) throw new QueryRefused(`more than ${CORRELATE_LIMITS.touched} periods`)
  return facts
    .filter(({ equipment }) => places.includes(equipment))
    .map(({ key, from, to }) => ({ definition: figure.name, key, from, to: to ?? figure.calendar?.at(from).to ?? from }))
}

const isUnder = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)

/** The periods that keys name; those that are no more are left out. */
async function slotsOfKeys(figure: Figure, keys: readonly string[], history: History): Promise<Map<string, Slot>> {
  const { places, calendar } = figure
  const named = keys.flatMap((key) => {
    const at = key.lastIndexOf('@')
    const start = Number(key.slice(at + 1))
    const place = key.slice(0, at) === ALL && places[0] === undefined ? undefined : key.slice(0, at)
    return Number.isFinite(start) && places.includes(place) ? [{ key, start, place }] : []
  })
  const slots = new Map<string, Slot>()
  if (named.length === 0) return slots
  if (calendar) {
    for (const { key, start, place } of named) {
      const { from, to } = calendar.at(start)
      if (from === start) slots.set(key, slotOf(place, from, to))
    }
    return slots
  }
  const starts = named.map(({ start }) => start)
  const wanted = new Set(keys)
  for (const slot of await slotsWithin(figure, Math.min(...starts), Math.max(...starts), places, history)) {
    if (wanted.has(slot.subject.key)) slots.set(slot.subject.key, slot)
  }
  return slots
}

async function compute(
  figure: Figure,
  units: readonly Unit[],
  history: History,
  watermark: Micros,
  cause: RevisionCause,
): Promise<Outcome[]> {
  const { plan } = figure
  const slots = await slotsOfKeys(figure, [...new Set(units.map(({ key }) => key))], history)
  const asked = [...slots.values()].flatMap((slot): Asked[] => {
    if (slot.from > watermark) return []
    const to = slot.to !== null && slot.to <= watermark ? slot.to : null
    if (to === null && figure.declared.timing !== 'real-time') return []
    return [{ ...slot, to, until: to ?? watermark, watermark, toleranceUs: plan.toleranceUs }]
  })
  const read = asked.length > 0 ? await readFor(plan, asked, history).catch((error) => refused(error, asked)) : undefined
  const facts = new Map(asked.map((one) => [one.subject.key, factOf(figure, one, read, cause)]))
  const followers = await unknownFollowers(figure, [...slots.values()], facts, history)
  return units.map((unit) => {
    const slot = slots.get(unit.key)
    const fact = facts.get(unit.key)
    const next = followers.get(unit.key)
    const known = slot ? unitOf(figure, slot) : { ...unit, to: Math.min(unit.to, watermark) }
    return { unit: known, facts: fact ? [fact] : [], samples: [], ...(next && { next: [next] }) }
  })
}

/** One period alone that is too much has no values and says so; several are asked for in smaller groups. */
function refused(error: unknown, asked: readonly Asked[]): undefined {
  if (error instanceof QueryRefused && asked.length === 1) return undefined
  throw error
}

function factOf(
  figure: Figure,
  asked: Asked,
  read: Awaited<ReturnType<typeof readFor>> | undefined,
  cause: RevisionCause,
): Fact | undefined {
  const { name, version, plan } = figure
  const { values, inputs } = valuesOf(plan, asked, read, false)
  const isKnown = inputs.some((input) => input !== asked.subject.input && (!('signal' in input) || input.samples > 0))
  if (read && plan.signals.length > 0 && !isKnown) return undefined
  const { subject, equipment, from, to, toleranceUs } = asked
  return {
    ...{ definition: name, type: 'kpi', version, key: subject.key },
    ...(equipment !== undefined && { equipment }),
    ...{ from, to, toleranceUs },
    ...{ values, inputs, cause },
  }
}

/** The period after one that something is known of, where nothing is published of it: its time comes although nothing changes. */
async function unknownFollowers(
  figure: Figure,
  slots: readonly Slot[],
  facts: ReadonlyMap<string, Fact | undefined>,
  history: History,
): Promise<Map<string, Unit>> {
  const { calendar, declared, name } = figure
  if (!calendar || declared.timing === 'on-demand') return new Map()
  const following = slots.flatMap(({ subject, equipment, from }) => {
    if (!facts.get(subject.key)) return []
    const next = calendar.at(calendar.at(from).to)
    return [{ key: subject.key, unit: unitOf(figure, slotOf(equipment, next.from, next.to)) }]
  })
  if (following.length === 0) return new Map()
  const known = await history.facts({ definition: name, keys: following.map(({ unit }) => unit.key), limit: following.length })
  const published = new Set(known.facts.map(({ key }) => key))
  return new Map(following.filter(({ unit }) => !published.has(unit.key)).map(({ key, unit }) => [key, unit]))
}
