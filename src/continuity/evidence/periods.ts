import { HOUR, type Micros } from '../../core/time.ts'
import { MerkleFrontier } from '../../lib/merkle.ts'

/**
 * Neighbouring records of one log that were recorded in one hour, and the Merkle root over their hashes (RFC 6962). Which records these are follows from the records
 * alone, so the node, every node above it and an auditor come to the same. An hour has more than one period where the clock was set back or records are missing.
 */
export interface Period {
  readonly node: string
  readonly epoch: number
  /** Start of the hour. */
  readonly hour: Micros
  /** Sequences of the first and the last record. */
  readonly from: number
  readonly to: number
  /** Hexadecimal. */
  readonly root: string
}

/** A period that may still grow. */
export interface OpenPeriod {
  readonly hour: Micros
  readonly from: number
  readonly to: number
  /** Roots of the complete subtrees, hexadecimal, the largest first. */
  readonly subtrees: readonly string[]
}

/** Follows one log. */
export class Periods {
  readonly node: string
  readonly epoch: number
  #hour: Micros | undefined
  #from = 0
  #to = 0
  #tree = new MerkleFrontier()

  constructor(node: string, epoch: number, open?: OpenPeriod) {
    this.node = node
    this.epoch = epoch
    if (!open) return
    this.#hour = open.hour
    this.#from = open.from
    this.#to = open.to
    this.#tree = new MerkleFrontier(
      open.to - open.from + 1,
      open.subtrees.map((root) => Buffer.from(root, 'hex')),
    )
  }

  get from(): number {
    return this.#from
  }
  get to(): number {
    return this.#to
  }

  /** The period that this record ends, if it does. A record at or before the last is one that filled a gap: it belongs to no period here. */
  add(sequence: number, recordedTime: Micros, hash: Uint8Array): Period | undefined {
    if (sequence <= this.#to) return undefined
    const hour = Math.floor(recordedTime / HOUR) * HOUR
    let closed: Period | undefined
    if (hour !== this.#hour || sequence !== this.#to + 1) {
      closed = this.current()
      this.#hour = hour
      this.#from = sequence
      this.#tree = new MerkleFrontier()
    }
    this.#tree.append(hash)
    this.#to = sequence
    return closed
  }

  /** The period as it stands. */
  current(): Period | undefined {
    if (this.#hour === undefined) return undefined
    const { node, epoch } = this
    return { node, epoch, hour: this.#hour, from: this.#from, to: this.#to, root: this.#tree.root().toString('hex') }
  }

  open(): OpenPeriod | undefined {
    if (this.#hour === undefined) return undefined
    return { hour: this.#hour, from: this.#from, to: this.#to, subtrees: this.#tree.roots.map((root) => Buffer.from(root).toString('hex')) }
  }
}
