import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Server } from './route.ts'

/** How the HTTP surface is reached. */
export interface HttpTransport {
  /** PEM; TLS 1.3 alone is spoken. Absent: plain HTTP, for this machine or a reverse proxy on it. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** Addresses and networks of reverse proxies that are believed in what they say of a caller (X-Forwarded-For, -Proto); none: nobody is. */
  readonly proxies?: readonly string[]
}

/** A year, which browsers keep (RFC 6797, 6.1.1). */
const HSTS = 'max-age=31536000'

/** What pages may ask of a browser: nothing but what every page may. */
const PERMISSIONS_POLICY =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()'

/** Options of the server beside its limits. */
export function transportOptions({ tls, proxies = [] }: HttpTransport): { https: object | null; trustProxy: string[] | false } {
  return {
    https: tls ? { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.3' } : null,
    trustProxy: proxies.length > 0 ? [...proxies] : false,
  }
}

/** Headers of every answer; over TLS the browser is told to stay with it, and every cookie is for TLS alone, whoever set it. */
export function hardenAnswers(server: Server): void {
  server.addHook('onSend', async (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('permissions-policy', PERMISSIONS_POLICY)
    // What frame-ancestors says already, for browsers and scanners that do not read it.
    reply.header('x-frame-options', 'DENY')
    if (request.protocol !== 'https') return
    reply.header('strict-transport-security', HSTS)
    const cookies = [reply.getHeader('set-cookie') ?? []].flat().map(String)
    if (cookies.length > 0) reply.removeHeader('set-cookie')
    for (const cookie of cookies) reply.header('set-cookie', /;\s*secure/i.test(cookie) ? cookie : `${cookie}; Secure`)
  })
}
