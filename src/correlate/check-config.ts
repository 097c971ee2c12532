import { resultUnit } from '../core/aggregates/index.ts'
import type { ExpressionProblem, Variable } from '../core/expression/index.ts'
import type { FieldType, RecordKind } from '../core/it-records.ts'
import type { Label } from '../core/signals.ts'
import { GlobError } from '../lib/glob.ts'
import { nearest } from '../lib/suggest.ts'
import type { AggregateValue, AsOfValue, Correlation, JoinValue, Kpi } from './config.ts'
import type { CorrelateContext } from './context.ts'
import { compileValue, compileWhere } from './expressions.ts'
import { factsOf } from './facts.ts'
import { kpiValues, placesOf, wholeKpi } from './kpi.ts'
import { CORRELATE_LIMITS } from './limits.ts'
import { signalsOf } from './plan.ts'
import { READY } from './ready/index.ts'
import { conversion } from './units.ts'

/** What is wrong with a declaration; sentences are made of it elsewhere. `path` begins at the whole file. */
export type Finding = { readonly path: readonly PropertyKey[] } & (
  | {
      readonly is:
        | 'no-tolerance'
        | 'no-tolerance-of-clocks'
        | 'no-interval'
        | 'no-equipment'
        | 'no-formula'
        | 'duplicate-name'
        | 'bad-glob'
        | 'too-many'
        | 'no-places'
    }
  | { readonly is: 'missing-input'; readonly name: string; readonly meaning: Required<Label>; readonly unit: string }
  | { readonly is: 'input-unit'; readonly name: string; readonly found: string | undefined; readonly must: string }
  | { readonly is: 'mixed-units'; readonly found: readonly string[] }
  | { readonly is: 'unknown-event' | 'unknown-field' | 'unknown-signal'; readonly name: string; readonly near: string | undefined }
  | { readonly is: 'field-type'; readonly name: string; readonly found: FieldType; readonly must: FieldType }
  | { readonly is: 'expression'; readonly problem: ExpressionProblem }
)

export interface Declared {
  readonly correlations: Readonly<Record<string, Correlation>>
  readonly kpis: Readonly<Record<string, Kpi>>
  readonly kinds: ReadonlyMap<string, RecordKind>
  /** Events that other parts of the file declare, with their values. */
  readonly events: ReadonlyMap<string, Readonly<Record<string, Variable>>>
  /** Paths of equipment under the site. */
  readonly equipment: readonly string[]
  /** Ids under the site, and their units; `isComplete` false: devices may bring more. */
  readonly signals: ReadonlyMap<string, { readonly unit?: string | undefined }>
  readonly isComplete: boolean
}

/** Ids of the file are under the site; here the site has no name. */
function contextOf({ kinds, signals }: Pick<Declared, 'kinds' | 'signals'>): Omit<CorrelateContext, 'events'> {
  return {
    ...{ site: '', kinds, placeOf: () => undefined },
    definitionOf: (id) => {
      const known = signals.get(id.slice(1))
      return known && ({ id, connection: '', address: '', dataType: 'number', ...(known.unit && { unit: known.unit }) } as const)
    },
  }
}

export function checkCorrelate(declared: Declared): Finding[] {
  const base = { ...contextOf(declared), events: declared.events }
  const context: CorrelateContext = { ...base, events: factsOf(declared, base) }
  const names = new Set([...declared.kinds.keys(), ...declared.events.keys()])
  const findings: Finding[] = []
  for (const [name, one] of Object.entries(declared.correlations)) {
    const path = ['correlations', name]
    if (names.has(name)) findings.push({ path, is: 'duplicate-name' })
    names.add(name)
    findings.push(
      ...checkJoin(one, path, context),
      ...checkValues(one.values, [...path, 'values'], one.each, one.values, declared, context),
    )
    const place = one.equipment ?? context.kinds.get(one.each)?.equipment
    if (context.kinds.has(one.each) && !place) findings.push(...unplaced(one.values, [...path, 'values']))
  }
  for (const [name, one] of Object.entries(declared.kpis)) {
    const path = ['kpis', name]
    if (names.has(name)) findings.push({ path, is: 'duplicate-name' })
    names.add(name)
    findings.push(...checkFigure(one, path, declared, context))
  }
  return findings
}

function checkJoin(one: Correlation, path: readonly PropertyKey[], context: CorrelateContext): Finding[] {
  const findings: Finding[] = []
  if (one.tolerance === undefined) findings.push({ path, is: 'no-tolerance' })
  const kind = context.kinds.get(one.each)
  findings.push(...checkName(one.each, [...path, 'each'], context))
  if (kind && !kind.validity) findings.push({ path: [...path, 'each'], is: 'no-interval' })
  for (const edge of ['from', 'to'] as const) {
    const field = one.during[edge]
    if (kind && field !== undefined) findings.push(...checkField(kind, field, 'time', [...path, 'during', edge]))
  }
  return findings
}

function checkFigure(one: Kpi, path: readonly PropertyKey[], declared: Declared, context: CorrelateContext): Finding[] {
  const findings: Finding[] = []
  const kind = typeof one.per === 'string' ? undefined : one.per.record
  if (kind !== undefined && !context.kinds.get(kind)?.validity) {
    const isKnown = context.kinds.has(kind)
    findings.push(
      isKnown
        ? { path: [...path, 'per'], is: 'no-interval' }
        : { path: [...path, 'per'], is: 'unknown-event', name: kind, near: nearest(kind, [...context.kinds.keys()]) },
    )
  }
  // Any clock that is measured is off by more than nothing: readings of it would never be sure enough.
  const takesReadings = Object.values(one.inputs).some((value) => signalsOf(value).length > 0)
  if (takesReadings && one.tolerance === 0) findings.push({ path, is: 'no-tolerance-of-clocks' })
  let places: readonly (string | undefined)[] = []
  try {
    places = placesOf(one.equipment, declared.equipment)
    if (places.length > CORRELATE_LIMITS.equipment) findings.push({ path: [...path, 'equipment'], is: 'too-many' })
    if (places.length === 0) findings.push({ path: [...path, 'equipment'], is: 'no-places' })
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    findings.push({ path: [...path, 'equipment'], is: 'bad-glob' })
  }
  if (one.equipment === undefined) findings.push(...unplaced(one.inputs, [...path, 'inputs']))
  findings.push(...checkValues(one.inputs, [...path, 'inputs'], kind, one.inputs, declared, context))
  const missing = Object.entries(one.ready ? READY[one.ready].inputs : {}).filter(([name]) => !Object.hasOwn(one.inputs, name))
  for (const [name, { meaning, unit }] of missing) findings.push({ path: [...path, 'inputs'], is: 'missing-input', name, meaning, unit })
  const { formula, parts = {}, inputs } = wholeKpi(one)
  findings.push(...checkUnits(inputs, [...path, 'inputs'], places, declared))
  if (formula === '') return [...findings, { path, is: 'no-formula' }]
  // A ready formula can only be wrong where its inputs are, and that is said there.
  if (missing.length > 0) return findings
  const values = kpiValues(one)
  for (const name of [...Object.keys(parts), 'value']) {
    const at = name === 'value' ? [...path, 'formula'] : [...path, 'parts', name]
    const { problems } = compileValue(name, { each: kind, values }, context, unitsAt(inputs, places, declared))
    findings.push(...problems.map((problem) => ({ path: at, is: 'expression', problem }) as const))
  }
  return findings
}

/** Readings at the place of something that has none. */
function unplaced(values: Readonly<Record<string, JoinValue>>, path: readonly PropertyKey[]): Finding[] {
  return Object.entries(values).flatMap(([name, value]) =>
    signalsOf(value).some((signal) => signal.startsWith('./')) ? [{ path: [...path, name], is: 'no-equipment' } as const] : [],
  )
}

/** The units that readings come in, at every place whose signal is declared. */
function foundUnits(
  value: AggregateValue | AsOfValue,
  places: readonly (string | undefined)[],
  { signals }: Declared,
): Set<string | undefined> {
  const { signal } = value
  const ids = signal.startsWith('./') ? places.flatMap((place) => (place === undefined ? [] : [`${place}/${signal.slice(2)}`])) : [signal]
  const own = (id: string) => ('function' in value ? resultUnit(value.function, signals.get(id)?.unit) : signals.get(id)?.unit)
  return new Set(ids.filter((id) => signals.has(id)).map(own))
}

/** Of inputs that say none themselves, the one unit that all places have. */
function unitsAt(inputs: Kpi['inputs'], places: readonly (string | undefined)[], declared: Declared): Map<string, string> {
  const units = new Map<string, string>()
  for (const [name, value] of Object.entries(inputs)) {
    if (!('function' in value || 'asOf' in value)) continue
    const [unit, ...others] = foundUnits(value, places, declared)
    if (unit !== undefined && others.length === 0) units.set(name, unit)
  }
  return units
}

/** Readings are converted where the unit of the result is stated, which must be possible at every place; where none is, all places must have the same. */
function checkUnits(
  inputs: Kpi['inputs'],
  path: readonly PropertyKey[],
  places: readonly (string | undefined)[],
  declared: Declared,
): Finding[] {
  return Object.entries(inputs).flatMap(([name, value]): Finding[] => {
    if (!('function' in value || 'asOf' in value)) return []
    const { unit } = value
    const found = foundUnits(value, places, declared)
    if (unit === undefined)
      return found.size > 1 ? [{ path: [...path, name], is: 'mixed-units', found: [...found].map((one) => one ?? '?') }] : []
    const wrong = [...found].filter((one) => !conversion(one, unit))
    return wrong.slice(0, 1).map((one) => ({ path: [...path, name], is: 'input-unit', name, found: one, must: unit }))
  })
}

function checkValues(
  values: Readonly<Record<string, JoinValue>>,
  path: readonly PropertyKey[],
  each: string | undefined,
  all: Readonly<Record<string, JoinValue>>,
  declared: Declared,
  context: CorrelateContext,
): Finding[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const at = [...path, name]
    const findings: Finding[] = []
    for (const signal of signalsOf(value)) {
      if (!isThere(signal, declared)) findings.push({ path: at, is: 'unknown-signal', name: signal, near: nearSignal(signal, declared) })
    }
    const kind = each === undefined ? undefined : context.kinds.get(each)
    if ('asOf' in value && value.at !== 'from' && value.at !== 'to' && kind)
      findings.push(...checkField(kind, value.at, 'time', [...at, 'at']))
    if ('expression' in value) {
      const { problems } = compileValue(name, { ...(each !== undefined && { each }), values: all }, context)
      findings.push(...problems.map((problem) => ({ path: [...at, 'expression'], is: 'expression', problem }) as const))
    }
    const key = (['count', 'duration', 'list', 'of', 'next'] as const).find((one) => one in value && !(one === 'of' && 'next' in value))
    const related = key && (value as unknown as Record<string, string>)[key]
    if (key === undefined || related === undefined) return findings
    findings.push(...checkName(related, [...at, key], context))
    if ('take' in value) {
      const of = context.kinds.get(related)
      if (of) findings.push(...checkField(of, value.value, 'number', [...at, 'value']))
    }
    if ('where' in value && value.where !== undefined && (context.kinds.has(related) || context.events.has(related))) {
      const { problems } = compileWhere(value.where, related, each, context)
      findings.push(...problems.map((problem) => ({ path: [...at, 'where'], is: 'expression', problem }) as const))
    }
    return findings
  })
}

/** Somewhere, where it is relative to a place. */
function isThere(signal: string, { signals, equipment, isComplete }: Declared): boolean {
  if (!isComplete) return true
  return signal.startsWith('./') ? equipment.some((place) => signals.has(`${place}/${signal.slice(2)}`)) : signals.has(signal)
}

/** Most likely the same name with `./` before it, then what is nearly written so. */
function nearSignal(signal: string, { signals, equipment }: Declared): string | undefined {
  const relative = new Set<string>()
  for (const id of signals.keys()) {
    for (const place of equipment) if (id.startsWith(`${place}/`)) relative.add(`./${id.slice(place.length + 1)}`)
  }
  if (relative.has(`./${signal}`)) return `./${signal}`
  return nearest(signal, signal.startsWith('./') ? relative : signals.keys())
}

function checkName(name: string, path: readonly PropertyKey[], { kinds, events }: CorrelateContext): Finding[] {
  if (kinds.has(name) || events.has(name)) return []
  return [{ path, is: 'unknown-event', name, near: nearest(name, [...kinds.keys(), ...events.keys()]) }]
}

function checkField(kind: RecordKind, name: string, must: FieldType, path: readonly PropertyKey[]): Finding[] {
  const field = Object.hasOwn(kind.fields, name) ? kind.fields[name] : undefined
  if (!field) return [{ path, is: 'unknown-field', name, near: nearest(name, Object.keys(kind.fields)) }]
  return field.type === must ? [] : [{ path, is: 'field-type', name, found: field.type, must }]
}

/** For the lint of the file, which reads nothing of this folder but what is said here. */
export { readsOfResults } from './reads.ts'
export { CORRELATE_LIMITS }
