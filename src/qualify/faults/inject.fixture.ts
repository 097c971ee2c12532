import { MINUTE, SECOND } from '../../core/time.ts'
import { type CleanSignal, type Group, STATES } from './plant.fixture.ts'
import type { Random } from './random.fixture.ts'

export const FAULTS = [
  ...(['range', 'spike', 'flat-line', 'drift', 'gap', 'duplicate', 'reorder'] as const),
  ...(['clock-ahead', 'clock-behind', 'unit-swap', 'state-swap', 'counter-reset'] as const),
]
export type Fault = (typeof FAULTS)[number]

/** What is true of a reading, known before any rule sees it. */
export interface Label {
  readonly fault: Fault
  /** Which event of the run. */
  readonly event: number
  /**
   * `own`: this reading is wrong. `peer`: it is sound, but its group holds a wrong one at this time. `around`: it is sound, but before it readings are missing
   * because of the event (they are held back, or carry the wrong time).
   */
  readonly role: 'own' | 'peer' | 'around'
}

export interface Reading {
  readonly signal: CleanSignal
  readonly time: number
  readonly value: number
  readonly label?: Label | undefined
}

interface Event {
  readonly fault: Fault
  readonly number: number
  readonly target: CleanSignal
  /** Readings of the target still to come, and how many there are in all. */
  left: number
  readonly all: number
  /** What the fault needs: an amount, a held value, a second state code. */
  readonly amount: number
  held: number
}

const KINDS: Record<Group['what'], readonly Fault[]> = {
  temperature: ['range', 'spike', 'flat-line', 'drift', 'unit-swap', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind'],
  pressure: ['range', 'spike', 'flat-line', 'unit-swap', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind'],
  current: ['range', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind'],
  energy: ['counter-reset', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind'],
  state: ['state-swap', 'gap'],
  flow: ['range', 'spike', 'flat-line', 'drift', 'gap', 'duplicate', 'reorder', 'clock-ahead', 'clock-behind'],
}
const CODES = Object.keys(STATES).map(Number)
/** What a loaded group is left alone for at the beginning and, on average, between events, in seconds. */
const QUIET_S = 600
/** Readings a device may send again after a reconnection. */
const RESENT = 10

/** Breaks the readings of one group now and then, and says exactly which. Amounts are drawn before any rule is asked. */
export class Injector {
  readonly #group: Group
  readonly #random: Random
  readonly #number: () => number
  readonly #recent = new Map<CleanSignal, Reading[]>()
  #event: Event | undefined
  readonly #lastS: number
  #nextS: number
  #held: { reading: Reading; after: number; isFound: boolean } | undefined
  #around: { target: CleanSignal; label: Label } | undefined
  #offset = 0

  /** No event begins later than `lastS`, so that every one is whole. */
  constructor(group: Group, random: Random, number: () => number, lastS: number) {
    this.#group = group
    this.#random = random
    this.#number = number
    this.#lastS = lastS
    this.#nextS = QUIET_S + random.between(0, QUIET_S)
  }

  /** What arrives in place of one clean reading, in the order of arrival. */
  pass(clean: Reading, t: number): Reading[] {
    if (!this.#event && !this.#held && !this.#around && t >= this.#nextS && t <= this.#lastS) this.#event = this.#begin()
    const given = this.#group.what === 'energy' ? { ...clean, value: (clean.value - this.#offset + 1e6) % 1e6 } : clean
    const out = this.#around?.target === given.signal ? this.#afterwards(given) : this.#during(given)
    const recent = this.#recent.get(given.signal) ?? []
    if (out[0]) recent.push(out[0])
    this.#recent.set(given.signal, recent.slice(-RESENT))
    if (this.#event?.left === 0) {
      this.#event = undefined
      this.#nextS = t + this.#random.between(QUIET_S, 2 * QUIET_S)
    }
    return out
  }

  #begin(): Event {
    const random = this.#random
    const fault = random.pick(KINDS[this.#group.what])
    const target = random.pick(this.#group.signals)
    const { definition, periodS } = target
    const span = (definition.range?.[1] ?? 0) - (definition.range?.[0] ?? 0)
    const lasting = (low: number, high: number): number => Math.max(2, Math.round((random.between(low, high) * 60) / periodS))
    const flat = (definition.flatLineUs ?? 0) / MINUTE
    const sign = random.pick([-1, 1])
    const [all, amount] = {
      range: () => [random.whole(1, 10), sign * span * random.between(0.02, 0.5)],
      spike: () => [1, sign * span * random.between(0.15, 0.6)],
      'flat-line': () => [lasting(1.5 * flat, 3 * flat), 0],
      drift: () => [lasting(20, 40), sign * (this.#group.what === 'flow' ? random.between(12, 30) : random.between(3, 8))],
      gap: () => [random.whole(1, 30), 0],
      duplicate: () => [1, random.whole(1, RESENT)],
      reorder: () => [1, random.whole(1, 4)],
      'clock-ahead': () => [random.whole(5, 30), SECOND * 10 ** random.between(1, 3.5)],
      'clock-behind': () => [random.whole(5, 30), -SECOND * 10 ** random.between(2.1, 3.8)],
      'unit-swap': () => [lasting(2, 10), 0],
      'state-swap': () => [lasting(1, 10), random.whole(1, CODES.length - 1)],
      'counter-reset': () => [1, 0],
    }[fault]() as [number, number]
    return { fault, number: this.#number(), target, left: all, all, amount, held: Number.NaN }
  }

  #during(given: Reading): Reading[] {
    const event = this.#event
    if (this.#held?.reading.signal === given.signal) return this.#release(given)
    if (!event) return [given]
    if (event.target !== given.signal) return [{ ...given, label: isOfValue(event.fault) ? this.#label(event, 'peer') : undefined }]
    const label = this.#label(event, 'own')
    const [low, high] = given.signal.definition.range ?? [0, 0]
    const done = event.all - event.left--
    if (done === 0) event.held = given.value
    const reads = (value: number): Reading[] => [{ ...given, value, label: Object.is(value, given.value) ? undefined : label }]
    switch (event.fault) {
      case 'range':
        return reads(event.amount < 0 ? low + event.amount : high + event.amount)
      case 'spike': {
        // A spike within the range: where it would leave it, it goes the other way.
        const there = given.value + event.amount
        return reads(there > low && there < high ? there : given.value - event.amount)
      }
      case 'flat-line':
        return [{ ...given, value: event.held, label }]
      case 'drift':
        return [{ ...given, value: given.value + (event.amount * (done + 1)) / event.all, label }]
      case 'unit-swap':
        return reads(given.signal.definition.unit === 'Cel' ? given.value * 1.8 + 32 : given.value * 14.5038)
      case 'state-swap':
        return reads(swapped(given.value, CODES[event.amount] as number))
      case 'counter-reset':
        this.#offset = (this.#offset + given.value) % 1e6
        return [{ ...given, value: 0, label }]
      case 'gap':
        if (event.left === 0) this.#around = { target: given.signal, label }
        return []
      case 'duplicate':
        return [given, ...this.#again(given, event.amount).map((one) => ({ ...one, label }))]
      case 'reorder':
        this.#held = { reading: { ...given, label }, after: event.amount, isFound: false }
        return []
      default:
        if (event.left === 0) this.#around = { target: given.signal, label: this.#label(event, 'around') }
        return [{ ...given, time: given.time + event.amount, label }]
    }
  }

  /** The reading that was held back comes after some others; the first of them finds it missing. */
  #release(given: Reading): Reading[] {
    const held = this.#held as { reading: Reading; after: number; isFound: boolean }
    const label = held.isFound ? undefined : held.reading.label && ({ ...held.reading.label, role: 'around' } as const)
    held.isFound = true
    if (--held.after > 0) return [{ ...given, label }]
    this.#held = undefined
    return [{ ...given, label }, held.reading]
  }

  /** The first reading after those that were lost or carried another time. */
  #afterwards(given: Reading): Reading[] {
    const { label } = this.#around as { label: Label }
    this.#around = undefined
    return [{ ...given, label }]
  }

  /** The last `count` readings up to this one. */
  #again(given: Reading, count: number): Reading[] {
    return [...(this.#recent.get(given.signal) ?? []), given].slice(-count)
  }

  #label({ fault, number }: Event, role: Label['role']): Label {
    return { fault, event: number, role }
  }
}

const isOfValue = (fault: Fault): boolean => ['range', 'spike', 'flat-line', 'drift', 'unit-swap'].includes(fault)

/** Codes `0` (idle) and another one exchanged at the source. */
const swapped = (code: number, other: number): number => (code === 0 ? other : code === other ? 0 : code)
