import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { http, https } from '../../lib/http.ts'
import type { WebhookConfig } from './config.ts'
import { WEBHOOK_LIMITS } from './limits.ts'

export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface Listener {
  readonly port: number
  /** Takes no more, and ends every connection. */
  close(): Promise<void>
}

/** How often Node looks for requests that take too long, in milliseconds. */
const LOOKING_MS = 250

/** Listens where the configuration says. Throws NotConnected when that cannot be. */
export async function openListener(config: WebhookConfig, handle: Handle): Promise<Listener> {
  const { host, port, tls, timeout, patience } = config
  const options: ServerOptions = {
    maxHeaderSize: WEBHOOK_LIMITS.headerBytes,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(LOOKING_MS, timeout),
    keepAliveTimeout: 5_000,
  }
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    // A sender that hangs up is told nothing; what it sent may be durable, and is recognised when it comes again.
    response.on('error', () => {})
    void handle(request, response)
  }
  const server = tls
    ? https.createServer({ ...options, ...tlsOf(tls), handshakeTimeout: timeout }, listener)
    : http.createServer(options, listener)
  server.maxConnections = WEBHOOK_LIMITS.connections
  server.timeout = timeout + patience + 5_000
  await listening(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function tlsOf({ certificate, key, clientCa }: NonNullable<WebhookConfig['tls']>) {
  const senders = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  return { minVersion: 'TLSv1.2' as const, cert: certificate, key, ...senders }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new NotConnected(`cannot listen on ${host}:${port}: ${error.code ?? error.message}`, {
          cause: error,
          hint: hintOf(error.code),
          fault: fault('cannot-listen', { peer: `${host}:${port}`, detail: error.code ?? error.message }),
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
}

function hintOf(code: string | undefined): string {
  if (code === 'EADDRINUSE') return 'another program, or another connection, listens there: choose another port'
  if (code === 'EACCES') return 'ports below 1024 are for the system: choose a higher one'
  return 'is host an address of this machine?'
}
