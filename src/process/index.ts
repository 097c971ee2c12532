import type { Derivation } from '../core/derivation.ts'
import type { SignalDefinition } from '../core/signals.ts'
import type { ProcessConfig } from './config.ts'
import { unitOfResult } from './coverage.ts'
import { derive } from './derive.ts'
import { events } from './events.ts'
import { signalsOf } from './inputs.ts'
import { type Known, places } from './places.ts'
import { states } from './states.ts'
import { windows } from './windows.ts'

export type { Known, KnownSignal } from './places.ts'

/** Everything that is declared to be computed from signals, ready to compute. `known` may grow: places are looked for when they are needed. */
export function derivations(config: ProcessConfig, site: string, known: Known): Derivation[] {
  return [
    ...config.derive.map((one) => derive(one, site, known)),
    ...config.states.map((one) => states(one, site, known)),
    ...config.windows.map((one) => windows(one, site, known)),
    ...config.events.map((one) => events(one, site, known)),
  ]
}

/** Definitions of the signals that are computed, at every place known so far; those of derived signals' own places once these are known themselves. */
export function derivedDefinitions(config: ProcessConfig, site: string, known: Known): SignalDefinition[] {
  const made = (
    one: { id: string; for?: string | undefined; label?: object | undefined; author?: string | undefined },
    needs: readonly string[],
    about: (place: string) => Pick<SignalDefinition, 'address' | 'dataType'> & { unit?: string | undefined; decimals?: number | undefined },
  ): SignalDefinition[] => {
    const where = places(site, one.for, needs, known)
    return where.all().map((place) => {
      const { unit, decimals, ...rest } = about(place)
      return {
        ...{ id: where.id(place, one.id), connection: CONNECTION, ...rest },
        ...(unit !== undefined && { unit }),
        ...(decimals !== undefined && { decimals }),
        ...(one.label && { label: one.label }),
        ...(one.author !== undefined && { author: one.author }),
      }
    })
  }
  return [
    ...config.derive.flatMap((one) =>
      made(one, signalsOf(one.inputs), () => ({ address: one.expression, dataType: one.type, unit: one.unit, decimals: one.decimals })),
    ),
    ...config.states.flatMap((one) =>
      made(one, signalsOf(one.inputs), () => ({ address: Object.keys(one.states).join(' | '), dataType: 'text' })),
    ),
    ...config.windows.flatMap((one) => {
      if (!('tumbling' in one.window || 'sliding' in one.window)) return []
      const where = places(site, one.for, [one.signal], known)
      return made(one, [one.signal], (place) => ({
        address: `${one.function} ${one.signal}`,
        dataType: 'number',
        unit: unitOfResult(one.function, known.signal(where.id(place, one.signal))?.unit),
      }))
    }),
  ]
}

/** Where these signals come from: no connection has a name with a space. */
const CONNECTION = 'computed here'
