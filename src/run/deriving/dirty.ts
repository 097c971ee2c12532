import { FOREVER, type Unit } from '../../core/derivation.ts'
import type { Micros } from '../../core/time.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** Why a unit is to be computed: bits, several at once. */
export const WHY = { progress: 1, recompute: 2, declaration: 4, samples: 8, fact: 16, record: 32, engine: 64 } as const

/** A unit that waits. */
export interface DirtyUnit {
  readonly key: string
  readonly from: Micros
  readonly to: Micros
  readonly why: number
  /** Since when it waits, and not before when it is computed while it goes on; by the engine's clock. */
  readonly since: Micros
  readonly due: Micros
}

/** Time of which everything is to be computed; its units are not known one by one. */
export type DirtyRange = Omit<DirtyUnit, 'key' | 'due'>

/** More units go on at one moment than there is room for. */
export class TooManyUnits extends Error {
  override name = 'TooManyUnits'
}

/** What of one derivation waits to be computed; bounded. */
export class DirtySet {
  readonly #units = new Map<string, DirtyUnit[]>()
  #count = 0
  #ranges: DirtyRange[] = []
  readonly #isKeyed: boolean
  readonly #stretchUs: Micros | undefined

  /** `isKeyed`: a key is one unit, the newest one told. `stretchUs`: as a derivation says. */
  constructor(isKeyed: boolean, stretchUs?: Micros) {
    this.#isKeyed = isKeyed
    this.#stretchUs = stretchUs
  }

  get count(): number {
    return this.#count
  }

  get ranges(): readonly DirtyRange[] {
    return this.#ranges
  }

  /** Every unit that waits. */
  *units(): Iterable<DirtyUnit> {
    for (const list of this.#units.values()) yield* list
  }

  /** Since when the oldest waits that the watermark has passed. */
  oldest(watermark: Micros): Micros | undefined {
    let oldest: Micros | undefined
    const see = (since: Micros) => {
      if (oldest === undefined || since < oldest) oldest = since
    }
    for (const unit of this.units()) if (unit.to <= watermark) see(unit.since)
    for (const { from, to, since } of this.#ranges) if (Math.min(to, from + DERIVING_LIMITS.sliceWaitUs) <= watermark) see(since)
    return oldest
  }

  /** Throws TooManyUnits. */
  add({ key, from, to }: Pick<Unit, 'key' | 'from' | 'to'>, why: number, since: Micros, due: Micros): void {
    const known = this.#units.get(key) ?? []
    const apart = this.#stretchUs ?? 0
    const meets = (one: DirtyUnit) => this.#isKeyed || (one.from <= to + apart && from <= one.to + apart)
    const merged = known.filter(meets).reduce<DirtyUnit>(
      (sum, one) => ({
        key,
        from: Math.min(sum.from, one.from),
        // The end that was told last counts; what begins later than before has something to take back now.
        to: this.#isKeyed ? sum.to : Math.max(sum.to, one.to),
        why: sum.why | one.why,
        since: Math.min(sum.since, one.since),
        // What goes on was computed a while ago: a change does not make it come sooner.
        due: Math.max(sum.due, one.due),
      }),
      { key, from, to, why, since, due },
    )
    const others = known.filter((one) => !meets(one))
    this.#units.set(key, [...others, merged])
    this.#count += others.length + 1 - known.length
    if (this.#count > DERIVING_LIMITS.units) this.#collapse()
  }

  addRange(range: DirtyRange): void {
    this.#ranges = mergedRanges([...this.#ranges, range])
  }

  /**
   * Takes out neighbouring units that can be computed: those the watermark has passed, of those along time what it has passed, a second at least, and with `goesOn` those that have begun and are due. The newest first: what
   * somebody waits for does not wait for a backlog, and the order changes no result.
   */
  take(watermark: Micros, now: Micros, most: number, goesOn: boolean): DirtyUnit[] {
    const ready: DirtyUnit[] = []
    for (const unit of this.units()) {
      const isBegun = unit.from <= watermark
      const isPiece = this.#stretchUs !== undefined && unit.from + DERIVING_LIMITS.pieceUs <= watermark
      if (unit.to <= watermark || isPiece || (goesOn && isBegun && unit.due <= now)) ready.push(unit)
    }
    const endOf = ({ to }: DirtyUnit) => Math.min(to, watermark)
    ready.sort((a, b) => endOf(b) - endOf(a))
    const group: DirtyUnit[] = []
    let begin = Number.POSITIVE_INFINITY
    for (const unit of ready) {
      if (group.length >= most || (group.length > 0 && endOf(unit) < begin - DERIVING_LIMITS.neighbourUs)) break
      group.push(unit)
      begin = Math.min(begin, unit.from)
    }
    for (const unit of group) this.#remove(unit)
    if (this.#stretchUs === undefined) return group
    return group.map((unit) => {
      if (unit.to <= watermark) return unit
      this.add({ ...unit, from: watermark + 1 }, unit.why, unit.since, unit.due)
      return { ...unit, to: watermark }
    })
  }

  /** Takes the first piece of a range that the watermark has passed. Of a range for ever the last piece is what lies beyond the watermark. */
  takeSlice(watermark: Micros, sliceUs: Micros): DirtyRange | undefined {
    const { sliceWaitUs } = DERIVING_LIMITS
    const isReady = ({ from, to }: DirtyRange) =>
      Math.min(to, from + sliceUs, from + sliceWaitUs) <= watermark || (to === FOREVER && from <= watermark)
    const at = this.#ranges.findIndex(isReady)
    const range = this.#ranges[at]
    if (!range) return undefined
    const isLast = range.to === FOREVER && range.from + sliceUs > watermark
    const to = isLast ? FOREVER : Math.min(range.to, range.from + sliceUs, watermark)
    this.#ranges.splice(at, 1, ...(to < range.to ? [{ ...range, from: to + 1 }] : []))
    return { ...range, to }
  }

  #remove(unit: DirtyUnit): void {
    const rest = (this.#units.get(unit.key) ?? []).filter((one) => one !== unit)
    if (rest.length > 0) this.#units.set(unit.key, rest)
    else this.#units.delete(unit.key)
    this.#count--
  }

  /** Too many to be kept one by one: their times are kept. What has no end yet stays, or its range would never be done. */
  #collapse(): void {
    const closed = [...this.units()].filter(({ to }) => to < FOREVER)
    for (const unit of closed) this.#remove(unit)
    this.#ranges = mergedRanges([...this.#ranges, ...closed.map(({ from, to, why, since }) => ({ from, to, why, since }))])
    if (this.#count > DERIVING_LIMITS.units / 2) throw new TooManyUnits(`more than ${DERIVING_LIMITS.units / 2} units go on at once`)
  }
}

/** In order, without overlaps, `DERIVING_LIMITS.ranges` at most: beyond it those with the smallest gaps between them become one. */
export function mergedRanges<T extends { readonly from: Micros; readonly to: Micros; readonly why: number; readonly since: Micros }>(
  ranges: readonly T[],
): T[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from)
  const gaps = sorted.slice(1).map(({ from }, i) => from - (sorted[i] as T).to)
  const widest = gaps.sort((a, b) => b - a)[DERIVING_LIMITS.ranges - 1] ?? 0
  const out: T[] = []
  for (const range of sorted) {
    const last = out.at(-1)
    if (last && range.from - last.to <= Math.max(1, widest)) {
      out[out.length - 1] = {
        ...last,
        to: Math.max(last.to, range.to),
        why: last.why | range.why,
        since: Math.min(last.since, range.since),
      }
    } else out.push(range)
  }
  return out
}
