import type { AddressInfo } from 'node:net'
import { http } from '../../lib/http.ts'
import { API_LIMITS } from '../limits.ts'
import type { Server } from '../route.ts'

export interface Reserved {
  readonly port: number
  readonly url: string
  close(): Promise<void>
}

/** A second listener for who administers: connections of its own, so that a flood of the public one takes none of them. Rejects with EADDRINUSE when the port is taken. */
export async function openReserved(server: Server, { host, port }: { host: string; port: number }): Promise<Reserved> {
  const own = http.createServer(
    {
      ...{ headersTimeout: API_LIMITS.headersMs, requestTimeout: API_LIMITS.requestMs, keepAliveTimeout: API_LIMITS.keepAliveMs },
      ...{ connectionsCheckingInterval: 1_000, maxHeaderSize: API_LIMITS.headerBytes },
    },
    (request, response) => server.routing(request, response),
  )
  own.maxConnections = API_LIMITS.reservedConnections
  await server.ready()
  await new Promise<void>((resolve, reject) => {
    own.once('error', reject)
    own.listen(port, host, resolve)
  })
  const bound = (own.address() as AddressInfo).port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        own.close(() => resolve())
        own.closeAllConnections()
      }),
  }
}
