import { HOUR, type Micros, SECOND } from '../../../core/time.ts'
import type { Detector } from '../detector.ts'
import type { Raised } from '../findings.ts'
import { FLOW_LIMITS } from '../limits.ts'

/** Values that are compared at once, and how many of these runs in a row must match. */
const RUN = 16
const MATCHING = 24
/** Distinct values among those: what has few states repeats itself by nature. */
const DISTINCT = 16
const TURNS = 6
/** Runs of the past that are kept: one is remembered for every so many values, so that an hour fits whatever the pace. */
const KEPT = 256
const KEPT_FOR = HOUR
const SLOTS = 2 * KEPT
const FACTOR = 0x01000193

/**
 * The same waveform again: a rolling hash over the last values is looked for among those of the last hour, and when it is found there, every following value has to
 * be the one that followed then. Noise of a real instrument never does that. A signal that did while the baseline was learned is let be.
 */
export function replayedValues(): Detector & { repeating(): string[] } {
  const waves = new Map<number, Wave>()
  const repeating = new Set<string>()
  return {
    repeating: () => [...repeating],
    deliver({ batch, nameOf, connection }, { baseline }) {
      let raised: Raised[] | undefined
      for (let row = 0; row < batch.count; row++) {
        const value = batch.value[row] as number
        if (Number.isNaN(value)) continue
        const signal = batch.signal[row] as number
        let wave = waves.get(signal)
        if (!wave) {
          if (waves.size >= FLOW_LIMITS.watchedSignals) continue
          wave = new Wave()
          waves.set(signal, wave)
        }
        const secondsAgo = wave.take(value, batch.receivedTime)
        if (secondsAgo === undefined) continue
        const name = nameOf(signal) ?? `${connection} ${signal}`
        repeating.add(name)
        if (baseline?.isRepeating(name)) continue
        const evidence = { samples: wave.matched + RUN, secondsAgo, connection }
        raised ??= []
        raised.push({ code: 'replayed-values', severity: 'high', subject: name, evidence })
      }
      return raised ?? []
    },
  }
}

const bits = new DataView(new ArrayBuffer(8))

/** 32 bits of a double. */
function hashOf(value: number): number {
  bits.setFloat64(0, value)
  return Math.imul(bits.getInt32(0) ^ Math.imul(bits.getInt32(4), 0x9e3779b1), 0x85ebca6b)
}

/** Power of FACTOR by which the oldest of a run leaves the hash. */
const LEAVING = (() => {
  let power = 1
  for (let i = 0; i < RUN; i++) power = Math.imul(power, FACTOR)
  return power
})()

/** One signal: its last hashes, and where the same run began before. */
class Wave {
  matched = 0
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

  /** The number of seconds ago that these values came, when enough of them have come again. */
  take(value: number, now: Micros): number | undefined {
    const hash = hashOf(value)
    const size = this.#hashes.length
    const left = this.#at >= RUN ? (this.#hashes[(this.#at - RUN) % size] as number) : 0
    this.#hash = (Math.imul(this.#hash, FACTOR) + hash - Math.imul(left, LEAVING)) | 0
    this.#hashes[this.#at % size] = hash
    this.#recent[this.#at % this.#recent.length] = value
    const at = this.#at++
    if (at % RUN === 0) this.#times[(at / RUN) % KEPT] = now
    if (at < RUN) return undefined
    if (this.#lag > 0 && this.#hashes[(at - this.#lag) % size] === hash) this.matched++
    else this.#seek(at, now)
    // Runs end at every value whose number is a multiple: the repeat may begin anywhere, so every value is looked up, and only some are kept.
    if (at % RUN === 0) this.#keep(at)
    if (this.matched < MATCHING || !this.#isVaried(at)) return undefined
    return Math.round((now - this.#timeOf(at - this.#lag)) / SECOND)
  }

  #seek(at: number, now: Micros): void {
    this.matched = 0
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
