import type { SampleBatch } from './batch.ts'
import type { Spool, SpoolRecord, StreamPosition } from './spool.ts'
import type { Micros } from './time.ts'

/** One node's log during one epoch of it, as it travels. */
export interface StreamId {
  readonly node: string
  readonly epoch: number
}

/** What the sending end says of itself. */
export interface Hello {
  readonly node: string
  /** New at every start of the process: two processes with one identity are told apart by it. */
  readonly instance: string
  readonly version: string
  readonly time: Micros
  /** What it could send: its own log, and those it received. */
  readonly streams: readonly (StreamId & { readonly first: number; readonly last: number })[]
}

/** What the receiving end has. A stream that is not named is not there at all. */
export interface Welcome {
  readonly node: string
  readonly time: Micros
  readonly streams: readonly StreamPosition[]
}

/**
 * The sending end of a way from node to node, in one attempt; the runner is the only caller, owns the loop and the back-off, and one suite
 * (`src/gateway/link/contract.ts`) holds every transport to this.
 *
 * Order of calls: `connect`, then `send` and `show` as often as there is something, then `close`. A link carries any number of streams, each in order.
 */
export interface Link {
  /**
   * One way only: nobody answers. `connect` then resolves without a welcome, `onDurable` is never called, and what was sent must be kept
   * until somebody says it arrived.
   */
  readonly isOneWay: boolean
  /** Throws NotConnected (the runner tries again) or LinkRefused (trying again is of no use until somebody acts). */
  connect(hello: Hello, stop: AbortSignal): Promise<Welcome | undefined>
  /** Hands over neighbouring records of one stream; resolves when the next may come (back-pressure). Throws as `connect` does. */
  send(records: readonly SpoolRecord[]): Promise<void>
  /**
   * For the eyes only, while history is still on its way: newest samples of a stream, with its own indices, never stored. `upTo` is the last
   * record they include. Dropped rather than waited for when there is no room.
   */
  show(stream: StreamId, batch: SampleBatch, upTo: number): void
  /** Everything of the stream up to this position is durable at the other end. */
  onDurable: (position: StreamPosition) => void
  /** Resolves when the way has ended, with the reason. */
  readonly ended: Promise<Error>
  /** Idempotent; never throws. */
  close(): Promise<void>
  readonly counters: LinkCounters
}

export interface LinkCounters {
  sentBytes: number
  sentRecords: number
  sentSamples: number
  /** Round trip of the last question, milliseconds. */
  roundTripMs?: number
}

/** What the receiving end of every transport hands its records to: one per sender and attempt. */
export interface Reception {
  /** What is here of the streams that the sender names. Throws LinkRefused. */
  open(hello: Hello, peer: Peer): Promise<Welcome>
  /**
   * Takes neighbouring records of one stream; resolves when they are durable, with how far the stream now is. What is already here is skipped by sequence.
   * Throws LinkRefused for records that do not follow what is here, break its chain of hashes, or are not what they claim to be.
   */
  take(records: readonly SpoolRecord[]): Promise<StreamPosition>
  /** Newest samples for the live view alone. */
  show(stream: StreamId, batch: SampleBatch, upTo: number): void
  /** The sender is gone. */
  close(): void
}

/** Who the other end proved to be. */
export interface Peer {
  readonly node: string
  /** Serial number of its certificate, hexadecimal; absent where the transport authenticates by a shared key. */
  readonly certificate?: string
  readonly notAfter?: Micros
  /** Network address, for people. */
  readonly address: string
  /** True for a relay: it may hand over the logs of other nodes. */
  readonly mayForward: boolean
  /** It came as a file carried by hand: `address` is its name, and no network address can be asked for. */
  readonly isCarried?: true
}

/** Why a link or its records are refused; each has a sentence of its own in the words of the node page. */
export const REFUSAL_CODES = [
  'not-enrolled',
  'revoked',
  'identity-used-twice',
  'epoch-superseded',
  'forked',
  'chain-broken',
  'out-of-order',
  'malformed',
  'too-large',
  'protocol-version',
  'not-permitted',
  'no-conduit',
  // Found by the dialling end itself: whoever answers shows another authority's certificate.
  'wrong-hub',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** The other end refuses, or must be refused. Trying again at once is of no use. */
export class LinkRefused extends Error {
  override name = 'LinkRefused'
  readonly code: RefusalCode
  constructor(code: RefusalCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * A two-way stream of frames between two programs that know who the other is; what `Link` and `Reception` speak over where the transport
 * can answer. Frames arrive whole and in order, or the channel ends.
 */
export interface Channel {
  readonly peer: Peer
  /** Resolves when the transport takes more. Rejects with NotConnected once the channel has ended. */
  send(frame: Uint8Array): Promise<void>
  /** The next frame. Rejects with NotConnected when the channel has ended, LinkRefused when a frame is over the limit. */
  receive(): Promise<Uint8Array>
  /** Frames on their way out, in bytes: for dropping what is only worth sending at once. */
  readonly queuedBytes: number
  /** Ends it, after what was sent where `isClean`. Idempotent. */
  close(isClean?: boolean): Promise<void>
}

/** How a node reaches others over channels: what `tls.ts` does over the network, and a simulation in memory. */
export interface Transport {
  /** Opens a channel to the next node. Rejects as `Link.connect` does. */
  dial?(stop: AbortSignal): Promise<Channel>
  /** Hands every channel of a node that proved who it is to `onChannel`, and tells of the others; resolves when connections are taken. */
  listen?(onChannel: (channel: Channel) => void, turnedAway?: TurnedAway): Promise<Listening>
  /** What people call the other end. */
  readonly endpoint?: string
  /** One way only, in place of `dial` and `listen`. */
  readonly oneWay?: OneWay
  /** At the dialling end: gets the next certificate where one is due, over a link that stands. */
  renew?(ask: (request: string) => Promise<unknown>): Promise<void>
  /** At the listening end: answers such a request. */
  answerRenewal?(request: string, peer: Peer): Promise<unknown>
  /** Certificates of this node and of those it admits, for people. */
  identity?(): IdentityView
}

/** What a transport offers that nobody can answer over. */
export interface OneWay {
  /** A link that sends the log from `next` on; of what explains it, only what `pass` leaves. */
  link?(spool: Spool, next: number, pass?: (records: readonly SpoolRecord[]) => readonly SpoolRecord[]): Promise<Link>
  /** Hands what arrives to receptions, one for each start of a sender. */
  receive?(reception: (peer: Peer) => OneWayReception): Promise<Listening>
  /** Files of records carried by hand, taken in where gaps were declared. */
  takeImports?(taker: MissingTaker, spool: Spool): Promise<void>
  /** Files carried by hand that were refused and still lie there, newest first. */
  refusedFiles?(): readonly RefusedFile[]
  /** What did not arrive. */
  gaps?(): readonly (StreamId & { readonly from: number; readonly to: number; readonly cause: string; readonly time: Micros })[]
}

/** Takes records that lie in declared gaps, in order of their sequences; those that are here already change nothing. Resolves when they are durable. */
export interface MissingTaker {
  importMissing(records: readonly SpoolRecord[], peer: Peer): Promise<void>
}

/** Why nothing of a file carried by hand was taken in. */
export const CARRIED_REFUSALS = ['not-records', 'damaged', 'chain-broken', 'foreign', 'not-permitted'] as const
export type CarriedRefusal = (typeof CARRIED_REFUSALS)[number]

/** A file carried by hand that was refused. */
export interface RefusedFile {
  readonly file: string
  readonly time: Micros
  readonly code: CarriedRefusal
  readonly message: string
}

/** Where nobody can be told: what is refused before it comes to the reception itself is told here. */
export interface OneWayReception extends Reception, MissingTaker {
  refused(refusal: LinkRefused): void
}

/** Told of who is not let in by a listening end. */
export interface TurnedAway {
  /** It proved its name, and is not admitted. */
  node(peer: Peer, refusal: LinkRefused): void
  /** Nothing of it is proven, its name neither; `code` says what it came with. */
  stranger(address: string, code: string): void
}

/** When a certificate is in force. */
export interface Term {
  /** Absent: not known. */
  readonly notBefore?: Micros | undefined
  readonly notAfter: Micros
}

/** Certificates as far as this node knows them. */
export interface IdentityView {
  /** This node's own. */
  readonly certificate?: Term & { readonly serial: string }
  /** At a hub: those with which it vouches for others, and with which it listens. */
  readonly authority?: Term
  readonly listener?: Term
  /** Nodes that were let in here, with the newest certificate of each; absent: it has none yet. */
  readonly nodes: readonly {
    readonly node: string
    readonly serial?: string
    readonly notBefore?: Micros
    readonly notAfter?: Micros
    /** When it was last connected, wherever its records come by; absent: never. */
    readonly lastSeen?: Micros
    readonly revoked?: { readonly time: Micros; readonly by: string; readonly reason: string }
  }[]
}

export interface Listening {
  /** `host:port`. */
  readonly address: string
  close(): Promise<void>
}
