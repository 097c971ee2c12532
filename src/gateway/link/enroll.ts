import { NotConnected } from '../../core/errors.ts'
import { LinkRefused } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { type CertificateFacts, fingerprintOf } from '../identity/certificate.ts'
import { IdentityError } from '../identity/errors.ts'
import { beginEnrolling, type IdentityOptions } from '../identity/node-identity.ts'
import { decodeToken } from '../identity/tokens.ts'
import { decodeJson, encodeJson } from './admission.ts'
import { isHub } from './dial.ts'
import { frameSocket } from './framed-socket.ts'
import { connectTls } from './tls-connect.ts'
import { TLS_LIMITS } from './tls-limits.ts'

/** Certificates looked at of what a hub shows. */
const CHAIN_LENGTH = 10

export interface EnrollOptions extends IdentityOptions {
  readonly token: string
  readonly clock: Clock
  readonly stop?: AbortSignal
  /** Whether an identity that is there already may be replaced. */
  readonly mayReplace?: boolean
}

/**
 * Gets this node its identity with a one-time token. The secret is only told to a program that proves to hold a certificate of the authority whose
 * fingerprint the token bears. Throws NotConnected; EnrolmentRefused with the hub's reason; IdentityError (`bad-token`, `wrong-hub`, `exists`).
 */
export async function enroll({
  token,
  clock,
  stop,
  mayReplace = false,
  ...options
}: EnrollOptions): Promise<CertificateFacts & { address: string }> {
  const { address, node, ca: fingerprint, secret } = decodeToken(token)
  const enrolling = await beginEnrolling(options, { node, address, fingerprint }, mayReplace)
  const connection = { address, clock, timeoutMs: TLS_LIMITS.admissionMs, stop }
  const ca = await fetchAuthority(connection, fingerprint)
  const socket = await connectTls({ ...connection, tls: { ca, checkServerIdentity: isHub } }).catch((error: unknown) => {
    throw error instanceof LinkRefused ? new IdentityError('wrong-hub', address, error.message, { cause: error }) : error
  })
  const frames = frameSocket(socket, { clock, limits: TLS_LIMITS, firstBytes: 2 * TLS_LIMITS.strangerBytes })
  const done = new AbortController()
  const seconds = TLS_LIMITS.admissionMs / 1000
  void clock.sleep(TLS_LIMITS.admissionMs, done.signal).then(() => {
    if (!done.signal.aborted)
      frames.fail(
        new NotConnected(`${address} does not answer within ${seconds} s`, {
          fault: fault('no-answer-within', { peer: address, seconds }),
        }),
      )
  })
  try {
    await frames.send(encodeJson({ enroll: { secret, request: enrolling.request } }))
    return { ...(await enrolling.accept(decodeJson(await frames.receive()))), address }
  } finally {
    done.abort()
    await frames.close()
  }
}

/** A first look at who is there, without telling anything: the certificate among those it shows that the token speaks of. */
async function fetchAuthority(connection: Omit<Parameters<typeof connectTls>[0], 'tls'>, fingerprint: string): Promise<string> {
  const socket = await connectTls({ ...connection, tls: { rejectUnauthorized: false } })
  try {
    // Not `getPeerCertificate`: on some malformed certificates, which anybody can send here, it ends the whole process (Node 24.21).
    let shown = socket.getPeerX509Certificate()
    for (let depth = 0; shown && depth < CHAIN_LENGTH; depth++) {
      if (fingerprintOf(shown) === fingerprint) return shown.toString()
      shown = shown.issuerCertificate
    }
    throw new IdentityError('wrong-hub', connection.address, `${connection.address} does not show the authority that the token speaks of`)
  } finally {
    socket.destroy()
  }
}
