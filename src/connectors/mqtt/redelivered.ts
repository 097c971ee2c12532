import { createHash } from 'node:crypto'
import type { Receipt } from '../../core/connector.ts'
import { MQTT_LIMITS } from './limits.ts'
import type { Message } from './session.ts'

/** Packet identifier (u16), then the beginning of SHA-256 over session, topic and payload. */
const HASH_BYTES = 8
const ENTRY_BYTES = 2 + HASH_BYTES
/** Packets in so many microseconds show whether a broker counts its identifiers up: nothing stays unacknowledged for so long while others come. */
const PROOF_PACKETS = 8
const PROOF_US = 60_000_000

/** What makes these messages known again after a crash; undefined when none wants an acknowledgement. `session` names broker and client. */
export function receiptFor(session: string, messages: readonly Message[]): Uint8Array | undefined {
  const wanted = messages.filter(({ id }) => id >= 0)
  if (wanted.length === 0) return undefined
  const bytes = Buffer.alloc(wanted.length * ENTRY_BYTES)
  wanted.forEach((message, i) => {
    bytes.writeUInt16BE(message.id, i * ENTRY_BYTES)
    hashOf(session, message).copy(bytes, i * ENTRY_BYTES + 2, 0, HASH_BYTES)
  })
  return bytes
}

/**
 * Knows messages that an earlier process made durable and could not acknowledge any more; the broker sends them again, with DUP set
 * (MQTT-4.4.0-1). A message is known when the last durable one with its packet identifier had the same topic and payload.
 *
 * That is certain when contents never repeat (Sparkplug: time and sequence number), and when the broker counts its identifiers up, so that one
 * comes back only after 65,535 packets. A broker that takes the lowest free identifier could send a new message equal to an old one in all
 * that can be seen; unless the history proves that it counts, such a message is stored: twice is better than never.
 */
export class Redelivered {
  readonly #session: string
  readonly #hashes = new Map<number, Buffer>()

  /** `inFlight` is given where contents may repeat: the most messages the broker sends before it waits for an acknowledgement. */
  constructor(session: string, receipts: readonly Receipt[], inFlight?: number) {
    this.#session = session
    const history = receipts.flatMap(({ receivedTime, bytes }) => entries(bytes, receivedTime)).slice(-MQTT_LIMITS.receipts)
    if (inFlight !== undefined && !countsUp(history, inFlight)) return
    for (const { id, hash } of history) this.#hashes.set(id, hash)
  }

  /** True once for each message that is durable already. Any packet with an identifier ends what was known by it. */
  take(message: Message): boolean {
    const known = this.#hashes.get(message.id)
    if (!known) return false
    this.#hashes.delete(message.id)
    return message.dup && known.equals(hashOf(this.#session, message).subarray(0, HASH_BYTES))
  }

  /** The broker knows nothing of the session: its identifiers begin anew. */
  forget(): void {
    this.#hashes.clear()
  }
}

/** Receipts of batches that became durable in this process, the latest `MQTT_LIMITS.receipts` messages of them. */
export class StoredReceipts {
  #receipts: Receipt[] = []
  #bytes = 0

  get all(): readonly Receipt[] {
    return this.#receipts
  }

  add(receipt: Receipt): void {
    this.#receipts.push(receipt)
    this.#bytes += receipt.bytes.length
    // Half at a time, so that the list is not moved for each batch.
    if (this.#bytes <= 2 * MQTT_LIMITS.receipts * ENTRY_BYTES) return
    while (this.#bytes > MQTT_LIMITS.receipts * ENTRY_BYTES) this.#bytes -= this.#receipts.shift()?.bytes.length ?? this.#bytes
  }

  forget(): void {
    this.#receipts = []
    this.#bytes = 0
  }
}

interface Entry {
  readonly id: number
  readonly hash: Buffer
  readonly receivedTime: number
}

function entries(bytes: Uint8Array, receivedTime: number): Entry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: Math.floor(bytes.length / ENTRY_BYTES) }, (_, i) => ({
    id: buffer.readUInt16BE(i * ENTRY_BYTES),
    hash: buffer.subarray(i * ENTRY_BYTES + 2, (i + 1) * ENTRY_BYTES),
    receivedTime,
  }))
}

/**
 * Every identifier comes a little after the one before, round the 65,535 there are, and none comes twice; while some of them were free again,
 * because there are more than can be in flight, or because they came over a long time.
 */
function countsUp(history: readonly Entry[], inFlight: number): boolean {
  const first = history[0]
  const last = history.at(-1)
  const isLong = first && last && history.length >= PROOF_PACKETS && last.receivedTime - first.receivedTime >= PROOF_US
  if (!isLong && history.length <= inFlight) return false
  let way = 0
  for (let i = 1; i < history.length; i++) {
    const step = ((history[i] as Entry).id - (history[i - 1] as Entry).id + 65_535) % 65_535
    if (step === 0) return false
    way += step
  }
  return way < 65_535
}

function hashOf(session: string, { topic, payload }: Message): Buffer {
  return createHash('sha256').update(`${session}\0${topic}\0`).update(payload).digest()
}
