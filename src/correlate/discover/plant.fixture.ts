import type { StoredFact } from '../../core/facts.ts'
import type { FactQuery, History, SeriesQuery } from '../../core/history.ts'
import type { SignalDefinition } from '../../core/signals.ts'
import { Status } from '../../core/status.ts'
import { DAY, HOUR, MINUTE, type Micros } from '../../core/time.ts'
import { seeded } from './random.ts'

/** How a signal behaves when nothing is planted: independent readings, slow wandering about a level, a random walk, a daily rhythm, a slow wave. */
export type Noise = 'white' | 'slow' | 'walk' | 'daily' | 'wave'

export const BEGIN: Micros = Date.parse('2026-03-01T00:00:00Z') * 1000
export const LINE = 'line/press'

export interface PlantOptions {
  readonly seed: number
  readonly days: number
  /** Noise signals of each kind. */
  readonly noise: Partial<Record<Noise, number>>
  readonly events: number
  /** Events come in bursts of so many, half an hour apart; 1: each by itself. */
  readonly burst?: number
  /** Hours of the day in which events begin; default any. */
  readonly hours?: readonly [number, number]
  /** Units by which the motor current drifts up in the ten minutes before an event; 0: nothing is planted. */
  readonly drift?: number
  /** Share of the hours of each signal that are missing. */
  readonly missing?: number
}

export interface Plant {
  readonly history: History
  readonly signals: SignalDefinition[]
  readonly events: readonly Micros[]
  /** Readings by id, one a minute; NaN: missing. */
  readonly values: ReadonlyMap<string, Float32Array>
  add(id: string, of: (minute: number) => number, more?: Partial<SignalDefinition>): void
}

/** A plant with one press that jams, whose signals report once a minute. */
export function plant(options: PlantOptions): Plant {
  const { seed, days, noise, events: count, burst = 1, hours = [0, 24], drift = 0, missing = 0 } = options
  const random = seeded(seed)
  const minutes = days * 1440
  const values = new Map<string, Float32Array>()
  const signals: SignalDefinition[] = []
  const add: Plant['add'] = (id, of, more = {}) => {
    const isMissing = Array.from({ length: days * 24 }, () => random() < missing)
    values.set(
      id,
      Float32Array.from({ length: minutes }, (_, i) => (isMissing[Math.floor(i / 60)] ? Number.NaN : of(i))),
    )
    signals.push({ id, connection: 'c', address: id, dataType: 'number', expectedPeriodUs: MINUTE, ...more })
  }
  for (const [kind, many] of Object.entries(noise) as [Noise, number][]) {
    for (let i = 0; i < many; i++) add(`t/${LINE}/${kind}-${i}`, maker(kind, random))
  }
  const starts: number[] = []
  // Where no more fit into the hours, there are fewer.
  for (let tries = 0; tries < 10_000 && starts.length < count; tries++) {
    const first = Math.floor(random() * (days - 2)) * 1440 + 1440 + Math.floor((hours[0] + random() * (hours[1] - hours[0])) * 60)
    if (starts.some((other) => Math.abs(other - first) < 15 + burst * 30)) continue
    for (let k = 0; k < burst && starts.length < count; k++) starts.push(first + 30 * k)
  }
  starts.sort((a, b) => a - b)
  if (drift > 0) {
    const wander = maker('slow', random)
    const before = new Float32Array(minutes)
    for (const start of starts) for (let k = 1; k <= 10; k++) before[start - k] = (drift * (11 - k)) / 10
    add(`t/${LINE}/motor/current`, (i) => 12 + wander(i) + (before[i] as number), { unit: 'A' })
  }
  const events = starts.map((start) => BEGIN + start * MINUTE)
  return { history: historyOf(values, events), signals, events, values, add }
}

function maker(kind: Noise, random: () => number): (minute: number) => number {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  let level = 0
  const phase = random() * 2 * Math.PI
  const period = 180 + 420 * random()
  if (kind === 'white') return normal
  // A time constant of two hours.
  if (kind === 'slow') return () => (level = level * (1 - 1 / 120) + normal() * Math.sqrt(2 / 120))
  if (kind === 'walk') return () => (level += 0.1 * normal())
  if (kind === 'daily')
    return (i) => 5 * Math.sin((2 * Math.PI * i) / 1440 + phase) + 2 * Math.cos((4 * Math.PI * i) / 1440) + 0.2 * normal()
  return (i) => 3 * Math.sin((2 * Math.PI * i) / period + phase) + 0.1 * normal()
}

function historyOf(values: ReadonlyMap<string, Float32Array>, events: readonly Micros[]): History {
  const series = async ({ signals, from, to, lookBackUs }: SeriesQuery) =>
    signals.map((signal) => {
      const all = values.get(signal) ?? new Float32Array(0)
      const begin = Math.max(0, Math.ceil((from - BEGIN) / MINUTE) - (lookBackUs > 0 ? 1 : 0))
      const end = Math.max(begin, Math.min(all.length, Math.ceil((to - BEGIN) / MINUTE)))
      const part = all.subarray(begin, end)
      return {
        ...{ signal, count: part.length, value: Float64Array.from(part), ingest: new Float64Array(part.length).fill(1) },
        time: Float64Array.from(part, (_, i) => BEGIN + (begin + i) * MINUTE),
        status: Uint32Array.from(part, (value) => (Number.isNaN(value) ? Status.BadNoData : 0)),
      }
    })
  const facts = async ({ overlapping }: FactQuery) => {
    const { from, to } = overlapping ?? { from: 0, to: Number.POSITIVE_INFINITY }
    return { facts: events.map(jam).filter((one) => one.from < to && (one.to ?? to) >= from), truncated: false }
  }
  return { series, facts, records: async () => ({ versions: [], truncated: false }) }
}

function jam(from: Micros): StoredFact {
  const key = `${LINE}@${from}`
  const told = { revision: 1, knownTime: from, ingest: 1, version: '1', cause: 'first' } as const
  const values = { duration: { value: 60, unit: 's', status: 0, coverage: 1 } }
  return { definition: 'jam', type: 'event', key, equipment: LINE, from, to: from + MINUTE, values, inputs: [], ...told }
}

export const END = (days: number): Micros => BEGIN + days * DAY
export const TEN_MINUTES = HOUR / 6
