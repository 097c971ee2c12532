import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { cookieName } from './access.ts'
import { audited, callerIn } from './audited.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'
import { session } from './schemas.ts'

const name = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u, 'a name has 1 to 64 letters, digits, spaces and . _ @ -')
const password = z.string().min(10, 'a password has at least 10 characters').max(256)
const done = z.object({ done: z.literal(true) })

/** The session's secret goes out as a cookie that scripts cannot read and other sites cannot send. */
function remember(reply: FastifyReply, secret: string): void {
  void reply.setCookie(cookieName(reply.request), secret, { path: '/', httpOnly: true, sameSite: 'strict' })
}

export function sessionRoutes(server: Server, { access, view: { audit } }: Resources): void {
  const whoIs = (caller: { name: string; permissions: ReadonlySet<string> }) => ({
    name: caller.name,
    permissions: [...caller.permissions],
  })

  server.get(
    '/api/v1/session',
    { config: { permission: 'public' }, schema: { summary: 'Who is signed in', response: { 200: session } } },
    async (request) => {
      const caller = access.callerOf(request)
      if (!caller) throw new Refusal(401, 'not-signed-in', 'nobody is signed in')
      return whoIs(caller)
    },
  )

  server.post(
    '/api/v1/session',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Sign in',
        body: z.strictObject({ name: z.string().max(64), password: z.string().max(256) }),
        response: { 200: session },
      },
    },
    async ({ body, ip }, reply) => {
      const who = body.name.trim()
      const { secret, caller } = await access.signIn(who, body.password, ip).catch(async (error: unknown) => {
        const detail = { code: error instanceof Refusal ? error.code : 'internal' }
        await audit.note({ kind: 'sign-in', outcome: 'refused', who, from: ip, detail })
        throw error
      })
      await audited(audit, { kind: 'sign-in', outcome: 'done', who: caller.name, from: ip }).catch((error: unknown) => {
        access.endSession(secret)
        throw error
      })
      remember(reply, secret)
      return whoIs(caller)
    },
  )

  server.delete(
    '/api/v1/session',
    { config: { permission: 'public' }, schema: { summary: 'Sign out', response: { 200: done } } },
    async (request, reply) => {
      const by = callerIn(request, access)
      // Leaving is never refused for want of a record.
      if (by.who !== undefined) await audit.note({ kind: 'sign-out', outcome: 'done', ...by })
      access.endSession(request.cookies[cookieName(request)])
      void reply.clearCookie(cookieName(request), { path: '/' })
      return { done: true as const }
    },
  )

  server.post(
    '/api/v1/accounts',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Use the one-time link of the start to make the first account',
        body: z.strictObject({ token: z.string().max(200), name, password }),
        response: { 201: session },
      },
    },
    async ({ body, ip }, reply) => {
      const account = { kind: 'account', who: body.name, from: ip, what: 'first account' } as const
      const { secret, caller } = await access
        .createFirst(body.token, body.name, body.password, () => audited(audit, { ...account, outcome: 'done' }))
        .catch(async (error: unknown) => {
          await audit.note({ ...account, outcome: 'refused', detail: { code: error instanceof Refusal ? error.code : 'internal' } })
          throw error
        })
      remember(reply, secret)
      return reply.code(201).send(whoIs(caller))
    },
  )
}
