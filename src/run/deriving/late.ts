import type { Micros } from '../../core/time.ts'
import { type DirtyRange, mergedRanges } from './dirty.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** A unit by its key; without one every unit of the time. */
export type LateRange = DirtyRange & { readonly key?: string }

/** What of one derivation changed later than the horizon, so that nobody computed it again: units by their keys, and beyond the limit times. Bounded: neighbours become one. */
export class Late {
  count = 0
  #ranges: DirtyRange[] = []
  #units = new Map<string, DirtyRange[]>()
  #unitRanges = 0

  /** Times of all of it. */
  get ranges(): readonly DirtyRange[] {
    return mergedRanges([...this.#ranges, ...[...this.#units.values()].flat()])
  }

  /** All of it, to be kept. */
  get all(): readonly LateRange[] {
    return [...this.#ranges, ...[...this.#units].flatMap(([key, ranges]) => ranges.map((range) => ({ key, ...range })))]
  }

  add(range: LateRange): void {
    this.count++
    this.#add(range)
  }

  restore(count: number, all: readonly LateRange[]): void {
    for (const one of all) this.#add(one)
    this.count = count
  }

  #add({ key, from, to, why, since }: LateRange): void {
    const one = { from, to, why, since }
    if (key === undefined) this.#ranges = mergedRanges([...this.#ranges, one])
    else {
      const before = this.#units.get(key) ?? []
      const after = mergedRanges([...before, one])
      this.#units.set(key, after)
      this.#unitRanges += after.length - before.length
      if (this.#unitRanges > DERIVING_LIMITS.lateUnits) this.#collapse()
    }
  }

  /** Too many to be told one from the other: their times are kept. */
  #collapse(): void {
    this.#ranges = [...this.ranges]
    this.#units = new Map()
    this.#unitRanges = 0
  }

  /** What lies in [from, to] was computed after all. */
  forget(from: Micros, to: Micros): void {
    const without = (ranges: readonly DirtyRange[]): DirtyRange[] =>
      ranges.flatMap((range) => {
        if (range.to < from || range.from > to) return [range]
        const before = range.from < from ? [{ ...range, to: from - 1 }] : []
        return range.to > to ? [...before, { ...range, from: to + 1 }] : before
      })
    this.#ranges = without(this.#ranges)
    this.#units = new Map(
      [...this.#units].map(([key, ranges]) => [key, without(ranges)] as const).filter(([, ranges]) => ranges.length > 0),
    )
    this.#unitRanges = [...this.#units.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** What of it lies in [from, to] and may be one of the units that are meant. */
  within(from: Micros, to: Micros, isMeant: (key: string) => boolean): readonly DirtyRange[] {
    const meant = [...this.#units].flatMap(([key, ranges]) => (isMeant(key) ? ranges : []))
    return [...this.#ranges, ...meant].filter((range) => range.from <= to && from <= range.to)
  }
}
