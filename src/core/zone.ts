import { DAY, HOUR, type Micros } from './time.ts'

/** A stretch of wall-clock time, `from <= t < to`, in microseconds written as if it were UTC. */
export interface WallSpan {
  readonly from: Micros
  readonly to: Micros
  /** `fold`: the hour that comes twice in autumn. `gap`: the hour that never comes in spring. */
  readonly kind: 'plain' | 'fold' | 'gap'
  /** Wall minus UTC: the only one, or the one before the change. */
  readonly offsetUs: number
  /** The one after the change; the same for `plain`. */
  readonly laterOffsetUs: number
}

/** Years whose spans are kept; devices send few. */
export const ZONE_YEARS = 64
const FIRST_YEAR = 1900
const LAST_YEAR = 2200

/** True when this machine knows the zone (an IANA name, e.g. `Europe/Paris`). */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** One zone's wall clock. Its changes come from the machine's time zone data, a year at a time; a look-up calls nothing. */
export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #years = new Map<number, readonly WallSpan[]>()
  #span: WallSpan | undefined

  /** Throws RangeError when nobody knows the zone. */
  constructor(name: string) {
    this.name = name
    const number = 'numeric'
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: name,
      hourCycle: 'h23',
      ...{ era: 'short', year: number, month: number, day: number, hour: number, minute: number, second: number },
    })
  }

  /** Years held. */
  get size(): number {
    return this.#years.size
  }

  /** The span a wall-clock time lies in. */
  span(wall: Micros): WallSpan {
    const last = this.#span
    if (last && wall >= last.from && wall < last.to) return last
    const year = Math.min(LAST_YEAR, Math.max(FIRST_YEAR, new Date(wall / 1000).getUTCFullYear() || FIRST_YEAR))
    const spans = this.#year(year)
    const found = spans.find(({ to }) => wall < to) ?? (spans.at(-1) as WallSpan)
    this.#span = found
    return found
  }

  /** Wall minus UTC at an instant, in microseconds; whole seconds. */
  offsetAt(utc: Micros): number {
    const second = Math.floor(utc / 1e6)
    const part = new Map(this.#format.formatToParts(second * 1000).map(({ type, value }) => [type, value]))
    const of = (name: Intl.DateTimeFormatPartTypes): number => Number(part.get(name))
    const year = part.get('era')?.startsWith('B') ? 1 - of('year') : of('year')
    return (Date.UTC(year, of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) / 1000 - second) * 1e6
  }

  #year(year: number): readonly WallSpan[] {
    const known = this.#years.get(year)
    if (known) return known
    if (this.#years.size >= ZONE_YEARS) this.#years.clear()
    const spans = this.#build(year)
    this.#years.set(year, spans)
    return spans
  }

  /** Spans that cover the year and a day on either side. */
  #build(year: number): WallSpan[] {
    const until = Date.UTC(year + 1, 0, 2) * 1000
    const spans: WallSpan[] = []
    let at = Date.UTC(year - 1, 11, 30) * 1000
    let offset = this.offsetAt(at)
    let from = Number.NEGATIVE_INFINITY
    while (at < until) {
      const next = at + DAY
      const after = this.offsetAt(next)
      if (after !== offset) {
        const change = this.#change(at, next, offset)
        const [low, high] = after < offset ? [change + after, change + offset] : [change + offset, change + after]
        spans.push({ from, to: low, kind: 'plain', offsetUs: offset, laterOffsetUs: offset })
        spans.push({ from: low, to: high, kind: after < offset ? 'fold' : 'gap', offsetUs: offset, laterOffsetUs: after })
        from = high
        offset = after
      }
      at = next
    }
    // What lies beyond the year is another year's, which would not find it here.
    const first = Date.UTC(year, 0, 1) * 1000
    const last = Date.UTC(year + 1, 0, 1) * 1000
    spans.push({ from, to: Number.POSITIVE_INFINITY, kind: 'plain', offsetUs: offset, laterOffsetUs: offset })
    return spans.filter((span) => span.to > first && span.from < last).map((span) => clip(span, first, last))
  }

  /** The second from which the offset is no longer `before`, between two instants. */
  #change(low: Micros, high: Micros, before: number): Micros {
    let [from, to] = [low / 1e6, high / 1e6]
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      if (this.offsetAt(middle * 1e6) === before) from = middle
      else to = middle
    }
    return to * 1e6
  }
}

function clip(span: WallSpan, first: Micros, last: Micros): WallSpan {
  return { ...span, from: Math.max(span.from, first), to: Math.min(span.to, last) }
}

/** A device's clock this far ahead of ours rules the later of two readings out. */
const AHEAD: Micros = HOUR / 4

export interface Resolved {
  readonly utc: Micros
  readonly doubt: 'dst-fold' | 'dst-gap' | undefined
}

/**
 * UTC of a wall-clock time. In the fold there are two candidates: one that lies in our future is out; else the one near the signal's previous
 * time (within a quarter of the fold) is right, since samples of one signal follow each other; else the later is given, in doubt.
 * A time in the gap is read as if the clock had not been put forward yet, in doubt.
 */
export function resolveWall(span: WallSpan, wall: Micros, previousUtc: Micros, receivedTime: Micros): Resolved {
  const earlier = wall - span.offsetUs
  if (span.kind === 'plain') return { utc: earlier, doubt: undefined }
  if (span.kind === 'gap') return { utc: earlier, doubt: 'dst-gap' }
  const later = wall - span.laterOffsetUs
  if (later > receivedTime + AHEAD) return { utc: earlier, doubt: undefined }
  const near = (later - earlier) / 4
  if (Math.abs(previousUtc - earlier) <= near) return { utc: earlier, doubt: undefined }
  if (Math.abs(previousUtc - later) <= near) return { utc: later, doubt: undefined }
  return { utc: later, doubt: 'dst-fold' }
}
