import { crowd, type Moment, turnAt } from './day.ts'
import { jitter, quantise, seedOf, wander } from './noise.ts'
import { type Point, shared } from './point.ts'
import { SOUND, type Trouble, troubleAt } from './story.ts'

/** The carousel of the story. */
export const TROUBLED = 3

interface CarouselState {
  readonly state: 'STANDBY' | 'RUNNING' | 'FAULT' | 'MAINTENANCE'
  readonly flight: string
  readonly bags: number
  readonly bagsPerHour: number
  readonly current: number
  readonly speed: number
  readonly motorTemperature: number
  readonly vibration: number
  readonly oilTemperature: number
  readonly beltSpeed: number
  readonly infeed: boolean
}

/** Nominal motor current at full load, 5.5 kW at 400 V. */
const FULL_LOAD_A = 6.4
const IDLE_A = 3.1
const STALLED_A = 17.5
const NOMINAL_RPM = 1455
const BELT_M_PER_S = 0.45

/** Bags on the belt, 0 .. 1, over the turn of a flight: they come 12 minutes after it and are gone 40 minutes later. */
function baggage(into: number): number {
  if (into < 12 || into > 60) return 0
  return into < 22 ? (into - 12) / 10 : Math.max(0, 1 - (into - 22) / 38)
}

export function carouselState(seed: number, number: number, at: Moment): CarouselState {
  const name = `carousel-${number}`
  const own = seedOf(seed, name)
  const trouble: Trouble = number === TROUBLED ? troubleAt(at.second) : SOUND
  const turn = turnAt(seed, name, at.minute)
  // The troubled one is kept in use, as the busiest one would be: the story is about its motor, not about its timetable.
  const load = Math.max(turn.flies ? baggage(turn.into) : 0, number === TROUBLED ? 0.35 + 0.25 * crowd(at.minute) : 0)
  const turning = load > 0.02 && (trouble.phase === 'sound' || trouble.phase === 'wearing')
  const tick = Math.floor(at.second)
  const wear = trouble.wear
  const drawn = turning
    ? IDLE_A + (FULL_LOAD_A - IDLE_A) * load + 5.4 * wear + 0.12 * wander(own, at.second / 7) + 0.08 * jitter(own, tick)
    : 0
  const warmth = turning ? 18 + 14 * load + 30 * wear : trouble.phase === 'sound' ? 6 : 34 - Math.min(28, wear * 10)
  const bags = turning || trouble.phase !== 'sound' ? Math.round(load * 62 + 2 * wander(own + 1, at.second / 20)) : 0
  return {
    state: stateOf(trouble, turning),
    flight: turn.flies ? turn.flight : '-',
    bags: Math.max(0, bags),
    bagsPerHour: turning ? Math.max(0, Math.round((load * 900 + 40 * wander(own + 2, at.second / 15)) / 10) * 10) : 0,
    current: trouble.phase === 'jammed' ? STALLED_A + 0.5 * jitter(own, tick) : drawn,
    speed: turning ? NOMINAL_RPM - 22 * load - 60 * wear + 3 * jitter(own + 3, tick) : 0,
    motorTemperature: 22 + warmth + 0.6 * wander(own + 4, at.second / 60),
    vibration: turning ? 1.1 + 0.7 * load + 5.2 * wear ** 1.5 + 0.15 * jitter(own + 5, tick) : 0.05,
    oilTemperature: 22 + 0.6 * warmth + 0.5 * wander(own + 6, at.second / 90),
    beltSpeed: turning ? BELT_M_PER_S * (1 - 0.05 * wear) + 0.004 * jitter(own + 7, tick) : 0,
    infeed: turning && load > 0.2 && Math.floor(at.second / (4 - 2 * load)) % 2 === 0,
  }
}

function stateOf(trouble: Trouble, turning: boolean): CarouselState['state'] {
  if (trouble.phase === 'maintenance') return 'MAINTENANCE'
  if (trouble.phase === 'jammed' || trouble.phase === 'tripped') return 'FAULT'
  return turning ? 'RUNNING' : 'STANDBY'
}

/** A baggage carousel and its drive: 14 points. */
export function carouselPoints(seed: number, number: number): Point[] {
  const state = shared((at) => carouselState(seed, number, at))
  const id = `baggage/carousel-${number}`
  const fr = `Tapis ${number}`
  const en = `Carousel ${number}`
  const amps: Point = {
    id: `${id}/motor/current`,
    fr: `${fr} : courant moteur`,
    en: `${en}: motor current`,
    unit: 'A',
    model: 'motor-current',
    value: (at) => quantise(Math.max(0, state(at).current), 0.05),
  }
  return [
    amps,
    {
      id: `${id}/motor/speed`,
      fr: `${fr} : vitesse moteur`,
      en: `${en}: motor speed`,
      unit: '/min',
      decimals: 0,
      range: [0, 1500],
      value: (at) => quantise(state(at).speed, 1),
    },
    {
      id: `${id}/motor/temperature`,
      fr: 'Température du moteur',
      en: 'Motor temperature',
      unit: 'Cel',
      decimals: 1,
      range: [0, 90],
      value: (at) => quantise(state(at).motorTemperature, 0.1),
    },
    {
      id: `${id}/motor/vibration`,
      fr: 'Vibration du moteur',
      en: 'Motor vibration',
      unit: 'mm/s',
      decimals: 2,
      range: [0, 7.1],
      value: (at) => quantise(state(at).vibration, 0.05),
    },
    {
      id: `${id}/gearbox/oil-temperature`,
      fr: "Température d'huile du réducteur",
      en: 'Gearbox oil temperature',
      unit: 'Cel',
      decimals: 1,
      range: [0, 80],
      value: (at) => quantise(state(at).oilTemperature, 0.1),
    },
    { id: `${id}/drive/running`, fr: 'Variateur en marche', en: 'Drive running', value: (at) => state(at).state === 'RUNNING' },
    { id: `${id}/drive/fault`, fr: `${fr} : défaut variateur`, en: `${en}: drive fault`, value: (at) => state(at).state === 'FAULT' },
    {
      id: `${id}/drive/local-control`,
      fr: 'Variateur en commande locale',
      en: 'Drive under local control',
      value: (at) => state(at).state === 'MAINTENANCE',
    },
    {
      id: `${id}/belt/speed`,
      fr: 'Vitesse de la bande',
      en: 'Belt speed',
      unit: 'm/s',
      decimals: 3,
      range: [0, 0.6],
      value: (at) => quantise(state(at).beltSpeed, 0.005),
    },
    {
      id: `${id}/belt/bags`,
      fr: 'Bagages sur la bande',
      en: 'Bags on the belt',
      unit: '{bag}',
      decimals: 0,
      range: [0, 120],
      value: (at) => state(at).bags,
    },
    {
      id: `${id}/belt/throughput`,
      fr: 'Débit de bagages',
      en: 'Bag throughput',
      unit: '{bag}/h',
      decimals: 0,
      range: [0, 1500],
      value: (at) => state(at).bagsPerHour,
    },
    { id: `${id}/infeed/occupied`, fr: "Cellule d'entrée occupée", en: 'Infeed photocell occupied', value: (at) => state(at).infeed },
    { id: `${id}/state`, fr: `${fr} : état`, en: `${en}: state`, value: (at) => state(at).state },
    { id: `${id}/flight`, fr: `${fr} : vol`, en: `${en}: flight`, value: (at) => state(at).flight },
  ]
}
