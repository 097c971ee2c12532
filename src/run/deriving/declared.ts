import type { EcluseConfig } from '../../config/index.ts'
import type { Derivation } from '../../core/derivation.ts'
import type { Variable } from '../../core/expression/index.ts'
import { NEVER, type RecordKind, type RecordVersion } from '../../core/it-records.ts'
import type { DerivationView } from '../../core/node-view.ts'
import type { Label, SignalDefinition, SignalTable } from '../../core/signals.ts'
import type { Micros } from '../../core/time.ts'
import { createJoin } from '../../correlate/index.ts'
import { derive, events, type Known } from '../../process/index.ts'

/** The connection of signals that are computed. */
export const COMPUTED = 'computed'

/** What the file declares to be computed, and how people know it. */
export interface Declared {
  readonly derivations: readonly Derivation[]
  readonly about: ReadonlyMap<string, Pick<DerivationView, 'type' | 'label' | 'declaration'>>
}

export interface DeclaredParts {
  readonly config: Pick<EcluseConfig, 'site' | 'derive' | 'events' | 'correlations'>
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly placeOf: (record: RecordVersion) => string | undefined
  readonly signals: SignalTable
  readonly clockOf: (connection: string) => { readonly offsetUs: Micros; readonly uncertaintyUs: Micros } | undefined
}

export function isComputing({ derive: derived, events: frames, correlations }: DeclaredParts['config']): boolean {
  return derived.length + frames.length + Object.keys(correlations).length > 0
}

/** Makes every declaration a derivation. */
export function declaredDerivations({ config, kinds, placeOf, signals, clockOf }: DeclaredParts): Declared {
  const site = config.site.id
  const definitionOf = (id: string) => signals.at(signals.indexOf(id) ?? -1)
  const known: Known = {
    ids: function* () {
      for (const { id } of signals.all()) yield id
    },
    signal: definitionOf,
  }
  const derivations: Derivation[] = []
  const about = new Map<string, Pick<DerivationView, 'type' | 'label' | 'declaration'>>()
  const add = (one: Derivation, type: DerivationView['type'], declaration: { readonly label?: unknown }) => {
    derivations.push(one)
    about.set(one.name, { type, ...(declaration.label !== undefined && { label: declaration.label as Label }), declaration })
  }
  for (const declaration of config.derive) {
    const { id, type, expression, unit, label, decimals, author } = declaration
    const given = { unit, label: label as Label | undefined, decimals, author }
    const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
    const define = (whole: string): SignalDefinition => ({
      id: whole,
      connection: COMPUTED,
      address: expression,
      dataType: type,
      ...stated,
    })
    add(defining(derive(declaration, site, known), id, signals, define), 'signal', declaration)
  }
  for (const declaration of config.events) add(events(declaration, site, known), 'event', declaration)
  const variables = new Map(config.events.map((one) => [one.id, eventVariables(one)]))
  const clock = (id: string) => {
    const connection = definitionOf(id)?.connection
    return connection === undefined ? undefined : clockOf(connection)
  }
  const context = { site, kinds, events: variables, placeOf, clockOf: clock, definitionOf }
  for (const [name, declaration] of Object.entries(config.correlations)) add(createJoin(name, declaration, context), 'join', declaration)
  return { derivations, about }
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

/** Values that every event has, and its own. */
function eventVariables({ attributes, severity }: DeclaredParts['config']['events'][number]): Record<string, Variable> {
  return {
    duration: { type: 'number', unit: 's' },
    ...(severity !== undefined && { severity: { type: 'number' } }),
    ...Object.fromEntries(Object.keys(attributes).map((name) => [name, { type: 'number' } as const])),
  }
}

/** The place a record is about, by what its system called it when it began. */
export function placeOfRecord(
  kinds: ReadonlyMap<string, RecordKind>,
  names: { placeOf(system: string | undefined, name: string, at: Micros): string | undefined },
  now: () => Micros,
): (record: RecordVersion) => string | undefined {
  return ({ kind, values, validFrom }) => {
    const equipment = kinds.get(kind)?.equipment
    const name = equipment && values[equipment.field]
    if (!equipment || typeof name !== 'string') return undefined
    return names.placeOf(equipment.system, name, validFrom === null || validFrom >= NEVER ? now() : validFrom)
  }
}
