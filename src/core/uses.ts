import type { Label } from './signals.ts'
import type { Severity } from './status.ts'
import type { Micros } from './time.ts'

/** What values may be used for, as the file declares it: a passport is asked for one of these. */
export interface Use {
  readonly id: string
  readonly label?: Label
  /** What data contracts call it, besides its id and its label. */
  readonly names: readonly string[]
  /** Whether a contract has to permit it. `required`: without that it is refused; `expected`: with care; `optional`: only what forbids it counts. */
  readonly contract: 'required' | 'expected' | 'optional'
  /** Beyond these it is to be used with care. */
  readonly care: UseLimits
  /** Beyond these it is not to be used. */
  readonly refuse: UseLimits
}

/** Limits; what is absent is not asked. */
export interface UseLimits {
  /** Least share of the time that is really covered, 0 to 1. */
  readonly minimumCoverage?: number
  /** Worst status that is still within. */
  readonly worstStatus?: Severity
  readonly maximumClockUncertaintyUs?: Micros
  /** How old a value may be at the moment it is asked for; of what is computed, how far the computing may be behind. */
  readonly maximumAgeUs?: Micros
  /** States of contracts that are accepted: `active`, `deprecated` ... */
  readonly contractStates?: readonly string[]
  /** Patterns of reasons that must not be among those of the value or of a sample below it: `spike@*`. */
  readonly reasons?: readonly string[]
  /** No hop of the chain may be dead. */
  readonly wholeChain?: boolean
}
