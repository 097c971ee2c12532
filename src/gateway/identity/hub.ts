import { join } from 'node:path'
import type { Clock } from '../../core/time.ts'
import type { LinkConfig } from '../config.ts'
import { type Authority, openAuthority } from './authority.ts'
import { customerAuthority, type OwnFiles } from './customer.ts'
import { createEnrolment, type Enrolment } from './enrolment.ts'
import { customerIdentity, type NodeIdentity, openNodeIdentity } from './node-identity.ts'
import { openRegistry, type Registry } from './registry.ts'
import { openTokens, type Tokens } from './tokens.ts'

/** Everything with which a hub or relay knows the nodes below it. */
export interface HubIdentity {
  readonly authority: Authority
  readonly registry: Registry
  readonly tokens: Tokens
  readonly enrolment: Enrolment
}

export interface NodeOptions {
  /** The node's data directory. */
  readonly data: string
  readonly node: string
  readonly link: LinkConfig
  readonly clock: Clock
}

export const identityDirectory = (data: string): string => join(data, 'identity')

/** Opens, and at the first time makes, what the listening end needs. Throws IdentityError. */
export async function openHubIdentity({ data, node, link, clock }: NodeOptions): Promise<HubIdentity> {
  const directory = identityDirectory(data)
  const own = ownFiles(link)
  const hosts = [link.listen.host, hostOf(link.listen.address)].filter((host) => host !== undefined)
  const authority = own
    ? await customerAuthority(own, link.passphrase)
    : await openAuthority({ directory, name: node, clock, certificateDays: link.certificateDays, passphrase: link.passphrase, hosts })
  const registry = await openRegistry({ directory, clock, anySerial: !authority.isBuiltIn })
  const tokens = await openTokens(directory, clock)
  return { authority, registry, tokens, enrolment: createEnrolment({ authority, registry, tokens, clock }) }
}

/** What the dialling end needs. Throws IdentityError, `absent` when the node has not enrolled. */
export function openDialIdentity({ data, link }: Pick<NodeOptions, 'data' | 'link'>): Promise<NodeIdentity> {
  const own = ownFiles(link)
  return own
    ? customerIdentity(own, link.passphrase)
    : openNodeIdentity({ directory: identityDirectory(data), passphrase: link.passphrase })
}

function ownFiles({ ca, certificate, key }: LinkConfig): OwnFiles | undefined {
  return ca && certificate && key ? { ca, certificate, key } : undefined
}

const hostOf = (address: string | undefined): string | undefined => address?.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
