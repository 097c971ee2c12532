import { createHash } from 'node:crypto'
import type { MakeDecoder } from './decoder.ts'
import { FrameCutter } from './frames.ts'
import { SENSOR_LIMITS } from './limits.ts'

/** Numeric ids of the requests' binary encodings (OPC 10000-6, annex A: NodeIds). */
const REQUESTS: Readonly<Record<number, string>> = {
  ...{ 422: 'FindServers', 428: 'GetEndpoints', 437: 'RegisterServer', 446: 'OpenSecureChannel', 452: 'CloseSecureChannel' },
  ...{ 461: 'CreateSession', 467: 'ActivateSession', 473: 'CloseSession', 479: 'Cancel' },
  ...{ 488: 'AddNodes', 494: 'AddReferences', 500: 'DeleteNodes', 506: 'DeleteReferences' },
  ...{ 527: 'Browse', 533: 'BrowseNext', 554: 'TranslateBrowsePathsToNodeIds', 560: 'RegisterNodes', 566: 'UnregisterNodes' },
  ...{ 615: 'QueryFirst', 621: 'QueryNext', 631: 'Read', 664: 'HistoryRead', 673: 'Write', 700: 'HistoryUpdate', 712: 'Call' },
  ...{
    751: 'CreateMonitoredItems',
    763: 'ModifyMonitoredItems',
    769: 'SetMonitoringMode',
    775: 'SetTriggering',
    781: 'DeleteMonitoredItems',
  },
  ...{ 787: 'CreateSubscription', 793: 'ModifySubscription', 799: 'SetPublishingMode', 826: 'Publish', 832: 'Republish' },
  ...{ 841: 'TransferSubscriptions', 847: 'DeleteSubscriptions' },
}
const FAULT = 397
/** Services that change something at the server. */
const WRITES = new Set(['Write', 'Call', 'HistoryUpdate', 'AddNodes', 'AddReferences', 'DeleteNodes', 'DeleteReferences'])
/** Message, chunk and size (OPC 10000-6, 7.1.2.2). */
const HEADER = 8
const TYPES = new Set(['HEL', 'ACK', 'ERR', 'RHE', 'OPN', 'CLO', 'MSG'])
const CHUNK_MAX = 0x7fff_ffff
/** Channel, token, sequence and request (7.1.2.3): then comes the body, where it is not encrypted. */
const BODY = HEADER + 16

export const measureOpcua = (head: Buffer): number | undefined | 'lost' => {
  if (head.length < HEADER) return undefined
  const size = head.readUInt32LE(4)
  return !TYPES.has(head.toString('latin1', 0, 3)) || size < HEADER || size > CHUNK_MAX ? 'lost' : size
}

/** Services of what is not encrypted; of what is, that it is there. */
export const opcuaDecoder: MakeDecoder = (tell) => {
  const requests = new FrameCutter(measureOpcua, (chunk, sentBytes) => {
    const service = serviceOf(chunk)
    tell({ ...(service !== undefined && { service, ...(WRITES.has(service) && { isWrite: true }) }), sentBytes, receivedBytes: 0 })
  })
  const answers = new FrameCutter(measureOpcua, (chunk, receivedBytes) => {
    const identity = typeOf(chunk) === 'OPN' ? certificateOf(chunk) : undefined
    const isFault = typeOf(chunk) === 'ERR' || (typeOf(chunk) === 'MSG' && idAt(chunk, BODY) === FAULT)
    tell({ ...(identity !== undefined && { identity }), ...(isFault && { exception: faultOf(chunk) }), sentBytes: 0, receivedBytes })
  })
  return {
    take: (isFromClient, bytes) => (isFromClient ? requests : answers).push(bytes),
    lost: (isFromClient) => (isFromClient ? requests : answers).reset(),
  }
}

const typeOf = (chunk: Buffer): string => chunk.toString('latin1', 0, 3)

/** Undefined for chunks that go on with a message. */
function serviceOf(chunk: Buffer): string | undefined {
  const type = typeOf(chunk)
  if (type === 'HEL') return 'Hello'
  if (type === 'OPN') return 'OpenSecureChannel'
  if (type === 'CLO') return 'CloseSecureChannel'
  if (type !== 'MSG') return undefined
  const id = idAt(chunk, BODY)
  if (id !== undefined) return REQUESTS[id] ?? `i=${id}`
  return 'encrypted'
}

/** A NodeId of namespace 0 in two or four bytes, as every service's is (OPC 10000-6, 5.2.2.9). What is encrypted looks like one by chance once in 30,000 times. */
function idAt(chunk: Buffer, at: number): number | undefined {
  if (chunk.length < at + 4 || chunk[at] !== 1 || chunk[at + 1] !== 0) return undefined
  const id = chunk.readUInt16LE(at + 2)
  return id === FAULT || REQUESTS[id] !== undefined ? id : undefined
}

/** Of an answer: the service's result after the time and the handle of its header; of an ERR message its code. */
function faultOf(chunk: Buffer): string {
  const at = typeOf(chunk) === 'ERR' ? HEADER : BODY + 4 + 12
  return chunk.length >= at + 4 ? `0x${chunk.readUInt32LE(at).toString(16).padStart(8, '0').toUpperCase()}` : 'ERR'
}

/** SHA-256 of the certificate with which the server opened the channel (6.7.2.3), with colons as other tools show it; undefined without security. */
function certificateOf(chunk: Buffer): string | undefined {
  let at = HEADER + 4
  if (chunk.length < at + 4) return undefined
  const policy = chunk.readInt32LE(at)
  at += 4 + Math.max(0, policy)
  if (policy < 0 || policy > SENSOR_LIMITS.headBytes || chunk.length < at + 4) return undefined
  const length = chunk.readInt32LE(at)
  at += 4
  if (length < 4 || at + length > chunk.length || chunk[at] !== 0x30 || chunk[at + 1] !== 0x82) return undefined
  // The first of a chain.
  const end = at + 4 + chunk.readUInt16BE(at + 2)
  if (end > at + length) return undefined
  const hex = createHash('sha256').update(chunk.subarray(at, end)).digest('hex').toUpperCase()
  return hex.replace(/(..)(?!$)/g, '$1:')
}
