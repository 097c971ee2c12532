import { normalTails, studentTails } from './distributions.ts'
import { LEAST_CONTROLS } from './limits.ts'

/** One event's value of a feature and those of its controls; NaN: not known. */
export interface MatchedSet {
  readonly event: number
  readonly controls: readonly number[]
  /** Events of one cluster are not independent of each other. */
  readonly cluster: number
}

export interface MatchedResult {
  /** Cliff's delta: how much more often the event's value is above a control's than below, mean over the sets. */
  readonly effect: number
  /** Two-sided. */
  readonly p: number
  readonly sets: number
  readonly controls: number
}

/** Below this many standard deviations the normal distribution is near enough. */
const EXACT_FROM = 1.5

/**
 * Whether events differ from their controls, by the ranks within each set alone. Were the event one like any other of its set, each of the set's values would be
 * as likely its own: the distribution of the sum of ranks follows exactly from that, ties and all, as if every permutation were tried. Where events come in
 * clusters, the mean effects of the clusters must differ from zero, too (Student): the larger p counts. Undefined where there are no sets.
 */
export function matchedTest(sets: readonly MatchedSet[]): MatchedResult | undefined {
  const scored = sets.flatMap(({ event, controls, cluster }) => {
    const known = controls.filter((value) => !Number.isNaN(value))
    if (Number.isNaN(event) || known.length < LEAST_CONTROLS) return []
    const all = [event, ...known]
    const scores = all.map((one) => all.reduce((sum, other) => sum + Math.sign(one - other), 0))
    return [{ score: scores[0] as number, scores, controls: known.length, cluster }]
  })
  if (scored.length === 0) return undefined
  const effects = scored.map(({ score, controls, cluster }) => ({ effect: score / controls, cluster }))
  return {
    effect: effects.reduce((sum, { effect }) => sum + effect, 0) / scored.length,
    p: Math.max(permuted(scored), clustered(effects)),
    sets: scored.length,
    controls: scored.reduce((sum, { controls }) => sum + controls, 0),
  }
}

/** P(|sum| is at least what it is) when in each set every score is as likely. */
function permuted(sets: readonly { readonly score: number; readonly scores: readonly number[] }[]): number {
  const sum = Math.abs(sets.reduce((all, { score }) => all + score, 0))
  const variance = sets.reduce((all, { scores }) => all + scores.reduce((sq, s) => sq + s * s, 0) / scores.length, 0)
  if (variance === 0) return 1
  const z = sum / Math.sqrt(variance)
  if (z < EXACT_FROM) return Math.min(1, normalTails(z))
  const reach = sets.reduce((all, { scores }) => all + scores.length - 1, 0)
  let chance = new Float64Array(2 * reach + 1)
  chance[reach] = 1
  let width = 0
  for (const { scores } of sets) {
    const next = new Float64Array(2 * reach + 1)
    const share = 1 / scores.length
    for (const score of scores) {
      for (let at = reach - width; at <= reach + width; at++) {
        const to = at + score
        next[to] = (next[to] as number) + (chance[at] as number) * share
      }
    }
    chance = next
    width += scores.length - 1
  }
  let p = 0
  for (const [at, one] of chance.entries()) if (Math.abs(at - reach) >= sum) p += one
  return Math.min(1, p)
}

function clustered(effects: readonly { readonly effect: number; readonly cluster: number }[]): number {
  const clusters = new Map<number, number[]>()
  for (const { effect, cluster } of effects) clusters.set(cluster, [...(clusters.get(cluster) ?? []), effect])
  if (clusters.size === effects.length) return 0
  const means = [...clusters.values()].map((list) => list.reduce((sum, x) => sum + x, 0) / list.length)
  const count = means.length
  const mean = means.reduce((sum, x) => sum + x, 0) / count
  const variance = means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1)
  if (count < 2 || mean === 0) return 1
  return studentTails(mean / Math.sqrt(variance / count), count - 1)
}
