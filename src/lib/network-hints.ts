/** What a person should do about an error of the network or of TLS, by the system's code. `peer` is how people call the other side. */
export function networkHint(error: unknown, peer: string): string {
  const code = codeOf(error)
  return HINTS[code]?.(peer) ?? `check the address, the network and the ${peer}`
}

/** What happened, by the system's code where the message says nothing; only the first error of several (an address of each family). */
export function networkReason(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message || codeOf(first) || 'no connection' : 'no connection'
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

const byAuthority = () => 'give the certificate of its authority as tls.ca'

const HINTS: Readonly<Record<string, (peer: string) => string>> = {
  ECONNREFUSED: (peer) => `nothing listens there: is the ${peer} running, and is the port right?`,
  ENOTFOUND: () => 'the name is not known: correct the address',
  EAI_AGAIN: () => 'the name server does not answer',
  ETIMEDOUT: () => 'no answer: is a firewall between?',
  EHOSTUNREACH: () => 'there is no way to this address: is a firewall between?',
  ECONNRESET: (peer) => `the ${peer} hung up: is the port right, and is it one with or without encryption?`,
  EPROTO: () => 'this port does not speak TLS: is the address right?',
  ERR_SSL_WRONG_VERSION_NUMBER: () => 'this port does not speak TLS: is the address right?',
  SELF_SIGNED_CERT_IN_CHAIN: byAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: byAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: byAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: (peer) => `give the ${peer}'s certificate itself as tls.ca, after comparing it with the one on the ${peer}`,
  CERT_HAS_EXPIRED: (peer) => `renew the ${peer}'s certificate`,
  ERR_TLS_CERT_ALTNAME_INVALID: () => 'the certificate is for another name: correct the address or set tls.serverName',
}
