import { resultUnit } from '../core/aggregates/index.ts'
import type { ExpressionProblem } from '../core/expression/index.ts'
import { compileGlob, GlobError } from '../lib/glob.ts'
import { nearest } from '../lib/suggest.ts'
import type { DeclaredInput, ProcessConfig } from './config.ts'
import { compiled, inputsAt, signalsOf } from './inputs.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { type Known, type KnownSignal, type Places, places } from './places.ts'

/** What is wrong with declarations, each thing at its path in the file. */
export type ProcessFinding = { readonly path: readonly (string | number)[] } & (
  | { readonly kind: 'unknown-signal'; readonly id: string; readonly near: string | undefined; readonly isCertain: boolean }
  | { readonly kind: 'duplicate-signal'; readonly id: string }
  | { readonly kind: 'duplicate-event'; readonly id: string }
  | { readonly kind: 'cycle'; readonly id: string }
  | { readonly kind: 'expression'; readonly problem: ExpressionProblem }
  | { readonly kind: 'glob'; readonly message: string }
  | { readonly kind: 'no-place' }
  | { readonly kind: 'tolerance' }
  | { readonly kind: 'window' }
)

/** The signals of the file by id under the site, and the beginnings of ids that devices may bring besides. */
export interface LintContext {
  readonly site: string
  readonly declared: ReadonlyMap<string, KnownSignal>
  readonly open: readonly string[]
  /** What the file says of signals that devices bring, by the template of their ids: `pack/{1}/current`. */
  readonly templates?: ReadonlyMap<string, KnownSignal>
}

/** One declaration, whatever its kind. */
export interface Item {
  readonly path: readonly (string | number)[]
  readonly glob: string | undefined
  /** The signal that it makes, relative to the place; undefined where it makes events. */
  readonly makes: string | undefined
  readonly inputs: Readonly<Record<string, DeclaredInput>>
  readonly tolerance: number | undefined
  /** Signals besides the inputs, with their own tolerance and where they stand. */
  readonly others: readonly {
    readonly signal: string
    readonly tolerance: number | undefined
    readonly path: readonly (string | number)[]
  }[]
  readonly expressions: readonly {
    readonly text: string
    readonly path: readonly (string | number)[]
    readonly type: 'number' | 'boolean' | 'text'
    readonly unit?: string | undefined
  }[]
  /** What is known of the signal that it makes. */
  made(inputs: readonly (KnownSignal | undefined)[]): KnownSignal
}

/** What is wrong, and the signals that the declarations make, by id under the site. */
export function lintProcess(
  config: ProcessConfig,
  context: LintContext,
): { readonly findings: readonly ProcessFinding[]; readonly made: ReadonlyMap<string, KnownSignal> } {
  const made = new Map<string, KnownSignal>()
  const items = declaredItems(config)
  const findings: ProcessFinding[] = [...windowFindings(config), ...eventNames(config)]
  const usable = items.filter((item) => hasGoodGlob(item, findings))
  const cyclic = cyclesIn(usable)
  for (const item of cyclic) findings.push({ path: [...item.path, 'id'], kind: 'cycle', id: item.makes ?? '' })
  const signals = new Map([...context.declared].map(([id, signal]) => [`${context.site}/${id}`, signal]))
  const known: Known = { ids: () => signals.keys(), signal: (id) => signals.get(id) }
  for (const item of sortedItems(usable)) {
    const where = places(context.site, item.glob, needsOf(item), known)
    const found = item.glob === undefined || !cyclic.includes(item) ? where.all() : []
    // Signals that devices still bring (browsed, discovered) may make a place of what has not all of them here.
    const mayCome = context.open.some((start) => fits(item.glob ?? '', start))
    if (found.length === 0 && !mayCome && !cyclic.includes(item)) findings.push({ path: [...item.path, 'for'], kind: 'no-place' })
    if (item.glob === undefined) findings.push(...unknownSignals(item, known, cyclic, context))
    if (item.glob === undefined || found.length > 0) findings.push(...toleranceFindings(item, found[0] ?? '', where, known))
    findings.push(...expressionFindings(item, found, where, found.length > 0 ? known : expected(item, context, known)))
    for (const place of item.makes === undefined ? [] : found) {
      const id = where.id(place, item.makes as string)
      const under = id.slice(context.site.length + 1)
      if (signals.has(id)) findings.push({ path: [...item.path, 'id'], kind: 'duplicate-signal', id: under })
      else {
        const signal = item.made(needsOf(item).map((relative) => known.signal(where.id(place, relative))))
        signals.set(id, signal)
        made.set(under, signal)
      }
    }
  }
  return { findings, made }
}

export const needsOf = ({ inputs, others }: Item): string[] => [...new Set([...signalsOf(inputs), ...others.map(({ signal }) => signal)])]

export function declaredItems(config: ProcessConfig): Item[] {
  const common = ({ for: glob, tolerance }: { for?: string | undefined; tolerance?: number | undefined }) => ({ glob, tolerance })
  const shortest = (signals: readonly (KnownSignal | undefined)[]) => {
    const periods = signals.flatMap((signal) => signal?.expectedPeriodUs ?? [])
    return periods.length > 0 ? Math.min(...periods) : undefined
  }
  return [
    ...config.derive.map((one, i): Item => {
      const path = ['derive', i]
      const expressions = [{ text: one.expression, path: [...path, 'expression'], type: one.type, unit: one.unit }]
      const made = (signals: readonly (KnownSignal | undefined)[]) => ({ unit: one.unit, expectedPeriodUs: shortest(signals) })
      return { ...common(one), path, makes: one.id, inputs: one.inputs, others: [], expressions, made }
    }),
    ...config.states.map((one, i): Item => {
      const path = ['states', i]
      const expressions = Object.entries(one.states).map(([state, text]) => ({
        text,
        path: [...path, 'states', state],
        type: 'boolean' as const,
      }))
      const made = (signals: readonly (KnownSignal | undefined)[]) => ({ expectedPeriodUs: shortest(signals) })
      return { ...common(one), path, makes: one.id, inputs: one.inputs, others: [], expressions, made }
    }),
    ...config.windows.map((one, i): Item => {
      const path = ['windows', i]
      const { window, tolerance } = one
      const others = [{ signal: one.signal, tolerance, path: [...path, 'signal'] }]
      if ('state' in window) others.push({ signal: window.state, tolerance, path: [...path, 'window', 'state'] })
      const every = 'tumbling' in window ? window.tumbling : 'sliding' in window ? window.every : undefined
      const made = ([signal]: readonly (KnownSignal | undefined)[]) => ({
        ...{ unit: resultUnit(one.function, signal?.unit), expectedPeriodUs: every === undefined ? undefined : every * 1000 },
      })
      return { ...common(one), path, makes: every === undefined ? undefined : one.id, inputs: {}, others, expressions: [], made }
    }),
    ...config.events.map((one, i): Item => {
      const path = ['events', i]
      const others = Object.entries(one.attributes).map(([name, { signal, tolerance }]) => ({
        ...{ signal, tolerance: tolerance ?? one.tolerance, path: [...path, 'attributes', name, 'signal'] },
      }))
      const conditions = (['start', 'end'] as const).flatMap((key) => {
        const text = one[key]
        return text === undefined ? [] : [{ text, path: [...path, key], type: 'boolean' as const }]
      })
      return { ...common(one), path, makes: undefined, inputs: one.inputs, others, expressions: conditions, made: () => ({}) }
    }),
  ]
}

function hasGoodGlob({ glob, path }: Item, findings: ProcessFinding[]): boolean {
  try {
    if (glob !== undefined) compileGlob(glob, GLOB)
    return true
  } catch (error) {
    if (!(error instanceof GlobError)) throw error
    findings.push({ path: [...path, 'for'], kind: 'glob', message: error.message })
    return false
  }
}

const GLOB = { length: PROCESS_LIMITS.globLength, alternatives: PROCESS_LIMITS.globAlternatives }

/** Its glob can be read. */
export const isUsable = (item: Item): boolean => hasGoodGlob(item, [])

/** True when one declaration reads what the other makes. */
function reads(reader: Item, maker: Item): boolean {
  const { makes, glob } = maker
  if (makes === undefined) return false
  if (reader.glob === glob) return needsOf(reader).includes(makes)
  return needsOf(reader).some((relative) => {
    const id = reader.glob === undefined ? relative : `${reader.glob}/${relative}`
    if (glob === undefined) return id === makes
    return id.endsWith(`/${makes}`) && compileGlob(glob, GLOB)(id.slice(0, -makes.length - 1))
  })
}

/** Declarations that are made of themselves, directly or through others. */
function cyclesIn(items: readonly Item[]): Item[] {
  const makers = items.filter(({ makes }) => makes !== undefined)
  const readsOf = new Map(makers.map((reader) => [reader, makers.filter((maker) => reads(reader, maker))]))
  return makers.filter((start) => {
    const reached = new Set<Item>()
    const open = [...(readsOf.get(start) ?? [])]
    for (let item = open.pop(); item; item = open.pop()) {
      if (reached.has(item)) continue
      reached.add(item)
      open.push(...(readsOf.get(item) ?? []))
    }
    return reached.has(start)
  })
}

/** What is made comes before what is made of it. */
export function sortedItems(items: readonly Item[]): Item[] {
  const out: Item[] = []
  const seen = new Set<Item>()
  const visit = (item: Item) => {
    if (seen.has(item)) return
    seen.add(item)
    for (const maker of items) if (reads(item, maker)) visit(maker)
    out.push(item)
  }
  for (const item of items) visit(item)
  return out
}

function pathsOf({ inputs, others, path }: Item): { signal: string; path: readonly (string | number)[]; tolerance: number | undefined }[] {
  const own = Object.entries(inputs).map(([name, input]) => ({
    signal: typeof input === 'string' ? input : input.signal,
    path: [...path, 'inputs', name, ...(typeof input === 'string' ? [] : ['signal'])],
    tolerance: typeof input === 'string' ? undefined : input.tolerance,
  }))
  return [...own, ...others]
}

/** Whether ids that begin so can be below equipment that the glob names. */
function fits(glob: string, start: string): boolean {
  const literal = glob.slice(0, glob.search(/[*?[{]|$/))
  return start.startsWith(literal) || literal.startsWith(start)
}

/** The same of templates: what is known of signals at the places that may come, where all templates that fit say the same. */
function expected({ glob }: Item, { site, templates = new Map() }: LintContext, known: Known): Known {
  if (glob === undefined) return known
  const signal = (id: string): KnownSignal | undefined => {
    const wanted = `${glob}/${id.slice(site.length + 1)}`.split('/')
    const fitting = [...templates].filter(([template]) => mayMean(wanted, template.split('/')))
    const units = new Set(fitting.map(([, { unit }]) => unit))
    return units.size === 1 ? fitting[0]?.[1] : undefined
  }
  return { ids: () => [], signal }
}

/** Whether a pattern of an id and a template of one can mean the same; one with `**` is not looked at. */
const mayMean = (pattern: readonly string[], template: readonly string[]): boolean =>
  pattern.length === template.length &&
  pattern.every((part, i) => !part.includes('**') && (part === template[i] || /[*?[{]/.test(part) || template[i]?.includes('{') === true))

function* unknownSignals(
  item: Item,
  known: Known,
  cyclic: readonly Item[],
  { site, declared, open }: LintContext,
): Iterable<ProcessFinding> {
  for (const { signal, path } of pathsOf(item)) {
    if (known.signal(`${site}/${signal}`) || cyclic.some(({ makes }) => makes === signal)) continue
    const isCertain = !open.some((start) => signal.startsWith(start))
    yield { path, kind: 'unknown-signal', id: signal, near: nearest(signal, declared.keys()), isCertain }
  }
}

/** How long a reading holds has to be said: here, or as the expected period of its signal. */
function* toleranceFindings(item: Item, place: string, where: Places, known: Known): Iterable<ProcessFinding> {
  for (const { signal, path, tolerance } of pathsOf(item)) {
    const found = known.signal(where.id(place, signal))
    if (tolerance === undefined && item.tolerance === undefined && found && found.expectedPeriodUs === undefined)
      yield { path, kind: 'tolerance' }
  }
}

/** Once for every combination of units that places have. */
function expressionFindings(item: Item, found: readonly string[], where: Places, known: Known): ProcessFinding[] {
  const findings = new Map<string, ProcessFinding>()
  const seen = new Set<string>()
  for (const place of found.length > 0 ? found : ['']) {
    const inputs = inputsAt(place, item.inputs, item.tolerance, where, known)
    const units = JSON.stringify(inputs.map(({ unit }) => unit))
    if (seen.has(units)) continue
    seen.add(units)
    for (const { text, path, type, unit } of item.expressions) {
      for (const problem of compiled(text, inputs, { type, unit }).problems) {
        // A unit that nobody knows is said where it stands.
        if (problem.code === 'unit-unknown' && problem.found === unit) continue
        findings.set(JSON.stringify([path, problem]), { path, kind: 'expression', problem })
      }
    }
  }
  return [...findings.values()]
}

function windowFindings({ windows }: ProcessConfig): ProcessFinding[] {
  return windows.flatMap(({ window }, i): ProcessFinding[] => {
    const path = ['windows', i, 'window']
    if ('tumbling' in window) return window.tumbling > 0 ? [] : [{ path, kind: 'window' }]
    if ('sliding' in window) {
      const { sliding, every } = window
      return every > 0 && every <= sliding && sliding / every <= PROCESS_LIMITS.overlapping ? [] : [{ path, kind: 'window' }]
    }
    return 'session' in window && window.session === 0 ? [{ path, kind: 'window' }] : []
  })
}

function eventNames({ windows, events }: ProcessConfig): ProcessFinding[] {
  const named = [
    ...events.map(({ id }, i) => ({ id, path: ['events', i, 'id'] })),
    ...windows.flatMap(({ id, window }, i) => ('session' in window || 'state' in window ? [{ id, path: ['windows', i, 'id'] }] : [])),
  ]
  const seen = new Set<string>()
  return named.flatMap(({ id, path }): ProcessFinding[] => {
    if (!seen.has(id)) {
      seen.add(id)
      return []
    }
    return [{ path, kind: 'duplicate-event', id }]
  })
}
