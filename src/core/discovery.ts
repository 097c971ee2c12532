import type { Micros } from './time.ts'

/** What is looked at: when events begin, or a number that changes. */
export type DiscoveryTarget =
  | { readonly kind: 'event'; readonly definition: string }
  | { readonly kind: 'value'; readonly definition: string; readonly value: string }
  | { readonly kind: 'signal'; readonly signal: string }

export interface DiscoveryQuestion {
  readonly target: DiscoveryTarget
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  /** How long before a moment is looked at. */
  readonly leadUs: Micros
  /** Signals looked at, by whole id; absent: those at the target's equipment, then those of its area. */
  readonly matches?: (signal: string) => boolean
  /** Share of false findings among the findings that is accepted, 0 to 1. */
  readonly fdr: number
  /** The same seed and the same history give the same answer. */
  readonly seed: number
}

/**
 * `level`: mean of the stretch minus the mean before all stretches. `slope`: change per second within the stretch. `share`: share of the time in a state,
 * minus the same before. `transitions`: changes of state per hour, minus the same before.
 */
export const DISCOVERY_FEATURES = ['level', 'slope', 'share', 'transitions'] as const
export type DiscoveryFeature = (typeof DISCOVERY_FEATURES)[number]

/** A signal that moved before: a suggestion, never a cause. */
export interface DiscoveryFinding {
  /** Whole id; `./motor/current` where it is looked at under each moment's own equipment. */
  readonly signal: string
  /** Whole ids behind it, at most the first few. */
  readonly ids: readonly string[]
  readonly unit?: string
  readonly feature: DiscoveryFeature
  /** Of `share`. */
  readonly state?: string
  /** The stretch that says most: from so long before the moment until so long before. */
  readonly lead: { readonly fromUs: Micros; readonly toUs: Micros }
  /** The stretch furthest back that is convincing by itself began so long before. */
  readonly earliestUs: Micros
  /** Of events Cliff's delta against the matched controls, of numbers Spearman's correlation; -1 to 1. */
  readonly effect: number
  readonly p: number
  /** The false discovery rate at which it just is a finding. */
  readonly q: number
  /** Events or observations judged. */
  readonly moments: number
  readonly controls: number
  /** Of numbers: independent observations that the moments are worth. */
  readonly effective?: number
  /** Median of the feature before events and at controls; of numbers: where the target is above and below its median. */
  readonly typical: { readonly before: number; readonly otherwise: number }
  /** Share of the time looked at that usable readings cover. */
  readonly coverage: number
  /** Windows left out, because readings cover too little of them. */
  readonly windowsLeftOut: number
  /** The event or value is itself computed from it. */
  readonly isInput: boolean
  /** Other signals that say the same. */
  readonly sameAs: readonly string[]
}

/** `coverage`: too few windows are covered by usable readings. `few`: too few moments at its equipment. `constant`: it never moved. `text`: it has too many texts to be states. */
export const NOT_JUDGED_REASONS = ['coverage', 'few', 'constant', 'text'] as const

export interface NotJudged {
  readonly signal: string
  readonly reason: (typeof NOT_JUDGED_REASONS)[number]
  readonly moments: number
  readonly coverage: number
}

/** Why moments were not looked at. */
export const MOMENTS_LEFT_OUT = ['close', 'start-unseen', 'no-value', 'no-controls', 'over-limit', 'not-read'] as const
export type MomentLeftOut = (typeof MOMENTS_LEFT_OUT)[number]

export interface Discovery {
  readonly from: Micros
  readonly to: Micros
  /** Moments of the target in the period, those looked at, and the others by reason. */
  readonly found: number
  readonly moments: number
  readonly controls: number
  readonly leftOut: Readonly<Record<MomentLeftOut, number>>
  /** `any-hour`: the period is too short to compare with the same hour of other days, so daily rhythms may be found. */
  readonly matching: 'same-hour' | 'any-hour'
  /** Signals looked at, and those beyond the limit. */
  readonly signals: number
  readonly signalsLeftOut: number
  /** Comparisons made: signals, times features, times stretches. */
  readonly tests: number
  readonly samples: number
  /** The limit that ended the reading before all was read. */
  readonly stopped?: 'time' | 'samples'
  /** Of facts only the newest were read; the period is shorter than asked. */
  readonly truncated: boolean
  /** By rising q, then falling effect. */
  readonly findings: readonly DiscoveryFinding[]
  readonly notJudged: readonly NotJudged[]
}

/** How far it is: moments read of those to be read, then signals judged. */
export interface DiscoveryProgress {
  readonly phase: 'reading' | 'judging'
  readonly done: number
  readonly of: number
  readonly samples: number
}

export type Discover = (
  question: DiscoveryQuestion,
  at: { readonly onProgress: (progress: DiscoveryProgress) => void; readonly stop: AbortSignal },
) => Promise<Discovery>
