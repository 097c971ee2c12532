/**
 * Time in Écluse is microseconds since 1970-01-01T00:00:00Z as a double: exact until the year 2255.
 * Three times are never merged: sourceTime (the device's clock), receivedTime (this node), recordedTime (the historian's node).
 */
export type Micros = number

/** A clock that the code which reads it is given, so that tests and simulators own time. */
export interface Clock {
  /** Wall time in microseconds. Never use it to order or to deduplicate. */
  now(): Micros
  /** Monotonic milliseconds, for durations and time-outs. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `stop` is aborted. Never rejects. */
  sleep(ms: number, stop?: AbortSignal): Promise<void>
}

export const SECOND: Micros = 1_000_000
export const MINUTE: Micros = 60 * SECOND
export const HOUR: Micros = 60 * MINUTE
export const DAY: Micros = 24 * HOUR

/** How far the timer may stand from the wall clock, which tells whole milliseconds, before it is set by it again. */
const STEP_MS = 50

/**
 * Wall time with the microseconds of a timer. The timer alone would go on from the time of the program's start for ever: it does not know when
 * the wall clock is set, by NTP after a start without a battery, or by a person.
 */
export function wallTime(wallMs: () => number, timerMs: () => number, origin = wallMs() - timerMs()): () => Micros {
  return () => {
    const wall = wallMs()
    const timer = timerMs()
    if (Math.abs(wall - origin - timer) > STEP_MS) origin = wall - timer
    return Math.round((origin + timer) * 1000)
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: wallTime(Date.now, () => performance.now(), performance.timeOrigin),
  monotonicMs: () => performance.now(),
  sleep: (ms, stop) =>
    new Promise((resolve) => {
      if (stop?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        stop?.removeEventListener('abort', done)
        resolve()
      }
      // A time that is just over is no error: whoever waits until a moment may come a little late.
      const timer = setTimeout(done, Math.max(0, ms))
      stop?.addEventListener('abort', done, { once: true })
    }),
}

/** RFC 3339 UTC with microseconds where they are not zero: `2026-11-23T08:00:00.250Z`. */
export function formatTime(time: Micros): string {
  const ms = Math.floor(time / 1000)
  if (!Number.isFinite(time) || Math.abs(ms) > 8.64e15) return 'invalid'
  const micros = Math.round(time - ms * 1000)
  const text = ms >= 0 && ms < END_MS ? textOf(ms) : new Date(ms).toISOString().slice(0, -1)
  return micros === 0 ? `${text}Z` : `${text}${String(micros).padStart(3, '0')}Z`
}

/** 9999-12-31T24:00:00Z. */
const END_MS = 253_402_300_800_000
const DAY_MS = 86_400_000
const TWO: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))

/**
 * An answer with 1,000 values says 2,000 times: a date from its days costs a fifth of what `toISOString` does. Years begin in March here, so that a leap day is the
 * last of its year; 400 of them have 146,097 days.
 */
function textOf(ms: number): string {
  const days = Math.floor(ms / DAY_MS)
  const rest = ms - days * DAY_MS
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  const seconds = Math.floor(rest / 1_000)
  const [minutes, milli] = [Math.floor(seconds / 60), rest - seconds * 1_000]
  const date = `${TWO[Math.floor(year / 100)]}${TWO[year % 100]}-${TWO[month]}-${TWO[day]}`
  const clock = `${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}`
  return `${date}T${clock}.${Math.floor(milli / 100)}${TWO[milli % 100]}`
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i

/** Microseconds of an RFC 3339 time (a zone is required); NaN when the text is not one. */
export function parseTime(text: string): Micros {
  const parts = RFC3339.exec(text)
  if (!parts) return Number.NaN
  const seconds = Date.parse(`${parts[1]}${parts[3]}`)
  return seconds * 1000 + Math.floor(Number(`0.${parts[2] ?? '0'}`) * 1e6 + 1e-6)
}
