import { join } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import type { RefusalCode } from '../../core/link.ts'
import type { Clock, Micros } from '../../core/time.ts'
import type { CertificateFacts } from './certificate.ts'
import { IdentityError } from './errors.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { openStateFile } from './state-file.ts'

const micros = z.number().nonnegative()
const name = z.string().min(1).max(LIMITS.nodeLength)
const text = z.string().max(IDENTITY_LIMITS.textLength)
const certificate = z.strictObject({ serial: z.string().regex(/^[0-9a-f]{1,64}$/), notBefore: micros, notAfter: micros, issued: micros })
const node = z.strictObject({
  name,
  added: micros,
  /** A relay: it may hand over the logs of other nodes. */
  mayForward: z.boolean().optional(),
  /** Of its first certificate since it was added. */
  enrolled: micros.optional(),
  lastSeen: micros.optional(),
  lastAddress: text.optional(),
  certificates: z.array(certificate).max(IDENTITY_LIMITS.certificatesPerNode),
  /** Serial numbers that stay refused when the node is admitted again. */
  withdrawn: z.array(z.string().max(64)).max(IDENTITY_LIMITS.withdrawnPerNode),
  revoked: z.strictObject({ time: micros, by: text, reason: text }).optional(),
})
const stored = z.strictObject({ version: z.literal(1), nodes: z.array(node).max(LIMITS.streams) })

/** One node that this hub knows. Times in microseconds. */
export type RegisteredNode = z.infer<typeof node>
type Stored = z.infer<typeof stored>

/** The nodes that may speak to this hub or relay. */
export interface Registry {
  readonly nodes: readonly RegisteredNode[]
  node(name: string): RegisteredNode | undefined
  /** Why a certificate that the authority vouches for is refused all the same; undefined when it is admitted. */
  verdict(certificate: CertificateFacts): { code: RefusalCode; message: string } | undefined
  /** Lets a node enrol. Known already: only where it `mayReplace`; its certificates work until the new one is given. Throws IdentityError. */
  add(node: string, mayReplace: boolean, mayForward?: boolean): Promise<void>
  /**
   * The node's certificates are this one from now on. Forgives what was revoked before `allowed`, when a person let it enrol.
   * Throws IdentityError `unknown` when the node is not known, or was revoked since.
   */
  enrol(node: string, certificate: Omit<CertificateFacts, 'name'>, allowed: Micros): Promise<void>
  /** One more certificate of the node, beside `inUse`. Throws IdentityError `unknown` when the node is not, or no longer, admitted. */
  renew(node: string, certificate: Omit<CertificateFacts, 'name'>, inUse: string | undefined): Promise<void>
  /** Durable when it resolves; open channels are told at once. Throws IdentityError `unknown`. */
  revoke(node: string, by: string, reason: string): Promise<void>
  /** An admitted node is there. Its address and time are written by `flush`; with the customer's authority its serial number at once. */
  seen(certificate: CertificateFacts, address: string): Promise<void>
  flush(): Promise<void>
  /** It is connected, or was until now. In memory until `flush`. */
  sighted(node: string, address: string): void
  /** When it was last connected; undefined: never. */
  lastSeen(node: string): Micros | undefined
  /** Takes over what another process wrote. */
  refresh(): Promise<void>
  /** Calls back after every change, whoever made it; the result ends that. */
  onChange(listener: () => void): () => void
}

export interface RegistryOptions {
  readonly directory: string
  readonly clock: Clock
  /** With the customer's own authority serial numbers are not known beforehand: its word and the node's name are enough. */
  readonly anySerial: boolean
}

/** Opens the registry. Throws IdentityError `damaged` or `too-open`. */
export async function openRegistry({ directory, clock, anySerial }: RegistryOptions): Promise<Registry> {
  const file = await openStateFile<Stored>(join(directory, 'nodes', 'registry.json'), stored, { version: 1, nodes: [] })
  const listeners = new Set<() => void>()
  const sightings = new Map<string, { lastSeen: Micros; lastAddress: string }>()
  let byName = indexed(file.state)
  const changed = () => {
    byName = indexed(file.state)
    for (const listener of listeners) listener()
  }
  const update = async (change: (nodes: readonly RegisteredNode[]) => readonly RegisteredNode[]) => {
    await file.update((state) => ({ ...state, nodes: [...change(state.nodes)] }))
    changed()
  }
  const updateOne = (wanted: string, change: (node: RegisteredNode) => RegisteredNode) =>
    update((nodes) => {
      if (!nodes.some((one) => one.name === wanted)) throw new IdentityError('unknown', wanted, `no node ${wanted} is known here`)
      return nodes.map((one) => (one.name === wanted ? change(one) : one))
    })
  const sighted = (wanted: string, address: string) => {
    sightings.set(wanted, { lastSeen: clock.now(), lastAddress: bounded(address) })
  }
  const issued = (given: Omit<CertificateFacts, 'name'>) => ({
    serial: given.serial,
    notBefore: given.notBefore,
    notAfter: given.notAfter,
    issued: clock.now(),
  })
  const renew: Registry['renew'] = (wanted, given, inUse) =>
    updateOne(wanted, (one) => {
      if (one.revoked) throw new IdentityError('unknown', wanted, `node ${wanted} was revoked`)
      const alive = one.certificates.filter(({ notAfter }) => notAfter > clock.now())
      const used = alive.filter(({ serial }) => serial === inUse)
      const others = alive.filter(({ serial }) => serial !== inUse).slice(used.length + 1 - IDENTITY_LIMITS.certificatesPerNode)
      return { ...one, certificates: [...used, ...others, issued(given)] }
    })

  return {
    get nodes() {
      return file.state.nodes
    },
    node: (wanted) => byName.get(wanted),
    verdict: (given) => verdict(byName.get(given.name), given, clock.now(), anySerial),
    add: (added, mayReplace, mayForward = false) =>
      update((nodes) => {
        const known = nodes.find((one) => one.name === added)
        if (known && !known.revoked && !mayReplace && (known.certificates.length > 0 || anySerial))
          throw new IdentityError('exists', added, `node ${added} is enrolled already`)
        if (known && !anySerial) return nodes.map((one) => (one === known ? { ...one, mayForward } : one))
        if (nodes.length - (known ? 1 : 0) >= LIMITS.streams)
          throw new IdentityError('too-many', added, `there is no room for more than ${LIMITS.streams} nodes`)
        return [
          ...nodes.filter((one) => one !== known),
          { name: added, added: clock.now(), mayForward, certificates: [], withdrawn: known?.withdrawn ?? [] },
        ]
      }),
    enrol: (wanted, given, allowed) =>
      updateOne(wanted, ({ revoked, ...kept }) => {
        if (revoked && revoked.time > allowed) throw new IdentityError('unknown', wanted, `node ${wanted} was revoked`)
        return { ...kept, enrolled: clock.now(), certificates: [issued(given)] }
      }),
    renew,
    revoke: (wanted, by, reason) =>
      updateOne(wanted, (one) => ({
        ...one,
        revoked: one.revoked ?? { time: clock.now(), by: bounded(by), reason: bounded(reason) },
        withdrawn: [...one.withdrawn, ...one.certificates.map(({ serial }) => serial)].slice(-IDENTITY_LIMITS.withdrawnPerNode),
        certificates: [],
      })),
    seen: async (given, address) => {
      const known = byName.get(given.name)?.certificates.some(({ serial }) => serial === given.serial)
      if (anySerial && !known) await renew(given.name, given, undefined)
      sighted(given.name, address)
    },
    sighted,
    lastSeen: (wanted) => sightings.get(wanted)?.lastSeen ?? byName.get(wanted)?.lastSeen,
    flush: async () => {
      if (sightings.size === 0) return
      const fresh = new Map(sightings)
      sightings.clear()
      await update((nodes) => nodes.map((one) => ({ ...one, ...fresh.get(one.name) })))
    },
    refresh: async () => {
      if (await file.refresh()) changed()
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

const indexed = (state: Stored) => new Map(state.nodes.map((one) => [one.name, one]))
const bounded = (given: string) => given.slice(0, IDENTITY_LIMITS.textLength)

function verdict(
  known: RegisteredNode | undefined,
  given: CertificateFacts,
  now: Micros,
  anySerial: boolean,
): ReturnType<Registry['verdict']> {
  if (!known) return { code: 'not-enrolled', message: `no node ${given.name} is known here` }
  if (known.revoked) return { code: 'revoked', message: `node ${given.name} was revoked: ${known.revoked.reason}` }
  if (known.withdrawn.includes(given.serial)) return { code: 'revoked', message: `this certificate of ${given.name} was revoked` }
  if (now < given.notBefore)
    return { code: 'not-enrolled', message: `the certificate of ${given.name} is not in force yet: compare the clocks` }
  if (now > given.notAfter) return { code: 'not-enrolled', message: `the certificate of ${given.name} has expired: enrol it again` }
  if (!anySerial && !known.certificates.some(({ serial }) => serial === given.serial))
    return { code: 'not-enrolled', message: `the certificate of ${given.name} was replaced by another` }
  return undefined
}
