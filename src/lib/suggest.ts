/** The known word nearest to a mistyped one, when it is near enough to be meant: at most a third of its letters differ. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const typed = word.slice(0, LONGEST)
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const distance = editDistance(fold(typed), fold(candidate))
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3))
    if (distance <= allowed && distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

const LONGEST = 100
/** `max-rate`, `max_rate` and `maxRate` are the same word to a person. */
const fold = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, '')

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] as number) + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return above[b.length] as number
}
