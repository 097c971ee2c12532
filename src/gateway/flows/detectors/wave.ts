import { HOUR, type Micros, SECOND } from '../../../core/time.ts'

/** Values that are compared at once, and how many after these must match. */
const RUN = 8
const MATCHING = 8
/** Distinct values among those: what has few states repeats itself by nature. */
const DISTINCT = 10
const TURNS = 4
/** Runs of the past that are kept: one is remembered for every so many values. */
const KEPT = 512
const KEPT_FOR = HOUR
const SLOTS = 2 * KEPT
const FACTOR = 0x01000193
/** Values in ten seconds that are looked at; of a faster signal those whose hash is small, so that a repeat is the same ones again wherever it begins. */
const PACED = 200
const PACED_OVER = 10 * SECOND
/** One value of 2 ** 16, at the least. */
const THINNEST = 16
/** The largest hash. */
export const ALL = 0xffffffff

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

/** 32 bits of a double, unsigned; the upper ones depend on all of it. */
export function hashOf(value: number): number {
  double[0] = value
  return Math.imul((halves[0] as number) ^ Math.imul(halves[1] as number, 0x9e3779b1), 0x85ebca6b) >>> 0
}

/** Power of FACTOR by which the oldest of a run leaves the hash. */
const LEAVING = (() => {
  let power = 1
  for (let i = 0; i < RUN; i++) power = Math.imul(power, FACTOR)
  return power
})()

/** One signal: its last hashes, and where the same run began before. */
export class Wave {
  /** Values with a larger hash are not looked at: the signal has too many of them. */
  most = ALL
  #thinned = 0
  #paceFrom: Micros | undefined
  #paced = 0
  #matched = 0
  /** Hashes of the values themselves, the newest at `#at - 1`; as long as the past that can be matched. */
  readonly #hashes = new Int32Array(RUN * KEPT)
  /** The last values as they are, as far as turns are looked for. */
  readonly #recent = new Float64Array(MATCHING + RUN + 2)
  readonly #times = new Float64Array(KEPT)
  /** By hash of a run: the number of the value that ended it. */
  readonly #runHash = new Int32Array(SLOTS)
  readonly #runEnd = new Int32Array(SLOTS).fill(-1)
  #at = 0
  #hash = 0
  /** How many values ago the one was that this one repeats. */
  #lag = 0

  /** How many have come again in a row. */
  get samples(): number {
    return this.#matched + RUN
  }

  /** The number of seconds ago that these values came, when enough of them have come again; said once for every run of them. */
  take(value: number, hash: number, now: Micros): number | undefined {
    if (this.#pace(now)) return undefined
    const size = this.#hashes.length
    const left = this.#at >= RUN ? (this.#hashes[(this.#at - RUN) % size] as number) : 0
    this.#hash = (Math.imul(this.#hash, FACTOR) + hash - Math.imul(left, LEAVING)) | 0
    this.#hashes[this.#at % size] = hash
    this.#recent[this.#at % this.#recent.length] = value
    const at = this.#at++
    if (at % RUN === 0) this.#times[(at / RUN) % KEPT] = now
    if (at < RUN) return undefined
    if (this.#lag > 0 && this.#hashes[(at - this.#lag) % size] === (hash | 0)) this.#matched++
    else this.#seek(at, now)
    // Runs end at every value whose number is a multiple: the repeat may begin anywhere, so every value is looked up, and only some are kept.
    if (at % RUN === 0) this.#keep(at)
    if (this.#matched < MATCHING || (this.#matched - MATCHING) % RUN !== 0 || !this.#isVaried(at)) return undefined
    return Math.round((now - this.#timeOf(at - this.#lag)) / SECOND)
  }

  /** Keeps the work in bounds whatever the signal's pace. True when it begins anew, with another part of the values. */
  #pace(now: Micros): boolean {
    this.#paceFrom ??= now
    this.#paced++
    const elapsed = Math.abs(now - this.#paceFrom)
    if (elapsed < PACED_OVER && this.#paced < PACED) return false
    // By how many halvings the values seen are too many, or could be too few by one.
    const halvings = Math.log2((this.#paced / PACED) * (PACED_OVER / Math.max(elapsed, 1)))
    const thinned = Math.min(THINNEST, Math.max(0, this.#thinned + (halvings > 0 ? Math.ceil(halvings) : halvings < -2 ? -1 : 0)))
    this.#paceFrom = now
    this.#paced = 0
    if (thinned === this.#thinned) return false
    this.#thinned = thinned
    this.most = ALL >>> thinned
    this.#runEnd.fill(-1)
    this.#at = 0
    this.#hash = 0
    this.#matched = 0
    this.#lag = 0
    return true
  }

  #seek(at: number, now: Micros): void {
    this.#matched = 0
    this.#lag = 0
    const slot = (this.#hash >>> 0) % SLOTS
    const end = this.#runEnd[slot] as number
    if (end < 0 || this.#runHash[slot] !== this.#hash || end >= at) return
    const lag = at - end
    if (lag < RUN || lag >= this.#hashes.length - RUN || now - this.#timeOf(end) > KEPT_FOR) return
    this.#lag = lag
  }

  #keep(at: number): void {
    const slot = (this.#hash >>> 0) % SLOTS
    this.#runHash[slot] = this.#hash
    this.#runEnd[slot] = at
  }

  #timeOf(at: number): Micros {
    return this.#times[Math.floor(at / RUN) % KEPT] as number
  }

  /** Many values, and the ups and downs of noise: a ramp, or a profile that a controller follows, comes again by nature. */
  #isVaried(at: number): boolean {
    const seen = new Set<number>()
    let turns = 0
    for (let i = 0; i < MATCHING + RUN; i++) {
      seen.add(this.#hashes[(at - i) % this.#hashes.length] as number)
      const [newer, middle, older] = [this.#recentAt(at - i), this.#recentAt(at - i - 1), this.#recentAt(at - i - 2)]
      if ((newer - middle) * (middle - older) < 0) turns++
    }
    return seen.size >= DISTINCT && turns >= TURNS
  }

  #recentAt(at: number): number {
    return this.#recent[at % this.#recent.length] as number
  }
}
