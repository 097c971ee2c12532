import type { LoadedConfig } from '../config/index.ts'
import { NotConnected } from '../core/errors.ts'
import type { Transport } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import { fault } from '../core/peer-faults.ts'
import { type Clock, formatTime } from '../core/time.ts'
import { dial, type HubIdentity, linkConfig, listen, type NodeIdentity, openDialIdentity, openHubIdentity } from '../gateway/index.ts'
import { diodeTransport } from './diode-transport.ts'

/** A certificate is renewed when this share of its life is over. */
const RENEW_AT = 2 / 3

/**
 * The ways that the configuration declares. One way by `diodeTransport`; else over TLS: an edge or relay dials, a hub or relay listens; a node that is `all` listens where it has a `link:`.
 * Undefined where there is none. Throws IdentityError when this node has no usable identity.
 */
export async function transportOf(loaded: LoadedConfig, { clock, log }: { clock: Clock; log: Logger }): Promise<Transport | undefined> {
  const { config } = loaded
  const { role, id } = config.node
  const link = config.link ?? linkConfig.parse({})
  if (config.link?.transport === 'diode') return diodeTransport(loaded, config.link, { clock, log })
  const options = { data: config.data, node: id, link, clock }
  const isBelow = role === 'edge' || role === 'relay'
  const isAbove = role === 'hub' || role === 'relay' || (role === 'all' && config.link !== undefined)
  const below = isBelow ? await dialling(await openDialIdentity(options), link.to, { clock, log }) : {}
  const above = isAbove ? await listening(await openHubIdentity(options), options, log) : {}
  const identity = () => ({ nodes: [], ...below.identity?.(), ...above.identity?.() })
  return isBelow || isAbove ? { ...below, ...above, identity } : undefined
}

async function dialling(identity: NodeIdentity, to: string | undefined, { clock, log }: { clock: Clock; log: Logger }): Promise<Transport> {
  const address = to ?? identity.address
  let shown = await identity.credentials()
  return {
    endpoint: address ?? '',
    dial: async (stop) => {
      if (!address)
        throw new NotConnected('link.to is not set', {
          hint: 'say in link.to which hub or relay to dial',
          fault: fault('no-hub'),
        })
      shown = await identity.credentials()
      return dial({ address, identity, clock, stop })
    },
    renew: async (ask) => {
      const { notBefore, notAfter } = (shown = await identity.credentials())
      if (!identity.isBuiltIn || clock.now() < notBefore + (notAfter - notBefore) * RENEW_AT) return
      try {
        await identity.renew(ask)
      } catch (error) {
        // A link that ended meanwhile is made anew, and this with it.
        if (!(error instanceof NotConnected)) log.warn({ error: String(error) }, 'the certificate cannot be renewed; it is tried again')
        throw error
      }
      shown = await identity.credentials()
      log.info({ until: formatTime(shown.notAfter) }, 'the certificate was renewed')
    },
    identity: () => ({ certificate: { serial: shown.serial, notBefore: shown.notBefore, notAfter: shown.notAfter }, nodes: [] }),
  }
}

async function listening(
  identity: HubIdentity,
  { node, link, clock }: { node: string; link: ReturnType<typeof linkConfig.parse>; clock: Clock },
  log: Logger,
): Promise<Transport> {
  const { authority, registry, enrolment } = identity
  let server = await authority.server()
  return {
    listen: async (onChannel, turnedAway) => {
      const { host, port } = link.listen
      const listener = await listen({ host, port, name: node, identity, clock, log, onChannel, turnedAway })
      const { address } = listener
      return { address: `${address.host}:${address.port}`, close: () => listener.close() }
    },
    answerRenewal: (request, peer) => enrolment.answerRenew(request, peer),
    identity: () => {
      // Files that the customer replaced are read again: a date of the start would keep a finding that is settled, or hide one that is due.
      authority.server().then(
        (now) => {
          server = now
        },
        // The listener reads them too, and says what is wrong with them.
        () => undefined,
      )
      return {
        authority: { notAfter: authority.notAfter },
        listener: { notBefore: server.notBefore, notAfter: server.notAfter },
        nodes: registry.nodes.map(({ name, certificates, revoked }) => {
          const newest = certificates.toSorted((a, b) => b.notAfter - a.notAfter)[0]
          const lastSeen = registry.lastSeen(name)
          return {
            ...{ node: name, ...(newest && { serial: newest.serial, notBefore: newest.notBefore, notAfter: newest.notAfter }) },
            ...(lastSeen !== undefined && { lastSeen }),
            ...(revoked && { revoked }),
          }
        }),
      }
    },
  }
}
