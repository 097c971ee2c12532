import { QueryRefused } from '../core/historian.ts'
import type { History, Series } from '../core/history.ts'
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
  const from = await startBefore(inputs, change.from, neutral, history)
  const changedTo = Math.min(watermark, change.to)
  for (let step = 0, span = firstLook(inputs); step < PROCESS_LIMITS.steps; step++, span *= 4) {
    const until = Math.min(watermark, changedTo + span)
    const { stretches, series } = await look(inputs, from - 1, until, history)
    const next = neutral(stretches).find(({ last }) => last > changedTo)
    const to = next ? Math.max(next.first, changedTo + 1) : until + 1
    if (!next && until < watermark) continue
    return { from, to, isLatest: to > watermark, stretches, series }
  }
  throw new QueryRefused(`nothing is settled for longer than can be looked at after ${change.to}`)
}

async function startBefore(
  inputs: readonly Input[],
  at: Micros,
  neutral: (stretches: readonly Stretch[]) => Neutral[],
  history: History,
): Promise<Micros> {
  for (let step = 0, span = firstLook(inputs); step < PROCESS_LIMITS.steps; step++, span *= 4) {
    const { stretches } = await look(inputs, at - span, at - 1, history)
    const found = neutral(stretches).at(-1)
    if (found) return Math.min(found.last, at)
  }
  throw new QueryRefused(`nothing is settled for longer than can be looked at before ${at}`)
}

async function look(inputs: readonly Input[], from: Micros, to: Micros, history: History) {
  const series = await readInputs(inputs, { from, to }, history)
  const stretches: Stretch[] = []
  eachStretch(inputs, series, { from, to }, (stretch) => {
    stretches.push(stretch)
  })
  return { stretches, series }
}
