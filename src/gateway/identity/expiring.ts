import { DAY, type Micros } from '../../core/time.ts'
import type { Authority } from './authority.ts'
import { daysLeft } from './certificate.ts'
import type { Credentials } from './node-identity.ts'
import type { Registry } from './registry.ts'

/** A certificate that ends soon, or has ended. */
export interface Expiring {
  readonly what: 'node' | 'authority' | 'listener'
  /** Whose it is. */
  readonly name: string
  readonly notAfter: Micros
  /** Negative after its end. */
  readonly daysLeft: number
}

/** A certificate is a finding this long before its end. Renewal is due at two thirds of the lifetime, so a finding means that it does not work. */
const AHEAD = 30 * DAY

/** Of a hub: the newest certificate of every node that is admitted, its listener's, and its authority's. */
export async function expiringAtHub(authority: Authority, registry: Registry, name: string, now: Micros): Promise<Expiring[]> {
  const nodes = registry.nodes
    .filter((node) => !node.revoked && node.certificates.length > 0)
    .map((node) => ({ what: 'node' as const, name: node.name, notAfter: Math.max(...node.certificates.map((one) => one.notAfter)) }))
  const listener = { what: 'listener' as const, name, notAfter: (await authority.server()).notAfter }
  return soon([...nodes, listener, { what: 'authority', name, notAfter: authority.notAfter }], now)
}

/** Of an edge or relay: its own certificate. */
export function expiringAtNode({ name, notAfter }: Credentials, now: Micros): Expiring[] {
  return soon([{ what: 'node', name, notAfter }], now)
}

function soon(certificates: readonly Omit<Expiring, 'daysLeft'>[], now: Micros): Expiring[] {
  return certificates.filter(({ notAfter }) => notAfter - now <= AHEAD).map((one) => ({ ...one, daysLeft: daysLeft(one, now) }))
}
