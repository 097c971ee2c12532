import { z } from 'zod'
import { EVERY_ZONE } from '../../core/roles.ts'
import { formatTime } from '../../core/time.ts'
import { nearest } from '../../lib/suggest.ts'
import { audited, callerIn } from '../audited.ts'
import { API_LIMITS } from '../limits.ts'
import { doneAnswer, endedAnswer, invitation, type User, userList } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import type { Access } from './access.ts'
import type { Account } from './accounts.ts'
import { accountName } from './session-routes.ts'

const roleNames = z.array(z.string().min(1).max(64)).max(API_LIMITS.rolesPerAccount)
const params = z.strictObject({ id: z.string().max(32) })
/** Who administers people could give themselves anything: that takes the right over every zone. */
const administer = { permission: 'administer', scope: 'every' } as const
const change = { ...administer, fresh: true } as const

/** How an account stands, in the shape of the API. */
export function toUser(account: Account, access: Access): User {
  const { id, name, roles, createdTime, lastSignIn, invitation, external, isDisabled, password } = account
  const isActive = password !== undefined || external !== undefined
  return {
    ...{ id, name, roles: [...roles], createdTime: formatTime(createdTime) },
    state: isDisabled ? 'disabled' : isActive ? 'active' : 'invited',
    ...(external && { provider: external.issuer }),
    ...(lastSignIn !== undefined && { lastSignIn: formatTime(lastSignIn) }),
    ...(invitation && { invitedUntil: formatTime(invitation.until) }),
    mfa: {
      code: account.totp !== undefined,
      passkeys: account.passkeys.length,
      recoveryLeft: account.recovery.length,
      isRequired: access.needsSecondFactor(account),
    },
    sessions: access.sessions.of(id).length,
  }
}

/** Accounts of people: invited, changed, disabled by who administers. */
export function userRoutes(server: Server, resources: Resources): void {
  const { access, signIn, view, linkOf } = resources
  const { accounts, settings } = access
  const accountOf = (id: string): Account => {
    const found = accounts.withId(id) ?? accounts.named(id)
    if (found) return found
    throw new Refusal(404, 'unknown-account')
  }
  const checkRoles = (roles: readonly string[]) => {
    for (const role of roles) {
      if (settings.roles.has(role)) continue
      const names = [...settings.roles.keys()]
      throw new Refusal(400, 'unknown-role', role, nearest(role, names), names)
    }
  }
  const invited = async (account: Account) => {
    const { token, until } = await signIn.invite(account.id)
    return { id: account.id, name: account.name, link: linkOf(`/#/invitation?token=${token}`), until: formatTime(until) }
  }

  server.get(
    '/api/v1/users',
    { config: administer, schema: { summary: 'Accounts, and the roles and zones there are', response: { 200: userList } } },
    async () => ({
      users: accounts.all().map((account) => toUser(account, access)),
      roles: [...settings.roles.values()].map(({ name, label, grants, mfa }) => ({
        ...{ name, mfa, grants: grants.map(({ direction, may, zones }) => ({ direction, may: [...may], zones: [...zones] })) },
        ...(label && { label }),
      })),
      zones: settings.zones.zones.length > 0 ? [...settings.zones.zones] : [EVERY_ZONE],
      mfa: settings.mfa,
    }),
  )
  server.post(
    '/api/v1/users',
    {
      config: change,
      schema: {
        summary: 'Invite somebody: an account with roles, and a one-time link by which they choose a password',
        body: z.strictObject({ name: accountName, roles: roleNames }),
        response: { 201: invitation },
      },
    },
    async (request, reply) => {
      const { name, roles } = request.body
      checkRoles(roles)
      await audited(view.audit, {
        kind: 'account',
        outcome: 'done',
        ...callerIn(request, access),
        what: name,
        detail: { act: 'invite', roles: roles.join(' ') },
      })
      const account = await accounts.create({ name, roles }, view.clock.now())
      return reply.code(201).send(await invited(account))
    },
  )
  server.post(
    '/api/v1/users/:id/invitation',
    {
      config: change,
      schema: {
        summary: 'A new link by which the account chooses its password; its sessions end when it does',
        params,
        response: { 200: invitation },
      },
    },
    async (request) => {
      const account = accountOf(request.params.id)
      await audited(view.audit, {
        kind: 'account',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'link' },
      })
      return invited(account)
    },
  )
  server.post(
    '/api/v1/users/:id',
    {
      config: change,
      schema: {
        summary: 'Give an account other roles, disable or enable it, or take away its second factor',
        params,
        body: z.strictObject({ roles: roleNames.optional(), isDisabled: z.boolean().optional(), resetMfa: z.literal(true).optional() }),
        response: { 200: doneAnswer },
      },
    },
    async (request) => {
      const account = accountOf(request.params.id)
      const { roles, isDisabled, resetMfa } = request.body
      if (roles) {
        checkRoles(roles)
        if (account.external) throw new Refusal(409, 'external-account/roles')
      }
      const update = ({ totp, ...one }: Account): Account => ({
        ...one,
        ...(roles && { roles }),
        ...(isDisabled !== undefined && { isDisabled }),
        ...(resetMfa ? { passkeys: [], recovery: [] } : totp && { totp }),
      })
      accounts.check(account.id, update)
      const by = { outcome: 'done', ...callerIn(request, access), what: account.name } as const
      if (roles) await audited(view.audit, { kind: 'role', ...by, detail: { before: account.roles.join(' '), after: roles.join(' ') } })
      if (isDisabled !== undefined)
        await audited(view.audit, { kind: 'account', ...by, detail: { act: isDisabled ? 'disable' : 'enable' } })
      if (resetMfa) await audited(view.audit, { kind: 'mfa', ...by, detail: { act: 'reset' } })
      await accounts.update(account.id, update)
      if (isDisabled) access.sessions.endOf(account.id)
      access.changed()
      return { done: true as const }
    },
  )
  server.delete(
    '/api/v1/users/:id',
    {
      config: change,
      schema: {
        summary: 'Remove an account and everything kept of the person here; the audit log keeps what was done under the name',
        params,
        response: { 200: doneAnswer },
      },
    },
    async (request) => {
      const account = accountOf(request.params.id)
      // Before anything is gone, whether it may go.
      accounts.check(account.id, () => undefined)
      await audited(view.audit, {
        kind: 'account',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'remove', id: account.id },
      })
      await accounts.update(account.id, () => undefined)
      await access.tokens.forgetMaker(account.name, `removed-${account.id.slice(0, 8)}`)
      signIn.forget(account.name)
      access.sessions.endOf(account.id)
      access.changed()
      return { done: true as const }
    },
  )
  server.post(
    '/api/v1/users/:id/sign-out',
    { config: change, schema: { summary: 'End every session of an account', params, response: { 200: endedAnswer } } },
    async (request) => {
      const account = accountOf(request.params.id)
      await audited(view.audit, {
        kind: 'session',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'end' },
      })
      const ended = access.sessions.endOf(account.id)
      access.changed()
      return { ended }
    },
  )
}
