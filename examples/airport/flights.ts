import { type Moment, msOf, TURN_MINUTES, turnAt } from './day.ts'
import { hash, seedOf } from './noise.ts'

/** One arrival as the airport's flight system has it: times in UTC, the carousel by the name on the screens. */
export interface FlightRow {
  readonly id: string
  readonly flight: string
  readonly belt: string
  readonly status: 'EXPECTED' | 'ON BELT' | 'CLOSED'
  readonly first_bag: string
  readonly last_bag: string
  readonly bags: number
}

/** Plant minutes after the aircraft: bags come, the flight system expects them to be gone, and somebody writes down when they really were. */
const FIRST_BAG = 12
const EXPECTED_LAST_BAG = 52
const CLOSED = 68
/** Plant minutes before and after now that the flight system shows. */
const SHOWN_BEFORE = 4 * TURN_MINUTES
const SHOWN_AFTER = TURN_MINUTES

/**
 * The flights of every carousel around a moment. The end of a flight's baggage is an estimate until some minutes after it, and is then corrected:
 * what was computed for the flight before is to be computed again.
 */
export function flightsAt(seed: number, carousels: number, at: Moment, startMs: number): FlightRow[] {
  return Array.from({ length: carousels }, (_, i) => i + 1).flatMap((number) => {
    const place = `carousel-${number}`
    const rows: FlightRow[] = []
    for (let minute = at.minute - SHOWN_BEFORE; minute <= at.minute + SHOWN_AFTER; minute += TURN_MINUTES) {
      const turn = turnAt(seed, place, minute)
      const begins = minute - turn.into
      const into = at.minute - begins
      if (!turn.flies || msOf(begins + EXPECTED_LAST_BAG, startMs) < startMs) continue
      const really = EXPECTED_LAST_BAG + 10 * hash(seedOf(seed, place), turn.number) - 2
      rows.push({
        id: `${turn.flight}-${turn.number}`,
        flight: turn.flight,
        belt: `Belt ${number}`,
        status: into < FIRST_BAG ? 'EXPECTED' : into < CLOSED ? 'ON BELT' : 'CLOSED',
        first_bag: timeOf(begins + FIRST_BAG, startMs),
        last_bag: timeOf(begins + (into < CLOSED ? EXPECTED_LAST_BAG : really), startMs),
        bags: Math.round(turn.seats * 0.7),
      })
    }
    return rows
  })
}

const timeOf = (minute: number, startMs: number): string => new Date(Math.round(msOf(minute, startMs))).toISOString()
