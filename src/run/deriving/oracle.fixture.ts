import type { RecordVersion } from '../../core/it-records.ts'
import type { MemoryHistory } from '../../core/memory-history.fixture.ts'
import { HOLD_S, NEXT_S, placeOf, S, T0 } from './plant.fixture.ts'

/** What the flights come to, worked out second by second from everything told, the slow and plain way. Shares no code with what it judges. */

export interface Expected {
  readonly from: number
  readonly to: number | null
  readonly values: Record<string, { value: unknown; severity: number; coverage: number | null }>
}

type Truth = RecordVersion & { readonly isDisputed: boolean }

/** What the better source says of a record; undefined when it says that it is gone. */
function truthOf(history: MemoryHistory, kind: string, key: string): Truth | undefined {
  const last = (source: string) => history.versions.filter((one) => one.kind === kind && one.key === key && one.source === source).at(-1)
  const [a, b] = [last('a'), last('b')]
  const best = a ?? b
  if (!best || best.isDeleted) return undefined
  const isDisputed =
    a !== undefined &&
    b !== undefined &&
    !b.isDeleted &&
    ['start', 'end', 'stand'].some((name) => a.values[name] !== null && b.values[name] !== null && a.values[name] !== b.values[name])
  return { ...best, isDisputed }
}

const truths = (history: MemoryHistory, kind: string): Truth[] =>
  ['1', '2', '3'].flatMap((key) => {
    const truth = truthOf(history, kind, key)
    return truth ? [truth] : []
  })

export function expectedFlights(history: MemoryHistory, watermark: number): Map<string, Expected> {
  return new Map(truths(history, 'flight').map((flight) => [flight.key, expectedOf(flight, history, watermark)]))
}

function expectedOf(flight: Truth, history: MemoryHistory, watermark: number): Expected {
  const from = flight.validFrom as number
  const to = flight.validTo
  const until = to ?? watermark
  const place = placeOf(flight)
  const names = ['mean', 'peak', 'atStart', 'works', 'later', 'worked', 'delay', 'share']
  if (place === undefined)
    return { from, to, values: Object.fromEntries(names.map((name) => [name, { value: null, severity: 2, coverage: null }])) }
  const doubt = flight.isDisputed ? 1 : 0
  const graded = (value: number | null, severity: number, coverage: number | null = null) => ({
    ...{ value, severity: value === null ? 2 : Math.max(severity, doubt), coverage },
  })

  // Readings.
  const readings = new Map<number, { value: number; status: number }>()
  for (const { time, value, status } of history.samples.get(`site/${place}/power`) ?? []) readings.set(time, { value, status })
  const newestAt = (time: number) => {
    for (let t = time; t > time - HOLD_S * S && t >= T0; t -= S) {
      const found = readings.get(t)
      if (found) return { ...found, time: t }
    }
    return undefined
  }
  const isGood = (one: { status: number } | undefined) => one !== undefined && one.status === 0
  let total = 0
  let good = 0
  let sum = 0
  // Of those within it alone: a maximum takes no other.
  let own = 0
  for (let t = from; t < until; t += S) {
    const reading = newestAt(t)
    total++
    if (!isGood(reading)) continue
    good++
    sum += reading?.value as number
    if ((reading?.time as number) >= from) own++
  }
  const share = (seconds: number) => (total > 0 ? seconds / total : 0)
  const inside = [...readings].filter(([time, one]) => time >= from && time < until && isGood(one)).map(([, one]) => one.value)
  const mean = graded(good > 0 ? sum / good : null, good === total ? 0 : 1, share(good))
  const peak = graded(inside.length > 0 ? Math.max(...inside) : null, own === total ? 0 : 1, share(own))
  const atStart = [0, -1, 1, -2, 2, -3, 3].map((away) => readings.get(from + away * S)).find((one) => one !== undefined)
  const startValue = atStart && !Number.isNaN(atStart.value) ? atStart.value : null

  // Works at the same place.
  const works = truths(history, 'work').filter((work) => placeOf(work) === place)
  const begin = (work: Truth) => work.validFrom as number
  const end = (work: Truth) => work.validTo ?? Number.POSITIVE_INFINITY
  const flightEnd = to ?? Number.POSITIVE_INFINITY
  const common = works.filter((work) => {
    const [low, high] = [Math.max(begin(work), from), Math.min(end(work), flightEnd)]
    return low < high || (low === high && (begin(work) === end(work) || from === flightEnd))
  })
  const after = works.filter((work) => begin(work) >= flightEnd && begin(work) <= flightEnd + 20 * S)
  let worked = 0
  for (let t = from; t < until; t += S) if (common.some((work) => begin(work) <= t && t < end(work))) worked++
  const unsure = (list: readonly Truth[]) => (list.some((one) => one.isDisputed) ? 1 : 0)
  const next = works
    .filter((work) => begin(work) >= from && begin(work) <= from + NEXT_S * S)
    .sort((a, b) => begin(a) - begin(b) || (a.key < b.key ? -1 : 1))[0]
  const least = Math.min(share(good), share(own))
  const both =
    mean.value !== null && peak.value !== null
      ? graded(mean.value + peak.value, Math.max(mean.severity, peak.severity), least)
      : graded(null, 2, least)
  return {
    from,
    to,
    values: {
      ...{ mean, peak, share: both },
      atStart: graded(startValue, isGood(atStart) ? 0 : 1),
      works: graded(common.length, unsure(common)),
      later: graded(after.length, unsure(after)),
      worked: graded(worked, unsure(common)),
      // That nothing followed is known, and is no failure; but it is not known when there is a doubt: a null value cannot be Uncertain.
      delay: next ? graded((begin(next) - from) / S, unsure([next])) : { value: null, severity: flight.isDisputed ? 2 : 0, coverage: null },
    },
  }
}

/** How many facts of flights share time with each work at its place. */
export function expectedReviews(history: MemoryHistory, watermark: number): Map<string, number | null> {
  const flights = [...expectedFlights(history, watermark)].map(([key, expected]) => ({
    ...expected,
    place: placeOf(truthOf(history, 'flight', key) as Truth),
  }))
  return new Map(
    truths(history, 'work').map((work) => {
      const place = placeOf(work)
      if (place === undefined) return [work.key, null]
      const [from, to] = [work.validFrom as number, work.validTo ?? Number.POSITIVE_INFINITY]
      const common = flights.filter((flight) => {
        // A fact without a place is of none in particular.
        if (flight.place !== undefined && flight.place !== place) return false
        const [low, high] = [Math.max(from, flight.from), Math.min(to, flight.to ?? Number.POSITIVE_INFINITY)]
        return low < high || (low === high && (from === to || flight.from === flight.to))
      })
      return [work.key, common.length]
    }),
  )
}

interface Effort {
  readonly value: number | null
  readonly severity: number
  /** Of the power's mean, and of the count of works. */
  readonly good: number
  readonly coverage: number
  readonly worked: number
}

/** The effort of each hour and stand of which a sample of the power tells anything, or a work. */
export function expectedEfforts(history: MemoryHistory, watermark: number): Map<string, Effort> {
  const found = new Map<string, Effort>()
  for (const place of ['stand-1', 'stand-2']) {
    const readings = new Map<number, { value: number; status: number }>()
    for (const { time, value, status } of history.samples.get(`site/${place}/power`) ?? []) readings.set(time, { value, status })
    const works = truths(history, 'work').filter((work) => placeOf(work) === place)
    for (let hour = 299; hour < 303; hour++) {
      const [from, to] = [hour * 3_600 * S, Math.min(watermark, (hour + 1) * 3_600 * S)]
      let [good, known, sum, worked] = [0, 0, 0, 0]
      let isClean = true
      let held: { value: number; status: number; until: number } | undefined
      for (let t = from - HOLD_S * S + S; t < to; t += S) {
        const reading = readings.get(t)
        if (reading) held = { ...reading, until: t + HOLD_S * S }
        else if (held && t >= held.until) held = undefined
        if (t < from) continue
        if (works.some((work) => (work.validFrom as number) <= t && t < (work.validTo ?? Number.POSITIVE_INFINITY))) worked++
        if (held?.status === 0) {
          good++
          sum += held.value
        } else isClean = false
        if (held && !Number.isNaN(held.value)) known++
      }
      const begun = works.filter((work) => (work.validFrom as number) >= from && (work.validFrom as number) < to)
      const during = works.filter((work) => (work.validFrom as number) < to && (work.validTo ?? Number.POSITIVE_INFINITY) > from)
      const isTold = [...readings.keys()].some((time) => time > from - HOLD_S * S && time < to)
      if (!isTold && begun.length === 0 && worked === 0 && !during.some((work) => work.validFrom === work.validTo)) continue
      const value = good > 0 && known > 0 ? (sum / good) * begun.length : null
      const isDisputed = begun.some((work) => work.isDisputed)
      const severity = value === null ? 2 : isClean && !isDisputed && value <= 8 ? 0 : 1
      found.set(`${place}@${from}`, { value, severity, good: good / ((to - from) / S), coverage: known / ((to - from) / S), worked })
    }
  }
  return found
}

/** How many works share time with each flight that is over, for the stand it is at; for both where its own is not known. */
export function expectedPerFlight(history: MemoryHistory, watermark: number): Map<string, number> {
  const found = new Map<string, number>()
  for (const [key, { from, to }] of expectedFlights(history, watermark)) {
    const own = placeOf(truthOf(history, 'flight', key) as Truth)
    for (const place of ['stand-1', 'stand-2']) {
      if (own !== undefined && own !== place) continue
      const count = truths(history, 'work').filter((work) => {
        if (placeOf(work) !== place) return false
        const [begin, end] = [work.validFrom as number, work.validTo ?? Number.POSITIVE_INFINITY]
        const [low, high] = [Math.max(begin, from), Math.min(end, to ?? end)]
        return low < high || (low === high && (begin === end || from === to))
      }).length
      // Of flights that begin at once at one stand the last by its key is the period; nothing is told while it goes on.
      if (to === null) found.delete(`${place}@${from}`)
      else found.set(`${place}@${from}`, count)
    }
  }
  return found
}
