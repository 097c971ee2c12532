/** Sorted, disjoint, not touching, inclusive at both ends. */
export type Range = [from: number, to: number]

/**
 * Adds a range; at most `most` remain. Beyond that the two nearest become one, so that what was seen always stays covered, at the price of covering
 * more. True when two had to become one for want of room.
 */
export function addRange(ranges: Range[], from: number, to: number, most: number): boolean {
  let at = firstNotBefore(ranges, from)
  const next = ranges[at]
  if (next && next[0] <= from && next[1] >= to) return false
  let [low, high] = [from, to]
  let merged = 0
  while (at + merged < ranges.length && (ranges[at + merged] as Range)[0] <= high + 1) {
    const [a, b] = ranges[at + merged] as Range
    low = Math.min(low, a)
    high = Math.max(high, b)
    merged++
  }
  ranges.splice(at, merged, [low, high])
  if (ranges.length <= most) return false
  at = nearestPair(ranges)
  const [joinedFrom] = ranges[at] as Range
  const [, joinedTo] = ranges[at + 1] as Range
  ranges.splice(at, 2, [joinedFrom, joinedTo])
  return true
}

export function covers(ranges: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const range = ranges[firstNotBefore(ranges, from)]
  return range !== undefined && range[0] <= from && range[1] >= to
}

export function overlaps(ranges: readonly (readonly [number, number])[], from: number, to: number): boolean {
  const range = ranges[firstNotBefore(ranges, from + 1)]
  return range !== undefined && range[0] <= to
}

/** Index of the first range that ends at `from - 1` or later, so that touching ones are found too. */
function firstNotBefore(ranges: readonly (readonly [number, number])[], from: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as Range)[1] + 1 < from) low = middle + 1
    else high = middle
  }
  return low
}

function nearestPair(ranges: readonly Range[]): number {
  let best = 0
  let gap = Number.POSITIVE_INFINITY
  for (let i = 0; i + 1 < ranges.length; i++) {
    const between = (ranges[i + 1] as Range)[0] - (ranges[i] as Range)[1]
    if (between < gap) {
      gap = between
      best = i
    }
  }
  return best
}
