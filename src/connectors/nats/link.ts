import type { Authenticator, NatsConnection } from '@nats-io/transport-node'
import { tlsOptions } from '../../core/client-tls.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault, networkFault } from '../../core/peer-faults.ts'
import { networkHint, networkReason } from '../../lib/network-hints.ts'
import { endpointOf, type NatsConfig } from './config.ts'
import { NATS_LIMITS } from './limits.ts'

/** Opens the line to the server. Throws NotConnected with what to do; nothing reconnects by itself. */
export async function openLink(config: NatsConfig, name: string): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node')
  const { host, port, encrypted } = endpointOf(config.url)
  const shown = `${host}:${port}`
  let link: NatsConnection
  try {
    link = await connect({
      servers: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      name,
      reconnect: false,
      ignoreClusterUpdates: true,
      timeout: config.timeout,
      pingInterval: NATS_LIMITS.aliveMs,
      maxPingOut: 2,
      noAsyncTraces: true,
      authenticator: await authenticator(config.auth),
      // With the host, so that the certificate is held against it where it is an address, which has no server name.
      ...(encrypted && { tls: { host, ...tlsOptions(config.tls) } as object }),
      ...(!encrypted && { tls: null }),
    })
  } catch (error) {
    throw refusal(error, shown)
  }
  const most = link.info?.max_payload ?? 0
  if (most > NATS_LIMITS.serverMessageBytes) {
    await link.close()
    throw new NotConnected(
      `${shown} allows messages of ${most} bytes; we take a server that allows at most ${NATS_LIMITS.serverMessageBytes}`,
      {
        hint: 'lower max_payload of the server',
        fault: fault('messages-unbounded', { peer: shown, bytes: most, limit: NATS_LIMITS.serverMessageBytes }),
      },
    )
  }
  return link
}

async function authenticator(auth: NatsConfig['auth']): Promise<Authenticator[]> {
  const nats = await import('@nats-io/transport-node')
  const bytes = (text: string, end = '') => new TextEncoder().encode(text.trim() + end)
  switch (auth.type) {
    case 'none':
      return []
    case 'user':
      return [nats.usernamePasswordAuthenticator(auth.user, auth.password)]
    case 'token':
      return [nats.tokenAuthenticator(auth.token)]
    case 'nkey':
      return [nats.nkeyAuthenticator(bytes(auth.seed))]
    case 'creds':
      // The library wants the newline at the end, which a reference leaves out.
      return [nats.credsAuthenticator(bytes(auth.creds, '\n'))]
  }
}

/** The library's errors may quote what was sent: only what is known of them is told, and no cause goes along. */
function refusal(error: unknown, shown: string): NotConnected {
  const name = error instanceof Error ? error.name : ''
  const text = error instanceof Error ? error.message : ''
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (name === 'AuthorizationError' || /authoriz|authentic|nkey|seed|credential|creds/i.test(text))
    return new NotConnected(`${shown} does not let us in`, {
      hint: 'check the credentials under auth, and what the server wants',
      fault: fault('not-let-in', { peer: shown }),
    })
  if (name === 'TimeoutError')
    return new NotConnected(`${shown} did not answer in time`, {
      hint: 'is this the port of a NATS server?',
      fault: fault('no-answer', { peer: shown }),
    })
  if (/secure|tls/i.test(text) && !('code' in Object(root)))
    return new NotConnected(`${shown}: encryption is wanted on one side only`, {
      hint: 'tls:// needs a server with TLS, and a server that wants TLS needs tls://',
      fault: fault('tls-one-sided', { peer: shown }),
    })
  return new NotConnected(`${shown}: ${networkReason(root)}`, {
    hint: networkHint(root, 'server'),
    fault: networkFault(root, shown),
  })
}
