/** Bounds of what a sensor holds of the traffic it reads; what is beyond is counted with its reason. */
export const SENSOR_LIMITS = {
  /** Of one packet; tcpdump and dumpcap capture no more. */
  packetBytes: 262_144,
  /** Of one block of a pcapng file. */
  blockBytes: 1_048_576,
  interfaces: 256,
  conversations: 4_096,
  /** Segments, and their bytes, that wait for one before them, for each direction of a conversation. */
  waitingSegments: 16,
  waitingBytes: 65_536,
  /** Kept of one frame of a protocol: what tells what it is stands at its beginning. */
  headBytes: 8_192,
  vlanTags: 4,
  extensionHeaders: 8,
  textLength: 96,
} as const
