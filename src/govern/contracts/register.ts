import { CONTRACT_BREACHES, type ContractBreach, type ContractExample, type ContractFinding } from '../../core/contracts.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import { CONTRACT_LIMITS } from './limits.ts'

const MINUTES = 60
/** Characters kept of an example's text. */
const TEXT_LENGTH = 200

/** One broken sample, as it was judged. */
export interface Breach {
  readonly signal: number
  readonly time: Micros
  readonly receivedTime: Micros
  readonly value: number
  readonly text: string | undefined
}

/** The breaches of one kind of one property, in constant space. */
class Tally {
  count = 0
  firstTime = Number.POSITIVE_INFINITY
  lastTime = Number.NEGATIVE_INFINITY
  readonly #perMinute = new Uint32Array(MINUTES)
  /** The minute since the epoch that each counter stands for. */
  readonly #minute = new Float64Array(MINUTES).fill(Number.NEGATIVE_INFINITY)
  readonly #signal = new Uint32Array(CONTRACT_LIMITS.examples)
  readonly #time = new Float64Array(CONTRACT_LIMITS.examples)
  readonly #value = new Float64Array(CONTRACT_LIMITS.examples)
  readonly #text: (string | undefined)[] = []

  add({ signal, time, receivedTime, value, text }: Breach): void {
    const at = this.count++ % CONTRACT_LIMITS.examples
    this.#signal[at] = signal
    this.#time[at] = time
    this.#value[at] = value
    this.#text[at] = text?.slice(0, TEXT_LENGTH)
    if (time < this.firstTime) this.firstTime = time
    if (time > this.lastTime) this.lastTime = time
    const minute = Math.floor(receivedTime / MINUTE)
    const slot = ((minute % MINUTES) + MINUTES) % MINUTES
    if (this.#minute[slot] !== minute) {
      this.#minute[slot] = minute
      this.#perMinute[slot] = 0
    }
    this.#perMinute[slot] = (this.#perMinute[slot] as number) + 1
  }

  lastHour(now: Micros): number {
    const newest = Math.floor(now / MINUTE)
    return this.#perMinute.reduce((sum, count, slot) => {
      const age = newest - (this.#minute[slot] as number)
      return age >= 0 && age < MINUTES ? sum + count : sum
    }, 0)
  }

  examples(idOf: (signal: number) => string): ContractExample[] {
    const kept = Math.min(this.count, CONTRACT_LIMITS.examples)
    return Array.from({ length: kept }, (_, i) => {
      const at = (this.count - kept + i) % CONTRACT_LIMITS.examples
      const number = this.#value[at] as number
      return {
        signal: idOf(this.#signal[at] as number),
        time: this.#time[at] as number,
        value: this.#text[at] ?? (Number.isNaN(number) ? null : number),
      }
    })
  }
}

/** What broke the contracts: at most one tally per property and kind, made when it first happens. */
export class BreachRegister {
  readonly #tallies = new Map<number, Tally>()

  add(rule: number, kind: ContractBreach, breach: Breach): void {
    const key = rule * CONTRACT_BREACHES.length + CONTRACT_BREACHES.indexOf(kind)
    let tally = this.#tallies.get(key)
    if (!tally) this.#tallies.set(key, (tally = new Tally()))
    tally.add(breach)
  }

  findings(rule: number, names: { contract: string; property: string }, now: Micros, idOf: (signal: number) => string): ContractFinding[] {
    return CONTRACT_BREACHES.flatMap((kind, index) => {
      const tally = this.#tallies.get(rule * CONTRACT_BREACHES.length + index)
      if (!tally) return []
      const { count, firstTime, lastTime } = tally
      return [{ ...names, kind, firstTime, lastTime, count, lastHour: tally.lastHour(now), examples: tally.examples(idOf) }]
    })
  }
}
