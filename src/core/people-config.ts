import { z } from 'zod'
import { isLoopback } from '../lib/network-address.ts'
import { duration, label, secret } from './config-parts.ts'
import { ADMINISTRATOR, administrator, DIRECTION_OF, type GrantDirection, PERMISSIONS, type Role } from './roles.ts'

/** Bounds of what a file may declare about people. */
export const PEOPLE_LIMITS = {
  roles: 256,
  grants: 64,
  /** Zones named by one grant. */
  grantZones: 256,
  /** Shortest and longest time a session may be idle, and last in all. */
  leastIdleMs: 60_000,
  mostIdleMs: 24 * 3_600_000,
  leastSessionMs: 300_000,
  mostSessionMs: 30 * 24 * 3_600_000,
  sessionsPerAccount: 100,
  /** Longest life of a service token. */
  tokenMs: 366 * 24 * 3_600_000,
  /** Values of the provider's claim that are mapped to roles. */
  mappings: 1_000,
  /** Characters of the notice, in one language. */
  notice: 4_000,
} as const

const name = z.string().min(1).max(64)
const between = (text: string, least: number, most: number) => duration.prefault(text).refine((ms) => ms >= least && ms <= most, '@badLife')

const permissionsOf = (direction: GrantDirection) => {
  const these = PERMISSIONS.filter((permission) => DIRECTION_OF[permission] === direction)
  return z.array(z.enum(these as [string, ...string[]])).max(PERMISSIONS.length)
}
const zones = z
  .array(name)
  .max(PEOPLE_LIMITS.grantZones)
  .describe('Zones it holds for; "*" is every zone, also those declared later; an empty list is none')

const grant = z.discriminatedUnion('direction', [
  z.strictObject({ direction: z.literal('outward'), may: permissionsOf('outward').describe('read, query, audit'), zones }),
  z.strictObject({ direction: z.literal('inward'), may: permissionsOf('inward').describe('operate, administer'), zones }),
])

const role = z
  .strictObject({
    label: label.optional(),
    grants: z
      .array(grant)
      .max(PEOPLE_LIMITS.grants)
      .default([])
      .describe('outward: look at what comes out of a zone; inward: act on it; an empty list may nothing'),
    mfa: z.boolean().default(false).describe('Who has this role needs a second factor'),
  })
  .describe('What somebody may do, by zone and direction')

const noticeText = z.string().trim().min(1).max(PEOPLE_LIMITS.notice).optional()
const notice = z
  .strictObject({ en: noticeText, fr: noticeText })
  .refine(({ en, fr }) => en !== undefined || fr !== undefined, '@noNotice')
  .describe('Shown before anybody signs in, who says that it was read; the audit log keeps which text it was (IEC 62443-3-3, SR 1.12)')

const oidc = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).protocol === 'https:' || isLoopback(new URL(url).hostname), '@httpsOnly')
      .describe('Address of the OpenID provider; https, except on this machine'),
    clientId: z.string().min(1).max(256),
    clientSecret: secret.optional().describe('What the provider knows this node by'),
    scope: z.string().min(1).max(256).default('openid profile').describe('What is asked for; some providers want one for the groups'),
    claim: name.default('groups').describe('Claim of the ID token that says the groups'),
    roles: z
      .record(z.string().min(1).max(256), z.array(name).max(16))
      .refine((all) => Object.keys(all).length <= PEOPLE_LIMITS.mappings, `at most ${PEOPLE_LIMITS.mappings}`)
      .default({})
      .describe('Roles by value of the claim; a value that is not here gives none'),
    label: label.optional().describe('What the button says'),
  })
  .describe('Sign-in through an OpenID provider, beside the accounts of the node')

/** `roles:` and `people:`. */
export const peopleConfig = {
  roles: z
    .record(
      name.refine((one) => one !== ADMINISTRATOR, '@builtInRole'),
      role,
    )
    .refine((all) => Object.keys(all).length <= PEOPLE_LIMITS.roles, `at most ${PEOPLE_LIMITS.roles} roles`)
    .default({})
    .describe('Roles by name; administrator is always there, over everything'),
  people: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('Where people reach this node, when that is not the address it listens on: for links, and as a name it answers to'),
      mfa: z.enum(['optional', 'required']).default('optional').describe('required: everybody needs a second factor'),
      sessions: z
        .strictObject({
          idle: between('8h', PEOPLE_LIMITS.leastIdleMs, PEOPLE_LIMITS.mostIdleMs).describe('Without a request for so long, it ends'),
          longest: between('24h', PEOPLE_LIMITS.leastSessionMs, PEOPLE_LIMITS.mostSessionMs).describe('It ends after this in any case'),
          perAccount: z.int().min(1).max(PEOPLE_LIMITS.sessionsPerAccount).default(20).describe('The oldest makes room for one more'),
        })
        .prefault({})
        .describe('When sessions end'),
      notice: notice.optional(),
      oidc: oidc.optional(),
    })
    .prefault({})
    .describe('Accounts, sessions and sign-in'),
}
export type PeopleConfig = z.output<z.ZodObject<typeof peopleConfig>>

/** The roles of a file by name, and the one that is always there. */
export function toRoles({ roles }: Pick<PeopleConfig, 'roles'>): ReadonlyMap<string, Role> {
  const declared = Object.entries(roles).map(([name, one]) => [name, { ...one, name } as Role] as const)
  return new Map([[ADMINISTRATOR, administrator], ...declared])
}
