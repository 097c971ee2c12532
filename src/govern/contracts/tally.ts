import { z } from 'zod'
import type { ContractExample } from '../../core/contracts.ts'
import { MINUTE, type Micros } from '../../core/time.ts'
import { CONTRACT_LIMITS } from './limits.ts'

const MINUTES = 60
/** Characters kept of an example's text. */
const TEXT_LENGTH = 200

/** One breach, as it was judged. */
export interface Breach {
  readonly signal: string
  readonly time: Micros
  readonly receivedTime: Micros
  readonly value: number
  readonly text: string | undefined
}

/** A tally as it is kept across a restart. */
export const savedTally = z.object({
  count: z.int().positive(),
  firstTime: z.number(),
  lastTime: z.number(),
  /** Minute since the epoch, and how many in it. */
  minutes: z.array(z.tuple([z.int(), z.int()])).max(MINUTES),
  examples: z
    .array(
      z.object({ signal: z.string().max(1_024), time: z.number(), value: z.union([z.number(), z.string().max(TEXT_LENGTH), z.null()]) }),
    )
    .max(CONTRACT_LIMITS.examples),
})
export type SavedTally = z.output<typeof savedTally>

/** The breaches of one kind of one property, in constant space. */
export class Tally {
  count = 0
  firstTime = Number.POSITIVE_INFINITY
  lastTime = Number.NEGATIVE_INFINITY
  readonly #perMinute = new Uint32Array(MINUTES)
  /** The minute since the epoch that each counter stands for. */
  readonly #minute = new Float64Array(MINUTES).fill(Number.NEGATIVE_INFINITY)
  /** A ring: the next one goes to `#next`. */
  readonly #examples: ContractExample[] = []
  #next = 0

  add({ signal, time, receivedTime, value, text }: Breach): void {
    this.count++
    this.#keep({ signal, time, value: text?.slice(0, TEXT_LENGTH) ?? (Number.isNaN(value) ? null : value) })
    if (time < this.firstTime) this.firstTime = time
    if (time > this.lastTime) this.lastTime = time
    this.#at(Math.floor(receivedTime / MINUTE), 1)
  }

  lastHour(now: Micros): number {
    const newest = Math.floor(now / MINUTE)
    return this.#perMinute.reduce((sum, count, slot) => {
      const age = newest - (this.#minute[slot] as number)
      return age >= 0 && age < MINUTES ? sum + count : sum
    }, 0)
  }

  /** The newest, oldest first. */
  examples(): ContractExample[] {
    return [...this.#examples.slice(this.#next), ...this.#examples.slice(0, this.#next)]
  }

  save(): SavedTally {
    const minutes = [...this.#minute].flatMap((minute, slot) =>
      Number.isFinite(minute) ? [[minute, this.#perMinute[slot] as number] satisfies [number, number]] : [],
    )
    return { count: this.count, firstTime: this.firstTime, lastTime: this.lastTime, minutes, examples: this.examples() }
  }

  restore({ count, firstTime, lastTime, minutes, examples }: SavedTally): void {
    this.count += count
    this.firstTime = Math.min(this.firstTime, firstTime)
    this.lastTime = Math.max(this.lastTime, lastTime)
    for (const [minute, inIt] of minutes) this.#at(minute, inIt)
    for (const example of examples) this.#keep(example)
  }

  #keep(example: ContractExample): void {
    this.#examples[this.#next] = example
    this.#next = (this.#next + 1) % CONTRACT_LIMITS.examples
  }

  #at(minute: number, count: number): void {
    const slot = ((minute % MINUTES) + MINUTES) % MINUTES
    if (this.#minute[slot] !== minute) {
      this.#minute[slot] = minute
      this.#perMinute[slot] = 0
    }
    this.#perMinute[slot] = (this.#perMinute[slot] as number) + count
  }
}
