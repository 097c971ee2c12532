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
  // MQTT 5 has properties in some packets; the client says at the beginning which it speaks.
  let isFive = false
  const requests = new FrameCutter(measureMqtt, (frame, sentBytes) => {
    const what = requestOf(frame, isFive)
    isFive = what.isFive
    tell({ ...what.told, sentBytes, receivedBytes: 0 })
  })
  const answers = new FrameCutter(measureMqtt, (frame, receivedBytes) => tell({ ...answerOf(frame), sentBytes: 0, receivedBytes }))
  return {
    take: (isFromClient, bytes) => (isFromClient ? requests : answers).push(bytes),
    lost: (isFromClient) => (isFromClient ? requests : answers).reset(),
  }
}

type What = Omit<Told, 'sentBytes' | 'receivedBytes'>

function requestOf(frame: Buffer, isFive: boolean): { told: What; isFive: boolean } {
  const type = TYPES[(frame[0] as number) >> 4] ?? ''
  const body = remaining(frame)
  if (typeof body !== 'object') return { told: {}, isFive }
  if (type === 'CONNECT') {
    const { level, client } = connectOf(frame, body.start)
    return { told: { service: type, ...(client !== '' && { client }) }, isFive: level === 5 }
  }
  if (type === 'PUBLISH') {
    const topic = textAt(frame, body.start)
    return { told: { service: `${type} ${shortened(topic)}`, ...(COMMAND.test(topic) && { isWrite: true }) }, isFive }
  }
  if (type !== 'SUBSCRIBE') return { told: {}, isFive }
  const filter = body.start + 2 + (isFive ? 1 + (frame[body.start + 2] ?? 0) : 0)
  return { told: { service: `${type} ${shortened(textAt(frame, filter))}` }, isFive }
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

/** Protocol name, level, flags, keep alive, then the client identifier (3.1). */
function connectOf(frame: Buffer, at: number): { level: number | undefined; client: string } {
  if (frame.length < at + 2) return { level: undefined, client: '' }
  const name = at + 2 + frame.readUInt16BE(at)
  const level = frame[name]
  const id = name + 4 + (level === 5 ? 1 + (frame[name + 4] ?? 0) : 0)
  return { level, client: textAt(frame, id) }
}
