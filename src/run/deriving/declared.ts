import type { EcluseConfig } from '../../config/index.ts'
import { resultUnit } from '../../core/aggregates/index.ts'
import type { Derivation } from '../../core/derivation.ts'
import type { RecordKind, RecordVersion } from '../../core/it-records.ts'
import type { DerivationView } from '../../core/node-view.ts'
import type { DataType, Label, SignalDefinition, SignalTable } from '../../core/signals.ts'
import { type CorrelateContext, createCorrelations, type JoinValue } from '../../correlate/index.ts'
import { eventVariables } from '../../process/config.ts'
import { declaredItems, derive, events, type Item, type Known, needsOf, states, windows } from '../../process/index.ts'

/** The connection of signals that are computed. */
export const COMPUTED = 'computed'

/** What the file declares to be computed, and how people know it. */
export interface Declared {
  readonly derivations: readonly Derivation[]
  readonly about: ReadonlyMap<string, Pick<DerivationView, 'type' | 'label' | 'declaration'>>
}

export interface DeclaredParts {
  readonly config: Pick<EcluseConfig, 'site' | 'equipment' | 'derive' | 'windows' | 'states' | 'events' | 'correlations' | 'kpis'>
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly placeOf: (record: RecordVersion) => string | undefined
  readonly signals: SignalTable
  /** Whether the definition of a computed signal may name what it is computed from, wherever the signal itself may go; absent: it may. */
  readonly mayName?: ((signal: string, inputs: readonly string[]) => boolean) | undefined
}

export function isComputing({
  derive: derived,
  windows: over,
  states: machines,
  events: frames,
  correlations,
  kpis,
}: DeclaredParts['config']): boolean {
  return derived.length + over.length + machines.length + frames.length + Object.keys(correlations).length + Object.keys(kpis).length > 0
}

type About = Pick<DerivationView, 'type' | 'label' | 'declaration'>

/** Makes every declaration a derivation. */
export function declaredDerivations(parts: DeclaredParts): Declared {
  const { config } = parts
  const derivations: Derivation[] = []
  const about = new Map<string, About>()
  const add = (one: Derivation, type: About['type'], declaration: { readonly label?: unknown }) => {
    derivations.push(one)
    about.set(one.name, { type, ...(declaration.label !== undefined && { label: declaration.label as Label }), declaration })
  }
  addProcess(parts, add)
  const context = contextOf(parts)
  const correlations = mapped(config.correlations, (one) => ({ ...one, values: watching(one.values, config.events) }))
  const kpis = mapped(config.kpis, (one) => ({ ...one, inputs: watching(one.inputs, config.events) }))
  for (const one of createCorrelations({ correlations, kpis }, { ...context, equipment: Object.keys(config.equipment) })) {
    const join = config.correlations[one.name]
    if (join) add(one, 'join', join)
    else add(one, 'kpi', config.kpis[one.name] ?? {})
  }
  return { derivations, about }
}

function addProcess(
  { config, signals, mayName = () => true }: DeclaredParts,
  add: (one: Derivation, type: About['type'], declaration: object) => void,
): void {
  const site = config.site.id
  const definitionOf = (id: string) => signals.at(signals.indexOf(id) ?? -1)
  const known: Known = {
    ids: function* () {
      for (const { id } of signals.all()) yield id
    },
    signal: definitionOf,
  }
  const items = new Map(declaredItems(config).map((item) => [item.path.join(), item]))
  /** How often it comes follows from its inputs, as lint takes it: what reads it holds its readings as long. */
  const pace = (item: Item, id: string, whole: string): Pick<SignalDefinition, 'expectedPeriodUs' | 'isUnpaced'> => {
    const inputs = needsOf(item).map((relative) => definitionOf(`${whole.slice(0, whole.length - id.length)}${relative}`))
    const { expectedPeriodUs } = item.made(inputs)
    if (expectedPeriodUs !== undefined) return { expectedPeriodUs }
    return inputs.some((input) => input?.isUnpaced) ? { isUnpaced: true } : {}
  }
  const define = (declaration: Named, path: string, how: string, dataType: DataType, unit?: (id: string) => string | undefined) => {
    const { id, label, decimals, author, mayFall } = declaration
    const item = items.get(path) as Item
    return (one: Derivation): Derivation =>
      defining(one, id, signals, (whole) => ({
        // Definitions travel with the log, and how it is computed names what it is computed from.
        ...{ id: whole, connection: COMPUTED, address: mayName(whole, one.inputs.signals) ? how : '', dataType },
        ...present({ unit: unit?.(whole) ?? declaration.unit, label: label as Label | undefined, decimals, author, mayFall }),
        ...pace(item, id, whole),
      }))
  }
  for (const [i, one] of config.derive.entries())
    add(define(one, `derive,${i}`, one.expression, one.type)(derive(one, site, known)), 'signal', one)
  for (const [i, one] of config.states.entries()) add(define(one, `states,${i}`, 'states', 'text')(states(one, site, known)), 'signal', one)
  for (const [i, one] of config.windows.entries()) {
    const sourceOf = (whole: string) => `${whole.slice(0, whole.length - one.id.length)}${one.signal}`
    const unit = (whole: string) => resultUnit(one.function, definitionOf(sourceOf(whole))?.unit)
    const derivation = windows(one, site, known)
    const how = `${one.function} of ${one.signal}`
    add(define(one, `windows,${i}`, how, 'number', unit)(derivation), derivation.facts === 'none' ? 'signal' : 'event', one)
  }
  for (const one of config.events) add(events(one, site, known), 'event', one)
}

/**
 * That no event was seen says something only where somebody was looking: what counts events, and does not say itself by which signal it is covered, is covered by the
 * first input of their condition.
 */
export function watching(
  values: Readonly<Record<string, JoinValue>>,
  frames: DeclaredParts['config']['events'],
): Record<string, JoinValue> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const of = 'count' in value ? value.count : 'duration' in value ? value.duration : 'take' in value ? value.of : undefined
      const event = frames.find(({ id }) => id === of)
      const [input] = Object.values(event?.inputs ?? {})
      if (!event || input === undefined || ('coveredBy' in value && value.coveredBy !== undefined)) return [name, value]
      const signal = typeof input === 'string' ? input : input.signal
      return [name, { ...value, coveredBy: event.for === undefined ? signal : `./${signal}` } as JoinValue]
    }),
  )
}

interface Named {
  readonly id: string
  readonly label?: unknown
  readonly unit?: string | undefined
  readonly decimals?: number | undefined
  readonly author?: string | undefined
  readonly mayFall?: true | undefined
}

/** What joins and figures are given: kinds, the values of other results, places, clocks, definitions. */
function contextOf({ config, kinds, placeOf, signals }: DeclaredParts): CorrelateContext {
  const definitionOf = (id: string) => signals.at(signals.indexOf(id) ?? -1)
  return {
    ...{ site: config.site.id, kinds, events: eventVariables(config), placeOf, definitionOf },
    clockOf: (id) => {
      const connection = definitionOf(id)?.connection
      const clock = `${config.site.id}/ecluse/${connection}`
      const ids = { offset: `${clock}/clock-offset`, uncertainty: `${clock}/clock-uncertainty` }
      // A connection's clock has signals once it was measured; another node's come over the link.
      return signals.indexOf(ids.uncertainty) === undefined ? undefined : ids
    },
  }
}

/** A derivation whose signals come to be known when they are first computed: at which places they are, only the devices say. */
function defining(one: Derivation, id: string, signals: SignalTable, define: (whole: string) => SignalDefinition): Derivation {
  return {
    ...one,
    compute: async (units, history, at) => {
      const outcomes = await one.compute(units, history, at)
      for (const { signals: written } of outcomes) for (const whole of written ?? []) if (whole.endsWith(id)) signals.define(define(whole))
      return outcomes
    },
  }
}

const mapped = <A, B>(all: Readonly<Record<string, A>>, change: (one: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]))

/** The keys that are there. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
