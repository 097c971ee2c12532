/** The p-value of "none of these holds" (Simes): over the comparisons of one signal. */
export function simes(ps: readonly number[]): number {
  const sorted = [...ps].sort((a, b) => a - b)
  return sorted.reduce((least, p, i) => Math.min(least, (p * sorted.length) / (i + 1)), 1)
}

/** Benjamini and Hochberg: for each p the false discovery rate at which it just is a finding, in the order given. */
export function falseDiscoveryRates(ps: readonly number[]): number[] {
  const order = ps.map((p, i) => [p, i] as const).sort(([a], [b]) => a - b)
  const out = new Array<number>(ps.length)
  let least = 1
  for (let rank = order.length; rank > 0; rank--) {
    const [p, i] = order[rank - 1] as readonly [number, number]
    least = Math.min(least, (p * order.length) / rank)
    out[i] = least
  }
  return out
}
