import type { ModbusSimulator } from '../../src/index.ts'
import type { PointValue } from './point.ts'

/** Where a point of a meter or a chiller stands, in the order of `meterPoints` and `chillerPoints`; the keys are those of ecluse.yaml. */
export interface Place {
  readonly table: 'discrete-input' | 'input-register' | 'holding-register'
  readonly address: number
  readonly type?: 'int16' | 'uint32' | 'uint64' | 'float32' | 'bit' | 'text'
  readonly scale?: number
  readonly bit?: number
  readonly bits?: readonly [number, number]
  /** Registers of text. */
  readonly length?: number
}

const input = (address: number, more: Omit<Place, 'table' | 'address'> = {}): Place => ({ table: 'input-register', address, ...more })
const holding = (address: number, more: Omit<Place, 'table' | 'address'> = {}): Place => ({ table: 'holding-register', address, ...more })

export const METER_PLACES: readonly Place[] = [
  input(0, { type: 'float32' }),
  input(2, { scale: 0.1 }),
  input(3, { scale: 0.1 }),
  input(4, { scale: 0.1 }),
  input(5, { scale: 0.1 }),
  input(6, { type: 'int16', scale: 0.001 }),
  input(7, { scale: 0.01 }),
  input(8, { type: 'uint64', scale: 0.01 }),
  { table: 'discrete-input', address: 0 },
]
/** The register that one meter (an older model) refuses: its power factor. */
export const MISSING_REGISTER = METER_PLACES[5] as Place
/** Unit id, behind the first gateway, of the meter that refuses it. */
export const OLD_METER = 4

export const CHILLER_PLACES: readonly Place[] = [
  holding(0, { type: 'int16', scale: 0.1 }),
  holding(1, { type: 'int16', scale: 0.1 }),
  holding(2, { scale: 0.1 }),
  holding(3, { scale: 0.1 }),
  holding(4, { type: 'float32' }),
  holding(6, { type: 'float32' }),
  holding(8, { type: 'text', length: 4 }),
  holding(12, { type: 'uint32' }),
  holding(14, { type: 'bit', bit: 0 }),
  holding(14, { type: 'bit', bit: 1 }),
  holding(14, { bits: [8, 4] }),
]

const scratch = Buffer.alloc(8)

/** Puts a value where its place says. Bits of one word are set together by `words`, which the caller flushes. */
export function store(simulator: ModbusSimulator, unitId: number, place: Place, value: PointValue, words: Map<number, number>): void {
  if (place.table === 'discrete-input') {
    simulator.setDiscreteInput(unitId, place.address, value === true)
    return
  }
  if (place.bit !== undefined || place.bits) {
    const shift = place.bit ?? place.bits?.[0] ?? 0
    words.set(place.address, (words.get(place.address) ?? 0) | (Number(value) << shift))
    return
  }
  simulator.setRegister(unitId, place.table, place.address, ...encode(place, value))
}

function encode(place: Place, value: PointValue): number[] {
  if (place.type === 'text') {
    const text = Buffer.alloc(2 * (place.length ?? 1))
    text.write(String(value), 'latin1')
    return registers(text)
  }
  const number = Number(value)
  const raw = Math.round(place.scale === undefined ? number : number / place.scale)
  switch (place.type) {
    case 'float32':
      scratch.writeFloatBE(number)
      return registers(scratch.subarray(0, 4))
    case 'uint32':
      scratch.writeUInt32BE(raw)
      return registers(scratch.subarray(0, 4))
    case 'uint64':
      scratch.writeBigUInt64BE(BigInt(raw))
      return registers(scratch)
    default:
      return [raw & 0xffff]
  }
}

function registers(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i))
}
