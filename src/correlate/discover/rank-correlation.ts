import { studentTails } from './distributions.ts'

/** Autocorrelations looked at, as a share of the observations: rhythms come back after many of them. */
const LAG_SHARE = 0.25

export interface RankCorrelation {
  /** Spearman's. */
  readonly effect: number
  /** Two-sided. */
  readonly p: number
  /** Independent observations that these are worth. */
  readonly effective: number
}

/**
 * Spearman's correlation of two columns in order of time. Neighbouring observations say much the same: their number is corrected for the autocorrelation of
 * both (Bartlett), and `estimated` further ones are taken off for means that were estimated from them.
 */
export function rankCorrelation(x: Float64Array, y: Float64Array, estimated = 0): RankCorrelation {
  const [rx, ry] = [centredRanks(x), centredRanks(y)]
  const n = x.length
  const [vx, vy] = [dot(rx, rx, 0), dot(ry, ry, 0)]
  if (vx === 0 || vy === 0) return { effect: 0, p: 1, effective: 0 }
  const effect = dot(rx, ry, 0) / Math.sqrt(vx * vy)
  // The largest of the partial sums: one that is cut off anywhere may lie in the valley of a slow wave.
  let [sum, inflation] = [1, 1]
  for (let lag = 1; lag <= Math.floor(n * LAG_SHARE); lag++) {
    sum += 2 * (dot(rx, rx, lag) / vx) * (dot(ry, ry, lag) / vy)
    inflation = Math.max(inflation, sum)
  }
  const effective = n / inflation
  const df = effective - 2 - estimated * (effective / n)
  const t = effect * Math.sqrt(Math.max(0, df) / Math.max(1e-12, 1 - effect * effect))
  return { effect, p: studentTails(t, df), effective }
}

function dot(a: Float64Array, b: Float64Array, lag: number): number {
  let sum = 0
  for (let i = lag; i < a.length; i++) sum += (a[i] as number) * (b[i - lag] as number)
  return sum
}

/** Ranks, those of equal values their mean, minus the mean of all. */
export function centredRanks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Float64Array(values.length)
  for (let i = 0; i < order.length; ) {
    let j = i + 1
    while (j < order.length && values[order[j] as number] === values[order[i] as number]) j++
    for (let k = i; k < j; k++) ranks[order[k] as number] = (i + j - 1) / 2 - (values.length - 1) / 2
    i = j
  }
  return ranks
}
