import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Channel, TurnedAway } from '../../core/link.ts'
import { silent } from '../../core/log.ts'
import { type Clock, systemClock } from '../../core/time.ts'
import { linkConfig } from '../config.ts'
import { type HubIdentity, identityDirectory, openDialIdentity, openHubIdentity } from '../identity/hub.ts'
import { dial, enroll, type Listener, listen, type TlsLimits } from './tls.ts'

export interface Hub {
  readonly data: string
  readonly identity: HubIdentity
  readonly listener: Listener
  /** `127.0.0.1:port` */
  readonly address: string
  /** The next channel that was admitted. */
  nextChannel(): Promise<Channel>
  /** Lets a node enrol and gives its token. */
  token(node: string, more?: { lifetimeMs?: number; address?: string }): Promise<string>
}

export interface HubOptions {
  readonly clock?: Clock
  readonly limits?: Partial<TlsLimits>
  readonly data?: string
  readonly host?: string
  /** Keys of `link:`. */
  readonly link?: object
  /** Gets the channels, instead of `nextChannel`. */
  readonly serve?: (channel: Channel) => void
  readonly turnedAway?: TurnedAway
}

const folders: string[] = []
// At the very end: hubs write when they close.
after(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ecluse-identity-'))
  folders.push(made)
  return made
}

/** A hub on a free port of loopback, gone after the test. */
export async function startHub({
  clock = systemClock,
  limits = {},
  data = folder(),
  host = '127.0.0.1',
  link = {},
  serve,
  turnedAway,
}: HubOptions = {}): Promise<Hub> {
  const identity = await openHubIdentity({ data, node: 'hub-1', link: linkConfig.parse(link), clock })
  const channels: Channel[] = []
  const waiting: ((channel: Channel) => void)[] = []
  const onChannel = (channel: Channel) => {
    const next = waiting.shift()
    if (next) next(channel)
    else channels.push(channel)
  }
  const told = { onChannel: serve ?? onChannel, turnedAway }
  const listener = await listen({ host, port: 0, name: 'hub-1', identity, clock, log: silent, limits, ...told })
  after(() => listener.close())
  const address = `127.0.0.1:${listener.address.port}`
  return {
    data,
    identity,
    listener,
    address,
    nextChannel: async () => channels.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    token: async (node, { lifetimeMs = 60_000, address: told = address } = {}) => {
      await identity.registry.add(node, true)
      return (await identity.tokens.create({ node, address: told, fingerprint: identity.authority.fingerprint, lifetimeMs })).text
    },
  }
}

export interface Edge {
  readonly data: string
  /** Dials the hub, with what is stored now. */
  dial(more?: { address?: string; limits?: Partial<TlsLimits>; clock?: Clock }): Promise<Channel>
}

/** A node with an identity from this hub. */
export async function enrolledEdge(hub: Hub, node: string, more: { passphrase?: string } = {}): Promise<Edge> {
  const data = folder()
  await enroll({ token: await hub.token(node), directory: identityDirectory(data), clock: systemClock, ...more })
  return {
    data,
    dial: async ({ address = hub.address, limits = {}, clock = systemClock } = {}) => {
      const identity = await openDialIdentity({ data, link: linkConfig.parse(more) })
      const channel = await dial({ address, identity, clock, limits })
      after(() => channel.close(false))
      return channel
    },
  }
}
