import { crowd, crowdIntegral, type Moment, PACE } from './day.ts'
import { jitter, quantise, seedOf, wander } from './noise.ts'
import { type Point, shared } from './point.ts'

/** The feeders of one terminal: what they supply, and their power in kW by night and added in the rush. */
const FEEDERS = [
  { name: 'check-in', fr: 'Enregistrement', en: 'Check-in', base: 38, rush: 120 },
  { name: 'security', fr: 'Sûreté', en: 'Security lanes', base: 46, rush: 95 },
  { name: 'baggage-hall', fr: 'Salle bagages', en: 'Baggage hall', base: 62, rush: 210 },
  { name: 'departure-lounge', fr: "Salle d'embarquement", en: 'Departure lounge', base: 85, rush: 140 },
  { name: 'shops', fr: 'Commerces', en: 'Shops', base: 54, rush: 170 },
  { name: 'ventilation', fr: 'Ventilation', en: 'Ventilation', base: 120, rush: 160 },
] as const

export const FEEDERS_PER_SCALE = FEEDERS.length

interface MeterState {
  readonly power: number
  readonly energy: number
  readonly voltages: readonly [number, number, number]
  readonly current: number
  readonly powerFactor: number
  readonly frequency: number
}

/** Index from 0; feeders repeat with the scale. */
export function feederOf(index: number): { name: string; fr: string; en: string; base: number; rush: number } {
  const feeder = FEEDERS[index % FEEDERS.length] as (typeof FEEDERS)[number]
  const round = Math.floor(index / FEEDERS.length)
  return round === 0
    ? feeder
    : { ...feeder, name: `${feeder.name}-${round + 1}`, fr: `${feeder.fr} ${round + 1}`, en: `${feeder.en} ${round + 1}` }
}

export function meterState(seed: number, index: number, at: Moment): MeterState {
  const { name, base, rush } = feederOf(index)
  const own = seedOf(seed, name)
  const tick = Math.floor(at.second)
  const power = base + rush * crowd(at.minute) + base * 0.06 * wander(own, at.second / 25) + base * 0.012 * jitter(own, tick)
  const phase = (n: number) => 231 + 1.6 * wander(own + n, at.second / 40) + 0.15 * jitter(own + n, tick) - 0.004 * power
  const voltages = [phase(1), phase(2), phase(3)] as const
  const powerFactor = 0.93 + 0.02 * wander(own + 4, at.second / 120)
  return {
    power,
    // The counter adds up in our time: power × our hours, whatever the pace of the plant's day.
    energy: 184_000 + 41_000 * index + (base * at.second) / 3600 + (rush * (crowdIntegral(at.minute) - crowdIntegral(390))) / 60 / PACE,
    voltages,
    current: (power * 1000) / (voltages[0] + voltages[1] + voltages[2]) / powerFactor,
    powerFactor,
    frequency: 50 + 0.025 * wander(seed, at.second / 9),
  }
}

/** An energy meter of one feeder: 9 points. */
export function meterPoints(seed: number, index: number): Point[] {
  const feeder = feederOf(index)
  const state = shared((at) => meterState(seed, index, at))
  const id = `energy/${feeder.name}`
  const fr = `${feeder.fr} : `
  const en = `${feeder.en}: `
  const voltage = (n: 0 | 1 | 2): Point => ({
    id: `${id}/voltage-l${n + 1}`,
    fr: `${fr}tension L${n + 1}`,
    en: `${en}voltage L${n + 1}`,
    unit: 'V',
    decimals: 1,
    range: [207, 253],
    value: (at) => quantise(state(at).voltages[n], 0.1),
  })
  return [
    {
      id: `${id}/power`,
      fr: `${fr}puissance`,
      en: `${en}power`,
      unit: 'kW',
      decimals: 1,
      range: [0, 500],
      value: (at) => quantise(state(at).power, 0.1),
    },
    voltage(0),
    voltage(1),
    voltage(2),
    {
      id: `${id}/current`,
      fr: `${fr}courant`,
      en: `${en}current`,
      unit: 'A',
      decimals: 1,
      range: [0, 1000],
      value: (at) => quantise(state(at).current, 0.1),
    },
    {
      id: `${id}/power-factor`,
      fr: `${fr}facteur de puissance`,
      en: `${en}power factor`,
      unit: '1',
      decimals: 3,
      range: [0, 1],
      value: (at) => quantise(state(at).powerFactor, 0.001),
    },
    {
      id: `${id}/frequency`,
      fr: `${fr}fréquence`,
      en: `${en}frequency`,
      unit: 'Hz',
      decimals: 2,
      range: [49.5, 50.5],
      value: (at) => quantise(state(at).frequency, 0.01),
    },
    {
      id: `${id}/energy`,
      fr: `${fr}énergie`,
      en: `${en}energy`,
      unit: 'kW.h',
      decimals: 2,
      range: [0, 1e9],
      value: (at) => quantise(state(at).energy, 0.01),
    },
    { id: `${id}/breaker-closed`, fr: `${fr}disjoncteur fermé`, en: `${en}breaker closed`, value: () => true },
  ]
}
