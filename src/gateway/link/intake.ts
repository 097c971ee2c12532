import type { SampleBatch } from '../../core/batch.ts'
import { checkBatch } from '../../core/batch-codec.ts'
import { NotConnected } from '../../core/errors.ts'
import type { Forwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import { type Hello, LinkRefused, type Peer, type Reception, type StreamId, type Welcome } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import { parseRecord } from '../../core/record-content.ts'
import { type Spool, SpoolFull, type SpoolRecord, type StreamPosition } from '../../core/spool.ts'
import { type Clock, HOUR } from '../../core/time.ts'
import { isStandIn } from '../../core/withheld.ts'
import { expectedHash, genesis } from '../spool/layout.ts'
import { LINK_LIMITS } from './limits.ts'
import { inParts } from './parts.ts'

export interface IntakeParts {
  /** This node's own log: what arrives goes there first. */
  readonly log: Pick<Spool, 'node' | 'forward' | 'forwardMissing' | 'streams'>
  readonly clock: Clock
  /** For the live view. */
  readonly onShow?: (stream: StreamId, batch: SampleBatch, upTo: number, peer: Peer) => void
  /** Throws LinkRefused for a sender that the policy of this node does not let in. */
  readonly admit?: (peer: Peer) => void
  /** Records that follow, with a stand-in (`core/withheld.ts`) for each that the policy of this node does not take from this sender. */
  readonly take?: (records: readonly SpoolRecord[], peer: Peer) => Promise<readonly SpoolRecord[]>
  /** Told of what was refused, for the findings. */
  readonly onRefused?: (peer: Peer, refusal: LinkRefused) => void
}

/** How a transport lets the intake deal with a sender that is connected. */
export interface Line {
  /** True when the sender still answers. */
  probe(): Promise<boolean>
  /** Ends it; the sender is told why where that is possible. */
  end(refusal: LinkRefused): void
}

interface Session {
  readonly instance: string
  readonly line: Line
}

/**
 * Where the records of other nodes come in, whatever carries them. It sees to it that each stream continues where it stopped, record by record along its
 * chain of hashes, that nobody speaks for another node, and that two programs with one identity are found out.
 */
export class Intake {
  readonly #parts: IntakeParts
  readonly #sessions = new Map<string, Session>()
  /** How far each stream has been taken, durable or on its way to the disk. */
  readonly #taken = new Map<string, StreamPosition>()
  readonly #writing = new Map<string, Promise<unknown>>()
  readonly #newEpochs = new Map<string, { epoch: number; time: number }[]>()
  /** Records whose chain could not be checked, because a gap hides the one before. */
  unchainedRecords = 0

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  /** Nodes that are connected. */
  connected(): string[] {
    return [...this.#sessions.keys()]
  }

  /** Ends what a node has open, for instance because it was revoked. */
  end(node: string, refusal: LinkRefused): void {
    this.#sessions.get(node)?.line.end(refusal)
  }

  /** The transport itself has turned away what a sender sent. */
  refused(peer: Peer, refusal: LinkRefused): void {
    this.#parts.onRefused?.(peer, refusal)
  }

  /** Takes records that lie in declared gaps; whoever calls has checked that they do, and where they are from. Resolves when they are durable. */
  async takeMissing(records: readonly SpoolRecord[], peer: Peer): Promise<void> {
    const [first] = records
    if (!first) return
    for (const record of records) contentOf(record)
    permitted(first.node, peer)
    this.#parts.admit?.(peer)
    const { node, epoch } = first
    await this.#parts.log.forwardMissing({
      node,
      epoch,
      via: peer.node,
      ...(peer.certificate && { certificate: peer.certificate }),
      records: (await this.#parts.take?.(records, peer)) ?? records,
    })
  }

  /** The receiving end for one sender and attempt. */
  reception(line: Line): Reception {
    let peer: Peer | undefined
    let named = new Set<string>()
    let newest = 0
    let session: Session | undefined
    const refusing = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work()
      } catch (error) {
        if (error instanceof LinkRefused && peer) this.#parts.onRefused?.(peer, error)
        throw error
      }
    }
    return {
      open: (hello, from) => {
        peer = from
        return refusing(async () => {
          const welcome = await this.#open(hello, from, line)
          named = new Set(hello.streams.map(keyOf))
          newest = Math.max(0, ...hello.streams.map(({ epoch }) => epoch))
          session = this.#sessions.get(from.node)
          return welcome
        })
      },
      take: (records) =>
        refusing(async () => {
          const [first] = records
          // A relay may meet a new node after its hello; any other sends the log it has named, whose epoch was looked at.
          if (peer && first && !peer.mayForward && !named.has(keyOf(first)))
            throw new LinkRefused('not-permitted', `${peer.node} sends a log that it has not named`)
          // Of a log that ended only that something of it is gone is still said.
          if (peer && first && !peer.mayForward && first.epoch < newest && !records.every((one) => one.kind === 'gap' && !one.seal))
            throw new LinkRefused('epoch-superseded', `${peer.node} sends records of a log that ended`)
          return this.#take(records, peer)
        }),
      show: (stream, batch, upTo) => {
        if (peer && isItsOwn(stream.node, peer)) this.#parts.onShow?.(stream, batch, upTo, peer)
      },
      close: () => {
        if (peer && session && this.#sessions.get(peer.node) === session) this.#sessions.delete(peer.node)
      },
    }
  }

  async #open(hello: Hello, peer: Peer, line: Line): Promise<Welcome> {
    if (hello.node !== peer.node)
      throw new LinkRefused('not-permitted', `${peer.node} calls itself ${hello.node}: a node speaks under the name in its certificate`)
    this.#parts.admit?.(peer)
    for (const { node } of hello.streams) permitted(node, peer)
    // Positions are kept for good: a node that named thousands of logs would leave no room for those of others.
    if (!peer.mayForward && hello.streams.length > 1 + LIMITS.endedEpochs)
      throw new LinkRefused(
        'not-permitted',
        `${peer.node} names ${hello.streams.length} logs: it has one and at most ${LIMITS.endedEpochs} that ended, only a relay has more`,
      )
    await this.#makeWay(hello, line)
    // A relay that was restored from an older copy names epochs that have ended: it has not written them, and what it repeats is skipped by sequence.
    for (const stream of newestOfEach(hello.streams)) if (stream.node === peer.node) this.#checkEpoch(stream)
    const wanted = new Set(hello.streams.map(keyOf))
    // What the last attempt left on its way to the disk counts, or would come twice.
    await Promise.allSettled([...this.#writing].filter(([key]) => wanted.has(key)).map(([, writing]) => writing))
    for (const key of wanted) this.#taken.delete(key)
    const here = this.#parts.log.streams().filter((position) => wanted.has(keyOf(position)))
    for (const position of here) this.#taken.set(keyOf(position), position)
    return { node: this.#parts.log.node, time: this.#parts.clock.now(), streams: here }
  }

  /** Takes the place of an earlier session of the same program; refuses a second program with the same identity. */
  async #makeWay(hello: Hello, line: Line): Promise<void> {
    const before = this.#sessions.get(hello.node)
    if (before && before.instance !== hello.instance && (await before.line.probe())) {
      const twice = `another program is connected as ${hello.node}. If one of them is a copy, stop it and enrol it under a name of its own`
      throw new LinkRefused('identity-used-twice', twice)
    }
    this.#sessions.set(hello.node, { instance: hello.instance, line })
    before?.line.end(new LinkRefused('identity-used-twice', `${hello.node} connected again`))
  }

  /** The epoch of a node only goes forward, and not often: a program that goes back is a copy of one that went on. */
  #checkEpoch({ node, epoch }: StreamId): void {
    const epochs = this.#parts.log.streams().filter((position) => position.node === node && position.sequence > 0)
    const newest = Math.max(0, ...epochs.map((position) => position.epoch))
    if (epoch < newest)
      throw new LinkRefused('epoch-superseded', `${node} has written in a later epoch than ${epoch}: begin a new one, or stop the copy`)
    if (epoch === newest || newest === 0) return
    const now = this.#parts.clock.now()
    const recent = (this.#newEpochs.get(node) ?? []).filter(({ time }) => time > now - HOUR)
    // It came before, and nothing of it has become durable yet.
    if (recent.some((one) => one.epoch === epoch)) return
    if (recent.length >= LINK_LIMITS.newEpochsPerHour)
      throw new LinkRefused('identity-used-twice', `${node} began ${recent.length} epochs within an hour: two programs use its identity`)
    this.#newEpochs.set(node, [...recent, { epoch, time: now }])
  }

  async #take(records: readonly SpoolRecord[], peer: Peer | undefined): Promise<StreamPosition> {
    const [first] = records
    if (!first || !peer) throw new LinkRefused('malformed', 'no records, or no hello before them')
    const { node, epoch } = first
    permitted(node, peer)
    // Asked again with each: a conduit may be cut, or its review become due, while a sender is connected.
    this.#parts.admit?.(peer)
    const key = keyOf(first)
    let position = this.#taken.get(key) ?? { node, epoch, sequence: 0 }
    const fresh: SpoolRecord[] = []
    for (const sent of records) {
      if (sent.sequence <= position.sequence) continue
      const record = withoutKnown(sent, position.sequence)
      position = this.#follow(position, record)
      fresh.push(record)
    }
    if (fresh.length === 0) {
      await this.#writing.get(key)
      return position
    }
    this.#taken.set(key, position)
    const { certificate } = peer
    const origin = { node, epoch, via: peer.node, ...(certificate && { certificate }) }
    const before = this.#writing.get(key)
    const writing = this.#forward(origin, fresh, peer, before)
    this.#writing.set(key, writing)
    try {
      await writing
    } catch (error) {
      // Not the sender's fault: it keeps its records and comes again.
      if (error instanceof SpoolFull || error instanceof RangeError)
        throw new NotConnected(`${this.#parts.log.node} cannot store: ${error.message}`, {
          fault: fault('cannot-store', { node: this.#parts.log.node, detail: error.message }),
        })
      throw error
    } finally {
      if (this.#writing.get(key) === writing) this.#writing.delete(key)
    }
    return position
  }

  /** Without a policy at once; else after what came before it, so that the order stays. */
  async #forward(
    origin: Omit<Forwarded, 'records'>,
    fresh: readonly SpoolRecord[],
    peer: Peer,
    before: Promise<unknown> | undefined,
  ): Promise<void> {
    const { take, log } = this.#parts
    let records = fresh
    if (take) {
      await before
      records = await take(fresh, peer)
    }
    await Promise.all(inParts(records, LINK_LIMITS.forwardBytes).map((part) => log.forward({ ...origin, records: part })))
  }

  /** The position after a record that continues the stream. Throws LinkRefused when it does not, or is not what it claims to be. */
  #follow(before: StreamPosition, record: SpoolRecord): StreamPosition {
    const { node, epoch, sequence, kind, seal } = record
    const content = contentOf(record)
    const from = content.kind === 'gap' && content.to === sequence ? content.from : sequence
    const isOpen = content.kind === 'gap' && content.to === sequence
    if (isOpen ? from > before.sequence + 1 : sequence !== before.sequence + 1)
      throw new LinkRefused('out-of-order', `${node}: record ${sequence} does not follow ${before.sequence}`)
    if (!seal) {
      if (kind !== 'gap') throw new LinkRefused('malformed', `${node}: record ${sequence} has no seal`)
      return { node, epoch, sequence }
    }
    const previous = before.sequence === 0 ? genesis(node, epoch).hash : before.hash
    if (!previous) this.unchainedRecords++
    else if (!isStandIn(record) && Buffer.compare(expectedHash(record, previous), seal.hash) !== 0)
      throw new LinkRefused('chain-broken', `${node}: record ${sequence} is not chained to record ${before.sequence} as it is here`)
    return { node, epoch, sequence, hash: seal.hash.slice() }
  }
}

/**
 * A sender that was put back to an older copy knows less of a log than is here, and declares as gone what it can no longer get: of that, only what is
 * not here either. Such a gap is no record of the log itself, and has no place in its chain.
 */
function withoutKnown(record: SpoolRecord, known: number): SpoolRecord {
  const content = record.kind === 'gap' && !record.seal ? contentOf(record) : undefined
  if (content?.kind !== 'gap' || content.to !== record.sequence || content.from > known) return record
  // How many samples lie in the rest, nobody has counted.
  const rest = { from: known + 1, to: content.to, cause: content.cause }
  return { ...record, payload: new TextEncoder().encode(JSON.stringify(rest)) }
}

/** A relay may still have records of a node's earlier epochs to hand over. */
function newestOfEach(streams: readonly StreamId[]): StreamId[] {
  const newest = new Map<string, StreamId>()
  for (const stream of streams) if (stream.epoch >= (newest.get(stream.node)?.epoch ?? 0)) newest.set(stream.node, stream)
  return [...newest.values()]
}

function contentOf({ node, sequence, kind, payload }: SpoolRecord) {
  if (kind === 'forwarded' || kind === 'streams')
    throw new LinkRefused('malformed', `${node}: record ${sequence} is of a kind that stays on its node`)
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new LinkRefused('malformed', `${node}: ${sequence} is no sequence`)
  try {
    if (kind !== 'batch') return parseRecord(kind, payload)
    checkBatch(payload)
    return { kind }
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error
    throw new LinkRefused('malformed', `${node}: record ${sequence} is not a ${kind}: ${error.message}`)
  }
}

function permitted(node: string, peer: Peer): void {
  if (!isItsOwn(node, peer))
    throw new LinkRefused('not-permitted', `${peer.node} may not speak for ${node}: only a relay hands over the logs of others`)
}

const isItsOwn = (node: string, peer: Peer): boolean => node === peer.node || peer.mayForward
const keyOf = ({ node, epoch }: StreamId): string => `${epoch} ${node}`
