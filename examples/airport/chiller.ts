import { crowd, type Moment, outdoor } from './day.ts'
import { jitter, quantise, seedOf, wander } from './noise.ts'
import { type Point, shared } from './point.ts'

export const CHILLERS_PER_SCALE = 2

interface ChillerState {
  readonly running: boolean
  readonly stage: number
  readonly supply: number
  readonly back: number
  readonly flow: number
  readonly valve: number
  readonly thermal: number
  readonly electrical: number
  readonly pumpPressure: number
}

/** Heat that one m3/h of water carries per kelvin, in kW: 4.19 kJ/(kg.K) × 1000 kg/m3 / 3600 s/h. */
const KW_PER_M3H_K = 1.163

/** Chillers share the load: odd ones lead, even ones help above a third of it. */
export function chillerState(seed: number, number: number, at: Moment): ChillerState {
  const own = seedOf(seed, `chiller-${number}`)
  const tick = Math.floor(at.second)
  const demand = Math.min(1, Math.max(0, 0.35 * crowd(at.minute) + 0.05 * (outdoor(seed, at.minute) - 10)))
  const share = Math.max(0, number % 2 === 1 ? Math.min(1, demand * 1.4) : (demand - 0.33) * 1.4)
  const running = share > 0.04
  const supply = (running ? 6.5 : 12.5) + 0.25 * wander(own, at.second / 30) + 0.05 * jitter(own, tick)
  const flow = running ? 60 + 130 * share + 1.5 * wander(own + 1, at.second / 12) + 0.4 * jitter(own + 1, tick) : 0
  const back = supply + (running ? 4.2 + 1.6 * share + 0.1 * wander(own + 2, at.second / 45) : 0.3)
  const thermal = flow * (back - supply) * KW_PER_M3H_K
  return {
    running,
    stage: running ? 1 + Math.floor(share * 3.99) : 0,
    supply,
    back,
    flow,
    valve: running ? 30 + 65 * share + 0.8 * wander(own + 3, at.second / 20) : 0,
    thermal,
    // Coefficient of performance: worse when it is hot outside.
    electrical: running ? thermal / (4.6 - 0.06 * (outdoor(seed, at.minute) - 15)) + 12 : 1.8,
    pumpPressure: running ? 85_000 + 120_000 * share ** 2 + 1_500 * jitter(own + 4, tick) : 0,
  }
}

/** A chiller with its chilled-water meter: 11 points. */
export function chillerPoints(seed: number, number: number): Point[] {
  const state = shared((at) => chillerState(seed, number, at))
  const id = `cooling/chiller-${number}`
  const fr = `Groupe froid ${number} : `
  const en = `Chiller ${number}: `
  const kelvin = { unit: 'Cel', decimals: 1 }
  return [
    {
      id: `${id}/water/supply-temperature`,
      fr: `${fr}départ d'eau glacée`,
      en: `${en}chilled water supply`,
      ...kelvin,
      range: [4, 14],
      value: (at) => quantise(state(at).supply, 0.1),
    },
    {
      id: `${id}/water/return-temperature`,
      fr: `${fr}retour d'eau glacée`,
      en: `${en}chilled water return`,
      ...kelvin,
      range: [6, 20],
      value: (at) => quantise(state(at).back, 0.1),
    },
    {
      id: `${id}/water/flow`,
      fr: `${fr}débit`,
      en: `${en}flow`,
      unit: 'm3/h',
      decimals: 1,
      range: [0, 220],
      value: (at) => quantise(Math.max(0, state(at).flow), 0.1),
    },
    {
      id: `${id}/valve`,
      fr: `${fr}vanne`,
      en: `${en}valve`,
      unit: '%',
      decimals: 1,
      range: [0, 100],
      value: (at) => quantise(Math.max(0, state(at).valve), 0.5),
    },
    {
      id: `${id}/thermal-power`,
      fr: `${fr}puissance froide`,
      en: `${en}cooling power`,
      unit: 'kW',
      decimals: 0,
      range: [0, 1500],
      value: (at) => quantise(Math.max(0, state(at).thermal), 1),
    },
    {
      id: `${id}/electrical-power`,
      fr: `${fr}puissance électrique`,
      en: `${en}electrical power`,
      unit: 'kW',
      decimals: 1,
      range: [0, 500],
      value: (at) => quantise(state(at).electrical, 0.5),
    },
    { id: `${id}/mode`, fr: `${fr}mode`, en: `${en}mode`, value: (at) => (state(at).running ? 'COOLING' : 'STANDBY') },
    {
      id: `${id}/pump/differential-pressure`,
      fr: `${fr}pression différentielle de la pompe`,
      en: `${en}pump differential pressure`,
      unit: 'Pa',
      decimals: 0,
      range: [0, 300_000],
      value: (at) => quantise(Math.max(0, state(at).pumpPressure), 100),
    },
    { id: `${id}/running`, fr: `${fr}en marche`, en: `${en}running`, value: (at) => state(at).running },
    { id: `${id}/alarm`, fr: `${fr}alarme`, en: `${en}alarm`, value: () => false },
    {
      id: `${id}/stage`,
      fr: `${fr}étage de compresseur`,
      en: `${en}compressor stage`,
      unit: '1',
      decimals: 0,
      range: [0, 4],
      value: (at) => state(at).stage,
    },
  ]
}
