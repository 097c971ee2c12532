import { z } from 'zod'
import { audited, callerIn } from '../audited.ts'
import { doneAnswer, recoveryCodes, session as sessionAnswer } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import { Passkeys } from './passkeys.ts'
import { enrolled, ownAccount } from './profile-routes.ts'
import { notedRefusal, placeOf, welcome } from './session-routes.ts'

const text = z.string().max(8_192)
/** What a browser says of a key; read by the library that knows its inside. */
const fromBrowser = z.looseObject({
  id: text,
  rawId: text,
  type: z.literal('public-key'),
  response: z.record(z.string().max(64), z.unknown()),
})
const options = z.object({ options: z.record(z.string(), z.unknown()) })
const change = { permission: 'self', whileEnrolling: true, fresh: true } as const

/** Security keys: made in the profile, shown as a second factor. */
export function passkeyRoutes(server: Server, resources: Resources): void {
  const { access, signIn, view } = resources
  const passkeys = new Passkeys(view.clock, view.site.id, access.settings.url)
  const told = (given: object) => ({ options: { ...given } as Record<string, unknown> })

  server.post(
    '/api/v1/profile/passkeys/options',
    { config: change, schema: { summary: 'What a browser needs to make a security key', response: { 200: options } } },
    async (request) => {
      const { account, session } = ownAccount(request, resources)
      return told(await passkeys.registration(account, session.id, request))
    },
  )
  server.post(
    '/api/v1/profile/passkeys',
    {
      config: change,
      schema: {
        summary: 'A security key that was made: from now on it is asked for; the codes of recovery are told once',
        body: z.strictObject({ response: fromBrowser, label: z.string().trim().min(1).max(64) }),
        response: { 200: recoveryCodes },
      },
    },
    async (request) => {
      const { account, session } = ownAccount(request, resources)
      const key = await passkeys.registered(session.id, request, request.body.response as never, request.body.label)
      await audited(view.audit, {
        kind: 'mfa',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'key', label: key.label },
      })
      await access.accounts.update(account.id, (one) => ({ ...one, passkeys: [...one.passkeys, key] }))
      return enrolled(account, session, resources)
    },
  )
  server.post(
    '/api/v1/profile/passkeys/removal',
    {
      config: change,
      schema: { summary: 'A security key that counts no more', body: z.strictObject({ id: text }), response: { 200: doneAnswer } },
    },
    async (request) => {
      const { account } = ownAccount(request, resources)
      const key = account.passkeys.find(({ id }) => id === request.body.id)
      if (!key) throw new Refusal(404, 'unknown-passkey')
      await audited(view.audit, {
        kind: 'mfa',
        outcome: 'done',
        ...callerIn(request, access),
        what: account.name,
        detail: { act: 'key removed', label: key.label },
      })
      await access.accounts.update(account.id, (one) => {
        const left = one.passkeys.filter(({ id }) => id !== key.id)
        return { ...one, passkeys: left, recovery: left.length > 0 || one.totp ? one.recovery : [] }
      })
      access.changed()
      return { done: true as const }
    },
  )

  const waiting = (caller: ReturnType<typeof access.callerOf>) => {
    if (caller?.stage === 'second-factor' && caller.account && caller.session) return { account: caller.account, session: caller.session }
    throw new Refusal(401, 'not-signed-in/half')
  }
  server.post(
    '/api/v1/session/passkey/options',
    {
      config: { permission: 'public' },
      schema: { summary: 'What a browser needs to show a security key as second factor', response: { 200: options } },
    },
    async (request) => {
      const { account, session } = waiting(access.callerOf(request))
      return told(await passkeys.authentication(account, session.id, request))
    },
  )
  server.post(
    '/api/v1/session/passkey',
    {
      config: { permission: 'public' },
      schema: {
        summary: 'Show a security key as second factor',
        body: z.strictObject({ response: fromBrowser }),
        response: { 200: sessionAnswer },
      },
    },
    async (request, reply) => {
      const { account, session } = waiting(access.callerOf(request))
      const key = await passkeys
        .shown(account, session.id, request, request.body.response as never)
        .catch((error) => notedRefusal(view.audit, request, { kind: 'sign-in', who: account.name, what: 'second factor' }, error))
      await access.accounts.update(account.id, (one) => ({
        ...one,
        passkeys: one.passkeys.map((before) => (before.id === key.id ? key : before)),
      }))
      return welcome(request, reply, signIn.begin(account, placeOf(request), true), resources, { factor: 'key' })
    },
  )
}
