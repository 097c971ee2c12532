import { LIMITS } from './limits.ts'
import type { Micros } from './time.ts'

/** What a sample's value is. Booleans travel as 0 and 1, text beside the columns. */
export type DataType = 'number' | 'boolean' | 'text'
/** A text per language; at least one. */
export type Label = { fr?: string; en?: string }

/** What a node knows of one signal. */
export interface SignalDefinition {
  /** Equipment path and name, e.g. `t2e/baggage/carousel-3/motor/current`. */
  readonly id: string
  /** The connection that feeds it. */
  readonly connection: string
  /** Where it lives at the source, in the connector's own notation (`ns=2;s=CAR03.I`, `holding 40001 float32`). */
  readonly address: string
  /** The zone it is measured in; absent where no zones are declared. */
  readonly zone?: string
  readonly dataType: DataType
  /** UCUM code, e.g. `A`, `Cel`, `kW.h`. */
  readonly unit?: string
  readonly label?: Label
  /** Digits after the decimal point when shown. */
  readonly decimals?: number
  /** What a sound reading may be, inclusive, in `unit`. */
  readonly range?: readonly [number, number]
  /** Longest time between samples when all is well, in microseconds. */
  readonly expectedPeriodUs?: number
  /** Neither its protocol nor its declaration tells how often it is said: a reading that was lost cannot be told from one that never was. */
  readonly isUnpaced?: true
  /** Largest plausible change per second, in `unit`. */
  readonly maxRatePerSecond?: number
  /** A numeric value that does not change at all for longer than this is suspect, in microseconds. */
  readonly flatLineUs?: number
  /** What the instrument can measure at all, inclusive, in `unit`. */
  readonly instrumentRange?: readonly [number, number]
  /** Smallest step the instrument can show, in `unit`; a change below it is no change. */
  readonly resolution?: number
  /** The source reports only changes larger than this, in `unit`. */
  readonly deadband?: number
  /** A single reading far from its neighbours: more than `threshold` robust standard deviations and `minimum` units away. */
  readonly spike?: { readonly threshold: number; readonly minimum: number }
  /** A reading older than this on arrival is late, in microseconds. */
  readonly lateAfterUs?: number
  /** A reading older than this on arrival is too late for what was computed from its period, in microseconds. */
  readonly acceptLateUs?: number
  /** A device that repeats a reading whose own time is older than this gives a stale value, in microseconds. */
  readonly staleAfterUs?: number
  /** A value that only counts up; from `rollover` it begins again at 0. */
  readonly counter?: { readonly rollover?: number }
  /** A value that may go down, so that a difference over a fall is what it says. */
  readonly mayFall?: true
  /** The source's codes and the declared states they mean. */
  readonly states?: Readonly<Record<string, string>>
  /** From each declared state, the ones that may follow; a state without an entry may be followed by any. */
  readonly transitions?: Readonly<Record<string, readonly string[]>>
  /** The longest that a declared state lasts when all is well, in microseconds; a state without an entry may last for ever. */
  readonly maxStateUs?: Readonly<Record<string, number>>
  /** The instrument's calibration holds until then. */
  readonly calibratedUntil?: Micros
  /** Samples per second of source time; what is above is dropped and counted. */
  readonly maxSamplesPerSecond?: number
  /** The template the declaration comes from. */
  readonly model?: string
  /** Who wrote the declaration. */
  readonly author?: string
  /** The unit the device itself says it uses, where it says so; UCUM. */
  readonly sourceUnit?: string
  /** What people see, converted on reading; UCUM. The stored value stays in `unit`. */
  readonly displayUnit?: string
}

/**
 * Signals by index. Append-only: an index means the same signal for as long as the node's epoch lasts.
 * Redefining a known id keeps its index and appends the change to the log, which the spool stores.
 */
export class SignalTable {
  readonly #definitions: SignalDefinition[] = []
  readonly #index = new Map<string, number>()
  readonly #log: number[] = []
  readonly #zoneOf: (connection: string) => string | undefined

  /** `zoneOf`: where zones are declared, that of what comes by a connection of this node. */
  constructor(zoneOf: (connection: string) => string | undefined = () => undefined) {
    this.#zoneOf = zoneOf
  }

  get size(): number {
    return this.#definitions.length
  }

  /** Number of definitions and redefinitions so far. */
  get version(): number {
    return this.#log.length
  }

  /** Index of the signal, new or redefined. Throws RangeError at `LIMITS.signals`. */
  define(definition: SignalDefinition): number {
    const zone = definition.zone ?? this.#zoneOf(definition.connection)
    return this.#define(zone === undefined ? definition : { ...definition, zone })
  }

  #define(definition: SignalDefinition): number {
    const known = this.#index.get(definition.id)
    if (known !== undefined) {
      if (JSON.stringify(this.#definitions[known]) !== JSON.stringify(definition)) {
        this.#definitions[known] = Object.freeze({ ...definition })
        this.#log.push(known)
      }
      return known
    }
    if (this.#definitions.length >= LIMITS.signals) throw new RangeError(`more than ${LIMITS.signals} signals`)
    const index = this.#definitions.push(Object.freeze({ ...definition })) - 1
    this.#index.set(definition.id, index)
    this.#log.push(index)
    return index
  }

  indexOf(id: string): number | undefined {
    return this.#index.get(id)
  }

  at(index: number): SignalDefinition | undefined {
    return this.#definitions[index]
  }

  /** Indices defined or redefined since a version, for dictionary records and live views. */
  changedSince(version: number): number[] {
    return [...new Set(this.#log.slice(version))]
  }

  /** All definitions in index order. */
  all(): readonly SignalDefinition[] {
    return this.#definitions
  }

  /** Restores a definition at its index (start of a node from its spool). */
  restore(index: number, definition: SignalDefinition): void {
    const at = this.#define(definition)
    if (at !== index) throw new Error(`signal ${definition.id} is ${at}, the dictionary says ${index}`)
  }
}

/** The signals that somebody may see; indices are those of the whole table, of which some may be missing. */
export type KnownSignals = Pick<SignalTable, 'size' | 'indexOf' | 'at' | 'all'>
