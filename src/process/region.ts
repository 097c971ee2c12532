import { QueryRefused } from '../core/historian.ts'
import type { History, Series } from '../core/history.ts'
import { seriesPart } from '../core/series-part.ts'
import type { Micros } from '../core/time.ts'
import type { Input } from './inputs.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { eachStretch, readInputs, type Stretch } from './timeline.ts'

/** Times at which nothing depends on what was before: any moment of [first, last]. */
export interface Neutral {
  readonly first: Micros
  readonly last: Micros
}

/** A stretch of time that can be computed by itself. */
export interface Region {
  /** Neutral, like `to` unless that is the end of what is known. */
  readonly from: Micros
  /** Exclusive. */
  readonly to: Micros
  /** True when it goes up to what is known. */
  readonly isLatest: boolean
  /** From right before `from` to beyond `to`: what is settled at `to` may be so by what comes after it. */
  readonly stretches: readonly Stretch[]
  readonly series: readonly Series[]
}

/** How far is looked at first, on both sides. */
const firstLook = (inputs: readonly Input[]): Micros => 4 * Math.max(...inputs.map(({ toleranceUs }) => toleranceUs)) + 1

/**
 * The region around what changed and holds: back to the newest moment before it, and on to the first one after it, at which nothing depends on the past. So what comes of it is what
 * comes of the whole history, however long that is. Rejects with QueryRefused when there is none within reach.
 */
export async function regionAround(
  inputs: readonly Input[],
  change: { readonly from: Micros; readonly to: Micros },
  watermark: Micros,
  neutral: (stretches: readonly Stretch[]) => Neutral[],
  history: History,
): Promise<Region> {
  const changedTo = Math.min(watermark, change.to)
  // Both sides in one question: most often something is settled near by.
  const span = firstLook(inputs)
  const near = looking(inputs, { from: change.from - span, to: Math.min(watermark, changedTo + span) }, history)
  const from = await startBefore(span, change.from, neutral, near)
  for (let step = 0, reach = span; step < PROCESS_LIMITS.steps; step++, reach *= 4) {
    const until = Math.min(watermark, changedTo + reach)
    const { stretches, series } = await near(from - 1, until)
    const next = neutral(stretches).find(({ last }) => last > changedTo)
    const to = next ? Math.max(next.first, changedTo + 1) : until + 1
    if (!next && until < watermark) continue
    return { from, to, isLatest: to > watermark, stretches, series }
  }
  throw new QueryRefused(`nothing is settled for longer than can be looked at after ${change.to}`)
}

async function startBefore(span: Micros, at: Micros, neutral: (stretches: readonly Stretch[]) => Neutral[], look: Look): Promise<Micros> {
  for (let step = 0, reach = span; step < PROCESS_LIMITS.steps; step++, reach *= 4) {
    const { stretches } = await look(at - reach, at - 1)
    const found = neutral(stretches).at(-1)
    if (found) return Math.min(found.last, at)
  }
  throw new QueryRefused(`nothing is settled for longer than can be looked at before ${at}`)
}

/** What inputs say in [from, to]. */
type Look = (from: Micros, to: Micros) => Promise<{ readonly stretches: readonly Stretch[]; readonly series: readonly Series[] }>

/** What was read last is not asked for again; what is looked for further back is read up to the end of `first`, since that is asked for next. */
function looking(inputs: readonly Input[], first: { readonly from: Micros; readonly to: Micros }, history: History): Look {
  const lookBackUs = Math.max(...inputs.map(({ toleranceUs }) => toleranceUs))
  let known = first
  let found: Promise<readonly Series[]> | undefined
  const read = async (from: Micros, to: Micros): Promise<readonly Series[]> => {
    if (from < known.from || to > known.to) {
      known = { from, to: Math.max(to, first.to) }
      found = undefined
    }
    found ??= readInputs(inputs, known, history)
    return (await found).map((series) => seriesPart(series, { from, to: to + 1, lookBackUs }))
  }
  return async (from, to) => {
    const series = await read(from, to)
    const stretches: Stretch[] = []
    eachStretch(inputs, series, { from, to }, (stretch) => {
      stretches.push(stretch)
    })
    return { stretches, series }
  }
}
