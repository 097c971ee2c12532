import type { Micros } from '../../core/time.ts'
import { type DirtyRange, mergedRanges } from './dirty.ts'

/** Times of one derivation that changed later than the horizon, so that nobody computed them again. Bounded: neighbours become one. */
export class Late {
  count = 0
  #ranges: DirtyRange[] = []

  get ranges(): readonly DirtyRange[] {
    return this.#ranges
  }

  add({ from, to, why, since }: DirtyRange): void {
    this.count++
    this.#ranges = mergedRanges([...this.#ranges, { from, to, why, since }])
  }

  restore(count: number, ranges: readonly DirtyRange[]): void {
    this.count = count
    this.#ranges = mergedRanges(ranges)
  }

  /** What lies in [from, to] was computed after all. */
  forget(from: Micros, to: Micros): void {
    this.#ranges = this.#ranges.flatMap((range) => {
      if (range.to < from || range.from > to) return [range]
      const before = range.from < from ? [{ ...range, to: from - 1 }] : []
      return range.to > to ? [...before, { ...range, from: to + 1 }] : before
    })
  }
}
