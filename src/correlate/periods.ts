import { DAY, HOUR, type Micros } from '../core/time.ts'
import { Zone } from '../core/zone.ts'

/** From inclusive, to exclusive. */
export interface Period {
  readonly from: Micros
  readonly to: Micros
}

/** Cuts time into periods without gaps. */
export interface Calendar {
  /** The period that holds a moment. */
  at(time: Micros): Period
}

/** Hours begin on the hour of UTC; days at midnight of the zone, so that two of them a year have 23 and 25 hours. */
export function calendar(per: 'hour' | 'day', zone: string): Calendar {
  if (per === 'hour') {
    return {
      at: (time) => {
        const from = Math.floor(time / HOUR) * HOUR
        return { from, to: from + HOUR }
      },
    }
  }
  const wall = new Zone(zone)
  const utc = (midnight: Micros): Micros => midnight - wall.span(midnight).offsetUs
  return {
    at: (time) => {
      // A zone is at most 14 hours ahead: the day there is yesterday, today or tomorrow of the day in UTC.
      let midnight = Math.floor(time / DAY) * DAY + DAY
      while (utc(midnight) > time) midnight -= DAY
      return { from: utc(midnight), to: utc(midnight + DAY) }
    },
  }
}
