import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { ServerConfig } from './config.ts'

/** The file of the authorities cannot be read. */
export class AuthoritiesUnreadable extends Error {
  override name = 'AuthoritiesUnreadable'
}

export interface TlsOptions {
  readonly ca?: string
  readonly servername?: string
  readonly rejectUnauthorized: true
  readonly minVersion: 'TLSv1.2'
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined
}

/** Verified by authority and by name. The libraries hand `checkServerIdentity` different names: ours is the one of the file. */
export async function tlsOptions({ host, tls }: Pick<ServerConfig, 'host' | 'tls'>): Promise<TlsOptions> {
  const name = tls?.serverName ?? host
  return {
    ...(tls?.ca !== undefined && { ca: await readAuthorities(tls.ca) }),
    // A name of the TLS extension is never an address (RFC 6066, 3).
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  }
}

async function readAuthorities(path: string): Promise<string> {
  if (path.includes('-----BEGIN')) return path
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AuthoritiesUnreadable(`the file of the authorities cannot be read: ${(cause as Error).message}`, { cause })
  }
}

export function describeTls(socket: TLSSocket): string {
  const peer = socket.getPeerCertificate()
  return `${socket.getProtocol()}, certificate of ${peer.subject?.CN ?? 'the server'} until ${peer.valid_to}`
}
