import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import type { NodeView } from '../core/node-view.ts'
import { plainAddress } from '../lib/network-address.ts'
import { callerIn } from './audited.ts'
import { API_LIMITS } from './limits.ts'
import type { Access, Caller } from './people/access.ts'
import { Refusal } from './problem.ts'
import type { Server } from './route.ts'

/** What the pages need, and nothing more: no scripts or styles but our own files. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Hooks that every request passes: known host, same origin for changes, then the permission its route declares. Default deny. */
export function guard(
  server: Server,
  access: Access,
  hosts: readonly string[],
  { audit, policy }: Pick<NodeView, 'audit' | 'policy'>,
): void {
  const isKnownHost = knownHosts(hosts)
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    if (request.url.startsWith('/api/') || request.url.startsWith('/metrics')) reply.header('cache-control', 'no-store')
    if (!isKnownHost(request.hostname)) {
      throw new Refusal(421, 'unknown-host', 'this server does not answer to that name', `open it as ${hosts.at(-1)}`)
    }
    const closed = policy.againstReader(plainAddress(request.socket.remoteAddress))
    if (closed !== undefined)
      throw new Refusal(
        403,
        'no-conduit',
        `no conduit lets readers at this address in: ${closed}`,
        '`ecluse policy explain http send` says which line decides',
      )
    const denied = async (refusal: Refusal) => {
      const what = `${request.method} ${request.routeOptions.url ?? ''}`
      await audit.note({ kind: 'denial', outcome: 'refused', ...callerIn(request, access), what, detail: { code: refusal.code } })
      throw refusal
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && isForeign(request)) await denied(foreign())
    // A body whose end nobody knows can come in a million pieces before it is too large, each of which costs a turn of the loop.
    if (request.headers['transfer-encoding'] !== undefined) {
      reply.header('connection', 'close')
      throw new Refusal(411, 'length-required', 'a body comes with its content-length here', 'send it whole, not in chunks')
    }
    const refusal = authorise(request, access)
    // Who shows nothing is not denied anything yet: every first look at a page begins so.
    if (refusal) await (refusal.status === 403 || request.headers.authorization !== undefined ? denied(refusal) : Promise.reject(refusal))
  })
}

function authorise(request: FastifyRequest, access: Access): Refusal | undefined {
  if (request.is404) return undefined
  const { permission, fresh, whileEnrolling } = request.routeOptions.config
  if (permission === 'public') return undefined
  const caller = access.callerOf(request)
  if (!caller) return new Refusal(401, 'not-signed-in', 'sign in first', 'the command line reads its token from the data folder')
  if (caller.stage === 'second-factor') return new Refusal(403, 'second-factor-needed', 'the second factor is still to be shown')
  if (caller.stage === 'enrol' && !whileEnrolling)
    return new Refusal(403, 'enrol-first', 'a second factor is required here', 'set one up in your profile; then everything else opens')
  if (!permission || !mayCall(caller, request.routeOptions.config, access.settings.zones.own)) {
    return new Refusal(
      403,
      'forbidden',
      `this needs the permission ${permission ?? 'that nobody has'}${whereOf(request.routeOptions.config)}`,
    )
  }
  if (fresh && !access.isFresh(caller))
    return new Refusal(403, 'sign-in-again', 'this needs a sign-in of the last ten minutes', 'say your password again, then repeat it')
  return undefined
}

type Declared = FastifyContextConfig

/** What a route declares, held against what the caller may do now. */
function mayCall({ rights, kind }: Caller, { permission, scope = 'every' }: Declared, own: string | undefined): boolean {
  if (permission === undefined || permission === 'public') return false
  if (permission === 'self') return kind === 'person'
  if (scope === 'any') return rights.somewhere(permission)
  return scope === 'node' ? rights.may(permission, own) : rights.everywhere(permission)
}

const whereOf = ({ permission, scope = 'every' }: Declared): string =>
  permission === 'self'
    ? ' (an account of your own)'
    : scope === 'any'
      ? ''
      : scope === 'node'
        ? ' in the zone of this node'
        : ' in every zone'

/** A change asked for by another site is refused, cookie or not. Programs send neither header. */
function isForeign({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}` && headers.origin !== `https://${headers.host}`
}

const foreign = () => new Refusal(403, 'foreign-origin', 'changes are accepted from our own pages only')

/** Names a browser may call us by: a page of another name that was pointed at this machine (DNS rebinding) is not one of ours. */
function knownHosts(hosts: readonly string[]): (name: string) => boolean {
  const names = new Set(['127.0.0.1', 'localhost', '[::1]', '::1', ...hosts])
  const everywhere = hosts.some((host) => host === '0.0.0.0' || host === '::')
  if (everywhere) names.add(hostname())
  return (name) => names.has(name) || (everywhere && isIP(name.replace(/^\[|\]$/g, '')) !== 0)
}

/** Closes connections of an address that has too many, so that one cannot lock out all. A proxy that was declared brings those of many. */
export function limitPerAddress(server: Server, proxies: readonly string[] = []): void {
  const open = new Map<string, number>()
  server.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    if (proxies.includes(address)) return
    const count = (open.get(address) ?? 0) + 1
    if (count > API_LIMITS.connectionsPerAddress) {
      socket.destroy()
      return
    }
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
  })
}
