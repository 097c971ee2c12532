import { NotConnected } from '../../core/errors.ts'
import { fault, type PeerFaultCode } from '../../core/peer-faults.ts'
import { Status, statusName } from '../../core/status.ts'
import type { OpcuaConfig } from './config.ts'
import { statusOf } from './library.ts'

const S = Status

/** What a person should do, by the status a server answered with while we connected. */
const HINTS = new Map<number, string>([
  [S.BadIdentityTokenRejected, 'check user and password: the server refused them'],
  [S.BadIdentityTokenInvalid, 'the server does not accept this kind of user: see `ecluse check`'],
  [S.BadUserAccessDenied, 'check user and password, and what that user may do at the server'],
  [S.BadUserSignatureInvalid, 'the private key does not belong to the user certificate'],
  [S.BadSecurityChecksFailed, 'the server does not trust us yet: accept the certificate in own/certificate.der at the server'],
  [S.BadCertificateUntrusted, 'the server does not trust us yet: accept the certificate in own/certificate.der at the server'],
  [
    S.BadCertificateTimeInvalid,
    "our certificate is out of its dates for the server: compare the clocks, or delete the connection's own folder for a new one",
  ],
  [S.BadCertificateUriInvalid, "our certificate does not match our application URI: delete the connection's own folder for a new one"],
  [S.BadSecurityPolicyRejected, 'set security.policy to one the server offers: see `ecluse check`'],
  [S.BadSecurityModeRejected, 'set security.mode to one the server offers: see `ecluse check`'],
  [S.BadTcpEndpointUrlInvalid, 'the path of the endpoint is not one of this server'],
  [S.BadTooManySessions, 'the server has no session left: close other clients or raise its limit'],
  [S.BadTooManySubscriptions, 'the server has no subscription left: close other clients or raise its limit'],
  [S.BadServerHalted, 'the server is stopped: start it'],
  [S.BadTcpServerTooBusy, 'the server is too busy to take a connection: it is tried again'],
])

const NETWORK: readonly (readonly [pattern: RegExp, what: string, hint: string, code: PeerFaultCode])[] = [
  [
    /max (message size|chunk count|chunk size) exceeded/i,
    'the server sent a message over our limit',
    'the value that is too large is looked for at the next connection',
    'message-limit',
  ],
  [/ECONNREFUSED/, 'nothing listens at this address', 'check host and port, and that the server runs', 'refused'],
  [/ENOTFOUND|EAI_AGAIN/, 'the host name is not known', 'check the host name', 'unknown-name'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no route to the host', 'check the address and the network between', 'no-route'],
  [
    /ETIMEDOUT|no answer within|has timed out/i,
    'the server does not answer',
    'check address, port and firewall; is it an OPC UA server?',
    'no-answer',
  ],
  [
    /disconnected by third party|in waiting for data on socket|socket hang|ECONNRESET|has been closed|connection_break|Connection Break|premature/i,
    'the peer closed the line',
    'check that the port is that of an OPC UA server, and that the server accepts the certificate in own/certificate.der',
    'closed',
  ],
  [
    /user token policy/i,
    'the server does not accept this kind of user',
    'use one that it offers: anonymous, a name and password, or a certificate',
    'user-kind',
  ],
  [
    /private key|PEM|DECODER|asn1/i,
    'a certificate or key of ours cannot be used',
    'check the files that the connection names, and the own folder',
    'own-certificate',
  ],
]

/** Any failure on the way to a session as the runner's NotConnected. Our own kinds and aborts pass through. */
export function asNotConnected(error: unknown, config: OpcuaConfig, stop: AbortSignal): Error {
  if (error instanceof NotConnected) return error
  if (stop.aborted && error === stop.reason) return asError(error)
  const message = error instanceof Error ? error.message : String(error)
  const status = statusOf(error)
  if (status !== undefined && status !== S.BadConnectionRejected) {
    return new NotConnected(`${config.endpoint} answered ${statusName(status)}`, {
      cause: error,
      hint: HINTS.get(status) ?? 'see the log of the server',
      fault: fault('answered', { peer: config.endpoint, status: statusName(status) }),
    })
  }
  const peer = config.endpoint
  for (const [pattern, what, hint, code] of NETWORK) {
    if (pattern.test(message)) return new NotConnected(`${peer}: ${what}`, { cause: error, hint, fault: fault(code, { peer }) })
  }
  const detail = message.replace(/\s+/g, ' ').slice(0, 300)
  return new NotConnected(`${peer}: ${detail}`, { cause: error, fault: fault('own-words', { peer, detail }) })
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

/** The reason a sample carries for a node the server refused. */
export function refusalReason(status: number): string {
  switch (status & 0xffff0000) {
    case S.BadNodeIdUnknown | 0:
    case S.BadNodeIdInvalid | 0:
      return 'node-unknown'
    case S.BadUserAccessDenied | 0:
    case S.BadNotReadable | 0:
      return 'access-denied'
    case S.BadTooManyMonitoredItems | 0:
      return 'too-many-items'
    default:
      return 'node-refused'
  }
}
