import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Clients that may wait or speak at one time. */
const CLIENTS = 200

export interface Door {
  readonly port: number
  /** Lets those who wait, and all who come, through to the server on this port of the same machine. */
  open(inner: number): void
  close(): Promise<void>
}

/** A port that takes connections before the server behind it is there: who comes early waits for the first answer instead of being turned away. */
export async function makeDoor(host: string, port: number): Promise<Door> {
  const clients = new Set<Socket>()
  let through = (_inner: number): void => {}
  const inner = new Promise<number>((resolve) => {
    through = resolve
  })
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (client) => {
    clients.add(client)
    // Either end may break off at any moment; the other is told by its own end.
    client.on('error', () => client.destroy())
    client.once('close', () => clients.delete(client))
    void inner.then((port) => {
      if (!client.destroyed) join(client, connect({ host, port, noDelay: true }))
    })
  })
  server.maxConnections = CLIENTS
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    open: through,
    async close() {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function join(client: Socket, server: Socket): void {
  server.on('error', () => server.destroy())
  client.once('close', () => server.destroy())
  server.once('close', () => client.destroy())
  client.pipe(server).pipe(client)
}
