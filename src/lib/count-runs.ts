/** Adds to `counts`, by the place that `of` gives each key (0 where it gives none). Neighbours are mostly of one: counted in runs, which costs half of counting each. */
export function countRuns(keys: ArrayLike<number>, of: ArrayLike<number>, counts: Float64Array): void {
  let whose = 0
  let begin = 0
  for (let i = 0; i < keys.length; i++) {
    const next = of[keys[i] as number] ?? 0
    if (next === whose) continue
    counts[whose] = (counts[whose] as number) + i - begin
    whose = next
    begin = i
  }
  counts[whose] = (counts[whose] as number) + keys.length - begin
}
