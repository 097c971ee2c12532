import type { Judged } from './judge.ts'
import { SAME_THING } from './limits.ts'
import { centredRanks } from './rank-correlation.ts'
import type { Column } from './track.ts'

/** Gathers those that moved as an earlier one did in every window (the same thing measured twice, or said in another unit) under that one. */
export function grouped<Found extends { readonly judged: Judged }>(
  found: readonly Found[],
): { readonly first: Found; readonly same: readonly string[] }[] {
  const groups: { first: Found; same: string[] }[] = []
  for (const one of found) {
    const group = groups.find(({ first }) => isSame(first.judged, one.judged))
    if (group) group.same.push(one.judged.candidate.name)
    else groups.push({ first: one, same: [] })
  }
  return groups
}

function isSame(a: Judged, b: Judged): boolean {
  const { feature, stretch, state } = a.best.column
  const other = [...b.track.columns.values()].find((one) => one.feature === feature && one.stretch === stretch && one.state === state)
  return other !== undefined && Math.abs(correlation(a.best.column, other)) >= SAME_THING
}

function correlation(a: Column, b: Column): number {
  const rows = [...a.values.keys()].filter((i) => !Number.isNaN(a.values[i]) && !Number.isNaN(b.values[i]))
  const [x, y] = [a, b].map(({ values }) => centredRanks(Float64Array.from(rows, (i) => values[i] as number))) as [
    Float64Array,
    Float64Array,
  ]
  const product = (p: Float64Array, q: Float64Array) => p.reduce((sum, value, i) => sum + value * (q[i] as number), 0)
  const spread = Math.sqrt(product(x, x) * product(y, y))
  return spread > 0 ? product(x, y) / spread : 0
}
