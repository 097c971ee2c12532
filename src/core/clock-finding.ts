import type { ClockReading } from './clock-offset.ts'
import { HOUR, MINUTE, type Micros, SECOND } from './time.ts'

/** A named cause of a wrong clock. */
export type ClockFinding = 'local-time'

/** Zones are whole quarters of an hour from UTC, at most 14 hours. */
const QUARTER: Micros = 15 * MINUTE
const FARTHEST: Micros = 14 * HOUR
/** How far from a whole quarter a clock in local time may be, being a little wrong besides. */
export const LOCAL_TOLERANCE: Micros = 90 * SECOND

/**
 * The offset from UTC, in microseconds, that a device on local time would show; undefined when the offset is none, is too uncertain, or is no
 * zone's. `steadyUs` is `ClockOffset.steadyArrival`: seen one way, a device behind looks like a slow line, but no line is steadily hours slow.
 */
export function localTimeOffset(reading: ClockReading, steadyUs: number | undefined): Micros | undefined {
  const offsetUs = reading.method === 'one-way' ? steadyUs : reading.uncertaintyUs <= LOCAL_TOLERANCE ? reading.offsetUs : undefined
  if (offsetUs === undefined) return undefined
  const zone = Math.round(offsetUs / QUARTER) * QUARTER
  return zone !== 0 && Math.abs(zone) <= FARTHEST && Math.abs(offsetUs - zone) <= LOCAL_TOLERANCE ? zone : undefined
}

/** `UTC+01:00`, `UTC-03:30`. */
export function formatZoneOffset(offsetUs: Micros): string {
  const minutes = Math.round(Math.abs(offsetUs) / MINUTE)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `UTC${offsetUs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
