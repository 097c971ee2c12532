import type { MakeDecoder, Told } from './decoder.ts'
import { FrameCutter } from './frames.ts'
import { SENSOR_LIMITS } from './limits.ts'

/** TPKT (RFC 1006), COTP (RFC 905) and S7 as it is seen on the wire. */
const COTP = { connect: 0xe0, data: 0xf0 }
const S7 = 0x32
const S7_PLUS = 0x72
const ROSCTR = { job: 1, ack: 2, answer: 3, userdata: 7 }
const READ_VAR = 4
const WRITE_VAR = 5
/** Write, the three steps of a download, program services (start, copy, delete), stop. */
const WRITES = new Set([WRITE_VAR, 0x1a, 0x1b, 0x1c, 0x28, 0x29])
const ITEM = 12
const SZL_MODULE = 0x0011
const SZL_MODE = 0x0424

export const measureTpkt = (head: Buffer): number | undefined | 'lost' => {
  if (head.length < 4) return undefined
  const length = head.readUInt16BE(2)
  return head[0] !== 3 || head[1] !== 0 || length < 7 ? 'lost' : length
}

export const s7Decoder: MakeDecoder = (tell) => {
  const follow = (isFromClient: boolean) =>
    new FrameCutter(measureTpkt, (frame, bytes) => {
      const size = isFromClient ? { sentBytes: bytes, receivedBytes: 0 } : { sentBytes: 0, receivedBytes: bytes }
      tell({ ...(isFromClient ? requestOf(frame) : answerOf(frame)), ...size })
    })
  const [requests, answers] = [follow(true), follow(false)]
  return {
    take: (isFromClient, bytes) => (isFromClient ? requests : answers).push(bytes),
    lost: (isFromClient) => (isFromClient ? requests : answers).reset(),
  }
}

type What = Omit<Told, 'sentBytes' | 'receivedBytes'>

/** Offset of what COTP carries; undefined when it carries no data. */
function dataStart(frame: Buffer): number | undefined {
  return frame.length >= 7 && frame[5] === COTP.data ? 5 + (frame[4] as number) : undefined
}

function requestOf(frame: Buffer): What {
  if (frame.length >= 6 && frame[5] === COTP.connect) return { service: 'connect' }
  const at = dataStart(frame)
  if (at === undefined) return {}
  if (frame[at] === S7_PLUS) return { service: 's7plus' }
  if (frame[at] !== S7 || frame.length < at + 12) return {}
  const kind = frame[at + 1]
  const parameters = at + 10
  if (kind === ROSCTR.userdata) return userdataOf(frame, parameters)
  if (kind !== ROSCTR.job) return {}
  const code = frame[parameters] as number
  const told = { service: `0x${code.toString(16).padStart(2, '0')}`, ...(WRITES.has(code) && { isWrite: true }) }
  return code === READ_VAR || code === WRITE_VAR ? { ...told, ...itemOf(frame, parameters + 2) } : told
}

/** The first item: data block × 65536 + byte, so that one number tells both. */
function itemOf(frame: Buffer, at: number): Pick<What, 'address' | 'addresses'> {
  if (frame.length < at + ITEM || frame[at] !== 0x12 || frame[at + 2] !== 0x10) return {}
  const addresses = Math.max(1, frame.readUInt16BE(at + 4))
  return { address: frame.readUInt16BE(at + 6) * 65_536 + (frame.readUIntBE(at + 9, 3) >> 3), addresses }
}

/** Function groups: 3 blocks, 4 CPU (system state lists), 5 security, 7 time; setting the time changes something. */
function userdataOf(frame: Buffer, at: number): What {
  if (frame.length < at + 7) return {}
  const [group, sub] = [(frame[at + 5] as number) & 15, frame[at + 6] as number]
  return { service: `userdata/${group}/${sub}`, ...(group === 7 && (sub === 2 || sub === 4) && { isWrite: true }) }
}

function answerOf(frame: Buffer): What {
  const at = dataStart(frame)
  if (at === undefined || frame[at] !== S7 || frame.length < at + 12) return {}
  const kind = frame[at + 1]
  if (kind === ROSCTR.ack || kind === ROSCTR.answer) {
    const error = frame.readUInt16BE(at + 10)
    return error === 0 ? {} : { exception: `0x${error.toString(16).padStart(4, '0')}` }
  }
  if (kind !== ROSCTR.userdata) return {}
  const device = szlOf(frame, at + 10 + frame.readUInt16BE(at + 6))
  return device ? { device } : {}
}

/** The module's order number and version, or its mode, from a system state list. */
function szlOf(frame: Buffer, at: number): Readonly<Record<string, string>> | undefined {
  if (frame.length < at + 12 + 4 || frame[at] !== 0xff) return undefined
  const [list, size] = [frame.readUInt16BE(at + 4), frame.readUInt16BE(at + 8)]
  const entry = frame.subarray(at + 12, at + 12 + size)
  if (list === SZL_MODULE && entry.length >= 28) {
    const product = entry.toString('latin1', 2, 22).trim().slice(0, SENSOR_LIMITS.textLength)
    return { product, version: `${entry.readUInt16BE(24)}.${entry.readUInt16BE(26)}` }
  }
  return list === SZL_MODE && entry.length >= 4 ? { mode: String(entry[3]) } : undefined
}
