import type { ServerConfig } from './config.ts'
import type { Explained } from './session.ts'
import { AuthoritiesUnreadable } from './tls.ts'

const TCP: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there: is the server running, and are host and port right?',
  ENOTFOUND: 'the name is not known: correct host',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no answer: is a firewall between?',
  EHOSTUNREACH: 'there is no way to this address: is a firewall between?',
  ENETUNREACH: 'there is no way to this address',
  ECONNRESET: 'the server hung up: did it stop, or is this another kind of server?',
  EPIPE: 'the server hung up: did it stop?',
}

const TLS: Record<string, string> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'give the file of its authority as tls.ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'give the certificate of the server itself as tls.ca, after comparing it with the one on the server',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'give the file of its authority as tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'give the file of its authority as tls.ca',
  CERT_HAS_EXPIRED: 'renew the certificate of the server',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name: correct host or set tls.serverName',
}

/** What went wrong below the database's own words. */
export function explainNetwork(error: unknown, { host, port }: Pick<ServerConfig, 'host' | 'port'>): Explained {
  const place = `${host}:${port}`
  if (error instanceof AuthoritiesUnreadable) return { step: 'tls', message: error.message, hint: 'correct tls.ca' }
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error)
  const { code = '', message } = first as NodeJS.ErrnoException
  if (code in TCP) return { step: 'tcp', message: `${place}: ${message || code}`, hint: TCP[code] as string }
  if (code in TLS || /^(ERR_TLS|ERR_SSL|CERT_|EPROTO)/.test(code))
    return {
      step: 'tls',
      message: `${place}: ${message}`,
      hint: TLS[code] ?? 'is this the right port, and does the server speak TLS 1.2 or 1.3?',
    }
  if (/time-?d? ?out/i.test(message))
    return { step: 'tcp', message: `${place}: ${message}`, hint: 'the server does not answer in time: is it overloaded?' }
  return { step: 'tcp', message: `${place}: ${message}`, hint: 'is the server still running?' }
}

/** The same for a database that is a file. */
export function explainFile(message: string, file: string, isQuery: boolean): Explained {
  if (isQuery) return { step: 'query', message, hint: 'correct the query' }
  return { step: 'sign-in', message, hint: `is ${file} there, of this kind, and may this user read it?` }
}
