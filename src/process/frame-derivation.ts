import { takesEnd } from '../core/aggregates/held.ts'
import { type FunctionName, resultUnit } from '../core/aggregates/index.ts'
import type { Derivation, Outcome, Unit } from '../core/derivation.ts'
import type { Fact, FactInput, FactValue, RevisionCause } from '../core/facts.ts'
import type { History, Series } from '../core/history.ts'
import { newestIngest, rowAt } from '../core/row-at.ts'
import { Status } from '../core/status.ts'
import { formatTime, MINUTE, type Micros } from '../core/time.ts'
import { isSignalChange, unitsWithin } from './derivation-parts.ts'
import { type Frame, type FrameRules, framesOf, isLongEnough, type Judged, quietRuns } from './frames.ts'
import type { Input } from './inputs.ts'
import { type Asked, over } from './over.ts'
import type { Known, Places } from './places.ts'
import { type Neutral, regionAround } from './region.ts'
import { eachStretch, readInputs, type Stretch } from './timeline.ts'

/** Places that are read at once. */
const TOGETHER = 64
/** How often an event that goes on is computed anew; a long one each time it is longer by a sixtieth, so that what it costs in all grows with its length and no faster. */
const PROGRESS_US = MINUTE
const PROGRESS_SHARE = 1 / 60
/** From this length on it is only looked, meanwhile, whether it goes on. */
const LONG_US = 10 * MINUTE

/** What is computed of a signal over each event. */
export interface Attribute extends Asked {
  readonly attribute: string
  /** Whole id. */
  readonly signal: string
}

/** What makes one kind of events. */
export interface FrameSpec {
  readonly name: string
  readonly version: string
  readonly site: string
  readonly known: Known
  readonly where: Places
  /** Every signal of the declaration, relative to the place. */
  readonly relative: readonly string[]
  readonly rules: FrameRules
  inputs(place: string): Input[]
  attributes(place: string): Attribute[]
  judge(inputs: readonly Input[]): (stretches: readonly Stretch[]) => Judged[]
  /** Values besides the duration and the attributes. */
  values(frame: Frame, stretches: readonly Stretch[]): Readonly<Record<string, FactValue>>
}

/** Events as facts. The units of a place are told by changes; what is computed is all from one quiet time to another. */
export function frameDerivation(spec: FrameSpec): Derivation {
  const { name, version, site, where, relative, rules } = spec
  const keyOf = (place: string) => (place === '' ? site : place)
  const unit = (key: string, from: Micros, to: Micros): Unit => ({ definition: name, key, from, to })

  const progress = (key: string, watermark: Micros): Unit => {
    const next = (Math.floor(watermark / PROGRESS_US) + 1) * PROGRESS_US
    return unit(key, next, next)
  }
  /** When time alone makes another thing of it. */
  const again = (open: Frame | undefined, key: string, watermark: Micros): Unit[] => {
    if (open && !isLongEnough(open, rules)) return [unit(key, open.from, Math.max(watermark + 1, open.from + rules.minimumUs))]
    return open ? [progress(key, watermark)] : []
  }

  /**
   * True when all that is new is that a long event goes on, and what was published of it is not old yet. Only the new stretch is read, and a little before it: up to there the
   * computation before this one has looked.
   */
  const justGoesOn = async (place: string, { key, from }: Unit, history: History, watermark: Micros): Promise<boolean> => {
    const fact = await published(name, key, place, from, from, history)
    if (!fact || fact.to !== null || fact.version !== version) return false
    const length = watermark - fact.from
    const known = fact.from + Math.round(Number(fact.values.duration?.value) * 1e6)
    const isNew = from > known && watermark - known < Math.max(PROGRESS_US, length * PROGRESS_SHARE)
    if (!isNew || length < LONG_US || length >= rules.maximumUs) return false
    const inputs = spec.inputs(place)
    const heldUs = Math.max(...inputs.map(({ toleranceUs }) => toleranceUs))
    const span = { from: Math.max(known, from - PROGRESS_US - heldUs - 1), to: watermark }
    const series = await readInputs(inputs, span, history)
    const stretches: Stretch[] = []
    eachStretch(inputs, series, span, (stretch) => {
      stretches.push(stretch)
    })
    // Known all the time, too: for how long it was not decides whether it ended when that began.
    return spec
      .judge(inputs)(stretches)
      .every(({ ends, isNew }) => ends === false && !isNew)
  }

  const computeOne = async (place: string, { key, from, to }: Unit, history: History, watermark: Micros, cause: RevisionCause) => {
    if (await justGoesOn(place, unit(key, from, to), history, watermark))
      return { unit: unit(key, from, watermark), facts: [], samples: [], next: [progress(key, watermark)] }
    const inputs = spec.inputs(place)
    const judge = spec.judge(inputs)
    const neutral = (stretches: readonly Stretch[]): Neutral[] => settled(judge(stretches), rules)
    const read = spec.attributes(place)
    const heldUs = Math.max(...[...inputs, ...read].map(({ toleranceUs }) => toleranceUs))
    const around = (begin: Micros, end: Micros) =>
      regionAround(inputs, { from: begin, to: Math.min(watermark, end) }, watermark, neutral, history)
    let region = await around(from, to + heldUs + 1)
    // A published event that goes on at a moment where none does was over before, and time alone has shown it.
    const stale = await published(name, key, place, region.from, region.from, history)
    if (stale) region = await around(stale.from, to + heldUs + 1)
    // One that was published as reaching beyond the end is no more what it was, nor are the pieces that went on after it.
    while (!region.isLatest) {
      const beyond = await published(name, key, place, region.to, region.to - 1, history)
      if (!beyond) break
      region = await around(region.from, beyond.to ?? watermark)
    }
    const all = framesOf(judge(region.stretches), rules).filter((frame) => frame.from >= region.from && frame.from < region.to)
    const frames = all.filter((frame) => isLongEnough(frame, rules))
    const series = await attributeSeries(read, frames, history)
    const facts = frames.map((frame): Fact => {
      const used = [...inputsOf(inputs, region.series, frame)]
      const values: Record<string, FactValue> = { duration: durationOf(frame), ...spec.values(frame, region.stretches) }
      for (const [i, asked] of read.entries()) {
        const own = series[i] as Series
        const { reasons, ...found } = over(own, frame.from, frame.to, asked)
        const unitOf = resultUnit(asked.name, spec.known.signal(asked.signal)?.unit)
        values[asked.attribute] = { ...found, ...(unitOf !== undefined && { unit: unitOf }), ...(reasons.length > 0 && { reasons }) }
        used.push(inputOf(asked, own, frame))
      }
      return {
        ...{ definition: name, type: 'event', version, key: `${key}@${formatTime(frame.from)}` },
        ...(place !== '' && { equipment: place }),
        ...{ from: frame.from, to: frame.isOpen ? null : frame.to, values, inputs: used, cause },
      }
    })
    const next = region.isLatest
      ? again(
          all.find(({ isOpen }) => isOpen),
          key,
          watermark,
        )
      : []
    return { unit: unit(key, region.from, region.to - 1), facts, samples: [], ...(next.length > 0 && { next }) }
  }

  return {
    ...{ name, version, facts: 'started', stretchUs: MINUTE },
    inputs: { signals: relative.map((one) => where.glob(one)), records: [], facts: [] },
    touched: async (changes) =>
      changes
        .filter(isSignalChange)
        .flatMap(({ signal, from, to }) => where.of(signal, relative).map((place) => unit(keyOf(place), from, to))),
    within: async (range, history) =>
      (await unitsWithin(where.all(), range, history, (place) => relative.map((one) => where.id(place, one)))).map(({ place, from, to }) =>
        unit(keyOf(place), from, to),
      ),
    compute: async (units, history, { watermark, cause }) => {
      const ready = units.flatMap((one) => {
        const place = where.placeOf(one.key)
        return one.from <= watermark && place !== undefined ? [{ place, one }] : []
      })
      const outcomes: Outcome[] = []
      for (let at = 0; at < ready.length; at += TOGETHER) {
        const some = ready.slice(at, at + TOGETHER)
        outcomes.push(...(await Promise.all(some.map(({ place, one }) => computeOne(place, one, history, watermark, cause)))))
      }
      return outcomes
    },
  }
}

/** Moments after a quiet time so long that no event before it goes on after it, and those at which one ends because another begins. */
function settled(judged: readonly Judged[], rules: FrameRules): Neutral[] {
  const quiet = quietRuns(judged, rules).flatMap(({ start, end }) => {
    const first = start + Math.max(1, rules.mergeGapUs)
    return first <= end ? [{ first, last: end }] : []
  })
  const splits = judged.flatMap(({ start, isNew }) => (isNew ? [{ first: start, last: start }] : []))
  return [...quiet, ...splits].sort((a, b) => a.last - b.last)
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

/** The event published of a place that began before `at` and goes on after `over`. */
async function published(definition: string, key: string, place: string, at: Micros, over: Micros, history: History) {
  const equipment = place === '' ? {} : { equipment: place }
  const { facts } = await history.facts({ definition, ...equipment, overlapping: { from: over, to: at + 1 }, limit: 16 })
  return facts.find((fact) => fact.from < at && fact.key.startsWith(`${key}@`))
}

function* inputsOf(inputs: readonly Input[], series: readonly Series[], frame: Frame): Iterable<FactInput> {
  const seen = new Set<string>()
  for (const [i, input] of inputs.entries()) {
    if (seen.has(input.signal)) continue
    seen.add(input.signal)
    yield inputOf(input, series[i] as Series, frame)
  }
}

/** Where none was read meanwhile, the reading that held: it was made before. */
function inputOf({ signal, toleranceUs }: Pick<Input, 'signal' | 'toleranceUs'>, series: Series, { from, to }: Frame): FactInput {
  const [first, last] = [rowAt(series, from), rowAt(series, to)]
  const held = first === last && first > 0 ? (series.time[first - 1] as number) : Number.NEGATIVE_INFINITY
  const isHeld = from - held <= toleranceUs
  return {
    ...{ signal, from: isHeld ? held : from, to },
    ...{ samples: isHeld ? 1 : last - first, newestIngest: newestIngest(series, 0, series.count) },
  }
}

async function attributeSeries(
  read: readonly { name: FunctionName; signal: string; toleranceUs: Micros }[],
  frames: readonly Frame[],
  history: History,
): Promise<Series[]> {
  const [first, last] = [frames[0], frames.at(-1)]
  if (!first || !last || read.length === 0) return []
  const signals = [...new Set(read.map(({ signal }) => signal))]
  const lookBackUs = Math.max(...read.map(({ toleranceUs }) => toleranceUs))
  const series = await history.series({
    signals,
    from: first.from,
    to: read.some(({ name }) => takesEnd(name)) ? last.to + 1 : last.to,
    lookBackUs,
  })
  return read.map(({ signal }) => series[signals.indexOf(signal)] as Series)
}
