import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { audited } from '../audited.ts'
import { signInWays } from '../people-schemas.ts'
import { Refusal } from '../problem.ts'
import type { Resources, Server } from '../route.ts'
import { type Account, isAccountName } from './accounts.ts'
import { checkNotice, noticeId } from './notice.ts'
import type { Identity, Oidc } from './oidc.ts'
import { codeOf, placeOf, welcome } from './session-routes.ts'

const CALLBACK = '/api/v1/oidc/callback'
const cookieName = ({ socket }: FastifyRequest): string => `ecluse-oidc-${socket.localPort}`
/** Long enough for any provider's answer. */
const text = z.string().max(4_096).optional()

/** Sign-in through a provider. People come back to the pages, with what went wrong in the address where something did. */
export function oidcRoutes(server: Server, resources: Resources): void {
  const { oidc, linkOf, access } = resources
  const { notice } = access.settings
  const provider = oidc && { ...(oidc.settings.label && { label: oidc.settings.label }) }
  server.get(
    '/api/v1/session/ways',
    { config: { permission: 'public' }, schema: { summary: 'How one can sign in here', response: { 200: signInWays } } },
    async () => ({ password: true as const, ...(provider && { provider }), ...(notice && { notice: { ...notice } }) }),
  )
  if (!oidc) return
  server.get(
    '/api/v1/oidc/start',
    {
      config: { permission: 'public' },
      schema: { summary: 'Sends the browser to the provider', querystring: z.object({ notice: noticeId }) },
    },
    async (request, reply) => {
      try {
        checkNotice(notice, request.query.notice)
        const { secret, to } = await oidc.begin(linkOf(CALLBACK))
        // Lax: it has to come back with the browser from the provider's site.
        void reply.setCookie(cookieName(request), secret, {
          path: CALLBACK,
          httpOnly: true,
          sameSite: 'lax',
          secure: linkOf('').startsWith('https:'),
        })
        return reply.redirect(to.href)
      } catch (error) {
        return reply.redirect(await backWith(error))
      }
    },
  )
  const answer = z.object({ code: text, state: text, iss: text, error: text, error_description: text, session_state: text })
  server.get(
    CALLBACK,
    { config: { permission: 'public' }, schema: { summary: 'Where the provider sends the browser back to', querystring: answer } },
    async (request, reply) => {
      try {
        const url = new URL(linkOf(CALLBACK))
        url.search = new URL(request.url, 'http://x').search
        const identity = await oidc.finish(request.cookies[cookieName(request)], url)
        const account = await accountOf(identity, resources)
        void reply.clearCookie(cookieName(request), { path: CALLBACK })
        const begun = resources.signIn.begin(account, placeOf(request), true)
        await welcome(request, reply, begun, resources, { provider: identity.issuer })
        return reply.redirect('/')
      } catch (error) {
        return reply.redirect(await backWith(error, request))
      }
    },
  )

  async function backWith(error: unknown, request?: FastifyRequest): Promise<string> {
    if (!(error instanceof Refusal)) throw error
    if (request)
      await resources.view.audit.note({
        kind: 'sign-in',
        outcome: 'refused',
        from: request.ip,
        what: (oidc as Oidc).settings.issuer,
        detail: codeOf(error),
      })
    return `/#/?problem=${encodeURIComponent(error.code)}`
  }
}

/** The account of somebody whom the provider knows, with the roles that it gives now. Nobody without a role comes in. */
async function accountOf({ issuer, subject, name, roles }: Identity, { access, view }: Resources): Promise<Account> {
  const { accounts } = access
  const known = accounts.external(issuer, subject)
  if (known) {
    const isSame = known.roles.join('\n') === roles.join('\n')
    const detail = { before: known.roles.join(' '), after: roles.join(' '), by: issuer }
    if (!isSame) await audited(view.audit, { kind: 'role', outcome: 'done', who: known.name, what: known.name, detail })
    await accounts.update(known.id, (one) => ({ ...one, roles: [...roles], lastSignIn: view.clock.now() }))
    access.changed()
  }
  if (roles.length === 0) throw new Refusal(403, 'no-role')
  if (known) {
    if (known.isDisabled) throw new Refusal(403, 'account-disabled')
    return accounts.withId(known.id) ?? known
  }
  // A name that is taken here is somebody else's: the provider does not get to be them.
  const free = [name, `${name}@${new URL(issuer).hostname}`.slice(0, 64)].find((one) => isAccountName(one) && !accounts.named(one))
  if (free === undefined) throw new Refusal(409, 'name-taken')
  await audited(view.audit, {
    kind: 'account',
    outcome: 'done',
    who: free,
    what: free,
    detail: { act: 'provider', roles: roles.join(' '), by: issuer },
  })
  return accounts.create({ name: free, roles: [...roles], external: { issuer, subject }, lastSignIn: view.clock.now() }, view.clock.now())
}
