import { join } from 'node:path'
import { silent } from '../src/core/log.ts'
import { systemClock as clock } from '../src/core/time.ts'
import { linkConfig } from '../src/gateway/config.ts'
import { identityDirectory, openHubIdentity } from '../src/gateway/identity/hub.ts'
import { enroll, listen } from '../src/gateway/link/tls.ts'

/** Makes a hub's authority and an edge enrolled with it, in `directory/hub` and `directory/edge`; the hub will listen on the port. */
export async function enrolled(directory: string, port: number): Promise<void> {
  const link = linkConfig.parse({ listen: { port } })
  const identity = await openHubIdentity({ data: join(directory, 'hub'), node: 'hub', link, clock })
  const listener = await listen({ host: '127.0.0.1', port, name: 'hub', identity, clock, log: silent, onChannel: () => {} })
  const { authority, registry, tokens } = identity
  await registry.add('edge', false)
  const order = { node: 'edge', address: `127.0.0.1:${port}`, fingerprint: authority.fingerprint, lifetimeMs: 60_000 }
  await enroll({ token: (await tokens.create(order)).text, directory: identityDirectory(join(directory, 'edge')), clock })
  await listener.close()
}
