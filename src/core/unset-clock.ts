import { DAY, HOUR, type Micros, parseTime } from './time.ts'

/** Where clocks that nobody set start to count, and who starts there. */
const EPOCHS = [
  // OPC UA and Windows (FILETIME).
  ['epoch-1601', '1601-01-01T00:00:00Z'],
  // Some real-time systems and LabVIEW.
  ['epoch-1904', '1904-01-01T00:00:00Z'],
  // Unix.
  ['epoch-1970', '1970-01-01T00:00:00Z'],
  // GPS.
  ['epoch-1980', '1980-01-06T00:00:00Z'],
  // Embedded real-time clock chips after a lost battery.
  ['epoch-2000', '2000-01-01T00:00:00Z'],
] as const

export type EpochReason = (typeof EPOCHS)[number][0]

const STARTS = EPOCHS.map(([reason, text]) => ({ reason, start: parseTime(text) }))
const START_2000 = parseTime('2000-01-01T00:00:00Z')
/** An unset clock in local time may start this much before its epoch. */
const ZONES: Micros = 14 * HOUR
/** How old a time of the first day of 2000 must be to be that of an unset clock; below it, it may be a record played back. */
const UNSET_AFTER: Micros = 3_652 * DAY

/** The epoch a clock that was never set counts from, when the time lies within a day after one. */
export function epochOf(time: Micros): EpochReason | undefined {
  return STARTS.find(({ start }) => time >= start - ZONES && time < start + DAY)?.reason
}

/** True for a time of the first day of 2000 that is received ten years later or more: plausible as a date, but nobody's. */
export function isUnset(time: Micros, receivedTime: Micros): boolean {
  return time >= START_2000 - ZONES && time < START_2000 + DAY && receivedTime - time >= UNSET_AFTER
}
