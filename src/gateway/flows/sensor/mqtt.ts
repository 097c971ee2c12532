import type { MakeDecoder, Told } from './decoder.ts'
import { FrameCutter } from './frames.ts'
import { SENSOR_LIMITS } from './limits.ts'

/** MQTT 3.1.1, 2.2.1. */
const TYPES = [
  '',
  'CONNECT',
  'CONNACK',
  'PUBLISH',
  'PUBACK',
  'PUBREC',
  'PUBREL',
  'PUBCOMP',
  'SUBSCRIBE',
  'SUBACK',
  'UNSUBSCRIBE',
  'UNSUBACK',
  'PINGREQ',
  'PINGRESP',
  'DISCONNECT',
  'AUTH',
]
/** Sparkplug B, 6.4.11 and 6.4.18: commands to nodes and devices. */
const COMMAND = /^spBv1\.0\/[^/]*\/[ND]CMD\//
/** Levels of a topic that tell what it is about; deeper ones would make too many. */
const LEVELS = 3

export const measureMqtt = (head: Buffer): number | undefined | 'lost' => {
  if (head.length < 2) return undefined
  if (!TYPES[(head[0] as number) >> 4]) return 'lost'
  const length = remaining(head)
  return typeof length === 'object' ? length.start + length.bytes : length
}

/** The remaining length (2.2.3): one to four bytes. */
function remaining(head: Buffer): { start: number; bytes: number } | undefined | 'lost' {
  let bytes = 0
  for (let i = 0; i < 4; i++) {
    const byte = head[1 + i]
    if (byte === undefined) return undefined
    bytes += (byte & 0x7f) * 128 ** i
    if (byte < 0x80) return { start: 2 + i, bytes }
  }
  return 'lost'
}

export const mqttDecoder: MakeDecoder = (tell) => {
  const follow = (isFromClient: boolean) =>
    new FrameCutter(measureMqtt, (frame, bytes) => {
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

function requestOf(frame: Buffer): What {
  const type = TYPES[(frame[0] as number) >> 4] ?? ''
  const body = remaining(frame)
  if (typeof body !== 'object') return {}
  if (type === 'PUBLISH') {
    const topic = textAt(frame, body.start)
    const isWrite = COMMAND.test(topic)
    return { service: `PUBLISH ${shortened(topic)}`, ...(isWrite && { isWrite }) }
  }
  if (type === 'SUBSCRIBE') return { service: `SUBSCRIBE ${shortened(firstFilter(frame, body.start))}` }
  return type === 'CONNECT' ? { service: `CONNECT ${clientOf(frame, body.start)}`.trimEnd() } : {}
}

function answerOf(frame: Buffer): What {
  const type = TYPES[(frame[0] as number) >> 4]
  const body = remaining(frame)
  const code = typeof body === 'object' && type === 'CONNACK' ? (frame[body.start + 1] ?? 0) : 0
  return code === 0 ? {} : { exception: String(code), service: 'CONNECT' }
}

function shortened(topic: string): string {
  const levels = topic.split('/')
  return (levels.length > LEVELS ? [...levels.slice(0, LEVELS), '…'] : levels).join('/')
}

function textAt(frame: Buffer, at: number): string {
  if (frame.length < at + 2) return ''
  const end = Math.min(at + 2 + frame.readUInt16BE(at), frame.length)
  return frame.toString('utf8', at + 2, end).slice(0, SENSOR_LIMITS.textLength)
}

/** After the packet identifier; MQTT 5 has properties between, which are told apart by what a filter may begin with. */
function firstFilter(frame: Buffer, at: number): string {
  const plain = textAt(frame, at + 2)
  if (plain !== '' && !/^[\0-\x1f]/.test(plain)) return plain
  const properties = frame[at + 2] ?? 0
  return properties < 0x80 ? textAt(frame, at + 3 + properties) : ''
}

/** The client identifier after protocol name, level, flags and keep alive (3.1.3.1). */
function clientOf(frame: Buffer, at: number): string {
  if (frame.length < at + 2) return ''
  let next = at + 2 + frame.readUInt16BE(at)
  const level = frame[next]
  next += 4
  if (level === 5) next += 1 + (frame[next] ?? 0)
  return textAt(frame, next)
}
