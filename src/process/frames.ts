import type { Micros } from '../core/time.ts'
import type { Truth } from './timeline.ts'

/** What makes events of two conditions; microseconds. */
export interface FrameRules {
  /** Shorter ones are none. */
  readonly minimumUs: Micros
  /** Those with less between them are one. */
  readonly mergeGapUs: Micros
  /** Longer ones are cut into several; and where nobody knows for this long whether one goes on, it ended when that began. */
  readonly maximumUs: Micros
}

/** What the conditions say in [start, end). */
export interface Judged {
  readonly start: Micros
  readonly end: Micros
  readonly begins: Truth
  readonly ends: Truth
  /** 0 all inputs Good, 1 one Uncertain, 2 one says nothing. */
  readonly worst: 0 | 1 | 2
  /** An input was read at its start. */
  readonly isSampled: boolean
  /** One that goes on is over here, and another begins. */
  readonly isNew?: boolean
}

/** An event found: [from, to). */
export interface Frame {
  readonly from: Micros
  readonly to: Micros
  /** It goes on at the end of what is known. */
  readonly isOpen: boolean
  /** Right before its start it was known that none goes on. */
  readonly isStartSeen: boolean
  /** A piece of one that lasts longer than the maximum. */
  readonly isCut: boolean
  /** How long nobody knew whether it goes on. */
  readonly unknownUs: Micros
  /** Worst of the inputs in it. */
  readonly worst: 0 | 1 | 2
}

export interface Run {
  readonly start: Micros
  readonly end: Micros
}

/** Stretches in which it is certain that no event goes on, or not known for so long that none does. */
export function quietRuns(judged: readonly Judged[], { maximumUs }: FrameRules): Run[] {
  const quiet = judged.map(({ ends }) => ends === true)
  for (let i = 0; i < judged.length; ) {
    let j = i
    while (j < judged.length && isUnknown(judged[j] as Judged)) j++
    if (j > i && (judged[j - 1] as Judged).end - (judged[i] as Judged).start >= maximumUs) quiet.fill(true, i, j)
    i = Math.max(j, i + 1)
  }
  const runs: { start: Micros; end: Micros }[] = []
  judged.forEach(({ start, end }, i) => {
    if (!quiet[i]) return
    const last = runs.at(-1)
    if (last?.end === start) last.end = end
    else runs.push({ start, end })
  })
  return runs
}

const isUnknown = ({ begins, ends }: Judged): boolean => ends === undefined && begins !== true

/** False: too short to be one. */
export const isLongEnough = ({ from, to, isCut }: Frame, { minimumUs }: FrameRules): boolean => isCut || to - from >= minimumUs

/** Events of stretches that follow one another, before which none goes on; those that are too short too. */
export function framesOf(judged: readonly Judged[], rules: FrameRules): Frame[] {
  const whole = merged(openIn(judged, rules), rules.mergeGapUs)
  const last = judged.at(-1)
  return whole
    .flatMap(({ start, end }) => pieces(start, end, rules.maximumUs))
    .map(({ start, end, isCut }) => {
      const inside = judged.filter((one) => one.start < end && one.end > start)
      const before = judged.findLast((one) => one.start < start)
      return {
        ...{ from: start, to: end, isCut },
        isOpen: last !== undefined && end === last.end && isOpenAt(judged, rules, last),
        isStartSeen: before !== undefined && (before.ends === true || before.begins !== undefined),
        unknownUs: inside.reduce(
          (sum, one) => (one.ends === undefined ? sum + Math.min(end, one.end) - Math.max(start, one.start) : sum),
          0,
        ),
        worst: Math.max(0, ...inside.map(({ worst }) => worst)) as 0 | 1 | 2,
      }
    })
}

function isOpenAt(judged: readonly Judged[], rules: FrameRules, { start }: Judged): boolean {
  return openIn(judged, rules).some((one) => one.start <= start && one.end > start)
}

/**
 * Opens where `begins` is true and `ends` is not, closes where `ends` is or it is quiet; anything else changes nothing. It opens only when something is read: that a
 * reading grew too old is no reason to begin.
 */
function openIn(judged: readonly Judged[], rules: FrameRules): Run[] {
  const quiet = quietRuns(judged, rules)
  const runs: { start: Micros; end: Micros }[] = []
  let open: { start: Micros; end: Micros } | undefined
  let q = 0
  for (const { start, end, begins, ends, isSampled, isNew } of judged) {
    while (q < quiet.length && (quiet[q] as Run).end <= start) q++
    const isQuiet = q < quiet.length && (quiet[q] as Run).start <= start
    if (isQuiet) open = undefined
    else if (open && !isNew) open.end = end
    else if (begins === true && ends !== true && isSampled) runs.push((open = { start, end }))
  }
  return runs
}

function merged(runs: readonly Run[], gap: Micros): Run[] {
  const out: { start: Micros; end: Micros }[] = []
  for (const { start, end } of runs) {
    const last = out.at(-1)
    if (last && start - last.end < gap) last.end = end
    else out.push({ start, end })
  }
  return out
}

function pieces(start: Micros, end: Micros, most: Micros): { start: Micros; end: Micros; isCut: boolean }[] {
  const count = Math.max(1, Math.ceil((end - start) / most))
  return Array.from({ length: count }, (_, i) => {
    const from = start + i * most
    return { start: from, end: Math.min(end, from + most), isCut: count > 1 }
  })
}
