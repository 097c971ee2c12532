import { carouselPoints } from './carousel.ts'
import { CHILLERS_PER_SCALE, chillerPoints } from './chiller.ts'
import { bridgePoints, GATES_PER_SCALE, gatePoints } from './gate.ts'
import { FEEDERS_PER_SCALE, meterPoints } from './meter.ts'
import type { Point } from './point.ts'

/** How much equipment there is, and behind which connection it stands. */

export const CAROUSELS_PER_SCALE = 6
/** Units behind one Modbus gateway; the protocol has ids up to 247. */
const UNITS_PER_GATEWAY = 240

/** Where the plant's servers listen. */
export interface Endpoints {
  /** `opc.tcp://...`: baggage. */
  readonly opcua: string
  /** Modbus TCP gateways of the energy meters; one up to scale 40. */
  readonly energy: readonly HostPort[]
  /** Serial device servers (RTU over TCP) of the chillers. */
  readonly cooling: readonly HostPort[]
  /** `mqtt://...`: gates and bridges. */
  readonly mqtt: string
  /** `http://...`: the flight system. */
  readonly flights: string
  /** File of the maintenance system's SQL database. */
  readonly orders: string
}
export interface HostPort {
  readonly host: string
  readonly port: number
}

/** One device behind a gateway. */
export interface ModbusUnit {
  readonly unitId: number
  readonly points: readonly Point[]
}

export interface Gate {
  /** Sparkplug edge node and device names. */
  readonly node: string
  readonly gate: string
  readonly bridge: string
  readonly gatePoints: readonly Point[]
  readonly bridgePoints: readonly Point[]
}

export interface Fleet {
  readonly carousels: readonly (readonly Point[])[]
  /** Meters by gateway. */
  readonly energy: readonly (readonly ModbusUnit[])[]
  /** Chillers by serial device server. */
  readonly cooling: readonly (readonly ModbusUnit[])[]
  readonly gates: readonly Gate[]
}

export const SPARKPLUG_GROUP = 't2e'

export function fleetOf(scale: number, seed: number): Fleet {
  return {
    carousels: count(CAROUSELS_PER_SCALE * scale).map((i) => carouselPoints(seed, i + 1)),
    energy: behindGateways(count(FEEDERS_PER_SCALE * scale).map((i) => meterPoints(seed, i))),
    cooling: behindGateways(count(CHILLERS_PER_SCALE * scale).map((i) => chillerPoints(seed, i + 1))),
    gates: count(GATES_PER_SCALE * scale).map((i) => ({
      node: `pier-${Math.floor(i / GATES_PER_SCALE) + 1}`,
      gate: `gate-${i + 1}`,
      bridge: `bridge-${i + 1}`,
      gatePoints: gatePoints(seed, i + 1),
      bridgePoints: bridgePoints(seed, i + 1),
    })),
  }
}

function behindGateways(devices: readonly (readonly Point[])[]): ModbusUnit[][] {
  return count(Math.ceil(devices.length / UNITS_PER_GATEWAY)).map((gateway) =>
    devices.slice(gateway * UNITS_PER_GATEWAY, (gateway + 1) * UNITS_PER_GATEWAY).map((points, i) => ({ unitId: i + 1, points })),
  )
}

const count = (n: number) => Array.from({ length: n }, (_, i) => i)
