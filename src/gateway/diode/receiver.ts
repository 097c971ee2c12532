import type { OneWayReception, Peer } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { Codes } from './blocks.ts'
import { bootKey, claimedBoot, openDatagram } from './datagram.ts'
import type { GapMap } from './gap-map.ts'
import { Intake, type IntakeCounters, newIntakeCounters } from './intake.ts'
import { Joiner } from './message.ts'
import { Window } from './window.ts'

/** Who may send: number, shared key, and the node that it proves. */
export interface SenderIdentity {
  readonly sender: number
  readonly key: Uint8Array
  readonly node: string
  /** A relay, which hands over the logs of others. */
  readonly mayForward?: boolean
}

export interface DiodeReceiverOptions {
  readonly senders: readonly SenderIdentity[]
  /** A new one per start of a sender. */
  readonly reception: (peer: Peer) => OneWayReception
  readonly gaps: GapMap
  readonly clock: Clock
  readonly log: Logger
  /** A block that is not whole is waited for so long after later ones came. */
  readonly reorderMs?: number
}

export interface DiodeCounters extends IntakeCounters {
  datagrams: number
  bytes: number
  /** Not a datagram of ours; of a sender nobody named; of an older boot; not sealed with the sender's key or changed on the way. */
  foreign: number
  unknownSender: number
  oldBoot: number
  forged: number
  /** Not needed or doubled; of a block long done (played again); at odds with others of its block. */
  surplus: number
  stale: number
  contradicting: number
  blocks: number
  lostBlocks: number
  /** Messages cut by lost blocks; messages that contradict themselves. */
  cutMessages: number
  malformedMessages: number
}

/** Blocks are looked at so often for those to give up. */
const TICK_MS = 100
const REORDER_MS = 1000

interface Sender extends SenderIdentity {
  current?: Current
}

interface Current {
  readonly boot: number
  readonly salt: Uint8Array
  readonly key: Uint8Array
  readonly window: Window
  readonly joiner: Joiner
  readonly intake: Intake
}

/** The receiving end of a one-way link: makes blocks of datagrams, messages of blocks, and hands their records on in order. Never answers. */
export class DiodeReceiver {
  readonly #options: DiodeReceiverOptions
  readonly #senders: ReadonlyMap<number, Sender>
  readonly #codes = new Codes()
  readonly #stop = new AbortController()
  readonly #intakeCounters = newIntakeCounters()
  readonly #counted = { datagrams: 0, bytes: 0, foreign: 0, unknownSender: 0, oldBoot: 0, forged: 0 }
  /** Of windows and joiners that are gone. */
  readonly #past = { surplus: 0, stale: 0, contradicting: 0, blocks: 0, lostBlocks: 0, cutMessages: 0, malformedMessages: 0 }
  readonly #ticking: Promise<void>

  constructor(options: DiodeReceiverOptions) {
    this.#options = options
    this.#senders = new Map(options.senders.map((sender) => [sender.sender, { ...sender }]))
    this.#ticking = this.#tick()
  }

  get counters(): DiodeCounters {
    const live = { ...this.#past }
    for (const { current } of this.#senders.values()) if (current) addUp(live, current)
    return { ...this.#counted, ...live, ...this.#intakeCounters }
  }

  /** Bytes held of all senders: shards, and messages that wait. */
  get heldBytes(): number {
    let sum = 0
    for (const { current } of this.#senders.values()) sum += current ? current.window.bytes + current.intake.waitingBytes : 0
    return sum
  }

  /** Takes in a datagram from anywhere. Never throws. */
  onDatagram(bytes: Uint8Array, address: string): void {
    this.#counted.datagrams++
    this.#counted.bytes += bytes.length
    const claimed = claimedBoot(bytes)
    if (!claimed) {
      this.#counted.foreign++
      return
    }
    const sender = this.#senders.get(claimed.sender)
    if (!sender) {
      this.#counted.unknownSender++
      return
    }
    const { current } = sender
    const isCurrent = current?.boot === claimed.boot && Buffer.compare(current.salt, claimed.salt) === 0
    // After a start of our own, the newest boot known may still be sending.
    const newest = this.#options.gaps.bootOf(claimed.sender)
    if (!isCurrent && (claimed.boot < newest || (claimed.boot === newest && current))) {
      this.#counted.oldBoot++
      return
    }
    const key = isCurrent ? current.key : bootKey(sender.key, claimed)
    const datagram = openDatagram(bytes, key)
    if (!datagram) {
      this.#counted.forged++
      return
    }
    const into = isCurrent ? current : this.#begin(sender, { ...claimed, key }, datagram.block, address)
    into.window.add(datagram, this.#options.clock.monotonicMs())
    if (into.window.isReady) this.#handOn(into)
  }

  /** Takes no more datagrams in; resolves when what was taken is handed on or given up. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#ticking
    await Promise.all([...this.#senders.values()].map(({ current }) => current?.intake.close()))
  }

  /** A sender has started: the one before is gone for good, and what it left unfinished with it. */
  #begin(sender: Sender, claimed: { boot: number; salt: Uint8Array; key: Uint8Array }, block: number, address: string): Current {
    const { reception, gaps, clock, log, reorderMs } = this.#options
    const before = sender.current
    if (before) addUp(this.#past, before)
    const peer: Peer = { node: sender.node, address, mayForward: sender.mayForward ?? false }
    const current: Current = {
      ...claimed,
      window: new Window(block, this.#codes, reorderMs ?? REORDER_MS),
      joiner: new Joiner(),
      intake: new Intake({
        reception: () => reception(peer),
        peer,
        gaps,
        clock,
        log,
        counters: this.#intakeCounters,
        after: before?.intake.close(),
      }),
    }
    sender.current = current
    log.info({ node: sender.node, address, boot: claimed.boot }, 'a one-way sender has started')
    gaps
      .noteBoot(sender.sender, claimed.boot)
      .catch((cause: unknown) => log.error({ cause: String(cause) }, 'the file of gaps cannot be written'))
    return current
  }

  #handOn({ window, joiner, intake }: Current): void {
    for (const turn of window.take(this.#options.clock.monotonicMs())) {
      if (turn === 'lost') joiner.skip()
      else for (const message of joiner.add(turn)) intake.put(message)
    }
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stop.signal.aborted) {
      for (const { current } of this.#senders.values()) if (current) this.#handOn(current)
      await clock.sleep(TICK_MS, this.#stop.signal)
    }
  }
}

function addUp(
  sum: Pick<DiodeCounters, keyof Window['counters'] | 'cutMessages' | 'malformedMessages'>,
  { window, joiner }: Current,
): void {
  for (const [name, count] of Object.entries(window.counters)) sum[name as keyof Window['counters']] += count
  sum.cutMessages += joiner.cut
  sum.malformedMessages += joiner.malformed
}
