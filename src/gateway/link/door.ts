import type * as tls from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import { type Channel, LinkRefused, type RefusalCode, type TurnedAway } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { plainAddress } from '../../lib/network-address.ts'
import { type CertificateFacts, factsOf } from '../identity/certificate.ts'
import type { HubIdentity } from '../identity/hub.ts'
import { admittedFrame, decodeJson, encodeJson, refusedFrame } from './admission.ts'
import { channelOf, type FramedSocket, frameSocket } from './framed-socket.ts'
import type { Strangers } from './strangers.ts'
import type { TlsLimits } from './tls-limits.ts'

export interface DoorCounters {
  admitted: number
  /** Frames over the limit, whoever sent them. */
  tooLarge: number
  /** Nodes with a certificate that were refused, or whose channel was ended because they no longer were admitted. */
  readonly refused: Partial<Record<RefusalCode, number>>
}

export interface DoorOptions {
  /** Name of this hub, told to those who are admitted. */
  readonly name: string
  readonly identity: HubIdentity
  readonly clock: Clock
  readonly log: Logger
  readonly limits: TlsLimits
  readonly strangers: Strangers
  /** A node that has proved who it is. The channel is the callee's to close. */
  onChannel(channel: Channel): void
  readonly turnedAway?: TurnedAway | undefined
}

/** Decides who comes in, and who has to leave. */
export interface Door {
  /** A connection after its TLS handshake. */
  answer(socket: tls.TLSSocket): void
  /** Cuts off whoever is no longer admitted: revoked, replaced, expired. */
  recheck(): void
  /** Ends every channel. */
  clear(): void
  readonly counters: DoorCounters
}

interface Refusal {
  readonly code: RefusalCode
  readonly message: string
}

interface Open {
  readonly facts: CertificateFacts
  readonly frames: FramedSocket
  readonly address: string
}

export function openDoor({ name, identity, clock, log, limits, strangers, onChannel, turnedAway }: DoorOptions): Door {
  const counters: DoorCounters = { admitted: 0, tooLarge: 0, refused: {} }
  const open = new Set<Open>()
  const count = (code: RefusalCode) => {
    counters.refused[code] = (counters.refused[code] ?? 0) + 1
  }
  const countTooLarge = (error: unknown): never => {
    if (error instanceof LinkRefused && error.code === 'too-large') counters.tooLarge++
    throw error
  }
  const receive = (frames: FramedSocket) => frames.receive().catch(countTooLarge)

  /** One question from who has no certificate, and one answer. */
  const answerStranger = async (socket: tls.TLSSocket, frames: FramedSocket): Promise<void> => {
    const address = plainAddress(socket.remoteAddress)
    const question = decodeJson(await receive(frames))
    const answer = await identity.enrolment.answerEnroll(question, address)
    if ('refused' in answer) turnedAway?.stranger(address, answer.refused)
    await frames.send(encodeJson(answer))
    await frames.close()
  }

  const refuse = async (frames: FramedSocket, { code, message }: Refusal): Promise<void> => {
    count(code)
    await frames.send(refusedFrame(code, message))
    await frames.close()
  }

  /** A node with a certificate: admitted, or told why not. */
  const answerNode = async (socket: tls.TLSSocket, frames: FramedSocket): Promise<void> => {
    const facts = provenFacts(socket)
    const address = plainAddress(socket.remoteAddress)
    if ('code' in facts) {
      turnedAway?.stranger(address, facts.code)
      return refuse(frames, facts)
    }
    await identity.registry.refresh()
    const refusal = identity.registry.verdict(facts) ?? makeRoom(facts.name)
    if (refusal) {
      turnedAway?.node({ node: facts.name, address, mayForward: false }, new LinkRefused(refusal.code, refusal.message))
      return refuse(frames, refusal)
    }
    const entry = { facts, frames, address }
    open.add(entry)
    void frames.closed.then(() => {
      open.delete(entry)
      identity.registry.sighted(facts.name, address)
    })
    await identity.registry.seen(facts, address)
    await frames.send(admittedFrame(name))
    strangers.known(socket)
    counters.admitted++
    const mayForward = identity.registry.node(facts.name)?.mayForward === true
    const peer = { node: facts.name, certificate: facts.serial, notAfter: facts.notAfter, address, mayForward }
    onChannel(channelOf(peer, frames, () => receive(frames)))
  }

  /** Lines that were cut look open for a while: the newest of a node counts, and its oldest makes room. */
  const makeRoom = (node: string): Refusal | undefined => {
    const same = [...open].filter(({ facts }) => facts.name === node)
    if (same.length >= limits.channelsPerNode)
      same[0]?.frames.fail(new NotConnected(`${node} has opened newer connections`, { fault: fault('newer-lines', { node }) }))
    else if (open.size >= limits.channels) return { code: 'not-permitted', message: `more than ${limits.channels} connections are open` }
    return undefined
  }

  return {
    counters,
    answer: (socket) => {
      const isStranger = !socket.getPeerX509Certificate()
      const frames = frameSocket(socket, { clock, limits, firstBytes: isStranger ? limits.strangerBytes : limits.frameBytes })
      const answered = isStranger ? answerStranger(socket, frames) : answerNode(socket, frames)
      answered.catch((error: unknown) => {
        if (!(error instanceof NotConnected || error instanceof LinkRefused))
          log.error({ error, address: socket.remoteAddress }, 'A connection of the link failed')
        frames.fail(error instanceof Error ? error : new Error(String(error)))
      })
    },
    recheck: () => {
      for (const { facts, frames, address } of open) {
        const refusal = identity.registry.verdict(facts)
        if (!refusal) {
          identity.registry.sighted(facts.name, address)
          continue
        }
        count(refusal.code)
        log.warn({ node: facts.name, code: refusal.code }, 'A link was ended: the node is no longer admitted')
        frames.fail(new LinkRefused(refusal.code, refusal.message))
      }
    },
    clear: () => {
      for (const { frames } of open) frames.fail(new NotConnected('the hub stops'))
    },
  }
}

/** What the certificate of a handshake proves, or why it proves nothing. */
function provenFacts(socket: tls.TLSSocket): CertificateFacts | Refusal {
  if (socket.isSessionReused()) return { code: 'not-permitted', message: 'sessions are not resumed here' }
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  const facts = certificate && factsOf(certificate)
  if (facts) return facts
  const reason = String(socket.authorizationError ?? 'no common name')
  const message =
    reason === 'CERT_HAS_EXPIRED' ? 'the certificate has expired: enrol this node again' : `the certificate is not accepted (${reason})`
  return { code: 'not-enrolled', message }
}
