import { hash, seedOf, wander } from './noise.ts'

/** The plant's time runs ten times as fast as ours, so that a demo of some minutes sees flights come and go. A day takes 2 h 24 min. */
export const PACE = 10
/** Plant time when the plant starts: the morning rush builds up. */
const START_MINUTE = 6.5 * 60
const DAY_MINUTES = 1440

/** One instant, in both times. */
export interface Moment {
  /** Our seconds since the plant started. */
  readonly second: number
  /** Plant minutes since midnight of its first day; does not wrap. */
  readonly minute: number
}

export function momentAt(nowMs: number, startMs: number): Moment {
  const second = (nowMs - startMs) / 1000
  return { second, minute: START_MINUTE + (second * PACE) / 60 }
}

/** When a plant minute comes, in our milliseconds. */
export function msOf(minute: number, startMs: number): number {
  return startMs + ((minute - START_MINUTE) * 60_000) / PACE
}

const bell = (minute: number, centre: number, width: number) => Math.exp(-(((minute - centre) / width) ** 2))

/** How busy the terminal is, 0 (night) to about 1 (the rush of 07:30 and the one of 18:00). */
export function crowd(minute: number): number {
  const m = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES
  return 0.06 + 0.85 * bell(m, 450, 110) + 0.45 * bell(m, 760, 170) + 0.9 * bell(m, 1080, 130)
}

/** Outdoor temperature in degrees Celsius: coldest at five, warmest at three in the afternoon. */
export function outdoor(seed: number, minute: number): number {
  return 19 + 6.5 * Math.sin(((minute - 600) / DAY_MINUTES) * 2 * Math.PI) + 0.8 * wander(seed, minute / 90)
}

/** Minutes of `crowd`-hours from the first midnight until `minute`, by the trapezoid rule over whole minutes of one day. */
const CROWD_SUM = new Float64Array(DAY_MINUTES + 1)
for (let m = 0; m < DAY_MINUTES; m++) CROWD_SUM[m + 1] = (CROWD_SUM[m] as number) + (crowd(m) + crowd(m + 1)) / 2

export function crowdIntegral(minute: number): number {
  const days = Math.floor(minute / DAY_MINUTES)
  const m = minute - days * DAY_MINUTES
  const whole = Math.floor(m)
  return days * (CROWD_SUM[DAY_MINUTES] as number) + (CROWD_SUM[whole] as number) + (m - whole) * crowd(whole + 0.5)
}

const AIRLINES = ['AF', 'AF', 'AF', 'KL', 'DL', 'AZ', 'EK', 'QR']
/** Plant minutes between two flights at one gate, or on one carousel. */
export const TURN_MINUTES = 75

export interface Turn {
  readonly flight: string
  /** Counts the turns of its place. */
  readonly number: number
  /** Plant minutes since the aircraft is expected at the stand, 0 .. TURN_MINUTES. */
  readonly into: number
  readonly seats: number
  /** In the night most turns have no flight. */
  readonly flies: boolean
}

/** Where the turns of a place begin, when that is part of the story: bags of the first flight on carousel 3 come a minute of ours after the start, and the belt jams under them. */
const SHIFTS: ReadonlyMap<string, number> = new Map([['carousel-3', 62]])

/** Which flight a gate or a carousel deals with. */
export function turnAt(seed: number, place: string, minute: number): Turn {
  const own = seedOf(seed, place)
  const shift = SHIFTS.get(place)
  const shifted = minute + (shift ?? hash(own, 1) * TURN_MINUTES)
  const number = Math.floor(shifted / TURN_MINUTES)
  const airline = AIRLINES[Math.floor(hash(own, 3 * number) * AIRLINES.length)] as string
  const start = number * TURN_MINUTES
  return {
    number,
    flight: `${airline}${100 + Math.floor(hash(own, 3 * number + 1) * 8_800)}`,
    into: shifted - start,
    seats: 120 + Math.floor(hash(own, 3 * number + 2) * 160),
    flies: shift !== undefined || hash(own + 7, number) < 0.25 + crowd(start),
  }
}
