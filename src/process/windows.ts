import { takesEnd } from '../core/aggregates/held.ts'
import { fallOf } from '../core/counter.ts'
import type { Derivation, DerivedSample, Outcome, Unit } from '../core/derivation.ts'
import { FOREVER } from '../core/derivation.ts'
import type { FactValue } from '../core/facts.ts'
import { QueryRefused } from '../core/historian.ts'
import type { History, Series } from '../core/history.ts'
import { rowAt } from '../core/row-at.ts'
import { Status } from '../core/status.ts'
import type { Micros } from '../core/time.ts'
import type { WindowOverSignal } from './config.ts'
import { isSignalChange, unitsWithin, versionOf } from './derivation-parts.ts'
import { type Attribute, frameDerivation } from './frame-derivation.ts'
import type { Frame, Judged } from './frames.ts'
import { type Input, toleranceOf } from './inputs.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { type Asked, over } from './over.ts'
import { type Known, places } from './places.ts'
import type { Stretch } from './timeline.ts'

const micros = (milliseconds: number): Micros => Math.round(milliseconds * 1000)

/** A function over windows of time: samples of a new signal, or events where the windows are sessions or states. */
export function windows(declared: WindowOverSignal, site: string, known: Known): Derivation {
  const { window } = declared
  if ('tumbling' in window) return fixedWindows(declared, micros(window.tumbling), micros(window.tumbling), site, known)
  if ('sliding' in window) return fixedWindows(declared, micros(window.sliding), micros(window.every), site, known)
  return frameWindows(declared, site, known)
}

const askedOf = ({ function: name, tolerance, interpolation, minimumCoverage }: WindowOverSignal, signal: string, known: Known): Asked => ({
  ...{ name, minimumCoverage, stepped: interpolation === 'previous', toleranceUs: toleranceOf(tolerance, signal, known) },
  fall: fallOf(known.signal(signal)),
})

/**
 * Windows of one length, one beginning every so often, aligned to the epoch; the result is a sample at the window's start. Windows of which nothing at
 * all was read have none. A window is a unit; those that overlap have keys of their own, or waiting for one would be waiting for all.
 */
function fixedWindows(declared: WindowOverSignal, length: Micros, every: Micros, site: string, known: Known): Derivation {
  const where = places(site, declared.for, [declared.signal], known)
  const name = declared.for === undefined ? declared.id : `${declared.for}/${declared.id}`
  const asked = (place: string) => askedOf(declared, where.id(place, declared.signal), known)
  const ahead = ({ name, stepped, toleranceUs }: Asked) => (stepped ? (takesEnd(name) ? 1 : 0) : toleranceUs)

  const unitsOf = (place: string, from: Micros, to: Micros): Unit[] => {
    const own = asked(place)
    const end = length + ahead(own)
    const phases = Math.ceil(end / every)
    const first = Math.floor((from - end) / every) + 1
    const last = Math.floor((to + own.toleranceUs) / every)
    if (last - first > PROCESS_LIMITS.windows) throw new QueryRefused(`more than ${PROCESS_LIMITS.windows} windows`)
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const start = (first + i) * every
      const phase = (((first + i) % phases) + phases) % phases
      return { definition: name, key: phases > 1 ? `${place}#${phase}` : place, from: start, to: start + end - 1 }
    })
  }

  /** Windows that begin within units, those near one another read together, of all places at once. */
  const computeAll = async (units: readonly Unit[], history: History, watermark: Micros): Promise<Outcome[]> => {
    const begun = units.flatMap((unit) => {
      const place = where.placeOf(unit.key.replace(/#\d+$/, ''))
      return place === undefined ? [] : startsIn(unit, place)
    })
    const ready = begun.filter(({ start, end }) => start + end - 1 <= watermark).sort((a, b) => a.start - b.start)
    const lookBackUs = Math.max(0, ...ready.map(({ own }) => own.toleranceUs))
    const lookAheadUs = Math.max(0, ...ready.map(({ own }) => ahead(own)))
    const outcomes: Outcome[] = []
    for (const group of groups(ready, length + lookBackUs)) {
      const [first, last] = [group[0] as Begun, group.at(-1) as Begun]
      const read = [...new Set(group.map(({ place }) => where.id(place, declared.signal)))]
      const found = await history.series({ signals: read, from: first.start, to: last.start + length, lookBackUs, lookAheadUs })
      const series = new Map(found.map((one) => [one.signal, one]))
      for (const { start, key, place, own } of group) {
        const signal = where.id(place, declared.id)
        const samples = sampleOf(series.get(where.id(place, declared.signal)) as Series, signal, start, length, own)
        outcomes.push({ unit: { definition: name, key, from: start, to: start }, facts: [], samples, signals: [signal] })
      }
    }
    return outcomes
  }

  const startsIn = ({ key, from, to }: Unit, place: string): Begun[] => {
    const own = asked(place)
    const end = length + ahead(own)
    const phases = Math.ceil(end / every)
    const phase = phases > 1 ? Number(key.slice(place.length + 1)) : 0
    const step = every * phases
    const first = Math.ceil((from - phase * every) / step) * step + phase * every
    return first > to
      ? []
      : Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => ({ key, start: first + i * step, place, own, end }))
  }

  return {
    ...{ name, version: versionOf(declared), facts: 'none' },
    inputs: { signals: [where.glob(declared.signal)], records: [], facts: [] },
    origin: (signal, from) => {
      const [place] = where.of(signal, [declared.id])
      if (place === undefined) return undefined
      const own = asked(place)
      const input = where.id(place, declared.signal)
      return [{ signal: input, from, to: from + length, lookBackUs: own.toleranceUs, lookAheadUs: ahead(own), function: own.name }]
    },
    touched: async (changes) =>
      changes
        .filter(isSignalChange)
        .flatMap(({ signal, from, to }) => where.of(signal, [declared.signal]).flatMap((place) => unitsOf(place, from, to))),
    within: async (range, history) => {
      const found = await unitsWithin(where.all(), range, history, (place) => [where.id(place, declared.signal)])
      return found.flatMap(({ place, from, to }) => unitsOf(place, from, Math.min(to, FOREVER)))
    },
    compute: (units, history, { watermark }) => computeAll(units, history, watermark),
  }
}

/** One window, at one place. */
interface Begun {
  readonly key: string
  readonly start: Micros
  readonly place: string
  readonly own: Asked
  /** How long after its start it can be final. */
  readonly end: Micros
}

function groups(starts: readonly Begun[], apart: Micros): Begun[][] {
  const out: Begun[][] = []
  for (const one of starts) {
    const group = out.at(-1)
    if (group && one.start - (group.at(-1) as Begun).start <= apart) group.push(one)
    else out.push([one])
  }
  return out
}

function sampleOf(series: Series, signal: string, start: Micros, length: Micros, asked: Asked): DerivedSample[] {
  const first = rowAt(series, start - asked.toleranceUs)
  if (first === series.count || (series.time[first] as number) >= start + length) return []
  const { value, status, reasons } = over(series, start, start + length, asked)
  return [{ signal, time: start, value: value ?? Number.NaN, status, reasons }]
}

/** From the first of readings that are near one another until the gap after the last has passed; or from one change of a state to the next. */
function frameWindows(declared: WindowOverSignal, site: string, known: Known): Derivation {
  const { window } = declared
  const gapUs = 'session' in window ? micros(window.session) : undefined
  const cutBy = 'state' in window ? window.state : declared.signal
  const relative = [...new Set([declared.signal, cutBy])]
  const where = places(site, declared.for, relative, known)
  return frameDerivation({
    ...{ name: declared.id, version: versionOf(declared), site, known, where, relative },
    rules: { minimumUs: 0, mergeGapUs: 0, maximumUs: LONGEST_US },
    inputs: (place): Input[] => {
      const signal = where.id(place, cutBy)
      const toleranceUs = gapUs === undefined ? toleranceOf(declared.tolerance, signal, known) : gapUs - 1
      return [{ name: 'state', signal, type: 'any', interpolation: 'previous', toleranceUs, unit: undefined }]
    },
    attributes: (place): Attribute[] => {
      const signal = where.id(place, declared.signal)
      return [{ attribute: 'value', signal, ...askedOf(declared, signal, known), stepped: true }]
    },
    judge: () => (gapUs === undefined ? changes : sessions),
    values: (frame, stretches): Readonly<Record<string, FactValue>> => (gapUs === undefined ? { state: stateOf(frame, stretches) } : {}),
  })
}

/** As of events: a session or a state that lasts longer is several. */
const LONGEST_US = 7 * 86_400_000_000

const isKnown = ({ values }: Stretch): boolean => values.state !== undefined

/** Nothing is unknown of a session: without a reading there is none. */
const sessions = (stretches: readonly Stretch[]): Judged[] =>
  stretches.map((one) => ({ ...one, begins: isKnown(one), ends: !isKnown(one), worst: one.worst === 1 ? 1 : 0 }))

const changes = (stretches: readonly Stretch[]): Judged[] =>
  sessions(stretches).map((one, i) => {
    const before = stretches[i - 1]?.values.state
    const now = stretches[i]?.values.state
    return { ...one, isNew: before !== undefined && now !== undefined && before !== now }
  })

function stateOf({ from }: Frame, stretches: readonly Stretch[]): FactValue {
  const at = stretches.find(({ start, end }) => start <= from && end > from)
  return { value: at?.values.state ?? null, status: at?.status ?? Status.BadNoData, coverage: null }
}
