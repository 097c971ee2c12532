import { DAY, HOUR } from '../../core/time.ts'

/** What one search may cost, and what it takes to judge. */
export const DISCOVER_LIMITS = {
  /** Signals looked at. */
  signals: 300,
  /** Facts of the target that are read; of more the newest. */
  facts: 10_000,
  /** Events compared with their controls, drawn from those that can be. */
  events: 100,
  /** Controls of one event. */
  controls: 5,
  /** Observations of a number. */
  observations: 1_000,
  /** Samples read in all, and the time for it. */
  samples: 30_000_000,
  timeMs: 90_000,
  /** States of one signal; what has more is a text, not a state. */
  states: 8,
  /** Signals not judged that are named, and ids of one finding. */
  named: 1_000,
  ids: 20,
} as const

/** Of the lead: the stretches that are looked at, and before them as long a time to compare with. The last moments are left to the event itself. */
export const STRETCHES = [
  [1, 0.5],
  [0.5, 0.25],
  [0.25, 0.05],
] as const
/** The whole window, in leads. */
export const WINDOW_LEADS = 2

/** Share of a stretch that usable readings must cover. */
export const LEAST_COVERAGE = 0.8
/** Share of the windows of a signal that must be covered so. */
export const LEAST_WINDOWS = 0.5
/** An effect below it is not worth telling, however sure it is: of many observations the slightest ones are sure. */
export const LEAST_EFFECT = 0.15
export const LEAST_EVENTS = 5
export const LEAST_CONTROLS = 2
export const LEAST_OBSERVATIONS = 20
/** From so many days on, a moment is compared with the same hour of other days only. */
export const DAYS_FOR_HOURS = 3
/** How far from the same time of day a control may be. */
export const SAME_HOUR_US = HOUR / 2
/** Events nearer than so many windows are one cluster: what holds for one may hold for all of them. */
export const CLUSTER_WINDOWS = 3
/** Rank correlation from which two signals are the same thing. */
export const SAME_THING = 0.95
/** A reading of a signal without expectedPeriod holds so long. */
export const HOLD_US = DAY
