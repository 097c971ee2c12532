import { constants } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import * as tls from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import { type Channel, LinkRefused, type RefusalCode } from '../../core/link.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { plainAddress } from '../../lib/network-address.ts'
import { type CertificateFacts, factsOf } from '../identity/certificate.ts'
import type { HubIdentity } from '../identity/hub.ts'
import { admittedFrame, decodeJson, encodeJson, refusedFrame } from './admission.ts'
import { type FramedSocket, frameSocket } from './framed-socket.ts'
import { type StrangerCounters, watchStrangers } from './strangers.ts'
import { PROTOCOL } from './tls-connect.ts'
import { TLS_LIMITS, type TlsLimits } from './tls-limits.ts'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** Name of this hub, told to those who are admitted. */
  readonly name: string
  readonly identity: HubIdentity
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<TlsLimits>
  /** A node that has proved who it is. The channel is the callee's to close. */
  onChannel(channel: Channel): void
}

export interface Listener {
  readonly address: { readonly host: string; readonly port: number }
  readonly counters: ListenerCounters
  /** Ends every channel too. */
  close(): Promise<void>
}

export interface ListenerCounters extends StrangerCounters {
  admitted: number
  /** Frames over the limit, whoever sent them. */
  tooLarge: number
  /** Nodes with a certificate that were refused, or whose channel was ended because they no longer were admitted. */
  readonly refused: Partial<Record<RefusalCode, number>>
  /** Handshakes that failed: other TLS versions, other protocols, noise. */
  handshakes: number
}

/** A change by another process (`ecluse node revoke`) is seen within this time. */
const LOOK_MS = 1_000
/** Times of last contact are written, and the listener's certificate looked at, every so many looks. */
const LOOKS_PER_FLUSH = 60

interface Open {
  readonly facts: CertificateFacts
  readonly frames: FramedSocket
}

/** Waits for nodes below this hub or relay. Rejects when the port cannot be had. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { identity, clock, log } = options
  const limits = { ...TLS_LIMITS, ...options.limits }
  const strangers = watchStrangers(clock, limits)
  const counters: ListenerCounters = Object.assign(strangers.counters, { admitted: 0, tooLarge: 0, handshakes: 0, refused: {} })
  const open = new Set<Open>()
  const stop = new AbortController()

  const secure = tls.createServer({
    ...(await secretsOf(identity)),
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ALPNProtocols: [PROTOCOL],
    requestCert: true,
    // Who shows no certificate, or one that is refused, is told why; it gets no further.
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
    // A resumed session would bring back an admission of the past.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
  secure.on('tlsClientError', () => void counters.handshakes++)
  secure.on('secureConnection', (socket) => {
    strangers.shookHands(socket)
    const isStranger = !socket.getPeerX509Certificate()
    const frames = frameSocket(socket, { clock, limits, firstBytes: isStranger ? limits.strangerBytes : limits.frameBytes })
    const served = isStranger ? answerStranger(socket, frames) : receive(socket, frames)
    served.catch((error: unknown) => {
      if (error instanceof LinkRefused && error.code === 'too-large') counters.tooLarge++
      else if (!(error instanceof NotConnected)) log.error({ error, address: socket.remoteAddress }, 'A connection of the link failed')
      frames.fail(error instanceof Error ? error : new Error(String(error)))
    })
  })

  /** One question from who has no certificate, and one answer. */
  const answerStranger = async (socket: tls.TLSSocket, frames: FramedSocket): Promise<void> => {
    const address = plainAddress(socket.remoteAddress)
    const question = decodeJson(await frames.receive())
    await frames.send(encodeJson(await identity.enrolment.answerEnroll(question, address)))
    await frames.close()
  }

  const refuse = async (frames: FramedSocket, { code, message }: { code: RefusalCode; message: string }): Promise<void> => {
    counters.refused[code] = (counters.refused[code] ?? 0) + 1
    await frames.send(refusedFrame(code, message))
    await frames.close()
  }

  const verdict = (facts: CertificateFacts): { code: RefusalCode; message: string } | undefined => identity.registry.verdict(facts)

  /** A node with a certificate: admitted, or told why not. */
  const receive = async (socket: tls.TLSSocket, frames: FramedSocket): Promise<void> => {
    const facts = provenFacts(socket)
    await identity.registry.refresh()
    if ('code' in facts) return refuse(frames, facts)
    const refusal = verdict(facts)
    if (refusal) return refuse(frames, refusal)
    makeRoom(facts.name)
    const noRoom = full()
    if (noRoom) return refuse(frames, noRoom)
    const entry = { facts, frames }
    open.add(entry)
    void frames.closed.then(() => open.delete(entry))
    const address = plainAddress(socket.remoteAddress)
    await identity.registry.seen(facts, address)
    await frames.send(admittedFrame(options.name))
    strangers.known(socket)
    counters.admitted++
    options.onChannel({
      peer: { node: facts.name, certificate: facts.serial, notAfter: facts.notAfter, address },
      send: frames.send,
      receive: () => frames.receive().catch(countTooLarge),
      close: frames.close,
      get queuedBytes() {
        return frames.queuedBytes
      },
    })
  }

  const countTooLarge = (error: unknown): never => {
    if (error instanceof LinkRefused && error.code === 'too-large') counters.tooLarge++
    throw error
  }

  const full = (): { code: RefusalCode; message: string } | undefined =>
    open.size < limits.channels ? undefined : { code: 'not-permitted', message: `more than ${limits.channels} connections are open` }

  /** Lines that were cut look open for a while: the newest of a node counts, and its oldest makes room. */
  const makeRoom = (node: string) => {
    const same = [...open].filter(({ facts }) => facts.name === node)
    if (same.length >= limits.channelsPerNode) same[0]?.frames.fail(new NotConnected(`${node} has opened newer connections`))
  }

  /** Whoever is no longer admitted is cut off: revoked, replaced, expired. */
  const recheck = () => {
    for (const { facts, frames } of open) {
      const refusal = verdict(facts)
      if (!refusal) continue
      counters.refused[refusal.code] = (counters.refused[refusal.code] ?? 0) + 1
      log.warn({ node: facts.name, code: refusal.code }, 'A link was ended: the node is no longer admitted')
      frames.fail(new LinkRefused(refusal.code, refusal.message))
    }
  }
  const forgetListener = identity.registry.onChange(recheck)

  const plain = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, (socket) => {
    socket.on('error', () => socket.destroy())
    if (strangers.admit(socket)) secure.emit('connection', socket)
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    plain.once('error', reject)
    plain.listen({ host: options.host, port: options.port }, resolve)
  })
  plain.on('error', (error) => log.error({ error }, 'The port of the link failed'))
  const looking = look({ identity, secure, clock, log, stop: stop.signal, recheck })
  const { address: host, port } = plain.address() as AddressInfo

  return {
    address: { host, port },
    counters,
    close: async () => {
      stop.abort()
      forgetListener()
      const closed = new Promise((resolve) => plain.close(resolve))
      strangers.clear()
      for (const { frames } of open) frames.fail(new NotConnected('the hub stops'))
      await closed
      await looking
      await identity.registry.flush()
    },
  }
}

interface Looking {
  readonly identity: HubIdentity
  readonly secure: tls.Server
  readonly clock: Clock
  readonly log: Logger
  readonly stop: AbortSignal
  recheck(): void
}

/** What changes without anybody connecting: files that other processes write, certificates that end, the listener's own. */
async function look({ identity, secure, clock, log, stop, recheck }: Looking): Promise<void> {
  let shown = await identity.authority.server()
  let failed = ''
  for (let looks = 1; !stop.aborted; looks++) {
    await clock.sleep(LOOK_MS, stop)
    try {
      await identity.registry.refresh()
      recheck()
      if (looks % LOOKS_PER_FLUSH !== 0) continue
      await identity.registry.flush()
      const keys = await identity.authority.server()
      if (keys !== shown)
        secure.setSecureContext({
          ...(await secretsOf(identity)),
          minVersion: 'TLSv1.3',
          maxVersion: 'TLSv1.3',
          secureOptions: constants.SSL_OP_NO_TICKET,
        })
      shown = keys
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // Said once, not every second; what was known last holds meanwhile.
      if (message !== failed) log.error({ error }, 'The files of the identity cannot be read or written')
      failed = message
    }
  }
}

async function secretsOf({ authority }: HubIdentity) {
  const { certificate, key } = await authority.server()
  return { cert: certificate, key, ca: authority.ca }
}

/** What the certificate of a handshake proves, or why it proves nothing. */
function provenFacts(socket: tls.TLSSocket): CertificateFacts | { code: RefusalCode; message: string } {
  const certificate = socket.getPeerX509Certificate()
  const facts = certificate && factsOf(certificate)
  if (socket.isSessionReused()) return { code: 'not-permitted', message: 'sessions are not resumed here' }
  if (socket.authorized && facts) return facts
  const reason = String(socket.authorizationError ?? 'no common name')
  const message =
    reason === 'CERT_HAS_EXPIRED' ? 'the certificate has expired: enrol this node again' : `the certificate is not accepted (${reason})`
  return { code: 'not-enrolled', message }
}
