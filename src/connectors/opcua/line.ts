import { readFile } from 'node:fs/promises'
import type { EndpointDescription, OPCUAClient, UserIdentityInfo } from 'node-opcua'
import type { SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { Exchange } from '../../core/flows.ts'
import { fault } from '../../core/peer-faults.ts'
import type { OpcuaConfig } from './config.ts'
import { loadOpcua, type Opcua, within } from './library.ts'
import { type OwnCertificate, ownCertificate } from './own-certificate.ts'
import { asNotConnected } from './problems.ts'
import { type OnAnswer, openServices, type Session } from './services.ts'
import { assertTrusted, leafCertificate, readPin } from './trust.ts'

/** Longest message taken from a server, so that a hostile one cannot take our memory. */
export const MESSAGE_BYTES = 16 * 1024 * 1024
const TRANSPORT = { maxMessageSize: MESSAGE_BYTES, maxChunkCount: 4_096, receiveBufferSize: 64 * 1024, sendBufferSize: 64 * 1024 }
/** How long a server may take to say good-bye before its socket is cut. */
const GOODBYE_MS = 1_000
/** A server forgets us after this silence; publish requests keep coming far more often. */
const SESSION_TIMEOUT_MS = 120_000

/** What one attempt needs: the library, our certificate, and when to stop. */
export interface Attempt {
  readonly opcua: Opcua
  readonly config: OpcuaConfig
  readonly context: SourceContext
  readonly own: OwnCertificate
  readonly stop: AbortSignal
}

/** An open session and its end. */
export interface Line {
  readonly session: Session
  /** Settles when the line is gone without our doing. */
  readonly lost: Promise<Error>
  /** Settles within about a second whatever the server does, and leaves no socket. Never rejects. */
  close(): Promise<void>
}

export async function beginAttempt(config: OpcuaConfig, context: SourceContext, stop: AbortSignal): Promise<Attempt> {
  const opcua = await loadOpcua()
  const own = await ownCertificate(opcua, context.directory, `${context.site}:${context.connection}`)
  stop.throwIfAborted()
  return { opcua, config, context, own, stop }
}

/** Asks the server, without security, which ways in it offers. Nothing it says is believed before its certificate is compared. */
export async function discover(attempt: Attempt): Promise<EndpointDescription[]> {
  const { opcua, config, stop } = attempt
  const { client, close } = makeClient(attempt, {
    securityMode: opcua.MessageSecurityMode.None,
    securityPolicy: opcua.SecurityPolicy.None,
  })
  try {
    await within(client.connect(config.endpoint), stop, config.requestTimeout, 'connecting')
    const endpoints = await within(client.getEndpoints(), stop, config.requestTimeout, 'asking for endpoints')
    teller(attempt, client)('GetEndpoints', undefined)
    return endpoints
  } catch (error) {
    throw asNotConnected(error, config, stop)
  } finally {
    await close()
  }
}

/** The offered endpoint with our mode and policy; NotConnected lists what is offered instead. */
export function selectEndpoint(attempt: Attempt, endpoints: readonly EndpointDescription[]): EndpointDescription {
  const { mode, policy } = security(attempt)
  const found = endpoints.find((e) => e.securityMode === mode && e.securityPolicyUri === policy && e.endpointUrl?.startsWith('opc.tcp:'))
  if (found) return found
  const offered = describeEndpoints(attempt.opcua, endpoints)
  const wanted = attempt.config.security
  const offers = offered.join(', ') || 'nothing'
  throw new NotConnected(
    `the server does not offer ${wanted.mode}${wanted.mode === 'none' ? '' : ` with ${wanted.policy}`}; it offers ${offers}`,
    {
      hint: 'enable it at the server, or set security.mode and security.policy to one it offers',
      fault: fault('not-offered', {
        wanted: [wanted.mode, wanted.mode !== 'none' && wanted.policy].filter(Boolean).join(' '),
        offered: offers,
      }),
    },
  )
}

/** `sign-and-encrypt Basic256Sha256`, one per way in. */
export function describeEndpoints(opcua: Opcua, endpoints: readonly EndpointDescription[]): string[] {
  const modes = ['invalid', 'none', 'sign', 'sign-and-encrypt']
  const names = endpoints.map((e) => {
    const policy = (e.securityPolicyUri ?? '').split('#').at(-1)
    return e.securityMode === opcua.MessageSecurityMode.None ? 'none' : `${modes[e.securityMode] ?? 'unknown'} ${policy}`
  })
  return [...new Set(names)].slice(0, 16)
}

/** Throws NotConnected unless the endpoint's certificate is the trusted one. Without security there is nothing to compare. */
export async function checkTrust(attempt: Attempt, endpoint: EndpointDescription): Promise<void> {
  if (attempt.config.security.mode === 'none') return
  const shown = leafCertificate(endpoint.serverCertificate)
  tell(attempt, { identity: shown.fingerprint256, sentBytes: 0, receivedBytes: 0 })
  assertTrusted(shown, await readPin(attempt.context.directory), attempt.context)
}

/** Opens a session at an endpoint whose certificate was checked. */
export async function openLine(attempt: Attempt, endpoint: EndpointDescription): Promise<Line> {
  const { opcua, config, stop } = attempt
  const { mode, policy } = security(attempt)
  const serverCertificate = config.security.mode === 'none' ? undefined : Buffer.from(leafCertificate(endpoint.serverCertificate).raw)
  const { client, close } = makeClient(attempt, {
    securityMode: mode,
    securityPolicy: policy,
    ...(serverCertificate && { serverCertificate }),
  })
  const lost = new Promise<Error>((resolve) => {
    client.on('close', (error) => resolve(error ?? new Error('the connection was closed')))
    client.on('connection_lost', () => resolve(new Error('the connection was lost')))
  })
  try {
    await within(client.connect(config.endpoint), stop, config.requestTimeout, 'opening the secure channel')
    const session = await within(client.createSession(await identityToken(attempt)), stop, config.requestTimeout, 'opening the session')
    const onAnswer = teller(attempt, client)
    onAnswer('CreateSession', undefined)
    return { session: await openServices(opcua, session, config.requestTimeout, stop, onAnswer), lost, close }
  } catch (error) {
    await close()
    throw asNotConnected(error, config, stop)
  }
}

/** Tells of each answer with the bytes since the last one: requests overlap, so only their sum is exact. */
function teller(attempt: Attempt, client: Pick<OPCUAClient, 'bytesRead' | 'bytesWritten'>): OnAnswer {
  const told = { read: 0, written: 0 }
  return (service, exception) => {
    const { bytesRead, bytesWritten } = client
    const [sentBytes, receivedBytes] = [Math.max(0, bytesWritten - told.written), Math.max(0, bytesRead - told.read)]
    told.read = bytesRead
    told.written = bytesWritten
    tell(attempt, { service, sentBytes, receivedBytes, ...(exception !== undefined && { exception }) })
  }
}

/** The device as `endpoint` names it. */
export function tell({ config, context }: Pick<Attempt, 'config' | 'context'>, exchange: Omit<Exchange, 'host' | 'port'>): void {
  const { hostname, port } = new URL(config.endpoint)
  context.onExchange?.({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 4840, ...exchange })
}

function security({ opcua, config }: Attempt) {
  const { mode, policy } = config.security
  const modes = opcua.MessageSecurityMode
  if (mode === 'none') return { mode: modes.None, policy: opcua.SecurityPolicy.None }
  return { mode: mode === 'sign' ? modes.Sign : modes.SignAndEncrypt, policy: opcua.SecurityPolicy[policy] }
}

type ClientOptions = NonNullable<Parameters<typeof OPCUAClient.create>[0]>

/** A client that tries once, keeps no certificate store of its own, trusts nobody by itself, and whose sockets we hold. */
function makeClient({ opcua, config, own }: Attempt, options: ClientOptions): { client: OPCUAClient; close(): Promise<void> } {
  const transports: InstanceType<Opcua['ClientTCP_transport']>[] = []
  const client = opcua.OPCUAClient.create({
    ...options,
    applicationName: 'Ecluse',
    applicationUri: own.applicationUri,
    clientName: 'Ecluse',
    certificateKeyPairProvider: own.provider,
    clientCertificateManager: new opcua.InMemoryCertificateStore({ autoAcceptUnknown: false }),
    connectionStrategy: { maxRetry: 0, initialDelay: 1, maxDelay: 1 },
    endpointMustExist: false,
    keepSessionAlive: false,
    requestedSessionTimeout: Math.max(SESSION_TIMEOUT_MS, 4 * config.subscription.keepAlive),
    defaultTransactionTimeout: config.requestTimeout,
    transportSettings: TRANSPORT,
    transportTimeout: Math.max(2 * config.requestTimeout, 6 * config.subscription.keepAlive),
    transportFactory: {
      create(settings) {
        const transport = new opcua.ClientTCP_transport(settings)
        keepOurLimits(transport)
        transports.push(transport)
        return transport
      },
    },
  })
  const close = async () => {
    const goodbye = client.disconnect()
    goodbye.catch(() => {})
    // An abandoned handshake or a silent server would hold the good-bye back until its own time-outs.
    await within(goodbye, NEVER, GOODBYE_MS, 'closing').catch(() => {})
    for (const transport of transports) transport.dispose()
    client.removeAllListeners()
  }
  return { client, close }
}

/**
 * The library takes the limits of the server's Acknowledge for those of what it receives as well, where 0 means none (OPC 10000-6, 7.1.2.4): a server
 * could lift ours. The smaller of the two holds.
 */
function keepOurLimits(transport: InstanceType<Opcua['ClientTCP_transport']>): void {
  const setLimits = transport.setLimits.bind(transport)
  const least = (theirs: number, ours: number) => (theirs > 0 ? Math.min(theirs, ours) : ours)
  transport.setLimits = (theirs) =>
    setLimits({
      receiveBufferSize: least(theirs.receiveBufferSize, TRANSPORT.receiveBufferSize),
      sendBufferSize: least(theirs.sendBufferSize, TRANSPORT.sendBufferSize),
      maxMessageSize: least(theirs.maxMessageSize, TRANSPORT.maxMessageSize),
      maxChunkCount: least(theirs.maxChunkCount, TRANSPORT.maxChunkCount),
    })
}

const NEVER = new AbortController().signal

async function identityToken({ opcua, config }: Attempt): Promise<UserIdentityInfo> {
  const { user } = config
  if (user === 'anonymous') return { type: opcua.UserTokenType.Anonymous }
  if ('password' in user) return { type: opcua.UserTokenType.UserName, userName: user.name, password: user.password }
  const bytes = user.certificate.includes('-----BEGIN') ? Buffer.from(user.certificate) : await readFile(user.certificate)
  const { X509Certificate } = await import('node:crypto')
  return { type: opcua.UserTokenType.Certificate, certificateData: new X509Certificate(bytes).raw, privateKey: user.privateKey }
}
