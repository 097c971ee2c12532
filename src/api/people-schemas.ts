import { z } from 'zod'
import { PERMISSIONS } from '../core/roles.ts'

const permission = z.enum(PERMISSIONS)
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })

/** What still stands between who signed in and what they may do. */
const stage = z.enum(['second-factor', 'enrol'])

/** `GET /api/v1/session`: who is signed in; `permissions` are those held over at least one zone, `everywhere` those over all. */
export const session = z.object({
  name: z.string(),
  permissions: z.array(z.string()),
  everywhere: z.array(z.string()).optional(),
  stage: stage.optional(),
  /** While the second factor is missing: what can be shown. */
  factors: z.array(z.enum(['code', 'passkey'])).optional(),
})
export type Session = z.infer<typeof session>

/** `GET /api/v1/session/ways`: how one can sign in here; `provider` where there is one. */
export const signInWays = z.object({
  ...{ password: z.literal(true), provider: z.object({ label: label.optional() }).optional() },
  notice: z
    .object({ en: z.string().optional(), fr: z.string().optional(), id: z.string() })
    .optional()
    .describe('shown before anybody signs in; who does sends back its id'),
})
export type SignInWays = z.infer<typeof signInWays>

const openSession = z.object({
  id: z.string(),
  beganTime: z.string(),
  usedTime: z.string(),
  from: z.string(),
  agent: z.string(),
  /** The one that asks. */
  isOwn: z.boolean(),
})
export type OpenSession = z.infer<typeof openSession>

const passkey = z.object({ id: z.string(), label: z.string(), createdTime: z.string() })

const user = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()),
  /** `invited`: the link was not used yet, or has expired. */
  state: z.enum(['active', 'invited', 'disabled']),
  provider: z.string().optional(),
  createdTime: z.string(),
  lastSignIn: z.string().optional(),
  invitedUntil: z.string().optional(),
  mfa: z.object({ code: z.boolean(), passkeys: z.number(), recoveryLeft: z.number(), isRequired: z.boolean() }),
  sessions: z.number(),
})
export type User = z.infer<typeof user>

const grant = z.object({ direction: z.enum(['outward', 'inward']), may: z.array(permission), zones: z.array(z.string()) })
const role = z.object({ name: z.string(), label: label.optional(), grants: z.array(grant), mfa: z.boolean() })

/** `GET /api/v1/users`: accounts, and the roles and zones there are. */
export const userList = z.object({
  users: z.array(user),
  roles: z.array(role),
  zones: z.array(z.string()),
  mfa: z.enum(['optional', 'required']),
})
export type UserList = z.infer<typeof userList>

/** A one-time link, told once. */
export const invitation = z.object({ id: z.string(), name: z.string(), link: z.string(), until: z.string() })
export type Invitation = z.infer<typeof invitation>

/** `GET /api/v1/profile`: one's own account. */
export const profile = z.object({
  ...user.pick({ name: true, roles: true, provider: true, mfa: true }).shape,
  grants: z.array(grant),
  sessions: z.array(openSession),
  passkeys: z.array(passkey),
  hasPassword: z.boolean(),
  isFresh: z.boolean(),
})
export type Profile = z.infer<typeof profile>

export const totpBegun = z.object({ secret: z.string(), uri: z.string() })
export type TotpBegun = z.infer<typeof totpBegun>
/** Codes for when the second factor is lost; told once. */
export const recoveryCodes = z.object({ codes: z.array(z.string()) })
export type RecoveryCodes = z.infer<typeof recoveryCodes>

const token = z.object({
  id: z.string(),
  name: z.string(),
  may: z.array(permission),
  zones: z.array(z.string()),
  createdBy: z.string(),
  createdTime: z.string(),
  expiresTime: z.string(),
  isExpired: z.boolean(),
  usedTime: z.string().optional(),
  usedFrom: z.string().optional(),
})
export type Token = z.infer<typeof token>
export const tokenList = z.object({ tokens: z.array(token) })
export type TokenList = z.infer<typeof tokenList>
/** The secret is told once. */
export const newToken = z.object({ token, secret: z.string() })
export type NewToken = z.infer<typeof newToken>

export const doneAnswer = z.object({ done: z.literal(true) })
/** How many sessions were ended. */
export const endedAnswer = z.object({ ended: z.number() })
