import type { SignalDefinition } from '../../core/signals.ts'
import { MINUTE, SECOND } from '../../core/time.ts'
import type { PeerGroup } from '../config.ts'
import type { Random } from './random.fixture.ts'

/** A signal that is well: what an engineer declares of it, and what it reads at second `t`. */
export interface CleanSignal {
  readonly definition: SignalDefinition
  readonly periodS: number
  read(t: number): number
}

/** Signals judged together: one, or those of one peer group. */
export interface Group {
  readonly what: 'temperature' | 'pressure' | 'current' | 'energy' | 'state' | 'flow'
  readonly signals: readonly CleanSignal[]
}

export const SITE = 's'
export const STATES = { 0: 'idle', 1: 'starting', 2: 'running', 3: 'stopping', 9: 'fault' } as const
const TRANSITIONS = {
  idle: ['starting'],
  starting: ['running', 'fault'],
  running: ['stopping', 'fault'],
  stopping: ['idle'],
  fault: ['idle'],
} as const
export const ROLLOVER = 1_000_000

/** Ten signals of one machine hall, by number: 3.5 samples a second. */
export function hall(n: number, random: Random): { groups: Group[]; peers: Record<string, PeerGroup> } {
  const id = (name: string) => `h${n}/${name}`
  const within = (tolerance: number, relativeTolerance: number, ms: number) => ({ tolerance, relativeTolerance, within: ms })
  return {
    groups: [temperatures(n, random), pressure(n, random), current(n, random), energy(n, random), state(n, random), flows(n, random)],
    peers: {
      [`t${n}`]: { same: [id('temperature-a'), id('temperature-b')], ...within(1, 0, 25_000) },
      [`f${n}`]: { total: id('flow'), parts: [id('flow-1'), id('flow-2')], ...within(8, 0, 12_000) },
    },
  }
}

function defined(n: number, name: string, periodS: number, rest: Partial<SignalDefinition>, read: (t: number) => number): CleanSignal {
  const known = { id: `${SITE}/h${n}/${name}`, connection: `c${n}`, address: name, dataType: 'number' } as const
  return { definition: { ...known, expectedPeriodUs: periodS * SECOND, ...rest }, periodS, read }
}

const quantised = (value: number, step: number): number => Number((Math.round(value / step) * step).toFixed(6))

/** First-order noise that forgets: `keep` of it stays from one second to the next, its standard deviation is `sigma`. */
function wander(random: Random, keep: number, sigma: number): (t: number) => number {
  const step = sigma * Math.sqrt(1 - keep * keep)
  let value = random.normal(sigma)
  let last = 0
  return (t) => {
    for (; last < t; last++) value = value * keep + random.normal(step)
    return value
  }
}

/** Two sensors of one air: a daily swing, slow weather, noise of each sensor, steps of 0.1. */
function temperatures(n: number, random: Random): Group {
  const weather = wander(random, 0.9995, 1.5)
  const [mean, swing, phase] = [random.between(12, 20), random.between(3, 6), random.between(0, 86_400)]
  const air = (t: number): number => mean + swing * Math.sin((2 * Math.PI * (t + phase)) / 86_400) + weather(t)
  const declared: Partial<SignalDefinition> = {
    unit: 'Cel',
    range: [-15, 45],
    instrumentRange: [-40, 85],
    resolution: 0.1,
    maxRatePerSecond: 0.2,
    flatLineUs: 30 * MINUTE,
    spike: { threshold: 6, minimum: 1.5 },
  }
  const sensor = (name: string): CleanSignal => {
    const offset = random.between(-0.15, 0.15)
    return defined(n, name, 10, declared, (t) => quantised(air(t) + offset + random.normal(0.06), 0.1))
  }
  return { what: 'temperature', signals: [sensor('temperature-a'), sensor('temperature-b')] }
}

/** A control loop around a set point that people change now and then, with dips when a load comes on. */
function pressure(n: number, random: Random): Group {
  const noise = wander(random, 0.8, 0.03)
  let [setPoint, actual, change, dip] = [6, 6, random.between(600, 3600), 0]
  let last = -1
  const read = (t: number): number => {
    for (; last < t; last++) {
      if (last > change) {
        setPoint = random.between(5, 7)
        change = last + random.between(600, 3600)
      }
      if (random.between(0, 1) < 1 / 900) dip = random.between(0.1, 0.4)
      dip *= 0.92
      actual += (setPoint - actual) * 0.05
    }
    return quantised(actual - dip + noise(t), 0.01)
  }
  const declared: Partial<SignalDefinition> = {
    unit: 'bar',
    range: [3, 9],
    instrumentRange: [0, 16],
    resolution: 0.01,
    maxRatePerSecond: 1,
    flatLineUs: 2 * MINUTE,
    spike: { threshold: 8, minimum: 0.5 },
  }
  return { what: 'pressure', signals: [defined(n, 'pressure', 1, declared, read)] }
}

/** A motor that starts (with an inrush) and stops: nothing but a range can be declared of it, because its jumps and its zeros are sound. */
function current(n: number, random: Random): Group {
  const load = wander(random, 0.99, 1)
  let [isOn, next, since] = [false, random.between(10, 300), 0]
  const read = (t: number): number => {
    if (t >= next) {
      isOn = !isOn
      since = t
      next = t + random.between(60, 900)
    }
    if (!isOn) return 0
    return quantised(14 + load(t) + random.normal(0.1) + (t - since < 2 ? random.between(20, 30) : 0), 0.01)
  }
  const declared: Partial<SignalDefinition> = { unit: 'A', range: [0, 55], instrumentRange: [0, 75], resolution: 0.01 }
  return { what: 'current', signals: [defined(n, 'current', 1, declared, read)] }
}

/** Energy that only counts up, by the power of the moment, and begins again at 0. */
function energy(n: number, random: Random): Group {
  const power = wander(random, 0.999, 15)
  let total = random.between(0, ROLLOVER)
  let last = 0
  const read = (t: number): number => {
    for (; last < t; last++) total = (total + Math.max(0, 40 + power(t))) % ROLLOVER
    return Math.floor(total)
  }
  const declared: Partial<SignalDefinition> = { unit: 'W.h', range: [0, ROLLOVER], counter: { rollover: ROLLOVER } }
  return { what: 'energy', signals: [defined(n, 'energy', 10, declared, read)] }
}

/** A machine that goes round its states; sometimes it trips. */
function state(n: number, random: Random): Group {
  let [now, until] = [0, random.between(10, 300)]
  const follow = (): number => {
    if (now === 0) return 1
    if (now === 1) return random.between(0, 1) < 0.05 ? 9 : 2
    if (now === 2) return random.between(0, 1) < 0.1 ? 9 : 3
    return 0
  }
  const stay = (): number =>
    now === 0 || now === 2 ? random.between(60, 900) : now === 9 ? random.between(30, 300) : random.between(4, 15)
  const read = (t: number): number => {
    if (t >= until) {
      now = follow()
      until = t + stay()
    }
    return now
  }
  // Twice what they last: the longest any engineer has seen.
  const maxStateUs = { starting: 30 * SECOND, stopping: 30 * SECOND }
  return { what: 'state', signals: [defined(n, 'state', 1, { states: STATES, transitions: TRANSITIONS, maxStateUs }, read)] }
}

/** A main and its two branches. The declared tolerance covers how far a flow moves between two readings of the group. */
function flows(n: number, random: Random): Group {
  const [one, two] = [wander(random, 0.998, 8), wander(random, 0.998, 5)]
  const branch = { first: (t: number) => 80 + one(t), second: (t: number) => 45 + two(t) }
  const declared: Partial<SignalDefinition> = {
    unit: 'm3/h',
    range: [0, 200],
    resolution: 0.1,
    maxRatePerSecond: 10,
    flatLineUs: 5 * MINUTE,
    spike: { threshold: 8, minimum: 8 },
  }
  const meter = (name: string, read: (t: number) => number) =>
    defined(n, name, 5, declared, (t) => quantised(read(t) * (1 + random.normal(0.003)), 0.1))
  const total = (t: number): number => branch.first(t) + branch.second(t)
  return { what: 'flow', signals: [meter('flow-1', branch.first), meter('flow-2', branch.second), meter('flow', total)] }
}
