import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import type { NodeView } from '../core/node-view.ts'
import { addressGroup, plainAddress } from '../lib/network-address.ts'
import { callerIn } from './audited.ts'
import { API_LIMITS } from './limits.ts'
import type { Access, Caller } from './people/access.ts'
import type { Rate } from './people/rate.ts'
import { Refusal } from './problem.ts'
import type { MissingWhere } from './problem-words/index.ts'
import type { Server } from './route.ts'

/** What the pages need, and nothing more: no scripts or styles but our own files. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

export const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export interface GuardOptions extends Pick<NodeView, 'audit' | 'policy'> {
  /** Names this server answers to, beside those of the machine itself; the last is the one people are told. */
  readonly names: readonly string[]
  /** Absent: as many requests as come. */
  readonly rate?: Rate
  isReserved(request: FastifyRequest): boolean
}

/** Hooks that every request passes: not too many, known host, same origin for changes, then the permission its route declares. Default deny. */
export function guard(server: Server, access: Access, { names, audit, policy, rate, isReserved }: GuardOptions): void {
  const isKnownHost = knownHosts(names)
  // First of all: what is too much costs no more than this. The reserved listener has its own bucket.
  if (rate)
    server.addHook('onRequest', async (request, reply) => {
      if (rate.take(`${isReserved(request) ? 'reserved' : 'address'} ${addressGroup(plainAddress(request.ip))}`)) return
      reply.headers({ connection: 'close', 'retry-after': '1' })
      throw tooMany()
    })
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS)
    if (request.url.startsWith('/api/') || request.url.startsWith('/metrics')) reply.header('cache-control', 'no-store')
    if (!isKnownHost(request.hostname)) {
      throw new Refusal(421, 'unknown-host', names.at(-1) ?? '')
    }
    // Another program on the way may have believed the other one (RFC 9112, 3.2).
    if ((request.raw.headersDistinct.host?.length ?? 0) > 1) throw new Refusal(400, 'two-hosts')
    const ofIdentity = (asked: FastifyRequest) => {
      const { permission } = asked.routeOptions.config
      const name = rate && permission !== 'public' ? access.callerOf(asked, false)?.name : undefined
      return name === undefined || rate?.take(`identity ${name}`) ? undefined : tooMany()
    }
    const closed = policy.againstReader(plainAddress(request.socket.remoteAddress))
    if (closed !== undefined) throw new Refusal(403, 'no-conduit', closed)
    const denied = async (refusal: Refusal) => {
      const what = `${request.method} ${request.routeOptions.url ?? ''}`
      await audit.note({ kind: 'denial', outcome: 'refused', ...callerIn(request, access), what, detail: { code: refusal.code } })
      throw refusal
    }
    if (request.method !== 'GET' && request.method !== 'HEAD' && isForeign(request)) await denied(foreign())
    // A body whose end nobody knows can come in a million pieces before it is too large, each of which costs a turn of the loop.
    if (request.headers['transfer-encoding'] !== undefined) {
      reply.header('connection', 'close')
      throw new Refusal(411, 'length-required')
    }
    const refusal = authorise(request, access, isReserved(request)) ?? ofIdentity(request)
    // Who shows nothing is not denied anything yet: every first look at a page begins so.
    if (refusal) await (refusal.status === 403 || request.headers.authorization !== undefined ? denied(refusal) : Promise.reject(refusal))
  })
}

const tooMany = () => new Refusal(429, 'too-many-requests')

function authorise(request: FastifyRequest, access: Access, isReserved: boolean): Refusal | undefined {
  if (request.is404) return undefined
  const { permission, fresh, whileEnrolling } = request.routeOptions.config
  if (permission === 'public') return undefined
  const caller = access.callerOf(request)
  if (!caller) return new Refusal(401, 'not-signed-in')
  if (caller.stage === 'second-factor') return new Refusal(403, 'second-factor-needed')
  if (caller.stage === 'enrol' && !whileEnrolling) return new Refusal(403, 'enrol-first')
  if (isReserved && !caller.rights.everywhere('administer')) return new Refusal(403, 'reserved')
  if (!permission || !mayCall(caller, request.routeOptions.config, access.settings.zones.own)) {
    return new Refusal(403, 'forbidden', permission, whereOf(request.routeOptions.config))
  }
  if (fresh && !access.isFresh(caller)) return new Refusal(403, 'sign-in-again')
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

const whereOf = ({ permission, scope = 'every' }: Declared): MissingWhere => (permission === 'self' ? 'own' : scope)

/** A change asked for by another site is refused, cookie or not. Programs send neither header. */
function isForeign({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}` && headers.origin !== `https://${headers.host}`
}

const foreign = () => new Refusal(403, 'foreign-origin')

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
    const address = addressGroup(plainAddress(socket.remoteAddress))
    if (proxies.includes(socket.remoteAddress ?? '') || proxies.includes(address)) return
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
