import { constants } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import * as tls from 'node:tls'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import type { HubIdentity } from '../identity/hub.ts'
import { type DoorCounters, type DoorOptions, openDoor } from './door.ts'
import { type StrangerCounters, watchStrangers } from './strangers.ts'
import { PROTOCOL } from './tls-connect.ts'
import { TLS_LIMITS, type TlsLimits } from './tls-limits.ts'

export interface ListenOptions extends Omit<DoorOptions, 'limits' | 'strangers'> {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly limits?: Partial<TlsLimits>
}

export interface Listener {
  readonly address: { readonly host: string; readonly port: number }
  readonly counters: {
    readonly door: DoorCounters
    readonly strangers: StrangerCounters /** Handshakes that failed: other TLS versions, other protocols, noise. */
    handshakes: number
  }
  /** Ends every channel too. */
  close(): Promise<void>
}

/** A change by another process (`ecluse node revoke`) is seen within this time. */
const LOOK_MS = 1_000
/** Times of last contact are written, and the listener's certificate looked at, every so many looks. */
const LOOKS_PER_FLUSH = 60

/** Waits for nodes below this hub or relay. Rejects when the port cannot be had. */
export async function listen({ host, port, limits: given, ...parts }: ListenOptions): Promise<Listener> {
  const { identity, clock, log } = parts
  const limits = { ...TLS_LIMITS, ...given }
  const strangers = watchStrangers(clock, limits)
  const door = openDoor({ ...parts, limits, strangers })
  const counters = { door: door.counters, strangers: strangers.counters, handshakes: 0 }
  const stop = new AbortController()
  const secure = tls.createServer({
    ...(await contextOf(identity)),
    ALPNProtocols: [PROTOCOL],
    requestCert: true,
    // Who shows no certificate, or one that is refused, is told why; it gets no further.
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
  })
  secure.on('tlsClientError', () => void counters.handshakes++)
  secure.on('secureConnection', (socket) => {
    strangers.shookHands(socket)
    door.answer(socket)
  })
  const plain = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, (socket) => {
    socket.on('error', () => socket.destroy())
    if (strangers.admit(socket)) secure.emit('connection', socket)
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    plain.once('error', reject)
    plain.listen({ host, port }, resolve)
  })
  plain.on('error', (error) => log.error({ error }, 'The port of the link failed'))
  const forget = identity.registry.onChange(door.recheck)
  const looking = look({ identity, secure, clock, log, stop: stop.signal, recheck: door.recheck })
  const bound = plain.address() as AddressInfo

  return {
    address: { host: bound.address, port: bound.port },
    counters,
    close: async () => {
      if (stop.signal.aborted) return
      stop.abort()
      forget()
      const closed = new Promise((resolve) => plain.close(resolve))
      strangers.clear()
      door.clear()
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
      if (keys !== shown) secure.setSecureContext(await contextOf(identity))
      shown = keys
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      // Said once, not every second; what was known last holds meanwhile.
      if (message !== failed) log.error({ error }, 'The files of the identity cannot be read or written')
      failed = message
    }
  }
}

async function contextOf({ authority }: HubIdentity): Promise<tls.SecureContextOptions> {
  const { certificate, key } = await authority.server()
  // Without tickets: a resumed session would bring back an admission of the past.
  return {
    cert: certificate,
    key,
    ca: authority.ca,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}
