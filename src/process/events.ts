import type { Derivation, Outcome, Unit } from '../core/derivation.ts'
import type { Expression } from '../core/expression/index.ts'
import type { Fact, FactInput, FactValue, RevisionCause } from '../core/facts.ts'
import type { History, Series } from '../core/history.ts'
import { Status } from '../core/status.ts'
import { formatTime, MINUTE, type Micros } from '../core/time.ts'
import type { EventFrame } from './config.ts'
import { over } from './coverage.ts'
import { isSignalChange, unitsWithin, versionOf } from './derivation-parts.ts'
import { type Frame, type FrameRules, framesOf, isLongEnough, type Judged, quietRuns } from './frames.ts'
import { compiled, type Input, inputsAt, signalsOf, toleranceOf } from './inputs.ts'
import { type Known, places } from './places.ts'
import { type Neutral, regionAround } from './region.ts'
import { type Stretch, truthOf } from './timeline.ts'

/** How often an event that goes on is computed anew. */
const PROGRESS_US = MINUTE

/** Events that begin and end by conditions over signals. */
export function events(declared: EventFrame, site: string, known: Known): Derivation {
  const { id: name } = declared
  const attributes = Object.entries(declared.attributes)
  const conditions = signalsOf(declared.inputs)
  const relative = [...new Set([...conditions, ...attributes.map(([, { signal }]) => signal)])]
  const where = places(site, declared.for, relative, known)
  const keyOf = (place: string) => (place === '' ? site : place)
  const placeOf = (key: string) => (declared.for === undefined ? '' : key)
  const unit = (key: string, from: Micros, to: Micros): Unit => ({ definition: name, key, from, to })
  const rules = rulesOf(declared)
  const version = versionOf(declared)

  /** When time alone makes another thing of it. */
  const again = (open: Frame | undefined, key: string, watermark: Micros): Unit[] => {
    if (open && !isLongEnough(open, rules)) return [unit(key, open.from, Math.max(watermark + 1, open.from + rules.minimumUs))]
    const next = (Math.floor(watermark / PROGRESS_US) + 1) * PROGRESS_US
    return open ? [unit(key, next, next)] : []
  }

  const computeOne = async ({ key, from, to }: Unit, history: History, watermark: Micros, cause: RevisionCause): Promise<Outcome> => {
    const place = placeOf(key)
    const inputs = inputsAt(place, declared.inputs, declared.tolerance, where, known)
    const judge = judging(declared, inputs)
    const neutral = (stretches: readonly Stretch[]): Neutral[] => settled(quietRuns(stretches.map(judge), rules), rules)
    const read = attributes.map(([attribute, { signal, function: of, tolerance }]) => {
      const whole = where.id(place, signal)
      return { attribute, signal: whole, of, toleranceUs: toleranceOf(tolerance ?? declared.tolerance, whole, known) }
    })
    const heldUs = Math.max(...[...inputs, ...read].map(({ toleranceUs }) => toleranceUs))
    const around = (begin: Micros) =>
      regionAround(inputs, { from: begin, to: Math.min(watermark, to + heldUs + 1) }, watermark, neutral, history)
    let region = await around(from)
    // A published event that goes on at a moment where none does was over before, and time alone has shown it.
    const stale = await publishedAt(name, key, place, region.from, history)
    if (stale) region = await around(stale.from)
    const all = framesOf(region.stretches.map(judge), rules).filter((frame) => frame.from >= region.from && frame.from < region.to)
    const frames = all.filter((frame) => isLongEnough(frame, rules))
    const series = await attributeSeries(read, frames, history)
    const facts = frames.map((frame): Fact => {
      const values: Record<string, FactValue> = { duration: durationOf(frame) }
      if (declared.severity !== undefined) values.severity = { value: declared.severity, status: Status.Good, coverage: null }
      const used = [...inputsOf(inputs, region.series, frame)]
      read.forEach(({ attribute, signal, of, toleranceUs }, i) => {
        const own = series[i] as Series
        const found = over(own, frame.from, frame.to, { name: of, toleranceUs, stepped: true, minimumCoverage: 100 })
        const unitOf = known.signal(signal)?.unit
        values[attribute] = { ...found, ...(unitOf !== undefined && { unit: unitOf }) }
        used.push(inputOf(signal, own, frame))
      })
      return {
        ...{ definition: name, type: 'event', version, key: `${key}@${formatTime(frame.from)}` },
        ...(place !== '' && { equipment: place }),
        ...{ from: frame.from, to: frame.isOpen ? null : frame.to, values, inputs: used, cause },
      }
    })
    const open = region.isLatest ? all.find(({ isOpen }) => isOpen) : undefined
    return {
      unit: unit(key, region.from, region.to - 1),
      facts,
      samples: [],
      ...(region.isLatest && { next: again(open, key, watermark) }),
    }
  }

  return {
    ...{ name, version, facts: 'started' },
    inputs: { signals: relative.map((one) => where.glob(one)), records: [], facts: [] },
    touched: async (change) =>
      isSignalChange(change) ? where.of(change.signal, relative).map((place) => unit(keyOf(place), change.from, change.to)) : [],
    within: async (range, history) =>
      (await unitsWithin(where.all(), range, history, (place) => relative.map((one) => where.id(place, one)))).map(({ place, from, to }) =>
        unit(keyOf(place), from, to),
      ),
    compute: async (units, history, { watermark, cause }) => {
      const outcomes: Outcome[] = []
      for (const one of units) if (one.from <= watermark) outcomes.push(await computeOne(one, history, watermark, cause))
      return outcomes
    },
  }
}

function rulesOf({ minimum = 0, mergeGap = 0, maximum }: EventFrame): FrameRules {
  return { minimumUs: Math.round(minimum * 1000), mergeGapUs: Math.round(mergeGap * 1000), maximumUs: Math.round(maximum * 1000) }
}

function judging(declared: EventFrame, inputs: readonly Input[]): (stretch: Stretch) => Judged {
  const result = { type: 'boolean' } as const
  const begin = compiled(declared.start, inputs, result)
  const end: Expression | undefined = declared.end === undefined ? undefined : compiled(declared.end, inputs, result)
  return ({ start, end: until, values, worst, isSampled }) => {
    const begins = truthOf(begin, values)
    const ends = end ? truthOf(end, values) : begins === undefined ? undefined : !begins
    return { start, end: until, begins, ends, worst, isSampled }
  }
}

/** Moments after a quiet time so long that no event before it goes on after it. */
function settled(runs: readonly { start: Micros; end: Micros }[], { mergeGapUs }: FrameRules): Neutral[] {
  return runs.flatMap(({ start, end }) => {
    const first = start + Math.max(1, mergeGapUs)
    return first <= end ? [{ first, last: end }] : []
  })
}

/** Seconds. Uncertain where it was not known all the time whether it goes on, or from which inputs. */
function durationOf({ from, to, isOpen, isStartSeen, isCut, unknownUs, worst }: Frame): FactValue {
  const reasons = [
    ...(unknownUs > 0 || !isStartSeen ? ['input-unknown'] : []),
    ...(isStartSeen || isCut ? [] : ['start-unseen']),
    ...(isCut ? ['maximum'] : []),
    ...(worst === 2 && unknownUs === 0 ? ['input-bad'] : []),
    ...(worst === 1 ? ['input-uncertain'] : []),
  ]
  return {
    // Up to the watermark itself, which a frame that goes on reaches a microsecond beyond.
    ...{ value: (to - from - (isOpen ? 1 : 0)) / 1e6, unit: 's', status: reasons.length > 0 ? Status.UncertainSubNormal : Status.Good },
    coverage: to > from ? 1 - unknownUs / (to - from) : null,
    ...(reasons.length > 0 && { reasons }),
  }
}

/** The event published of a place that began before a moment and had not ended at it. */
async function publishedAt(definition: string, key: string, place: string, at: Micros, history: History): Promise<Fact | undefined> {
  const equipment = place === '' ? {} : { equipment: place }
  const { facts } = await history.facts({ definition, ...equipment, overlapping: { from: at, to: at + 1 }, limit: 16 })
  return facts.find((fact) => fact.from < at && fact.key.startsWith(`${key}@`))
}

function* inputsOf(inputs: readonly Input[], series: readonly Series[], frame: Frame): Iterable<FactInput> {
  const seen = new Set<string>()
  for (const [i, { signal }] of inputs.entries()) {
    if (seen.has(signal)) continue
    seen.add(signal)
    yield inputOf(signal, series[i] as Series, frame)
  }
}

function inputOf(signal: string, { count, time, newestIngest }: Series, { from, to }: Frame): FactInput {
  let samples = 0
  for (let i = 0; i < count; i++) if ((time[i] as number) >= from && (time[i] as number) < to) samples++
  return { signal, from, to, samples, newestIngest }
}

async function attributeSeries(
  read: readonly { signal: string; toleranceUs: Micros }[],
  frames: readonly Frame[],
  history: History,
): Promise<Series[]> {
  const [first, last] = [frames[0], frames.at(-1)]
  if (!first || !last || read.length === 0) return []
  const signals = [...new Set(read.map(({ signal }) => signal))]
  const lookBackUs = Math.max(...read.map(({ toleranceUs }) => toleranceUs))
  const series = await history.series({ signals, from: first.from, to: last.to, lookBackUs })
  return read.map(({ signal }) => series[signals.indexOf(signal)] as Series)
}
