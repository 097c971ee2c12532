import { hash } from './noise.ts'

/**
 * What goes wrong with carousel 3: a bearing of its motor seizes. The current drifts up over 20 plant minutes (2 of ours), the belt jams, the current
 * rises to the stalled motor's for some seconds, the protection trips, somebody repairs it, and it begins again.
 */
export interface Trouble {
  readonly phase: 'sound' | 'wearing' | 'jammed' | 'tripped' | 'maintenance'
  /** 0 sound .. 1 about to jam. */
  readonly wear: number
}

/** Plant minutes, counted from the start of the plant. */
const WEARS_FROM = 2
const JAMS_AT = 22
const TRIPS_AT = 22.7
const REPAIR_FROM = 28
const REPAIRED_AT = 38
const REPEATS_AFTER = 50

export function troubleAt(second: number): Trouble {
  const minute = (Math.max(0, second) / 6) % REPEATS_AFTER
  if (minute < WEARS_FROM || minute >= REPAIRED_AT) return { phase: 'sound', wear: 0 }
  if (minute < JAMS_AT) return { phase: 'wearing', wear: ((minute - WEARS_FROM) / (JAMS_AT - WEARS_FROM)) ** 1.3 }
  if (minute < TRIPS_AT) return { phase: 'jammed', wear: 1 }
  return { phase: minute < REPAIR_FROM ? 'tripped' : 'maintenance', wear: 1 }
}

/** The same in our seconds since the plant's start: when the drive trips, when it is repaired, and when it all begins again. */
export const CAROUSEL_REPAIR = {
  trips: TRIPS_AT * 6,
  repairFrom: REPAIR_FROM * 6,
  repaired: REPAIRED_AT * 6,
  repeats: REPEATS_AFTER * 6,
} as const

export const SOUND: Trouble = { phase: 'sound', wear: 0 }

/** One boarding bridge loses its controller now and then: when it is away, in seconds since the plant started. */
export function bridgeAway(seed: number, second: number): boolean {
  const round = Math.floor(second / 180)
  const from = 60 + hash(seed, round) * 60
  const into = second - round * 180
  return into >= from && into < from + 20
}
