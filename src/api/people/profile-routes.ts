import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { formatTime } from '../../core/time.ts'
import { audited, callerIn } from '../audited.ts'
import { doneAnswer, endedAnswer, profile, recoveryCodes, session as sessionAnswer, totpBegun } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import type { Account } from './accounts.ts'
import { givenCode, givenPassword, notedRefusal, placeOf, remember, whoIs } from './session-routes.ts'
import type { Session } from './sessions.ts'
import { acceptTotp, freshTotpSecret, totpUri } from './totp.ts'
import { toUser } from './user-routes.ts'

const self = { permission: 'self', whileEnrolling: true } as const

/** Who asks, as `self` promises. */
export function ownAccount(request: FastifyRequest, { callerOf }: Resources): { account: Account; session: Session } {
  const { account, session } = callerOf(request)
  if (!account || !session) throw new Refusal(401, 'not-signed-in/nobody')
  return { account, session }
}

/** One's own account: password, second factor, sessions. */
export function profileRoutes(server: Server, resources: Resources): void {
  const { access, view } = resources
  server.get(
    '/api/v1/profile',
    { config: self, schema: { summary: 'One’s own account: roles, what they give, second factors, sessions', response: { 200: profile } } },
    async (request) => {
      const { account, session } = ownAccount(request, resources)
      const { name, roles, provider, mfa } = toUser(account, access)
      const grants = roles.flatMap((role) => access.settings.roles.get(role)?.grants ?? [])
      return {
        ...{ name, roles, mfa, ...(provider !== undefined && { provider }) },
        grants: grants.map(({ direction, may, zones }) => ({ direction, may: [...may], zones: [...zones] })),
        sessions: access.sessions.of(account.id).map(({ id, beganTime, usedTime, from, agent }) => ({
          ...{ id, from, agent, isOwn: id === session.id },
          ...{ beganTime: formatTime(beganTime), usedTime: formatTime(usedTime) },
        })),
        passkeys: account.passkeys.map(({ id, label, createdTime }) => ({ id, label, createdTime: formatTime(createdTime) })),
        hasPassword: account.password !== undefined,
        isFresh: access.isFresh(resources.callerOf(request)),
      }
    },
  )
  server.post(
    '/api/v1/profile/password',
    {
      config: self,
      schema: {
        summary: 'Another password for one’s own account; its other sessions end',
        body: z.strictObject({ current: givenPassword, password: givenPassword }),
        response: { 200: sessionAnswer },
      },
    },
    async (request, reply) => {
      const { signIn } = resources
      const { account, session } = ownAccount(request, resources)
      const { current, password } = request.body
      await signIn
        .checkOwnPassword(account, current, request.ip)
        .catch((error) => notedRefusal(view.audit, request, { kind: 'account', who: account.name, what: 'password' }, error))
      const event = {
        kind: 'account',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'password' },
      } as const
      await signIn.changePassword(account, password, {}, () => audited(view.audit, event))
      const begun = signIn.begin(access.accounts.withId(account.id) ?? account, placeOf(request), session.isWhole)
      remember(reply, begun.secret, resources)
      return whoIs(begun.caller)
    },
  )
  server.post(
    '/api/v1/profile/sessions/:id/end',
    {
      config: self,
      schema: {
        summary: 'End one of one’s sessions; `others`: all but this one',
        params: z.strictObject({ id: z.string().max(32) }),
        response: { 200: endedAnswer },
      },
    },
    async (request) => {
      const { account, session } = ownAccount(request, resources)
      const { id } = request.params
      const isMeant = (one: Session) => (id === 'others' ? one.id !== session.id : one.id === id)
      await audited(view.audit, {
        kind: 'session',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'end' },
      })
      const ended = access.sessions.endOf(account.id, isMeant)
      access.changed()
      return { ended }
    },
  )
  totpRoutes(server, resources)
}

/** Secrets that were offered and not confirmed yet, by account: bounded by the number of accounts, and gone at a restart. */
function totpRoutes(server: Server, resources: Resources): void {
  const { access, signIn, view } = resources
  const offered = new Map<string, string>()
  const change = { ...self, fresh: true } as const
  server.post(
    '/api/v1/profile/totp',
    {
      config: change,
      schema: {
        summary: 'A new secret for an authenticator app (RFC 6238); it holds once a code confirms it',
        response: { 200: totpBegun },
      },
    },
    async (request) => {
      const { account } = ownAccount(request, resources)
      const secret = freshTotpSecret()
      offered.set(account.id, secret)
      return { secret, uri: totpUri(secret, { site: view.site.id, name: account.name }) }
    },
  )
  server.post(
    '/api/v1/profile/totp/confirmation',
    {
      config: change,
      schema: {
        summary: 'The first code of the app: from now on one is asked for; the codes of recovery are told once',
        body: z.strictObject({ code: givenCode }),
        response: { 200: recoveryCodes },
      },
    },
    async (request) => {
      const { account, session } = ownAccount(request, resources)
      const secret = offered.get(account.id)
      if (secret === undefined) throw new Refusal(409, 'nothing-offered/secret')
      const usedStep = acceptTotp(secret, request.body.code, 0, view.clock.now())
      if (usedStep === undefined) throw new Refusal(400, 'code-refused/app')
      await audited(view.audit, { kind: 'mfa', outcome: 'done', ...callerIn(request, access), what: account.name, detail: { act: 'totp' } })
      offered.delete(account.id)
      await access.accounts.update(account.id, (one) => ({ ...one, totp: { secret, usedStep } }))
      return enrolled(account, session, resources)
    },
  )
  server.post(
    '/api/v1/profile/totp/removal',
    { config: change, schema: { summary: 'No app any more', response: { 200: doneAnswer } } },
    async (request) => {
      const { account } = ownAccount(request, resources)
      await audited(view.audit, {
        kind: 'mfa',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'totp removed' },
      })
      await access.accounts.update(account.id, ({ totp: _, ...one }) => ({ ...one, recovery: one.passkeys.length > 0 ? one.recovery : [] }))
      access.changed()
      return { done: true as const }
    },
  )
  server.post(
    '/api/v1/profile/recovery',
    { config: change, schema: { summary: 'New codes of recovery; those before hold no more', response: { 200: recoveryCodes } } },
    async (request) => {
      const { account } = ownAccount(request, resources)
      if (!account.totp && account.passkeys.length === 0) throw new Refusal(409, 'no-second-factor')
      await audited(view.audit, {
        kind: 'mfa',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'recovery codes' },
      })
      return { codes: await signIn.freshRecovery(account.id) }
    },
  )
}

/** A second factor was set up in this session, which has shown it; others of the account have not, and end. Codes of recovery come with the first. */
export async function enrolled(account: Account, session: Session, { access, signIn }: Resources): Promise<{ codes: string[] }> {
  access.sessions.endOf(account.id, ({ id }) => id !== session.id)
  access.sessions.becameWhole(session)
  access.changed()
  return { codes: account.recovery.length > 0 ? [] : await signIn.freshRecovery(account.id) }
}
