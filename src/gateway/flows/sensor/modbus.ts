import type { MakeDecoder, Told } from './decoder.ts'
import { FrameCutter } from './frames.ts'
import { SENSOR_LIMITS } from './limits.ts'

/** Function codes that change something at the device (Modbus Application Protocol V1.1b3, 6). */
const WRITES = new Set([5, 6, 15, 16, 21, 22, 23])
/** Diagnostics: restart communications, force listen only, clear counters (6.8). */
const DIAGNOSTICS = 8
const ACTING = new Set([1, 4, 10])
const IDENTIFICATION = 43
const READ_DEVICE = 14
const OBJECTS: Readonly<Record<number, string>> = { 0: 'vendor', 1: 'product', 2: 'version' }

/** Frames of Modbus TCP (Messaging on TCP/IP V1.0b, 3.1.3). */
export const measureModbus = (head: Buffer): number | undefined | 'lost' => {
  if (head.length < 6) return undefined
  const length = head.readUInt16BE(4)
  return head.readUInt16BE(2) !== 0 || length < 2 || length > 254 ? 'lost' : 6 + length
}

export const modbusDecoder: MakeDecoder = (tell) => {
  const requests = new FrameCutter(measureModbus, (frame, sentBytes) => tell({ ...requestOf(frame), sentBytes, receivedBytes: 0 }))
  const answers = new FrameCutter(measureModbus, (frame, receivedBytes) => tell({ ...answerOf(frame), sentBytes: 0, receivedBytes }))
  return {
    take: (isFromClient, bytes) => (isFromClient ? requests : answers).push(bytes),
    lost: (isFromClient) => (isFromClient ? requests : answers).reset(),
  }
}

function requestOf(frame: Buffer): Omit<Told, 'sentBytes' | 'receivedBytes'> {
  if (frame.length < 8) return {}
  const unit = frame[6] as number
  const code = frame[7] as number
  const u16 = (at: number) => (frame.length >= at + 2 ? frame.readUInt16BE(at) : undefined)
  const [first, second] = [u16(8), u16(10)]
  if (code === DIAGNOSTICS && first !== undefined) return { unit, service: `8/${first}`, ...(ACTING.has(first) && { isWrite: true }) }
  const told = { unit, service: String(code), ...(WRITES.has(code) && { isWrite: true }) }
  const addresses = (address: number | undefined, count: number | undefined) =>
    address === undefined || count === undefined || count < 1 ? told : { ...told, address, addresses: count }
  if ((code >= 1 && code <= 4) || code === 15 || code === 16) return addresses(first, second)
  if (code === 5 || code === 6 || code === 22) return addresses(first, 1)
  // Read and write at once: what it writes counts.
  return code === 23 ? addresses(u16(12), u16(14)) : told
}

function answerOf(frame: Buffer): Omit<Told, 'sentBytes' | 'receivedBytes'> {
  if (frame.length < 9) return {}
  const [unit, code, first] = [frame[6] as number, frame[7] as number, frame[8] as number]
  if (code & 0x80) return { unit, service: String(code & 0x7f), exception: String(first) }
  const device = code === IDENTIFICATION && first === READ_DEVICE ? identification(frame) : undefined
  return { unit, ...(device && { device }) }
}

/** The objects of an answer to Read Device Identification (6.21); undefined when there are none that are known here. */
function identification(frame: Buffer): Readonly<Record<string, string>> | undefined {
  const device: Record<string, string> = {}
  let at = 14
  for (let left = frame[13] ?? 0; left > 0 && at + 2 <= frame.length; left--) {
    const length = frame[at + 1] as number
    const name = OBJECTS[frame[at] as number]
    if (name) device[name] = frame.toString('latin1', at + 2, Math.min(at + 2 + length, frame.length)).slice(0, SENSOR_LIMITS.textLength)
    at += 2 + length
  }
  return Object.keys(device).length > 0 ? device : undefined
}
