import type { Message } from './session.ts'

/** Messages handed over in one batch, acknowledged as one. */
export interface Handed {
  done: boolean
}

interface Waiting {
  readonly ids: number[]
  readonly handed: Handed
}

interface Known {
  readonly message: Message
  readonly handed: Handed
}

/**
 * Acknowledges QoS 1 messages after their batch is durable, in the order they came (MQTT-4.6.0-2) whatever the order the batches are finished in.
 * It outlives a connection: what was handed over but not acknowledged when the line dropped comes again from the broker's session, and is then
 * recognised instead of being delivered twice.
 */
export class Acks {
  readonly #queue: Waiting[] = []
  /** Messages of the present connection that were handed over and not acknowledged, by packet identifier. */
  #open = new Map<number, Known>()
  /** The same of the connection before. */
  #carried = new Map<number, Known>()
  #send: ((bytes: Buffer) => void) | undefined

  /** A new connection; `resumed` when the broker kept the session. */
  attach(send: (bytes: Buffer) => void, resumed: boolean): void {
    this.#queue.length = 0
    this.#carried = resumed ? new Map([...this.#carried, ...this.#open]) : new Map()
    this.#open = new Map()
    this.#send = send
  }

  detach(): void {
    this.#send = undefined
  }

  /** Notes messages as handed over; undefined when none of them wants an acknowledgement. */
  hand(messages: readonly Message[]): Handed | undefined {
    const handed: Handed = { done: false }
    const ids: number[] = []
    for (const message of messages) {
      if (message.id < 0) continue
      ids.push(message.id)
      this.#open.set(message.id, { message, handed })
    }
    if (ids.length === 0) return undefined
    this.#queue.push({ ids, handed })
    return handed
  }

  /** The batch is durable. */
  finish(handed: Handed): void {
    handed.done = true
    this.#flush()
  }

  /** True when this message was handed over on the connection before; its acknowledgement then follows that batch. */
  seenBefore(message: Message): boolean {
    const known = message.dup ? this.#carried.get(message.id) : undefined
    if (!known) return false
    this.#carried.delete(message.id)
    if (known.message.topic !== message.topic || !known.message.payload.equals(message.payload)) return false
    this.#open.set(message.id, known)
    this.#queue.push({ ids: [message.id], handed: known.handed })
    this.#flush()
    return true
  }

  #flush(): void {
    let count = 0
    let groups = 0
    for (const { ids, handed } of this.#queue) {
      if (!handed.done) break
      count += ids.length
      groups++
    }
    if (count === 0 || !this.#send) return
    // PUBACK without reason code: the same four bytes in MQTT 3.1.1 and 5, all in one write.
    const bytes = Buffer.allocUnsafe(count * 4)
    let at = 0
    for (const { ids } of this.#queue.splice(0, groups))
      for (const id of ids) {
        this.#open.delete(id)
        bytes[at] = 0x40
        bytes[at + 1] = 2
        at = bytes.writeUInt16BE(id, at + 2)
      }
    this.#send(bytes)
  }
}
