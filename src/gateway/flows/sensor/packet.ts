import { SENSOR_LIMITS } from './limits.ts'

/** What one packet carries between two hosts. */
export interface Segment {
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
  readonly transport: 'tcp' | 'udp'
  readonly sequence: number
  readonly syn: boolean
  readonly ack: boolean
  readonly fin: boolean
  readonly rst: boolean
  readonly payload: Buffer
  /** Bytes of payload that the capture did not keep. */
  readonly cut: number
}

/** Why a packet is not read any further. */
export type Skipped = 'link-type' | 'not-ip' | 'truncated' | 'fragment' | 'not-tcp-or-udp' | 'malformed'

const ETHERTYPE = { ipv4: 0x0800, ipv6: 0x86dd, vlan: new Set([0x8100, 0x88a8, 0x9100]) }
const PROTOCOL = { tcp: 6, udp: 17 }
/** Hop-by-hop, routing, destination options: each says how long it is. A fragment of IPv6 is 44. */
const EXTENSIONS = new Set([0, 43, 60])
const FRAGMENT = 44

/** Reads a frame down to its TCP or UDP payload (RFC 791, 8200, 9293; IEEE 802.1Q). Never throws. */
export function readSegment(link: number, frame: Buffer): Segment | Skipped {
  const start = networkStart(link, frame)
  return typeof start === 'string' ? start : readNetwork(frame.subarray(start))
}

function networkStart(link: number, frame: Buffer): number | Skipped {
  switch (link) {
    case 1: // Ethernet
      return etherStart(frame, 12)
    case 0: // BSD loopback: 4 bytes of family
    case 108:
      return frame.length < 4 ? 'truncated' : 4
    case 12: // raw IP
    case 101:
    case 228:
    case 229:
      return 0
    case 113: // Linux cooked
      return etherStart(frame, 14)
    case 276: // Linux cooked, version 2
      return frame.length < 20 ? 'truncated' : isIp(frame.readUInt16BE(0)) ? 20 : 'not-ip'
    default:
      return 'link-type'
  }
}

function etherStart(frame: Buffer, typeAt: number): number | Skipped {
  let at = typeAt
  for (let tags = 0; tags <= SENSOR_LIMITS.vlanTags; tags++) {
    if (frame.length < at + 2) return 'truncated'
    const type = frame.readUInt16BE(at)
    if (isIp(type)) return at + 2
    if (!ETHERTYPE.vlan.has(type)) return 'not-ip'
    at += 4
  }
  return 'malformed'
}

const isIp = (type: number): boolean => type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6

function readNetwork(packet: Buffer): Segment | Skipped {
  if (packet.length < 1) return 'truncated'
  const version = (packet[0] as number) >> 4
  return version === 4 ? readV4(packet) : version === 6 ? readV6(packet) : 'not-ip'
}

function readV4(packet: Buffer): Segment | Skipped {
  if (packet.length < 20) return 'truncated'
  const header = ((packet[0] as number) & 15) * 4
  const total = packet.readUInt16BE(2)
  // Segmentation by the network card leaves no total length.
  const end = total === 0 ? packet.length : total
  if (header < 20 || end < header) return 'malformed'
  if (packet.length < header) return 'truncated'
  if ((packet.readUInt16BE(6) & 0x3fff) !== 0) return 'fragment'
  const ends = { source: v4(packet, 12), destination: v4(packet, 16) }
  return readTransport(packet[9] as number, packet, header, end, ends)
}

function readV6(packet: Buffer): Segment | Skipped {
  if (packet.length < 40) return 'truncated'
  const length = packet.readUInt16BE(4)
  const end = length === 0 ? packet.length : 40 + length
  const ends = { source: v6(packet, 8), destination: v6(packet, 24) }
  let [next, at] = [packet[6] as number, 40]
  for (let headers = 0; EXTENSIONS.has(next); headers++) {
    if (headers >= SENSOR_LIMITS.extensionHeaders) return 'malformed'
    if (packet.length < at + 2) return 'truncated'
    next = packet[at] as number
    at += ((packet[at + 1] as number) + 1) * 8
  }
  if (next === FRAGMENT) return 'fragment'
  return readTransport(next, packet, at, end, ends)
}

function readTransport(
  protocol: number,
  packet: Buffer,
  at: number,
  end: number,
  ends: Pick<Segment, 'source' | 'destination'>,
): Segment | Skipped {
  if (protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) return 'not-tcp-or-udp'
  const isTcp = protocol === PROTOCOL.tcp
  if (packet.length < at + (isTcp ? 20 : 8)) return 'truncated'
  const header = isTcp ? ((packet[at + 12] as number) >> 4) * 4 : 8
  const from = at + header
  if (header < (isTcp ? 20 : 8) || from > end) return 'malformed'
  const payload = packet.subarray(Math.min(from, packet.length), Math.min(end, packet.length))
  const flags = isTcp ? (packet[at + 13] as number) : 0
  return {
    ...ends,
    ...{ sourcePort: packet.readUInt16BE(at), destinationPort: packet.readUInt16BE(at + 2), transport: isTcp ? 'tcp' : 'udp' },
    sequence: isTcp ? packet.readUInt32BE(at + 4) : 0,
    ...{ fin: (flags & 1) !== 0, syn: (flags & 2) !== 0, rst: (flags & 4) !== 0, ack: (flags & 16) !== 0 },
    ...{ payload, cut: end - from - payload.length },
  }
}

const v4 = (from: Buffer, at: number): string => `${from[at]}.${from[at + 1]}.${from[at + 2]}.${from[at + 3]}`

/** RFC 5952: the longest run of zeros is left out. */
function v6(from: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => from.readUInt16BE(at + 2 * i))
  let [best, length] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > length) [best, length] = [i, run]
  }
  const text = (list: readonly number[]) => list.map((group) => group.toString(16)).join(':')
  return best < 0 ? text(groups) : `${text(groups.slice(0, best))}::${text(groups.slice(best + length))}`
}
