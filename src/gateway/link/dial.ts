import * as tls from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import type { Channel } from '../../core/link.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import type { NodeIdentity } from '../identity/node-identity.ts'
import { plainSerial } from '../identity/x509.ts'
import { readAdmission } from './admission.ts'
import { channelOf, frameSocket } from './framed-socket.ts'
import { connectTls } from './tls-connect.ts'
import { TLS_LIMITS, type TlsLimits } from './tls-limits.ts'

export interface DialOptions {
  /** `host:port` of the hub or relay. */
  readonly address: string
  readonly identity: NodeIdentity
  readonly clock: Clock
  readonly stop?: AbortSignal
  readonly limits?: Partial<TlsLimits>
}

/**
 * One attempt to reach the hub: resolves when it has admitted this node. Throws NotConnected; LinkRefused when the hub will not have this node, or is
 * not the one it was enrolled with; IdentityError when this node has no usable identity.
 */
export async function dial({ address, identity, clock, stop, limits: given }: DialOptions): Promise<Channel> {
  const limits = { ...TLS_LIMITS, ...given }
  const { ca, certificate, key } = await identity.credentials()
  const socket = await connectTls({
    address,
    clock,
    timeoutMs: limits.admissionMs,
    stop,
    tls: {
      ca,
      cert: certificate,
      key: key.export({ format: 'pem', type: 'pkcs8' }) as string,
      checkServerIdentity: identity.isBuiltIn ? isHub : tls.checkServerIdentity,
    },
  })
  const frames = frameSocket(socket, { clock, limits, firstBytes: limits.strangerBytes })
  const shown = socket.getPeerX509Certificate()
  const onStop = () => frames.fail(new NotConnected('asked to stop'))
  const done = new AbortController()
  stop?.addEventListener('abort', onStop, { once: true })
  void clock.sleep(limits.admissionMs, done.signal).then(() => {
    if (!done.signal.aborted)
      frames.fail(
        new NotConnected(`${address} does not say within ${limits.admissionMs / 1000} s whether it admits this node`, {
          fault: fault('no-answer-within', { peer: address, seconds: limits.admissionMs / 1000 }),
        }),
      )
  })
  try {
    const node = readAdmission(await frames.receive())
    const certificate = shown && { certificate: plainSerial(shown.serialNumber), notAfter: shown.validToDate.getTime() * 1000 }
    return channelOf({ node, address, mayForward: false, ...certificate }, frames)
  } catch (error) {
    await frames.close(false)
    throw error
  } finally {
    done.abort()
    stop?.removeEventListener('abort', onStop)
  }
}

/** An authority of a hub's own vouches for that hub only, at whatever address it is reached; the certificate says that it is one. */
export function isHub(_host: string, certificate: tls.PeerCertificate): Error | undefined {
  if (/(^|, )URI:urn:ecluse:hub:/.test(certificate.subjectaltname ?? '')) return undefined
  return Object.assign(new Error('the certificate is not one of a hub'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
}
