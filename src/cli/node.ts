import { userInfo } from 'node:os'
import { formatTime } from '../core/time.ts'
import { type LinkConfig, linkConfig } from '../gateway/config.ts'
import { daysLeft } from '../gateway/identity/certificate.ts'
import { identityDirectory, openHubIdentity } from '../gateway/identity/hub.ts'
import { IDENTITY_LIMITS } from '../gateway/identity/limits.ts'
import { openRegistry, type RegisteredNode } from '../gateway/identity/registry.ts'
import { isNodeName } from '../gateway/identity/x509.ts'
import { isLoopback } from '../lib/network-address.ts'
import { load, loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { refusing } from './enroll.ts'
import { age, paint, table, writeResult } from './output.ts'
import { told } from './told.ts'

export interface NodeOptions extends CommonOptions {
  readonly config?: string
}

export interface NodeAddOptions extends NodeOptions {
  readonly lifetimeMs: number
  readonly address?: string
  readonly replace?: boolean
  /** It is a relay. */
  readonly relay?: boolean
}

/** `ecluse node add NAME`: the token goes to stdout, all else to stderr. Works whether or not the hub runs. */
export async function nodeAdd(verb: Verb, name: string, options: NodeAddOptions): Promise<Exit> {
  const { io, clock } = verb
  const words = verb.words.identity
  return refusing(verb, async () => {
    const loaded = await load(verb, options.config)
    const { config } = loaded
    const link = config.link ?? linkConfig.parse({})
    const { id, role } = config.node
    if (role === 'edge' || (role === 'all' && !config.link)) throw new Refused(words.notAbove(id, role), words.notAboveHint)
    if (link.transport === 'diode') throw new Refused(words.oneWay(id), words.oneWayHint)
    if (!isNodeName(name)) throw new Refused(words.badName(name), words.badNameHint)
    if (name === id) throw new Refused(words.ownName(name), words.ownNameHint)
    if (options.lifetimeMs <= 0 || options.lifetimeMs > IDENTITY_LIMITS.tokenLifetimeMs) throw new Refused(words.badLifetime)
    const address = addressOf(link, options.address)
    if (address === undefined) throw new Refused(words.noAddress, words.noAddressHint)
    const { authority, registry, tokens } = await openHubIdentity({ data: config.data, node: config.node.id, link, clock })
    await told(verb, loaded, options.config, { kind: 'enrolment', what: name, detail: { step: 'admitted' } })
    await registry.add(name, options.replace === true, options.relay === true)
    if (!authority.isBuiltIn) {
      io.err(`${words.admitted(name)}\n`)
      return EXIT.ok
    }
    const { text, expires } = await tokens.create({
      node: name,
      address,
      fingerprint: authority.fingerprint,
      lifetimeMs: options.lifetimeMs,
    })
    const until = formatTime(expires)
    if (isLoopback(address.replace(/:\d+$/, ''))) io.err(`${paint(io.colour.err).warn(words.onlyHere(address))}\n`)
    io.err(`${words.token(name, until)}\n`)
    writeResult(io, options.output, { node: name, address, expires: until, token: text }, () => `ecluse enroll ${text}`)
    return EXIT.ok
  })
}

/** How an edge reaches this hub: said, configured, or the listening address where that is one. */
function addressOf({ listen }: LinkConfig, said: string | undefined): string | undefined {
  const isAddress = linkConfig.safeParse({ to: said }).success
  if (said !== undefined) return isAddress ? said : undefined
  if (listen.address !== undefined) return listen.address
  if (listen.port === 0 || ['0.0.0.0', '::'].includes(listen.host)) return undefined
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`
}

/** `ecluse node list`. */
export async function nodeList(verb: Verb, options: NodeOptions): Promise<Exit> {
  return refusing(verb, async () => {
    const registry = await registryOf(verb, options)
    const now = verb.clock.now()
    const words = verb.words.identity
    const rows = registry.nodes.map((node) => {
      const notAfter = node.certificates.length > 0 ? Math.max(...node.certificates.map((one) => one.notAfter)) : undefined
      return { node, notAfter, state: stateOf(node, notAfter, now) }
    })
    const value = rows.map(({ node, notAfter, state }) => ({
      node: node.name,
      state,
      ...(notAfter !== undefined && { notAfter: formatTime(notAfter), daysLeft: daysLeft({ notAfter }, now) }),
      ...(node.lastSeen !== undefined && { lastSeen: formatTime(node.lastSeen), address: node.lastAddress }),
      ...(node.revoked && { revoked: { ...node.revoked, time: formatTime(node.revoked.time) } }),
    }))
    writeResult(verb.io, options.output, { nodes: value }, () =>
      rows.length === 0
        ? words.noNodes
        : table<(typeof rows)[number]>(
            [
              { title: words.node, cell: ({ node }) => node.name },
              { title: words.state, cell: ({ state }) => words.states[state] },
              { title: words.days, cell: ({ notAfter }) => (notAfter === undefined ? '-' : `${daysLeft({ notAfter }, now)}`), right: true },
              {
                title: words.seen,
                cell: ({ node }) => (node.lastSeen === undefined ? '-' : age((now - node.lastSeen) / 1e6)),
                right: true,
              },
              { title: words.address, cell: ({ node }) => node.lastAddress ?? '-' },
              { title: words.reason, cell: ({ node }) => node.revoked?.reason ?? '-' },
            ],
            rows,
          ),
    )
    return EXIT.ok
  })
}

function stateOf(node: RegisteredNode, notAfter: number | undefined, now: number): 'waiting' | 'enrolled' | 'expired' | 'revoked' {
  if (node.revoked) return 'revoked'
  if (notAfter === undefined) return 'waiting'
  return notAfter < now ? 'expired' : 'enrolled'
}

/** `ecluse node revoke NAME --reason TEXT`: durable when it says so; a running hub sees it within a second. */
export async function nodeRevoke(verb: Verb, name: string, options: NodeOptions & { readonly reason: string }): Promise<Exit> {
  return refusing(verb, async () => {
    const registry = await registryOf(verb, options)
    const { loaded } = await loadLoosely(verb, options.config)
    // A door must not stay open for want of a record.
    if (loaded)
      await told(verb, loaded, options.config, { kind: 'revocation', what: name, detail: { reason: options.reason } }).catch(
        (error: Error) => verb.io.err(`${verb.words.evidence.revokedUnrecorded(error.message)}\n`),
      )
    await registry.revoke(name, userInfo().username, options.reason)
    verb.io.err(`${verb.words.identity.revoked(name)}\n`)
    return EXIT.ok
  })
}

/** Secrets of the configuration are not needed to look, or to shut somebody out in a hurry. */
async function registryOf(verb: Verb, options: NodeOptions) {
  const { loaded } = await loadLoosely(verb, options.config)
  const { config } = loaded ?? (await load(verb, options.config))
  return openRegistry({
    directory: identityDirectory(config.data),
    clock: verb.clock,
    anySerial: config.link?.certificate !== undefined,
  })
}
