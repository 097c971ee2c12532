import { type Moment, outdoor, TURN_MINUTES, type Turn, turnAt } from './day.ts'
import { jitter, quantise, seedOf, wander } from './noise.ts'
import { type Point, shared } from './point.ts'

export const GATES_PER_SCALE = 4

interface GateState {
  readonly state: 'CLOSED' | 'OPEN' | 'BOARDING' | 'FINAL CALL'
  readonly flight: string
  readonly boarded: number
  readonly doorOpen: boolean
  readonly docked: boolean
  readonly moving: boolean
  readonly extension: number
  readonly height: number
  readonly cabin: number
  readonly cooledAir: number
  readonly groundPower: number
}

/** Plant minutes into a turn: the bridge goes out, boarding, the last call, the door closes, the bridge comes back. */
const BRIDGE_OUT = [8, 11] as const
const BOARDING = [32, 56] as const
const LAST_CALL = 50
const BRIDGE_BACK = [58, 61] as const
const PARKED_M = 12
const REACH_M = 17.4

/** How far the bridge is out, 0 .. 1. */
function reach(into: number): number {
  const part = (from: number, to: number) => Math.min(1, Math.max(0, (into - from) / (to - from)))
  return part(...BRIDGE_OUT) - part(...BRIDGE_BACK)
}

function gateWord({ into, flies }: Turn): GateState['state'] {
  if (!flies || into >= BOARDING[1]) return 'CLOSED'
  if (into >= LAST_CALL) return 'FINAL CALL'
  return into >= BOARDING[0] ? 'BOARDING' : into >= BOARDING[0] - 20 ? 'OPEN' : 'CLOSED'
}

export function gateState(seed: number, number: number, at: Moment): GateState {
  const name = `gate-${number}`
  const own = seedOf(seed, name)
  const turn = turnAt(seed, name, at.minute)
  const tick = Math.floor(at.second)
  const out = turn.flies ? reach(turn.into) : 0
  const docked = out >= 1
  const boarding = (turn.into - BOARDING[0]) / (BOARDING[1] - BOARDING[0])
  const done = turn.flies && turn.into < TURN_MINUTES - 2 ? Math.min(1, Math.max(0, boarding)) : 0
  const state = gateWord(turn)
  return {
    state,
    flight: turn.flies ? turn.flight : '-',
    boarded: Math.floor(turn.seats * 0.9 * done ** 0.8),
    doorOpen: state === 'BOARDING' || state === 'FINAL CALL',
    docked,
    moving: out > 0 && out < 1,
    extension: PARKED_M + REACH_M * out + (docked ? 0.01 * jitter(own, Math.floor(tick / 5)) : 0),
    height: 3.4 + 0.9 * out - (docked ? 0.12 * done : 0),
    cabin: 20 + 0.25 * (outdoor(seed, at.minute) - 15) + 0.8 * wander(own + 1, at.second / 120),
    cooledAir: docked ? 12.5 + 0.6 * wander(own + 2, at.second / 60) : outdoor(seed, at.minute),
    groundPower: docked ? 46 + 16 * wander(own + 3, at.second / 45) + 0.5 * jitter(own, tick) : 0,
  }
}

/** Points of the gate's own controller. */
export function gatePoints(seed: number, number: number): Point[] {
  const state = shared((at) => gateState(seed, number, at))
  const id = `gates/gate-${number}`
  const fr = `Porte ${number} : `
  const en = `Gate ${number}: `
  return [
    { id: `${id}/state`, fr: `${fr}état`, en: `${en}state`, value: (at) => state(at).state },
    { id: `${id}/flight`, fr: `${fr}vol`, en: `${en}flight`, value: (at) => state(at).flight },
    {
      id: `${id}/boarded`,
      fr: `${fr}passagers embarqués`,
      en: `${en}passengers boarded`,
      unit: '{passenger}',
      decimals: 0,
      range: [0, 400],
      value: (at) => state(at).boarded,
    },
    { id: `${id}/door-open`, fr: `${fr}accès ouvert`, en: `${en}door open`, value: (at) => state(at).doorOpen },
  ]
}

/** Points of its boarding bridge. */
export function bridgePoints(seed: number, number: number): Point[] {
  const state = shared((at) => gateState(seed, number, at))
  const id = `gates/gate-${number}/bridge`
  const fr = `Passerelle ${number} : `
  const en = `Bridge ${number}: `
  return [
    { id: `${id}/docked`, fr: `${fr}accostée`, en: `${en}docked`, value: (at) => state(at).docked },
    { id: `${id}/moving`, fr: `${fr}en mouvement`, en: `${en}moving`, value: (at) => state(at).moving },
    {
      id: `${id}/extension`,
      fr: `${fr}extension`,
      en: `${en}extension`,
      unit: 'm',
      decimals: 2,
      range: [10, 32],
      value: (at) => quantise(state(at).extension, 0.01),
    },
    {
      id: `${id}/height`,
      fr: `${fr}hauteur`,
      en: `${en}height`,
      unit: 'm',
      decimals: 2,
      range: [2, 6],
      value: (at) => quantise(state(at).height, 0.01),
    },
    {
      id: `${id}/cabin-temperature`,
      fr: `${fr}température`,
      en: `${en}cabin temperature`,
      unit: 'Cel',
      decimals: 1,
      range: [5, 40],
      value: (at) => quantise(state(at).cabin, 0.1),
    },
    {
      id: `${id}/conditioned-air`,
      fr: `${fr}air préconditionné`,
      en: `${en}pre-conditioned air`,
      unit: 'Cel',
      decimals: 1,
      range: [-10, 45],
      value: (at) => quantise(state(at).cooledAir, 0.1),
    },
    {
      id: `${id}/ground-power`,
      fr: `${fr}alimentation 400 Hz`,
      en: `${en}400 Hz ground power`,
      unit: 'kW',
      decimals: 1,
      range: [0, 90],
      value: (at) => quantise(Math.max(0, state(at).groundPower), 0.5),
    },
  ]
}
