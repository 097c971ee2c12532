import * as tls from 'node:tls'
import { NotConnected } from '../../core/errors.ts'
import { LinkRefused } from '../../core/link.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'

/** Told apart from other protocols before a byte of ours is sent (RFC 7301). */
export const PROTOCOL = 'ecluse-link/1'

export interface ConnectOptions {
  /** `host:port` */
  readonly address: string
  readonly clock: Clock
  readonly timeoutMs: number
  readonly stop?: AbortSignal | undefined
  readonly tls: tls.ConnectionOptions
}

/** `host:port` or `[address]:port`; throws a RangeError for anything else, which the configuration does not let through. */
export function splitAddress(address: string): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(address)
  const [host, port] = [parts?.[1] ?? parts?.[2], Number(parts?.[3])]
  if (host === undefined || port > 65_535) throw new RangeError(`not a host and port: ${address}`)
  return { host, port }
}

/** A TLS 1.3 connection after its handshake. Throws NotConnected, or LinkRefused when the other end is not who it must be. */
export async function connectTls({ address, clock, timeoutMs, stop, tls: options }: ConnectOptions): Promise<tls.TLSSocket> {
  const { host, port } = splitAddress(address)
  const socket = tls.connect({ host, port, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ALPNProtocols: [PROTOCOL], ...options })
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 10_000)
  const done = new AbortController()
  const onStop = () => socket.destroy(new NotConnected('asked to stop'))
  stop?.addEventListener('abort', onStop, { once: true })
  const late = { fault: fault('no-answer-within', { peer: address, seconds: timeoutMs / 1000 }) }
  void clock.sleep(timeoutMs, done.signal).then(() => {
    if (!done.signal.aborted) socket.destroy(new NotConnected(`${address} does not answer within ${timeoutMs / 1000} s`, late))
  })
  const closedBy = { fault: fault('closed', { peer: address }) }
  try {
    if (stop?.aborted) onStop()
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new NotConnected(`${address} closed the line during the handshake`, closedBy)))
    })
    return socket
  } catch (error) {
    socket.destroy()
    throw explain(error as NodeJS.ErrnoException, address)
  } finally {
    done.abort()
    stop?.removeEventListener('abort', onStop)
  }
}

/** What the error of a handshake means for the person, and for the loop that dials again. */
function explain(error: NodeJS.ErrnoException, address: string): Error {
  if (error instanceof NotConnected) return error
  const { code = '' } = error
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return new NotConnected(`the certificate of ${address} is not in force at this machine’s time (${code})`, {
      cause: error,
      hint: 'compare the clocks of both machines',
      fault: fault('certificate-clock', { peer: address }),
    })
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|ISSUER|LEAF|VERIFY|PURPOSE/.test(code))
    return new LinkRefused('wrong-hub', `${address} is not the hub this node enrolled with (${code})`)
  const known = networkFault(error, address)
  // The library says this in lines of its own files.
  if (known?.code === 'no-tls') return new NotConnected(`${address} does not speak TLS 1.3`, { cause: error, fault: known })
  return new NotConnected(`${address}: ${error.message}`, { cause: error, fault: known })
}
