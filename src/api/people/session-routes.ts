import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AuditTrail } from '../../core/audit.ts'
import { PERMISSIONS } from '../../core/roles.ts'
import { audited, callerIn } from '../audited.ts'
import { doneAnswer, session } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import { type Caller, cookieName } from './access.ts'
import type { Account } from './accounts.ts'
import { checkNotice, noticeId } from './notice.ts'
import type { Begun, Place } from './sign-in.ts'

/** A name for an account, as it is kept. */
export const accountName = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, 'account-name')
/** Bounded here; whether it is good is judged where the name is known. */
export const givenPassword = z.string().max(256)
export const givenCode = z.string().max(32)
const token = z.string().max(200)

export const placeOf = (request: FastifyRequest): Place => ({ from: request.ip, agent: request.headers['user-agent'] ?? '' })

/** The session's secret goes out as a cookie that scripts cannot read and other sites cannot send. */
export function remember(reply: FastifyReply, secret: string, { linkOf }: Pick<Resources, 'linkOf'>): void {
  const secure = linkOf('').startsWith('https:')
  void reply.setCookie(cookieName(reply.request), secret, { path: '/', httpOnly: true, sameSite: 'strict', secure })
}

export function whoIs({ name, rights, stage, account }: Caller): z.infer<typeof session> {
  return {
    name,
    permissions: PERMISSIONS.filter((permission) => rights.somewhere(permission)),
    everywhere: PERMISSIONS.filter((permission) => rights.everywhere(permission)),
    ...(stage && { stage }),
    ...(stage === 'second-factor' && account && { factors: factorsOf(account) }),
  }
}

const factorsOf = ({ totp, passkeys, recovery }: Account): ('code' | 'passkey')[] => [
  ...(totp || recovery.length > 0 ? (['code'] as const) : []),
  ...(passkeys.length > 0 ? (['passkey'] as const) : []),
]

/** The session that a request comes with is over: a sign-in always gets a new one. */
export function forget(request: FastifyRequest, { access }: Pick<Resources, 'access'>): void {
  const before = request.cookies[cookieName(request)]
  if (before) access.sessions.end(before)
}

export const codeOf = (error: unknown): { code: string } => ({ code: error instanceof Refusal ? error.code : 'internal' })

/** Tells the audit log of a session that has begun; where it cannot, there is none. */
export async function welcome(request: FastifyRequest, reply: FastifyReply, begun: Begun, resources: Resources, detail = {}) {
  const { access, view } = resources
  const { notice } = access.settings
  const shown = { ...detail, ...(notice && { notice: notice.id }) }
  const event = { kind: 'sign-in', outcome: 'done', who: begun.caller.name, from: request.ip, detail: shown } as const
  await audited(view.audit, event).catch((error: unknown) => {
    access.sessions.end(begun.secret)
    throw error
  })
  forget(request, resources)
  remember(reply, begun.secret, resources)
  return whoIs(begun.caller)
}

export async function notedRefusal(
  audit: AuditTrail,
  request: FastifyRequest,
  event: { kind: 'sign-in' | 'account' | 'mfa'; who: string; what?: string },
  error: unknown,
): Promise<never> {
  await audit.note({ ...event, outcome: 'refused', from: request.ip, detail: codeOf(error) })
  throw error
}

export function sessionRoutes(server: Server, resources: Resources): void {
  const { access, signIn, view } = resources
  const { audit } = view

  server.get(
    '/api/v1/session',
    { config: { permission: 'public' }, schema: { summary: 'Who is signed in', response: { 200: session } } },
    async (request) => {
      const caller = access.callerOf(request)
      if (!caller) throw new Refusal(401, 'not-signed-in/nobody')
      return whoIs(caller)
    },
  )

  const credentials = z.strictObject({ name: z.string().max(64), password: givenPassword, notice: noticeId })
  server.post(
    '/api/v1/session',
    { config: { permission: 'public' }, schema: { summary: 'Sign in', body: credentials, response: { 200: session } } },
    async (request, reply) => {
      const who = request.body.name.trim()
      checkNotice(access.settings.notice, request.body.notice)
      const begun = await signIn
        .withPassword(who, request.body.password, { ...placeOf(request), isReserved: resources.isReserved(request) })
        .catch((error) => notedRefusal(audit, request, { kind: 'sign-in', who }, error))
      return welcome(request, reply, begun, resources, begun.caller.stage ? { stage: begun.caller.stage } : {})
    },
  )

  server.delete(
    '/api/v1/session',
    { config: { permission: 'public' }, schema: { summary: 'Sign out', response: { 200: doneAnswer } } },
    async (request, reply) => {
      const by = callerIn(request, access)
      // Leaving is never refused for want of a record.
      if (by.who !== undefined) await audit.note({ kind: 'sign-out', outcome: 'done', ...by })
      forget(request, resources)
      access.changed()
      void reply.clearCookie(cookieName(request), { path: '/' })
      return { done: true as const }
    },
  )

  server.post(
    '/api/v1/session/second-factor',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Show the second factor: a code of the app, or one of recovery',
        body: z.strictObject({ code: givenCode }),
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const caller = access.callerOf(request)
      if (caller?.stage !== 'second-factor' || !caller.account) throw new Refusal(401, 'not-signed-in/half')
      const { account } = caller
      await signIn
        .checkCode(account, request.body.code)
        .catch((error) => notedRefusal(audit, request, { kind: 'sign-in', who: account.name, what: 'second factor' }, error))
      return welcome(request, reply, signIn.begin(account, placeOf(request), true), resources, { factor: 'code' })
    },
  )

  server.post(
    '/api/v1/session/fresh',
    {
      config: { permission: 'self', whileEnrolling: true },
      schema: {
        summary: 'Say again who one is, before accounts are changed; the session gets another id, and no more rights',
        body: z.strictObject({ password: givenPassword.optional(), code: givenCode.optional() }),
        response: { 200: session },
      },
    },
    async (request, reply) => {
      const { account, session: before } = resources.callerOf(request)
      if (!account || !before) throw new Refusal(401, 'not-signed-in/nobody')
      const { password, code } = request.body
      const check = async () => {
        if (account.password === undefined && password === undefined && code === undefined) throw new Refusal(409, 'external-account/again')
        if (account.password !== undefined) await signIn.checkOwnPassword(account, password ?? '', request.ip)
        else await signIn.checkCode(account, code ?? '')
      }
      await check().catch((error) => notedRefusal(audit, request, { kind: 'sign-in', who: account.name, what: 'again' }, error))
      return welcome(request, reply, signIn.begin(account, placeOf(request), before.isWhole), resources, { again: 'yes' })
    },
  )
  linkRoutes(server, resources)
}

/** One-time links: of the start, for the first account, and of an invitation. */
function linkRoutes(server: Server, resources: Resources): void {
  const { signIn, view, access } = resources
  const { notice } = access.settings
  server.post(
    '/api/v1/accounts',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Use the one-time link of the start to make the first account',
        body: z.strictObject({ token, name: accountName, password: givenPassword, notice: noticeId }),
        response: { 201: session },
      },
    },
    async (request, reply) => {
      const { body, ip } = request
      checkNotice(notice, body.notice)
      const account = {
        kind: 'account',
        who: body.name,
        from: ip,
        what: 'first account',
        ...(notice && { detail: { notice: notice.id } }),
      } as const
      const recorded = () => audited(view.audit, { ...account, outcome: 'done' })
      const { secret, caller } = await signIn
        .createFirst(body.token, body.name, body.password, placeOf(request), recorded)
        .catch((error) => notedRefusal(view.audit, request, { kind: 'account', who: body.name, what: 'first account' }, error))
      remember(reply, secret, resources)
      return reply.code(201).send(whoIs(caller))
    },
  )
  server.post(
    '/api/v1/invitation',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Use the link of an invitation: the account chooses its password, and is signed in',
        body: z.strictObject({ token, password: givenPassword, notice: noticeId }),
        response: { 200: session },
      },
    },
    async (request, reply) => {
      checkNotice(notice, request.body.notice)
      const account = signIn.invited(request.body.token)
      const event = { kind: 'account', outcome: 'done', who: account.name, from: request.ip, what: 'invitation used' } as const
      await signIn.changePassword(account, request.body.password, { invitation: request.body.token }, () => audited(view.audit, event))
      const begun = signIn.begin(account, placeOf(request), account.totp === undefined && account.passkeys.length === 0)
      return welcome(request, reply, begun, resources)
    },
  )
}
