import type { Label } from './signals.ts'

/**
 * What somebody may do. `read`: see values, records, results; `query`: ask freely (SQL, searches); `audit`: see who did what, check signatures;
 * `operate`: release rows from quarantine, have results computed anew, read the files of a configuration; `administer`: accounts, tokens and sessions of others;
 * `write`: ask for a value to be written to a device, which is refused and recorded.
 */
export const PERMISSIONS = ['read', 'query', 'operate', 'audit', 'administer', 'write'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** `outward`: look at what comes out of a zone; `inward`: act on the zone. */
export const GRANT_DIRECTIONS = ['outward', 'inward'] as const
export type GrantDirection = (typeof GRANT_DIRECTIONS)[number]

/** Which way each permission goes; a grant of the other direction does not give it. */
export const DIRECTION_OF: Readonly<Record<Permission, GrantDirection>> = {
  read: 'outward',
  query: 'outward',
  audit: 'outward',
  operate: 'inward',
  administer: 'inward',
  write: 'inward',
}

/** In a grant: every zone, also those that are declared later, and what belongs to none. */
export const EVERY_ZONE = '*'

/** Permissions over zones, one way. An empty list of either gives nothing to anybody. */
export interface Grant {
  readonly direction: GrantDirection
  readonly may: readonly Permission[]
  readonly zones: readonly string[]
}

export interface Role {
  readonly name: string
  readonly label?: Label
  readonly grants: readonly Grant[]
  /** Who has it needs a second factor to sign in. */
  readonly mfa: boolean
}
export type Roles = ReadonlyMap<string, Role>

/** The role that is always there, over everything; the first account has it. */
export const ADMINISTRATOR = 'administrator'
export const administrator: Role = {
  name: ADMINISTRATOR,
  label: { en: 'Administrator', fr: 'Administrateur' },
  grants: [
    { direction: 'outward', may: ['read', 'query', 'audit'], zones: [EVERY_ZONE] },
    { direction: 'inward', may: ['operate', 'administer', 'write'], zones: [EVERY_ZONE] },
  ],
  mfa: false,
}

/** Whether a grant gives a permission over a zone; `undefined` is the one zone of a node that declares none, or a thing whose zone nobody knows. */
export function grants({ direction, may, zones }: Grant, permission: Permission, zone: string | undefined): boolean {
  if (direction !== DIRECTION_OF[permission] || !may.includes(permission)) return false
  return zones.includes(EVERY_ZONE) || (zone !== undefined && zones.includes(zone))
}

/** Whether a role may do something over a zone. A role that is not declared may nothing. */
export function mayRole(roles: Roles, role: string, permission: Permission, zone: string | undefined): boolean {
  return roles.get(role)?.grants.some((grant) => grants(grant, permission, zone)) ?? false
}

/** What somebody may do over which zones. */
export interface Rights {
  may(permission: Permission, zone: string | undefined): boolean
  /** Over at least one zone. */
  somewhere(permission: Permission): boolean
  /** Over every zone that is declared; of a node without zones: over its one. */
  everywhere(permission: Permission): boolean
}

/** The sum of some grants over the zones that are declared. */
export function rightsOf(given: readonly Grant[], zones: readonly string[]): Rights {
  const may = (permission: Permission, zone: string | undefined) => given.some((grant) => grants(grant, permission, zone))
  const everywhere = (permission: Permission) =>
    may(permission, undefined) || (zones.length > 0 && zones.every((zone) => may(permission, zone)))
  return {
    // What belongs to no zone that is known, only who sees everything sees.
    may: (permission, zone) => (zone === undefined ? everywhere(permission) : may(permission, zone)),
    somewhere: (permission) => may(permission, undefined) || zones.some((zone) => may(permission, zone)),
    everywhere,
  }
}
