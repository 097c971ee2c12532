import assert from 'node:assert/strict'
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Provider from 'oidc-provider'
import { ManualClock } from '../../core/manual-clock.ts'
import { type Fixture, json, PASSWORD } from '../fixture.ts'
import { API_LIMITS } from '../limits.ts'
import type { Session, UserList } from '../schemas.ts'
import { Oidc, type OidcSettings } from './oidc.ts'
import { Once } from './once.ts'
import { Sealed } from './sealed.ts'
import { settings, startZones } from './zones.fixture.ts'

const CLIENT = { clientId: 'ecluse', clientSecret: 'a secret of the test only, long enough' }
const closed = (server: Server) => new Promise((resolve) => server.close(resolve))

/** A real provider on loopback that signs everybody in as `who`. `twist` changes the claims of the ID token, which is signed again. */
async function startProvider() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const state = {
    who: { sub: 'u-1', preferred_username: 'bo', groups: ['ot-operators'] as unknown },
    twist: (claims: object) => claims,
    key: privateKey,
  }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirects: string[] = []
  const client = {
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    redirect_uris: redirects,
    token_endpoint_auth_method: 'client_secret_post' as const,
  }
  const make = () =>
    new Provider(issuer, {
      clients: [client],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' } as never] },
      cookies: { keys: ['for this test'] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_ctx, id) => ({ accountId: id, claims: async () => state.who }) as never,
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: CLIENT.clientId, accountId: state.who.sub })
        grant.addOIDCScope('openid profile')
        await grant.save()
        return grant
      },
      ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Session: 600, Grant: 600 },
    })
  const start = (redirect: string) => {
    redirects.push(redirect)
    const provider = make()
    provider.use(async (ctx, next) => {
      if (ctx.path.startsWith('/interaction/')) {
        ctx.respond = false
        return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: state.who.sub } })
      }
      await next()
      const body = ctx.body as { id_token?: string }
      if (ctx.path === '/token' && body.id_token) ctx.body = { ...body, id_token: signedAgain(body.id_token, state.twist, state.key) }
    })
    server.on('request', provider.callback())
  }
  return { issuer, state, start, close: () => closed(server) }
}

function signedAgain(token: string, twist: (claims: object) => object, key: KeyObject): string {
  const [head = '', claims = ''] = token.split('.')
  const changed = Buffer.from(JSON.stringify(twist(JSON.parse(Buffer.from(claims, 'base64url').toString())))).toString('base64url')
  return `${head}.${changed}.${createSign('RSA-SHA256').update(`${head}.${changed}`).sign(key).toString('base64url')}`
}

/** Follows redirects as a browser does, cookies and all; ends at the pages of the node, or where nothing redirects. */
async function browse(
  from: string,
  jar = new Map<string, string>(),
  end = (url: string) => url.includes('/#/') || new URL(url).pathname === '/',
) {
  let url = from
  const seen: string[] = []
  for (let i = 0; i < 12 && (i === 0 || !end(url)); i++) {
    seen.push(url)
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] as string).split('=')
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location === null) return { url, seen, jar, status: answer.status }
    url = new URL(location, url).href
  }
  return { url, seen, jar, status: 302 }
}

async function pair(given: Partial<OidcSettings> = {}) {
  const provider = await startProvider()
  const clock = new ManualClock(Date.now() * 1_000)
  const oidc = {
    issuer: provider.issuer,
    ...CLIENT,
    scope: 'openid profile',
    claim: 'groups',
    roles: { 'ot-operators': ['read@field'], boss: ['administrator'] },
    ...given,
  }
  const api = await startZones({ people: settings({ oidc }), node: { clock } })
  await api.signIn()
  provider.start(`${api.url}/api/v1/oidc/callback`)
  const begin = (jar?: Map<string, string>) => browse(`${api.url}/api/v1/oidc/start`, jar)
  const sessionOf = async (jar: Map<string, string>) => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(`${api.url}/api/v1/session`, { headers: { cookie } })
    return answer.ok ? ((await answer.json()) as Session) : undefined
  }
  const close = async () => {
    await api.close()
    await provider.close()
  }
  return { api, provider, clock, begin, sessionOf, close }
}
const problemOf = ({ url }: { url: string }) => new URL(url.replace('/#/', '/')).searchParams.get('problem')
const usersOf = async (api: Fixture) => ((await (await api.call('/api/v1/users')).json()) as UserList).users

test('happy path: the browser goes and comes back, groups become roles, and the provider decides anew each time', async (t) => {
  const { api, provider, begin, sessionOf, close } = await pair()
  t.after(close)
  assert.deepEqual(await (await fetch(`${api.url}/api/v1/session/ways`)).json(), { password: true, provider: {} })
  const done = await begin()
  assert.equal(new URL(done.url).pathname, '/')
  assert.match(done.seen[1] ?? '', /code_challenge_method=S256/)
  assert.deepEqual(await sessionOf(done.jar), { name: 'bo', permissions: ['read'], everywhere: [] })
  const [, bo] = await usersOf(api)
  assert.deepEqual([bo?.name, bo?.roles, bo?.provider], ['bo', ['read@field'], provider.issuer])
  const change = await api.call(`/api/v1/users/${bo?.id}`, json({ roles: ['administrator'] }))
  assert.equal(change.status, 409, 'roles come from the provider')
  provider.state.who.groups = ['boss', 'unknown', 7]
  assert.deepEqual((await sessionOf((await begin()).jar))?.everywhere?.length, 6)
  provider.state.who.groups = ['unknown']
  const refused = await begin()
  assert.deepEqual([problemOf(refused), await sessionOf(refused.jar)], ['no-role', undefined])
  assert.deepEqual((await sessionOf(done.jar))?.permissions, [], 'sessions that are open lose it, too')
})

test('an unknown group is nobody: so is none, another shape, or a name of an object’s own', async (t) => {
  const { api, provider, begin, close } = await pair()
  t.after(close)
  for (const groups of [undefined, [], 'nothing', ['__proto__', 'constructor'], [['ot-operators']], { 0: 'ot-operators' }]) {
    provider.state.who.groups = groups
    assert.equal(problemOf(await begin()), 'no-role', JSON.stringify(groups))
  }
  assert.equal((await usersOf(api)).length, 1, 'and leaves no account')
})

test('a name that is taken here is not taken over', async (t) => {
  const { api, provider, begin, sessionOf, close } = await pair()
  t.after(close)
  provider.state.who = { sub: 'u-9', preferred_username: 'ana', groups: ['ot-operators'] }
  const { jar } = await begin()
  assert.equal((await sessionOf(jar))?.name, 'ana@127.0.0.1')
  const ana = (await usersOf(api)).find(({ name }) => name === 'ana')
  assert.deepEqual(ana?.roles, ['administrator'])
})

test('another audience, another issuer, another nonce, an expired token, another signature: refused', async (t) => {
  const { provider, begin, sessionOf, close } = await pair()
  t.after(close)
  const now = Math.floor(Date.now() / 1_000)
  for (const [what, twist] of Object.entries({
    audience: { aud: 'someone-else' },
    issuer: { iss: 'http://127.0.0.1:9' },
    nonce: { nonce: 'another' },
    expired: { exp: now - 3_600, iat: now - 7_200 },
  })) {
    provider.state.twist = (claims) => ({ ...claims, ...twist })
    const done = await begin()
    assert.deepEqual([problemOf(done), await sessionOf(done.jar)], ['oidc-invalid', undefined], what)
  }
  provider.state.twist = (claims) => claims
  const { key } = provider.state
  provider.state.key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  assert.equal(problemOf(await begin()), 'oidc-invalid', 'signed by somebody else')
  provider.state.key = key
  assert.equal(problemOf(await begin()), null)
})

test('times are held against the clock of the node', async (t) => {
  const { clock, begin, close } = await pair()
  t.after(close)
  assert.equal(problemOf(await begin()), null)
  await clock.advance(2 * 3_600_000)
  assert.equal(problemOf(await begin()), 'oidc-invalid')
})

test('a state that is replayed, made up, or of another browser: refused', async (t) => {
  const { begin, sessionOf, close } = await pair()
  t.after(close)
  const done = await begin()
  const callback = done.seen.find((url) => url.includes('/oidc/callback')) as string
  assert.equal(problemOf(await browse(callback, done.jar)), 'oidc-state', 'replayed')
  const other = await browse(callback)
  assert.deepEqual([problemOf(other), await sessionOf(other.jar)], ['oidc-state', undefined], 'another browser')
  const half = new Map<string, string>()
  await browse(callback.replace('/callback', '/start'), half, (url) => url.includes('/auth?'))
  assert.equal(problemOf(await browse(callback, half)), 'oidc-invalid', 'the answer to another sign-in')
})

test('the provider is down: people are told, and accounts of the node go on working', async (t) => {
  const { api, begin, close } = await pair({ issuer: 'http://127.0.0.1:9' })
  t.after(close)
  assert.equal(problemOf(await begin()), 'provider-unreachable')
  assert.equal((await fetch(`${api.url}/api/v1/session`, json({ name: 'ana', password: PASSWORD }))).status, 200)
})

test('who begins a thousand sign-ins puts nobody’s out; each has its time, and ends once', async (t) => {
  const { api, clock, close } = await pair()
  t.after(close)
  const begin = async () => {
    const answer = await fetch(`${api.url}/api/v1/oidc/start`, { redirect: 'manual' })
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return { cookie, state: new URL(answer.headers.get('location') ?? '').searchParams.get('state') ?? '' }
  }
  const problemOf = async ({ cookie, state }: { cookie: string; state: string }) => {
    const url = `${api.url}/api/v1/oidc/callback?code=x&state=${state}`
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } })
    return new URLSearchParams(answer.headers.get('location')?.split('?')[1]).get('problem')
  }
  const first = await begin()
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let i = 0; i < 60; i++) await begin()
    }),
  )
  // It is the provider that refuses its made-up code: here it is still known, once.
  assert.notEqual(await problemOf(first), 'oidc-state')
  assert.equal(await problemOf(first), 'oidc-state')
  const late = await begin()
  await clock.advance(API_LIMITS.oidcMs + 1_000)
  assert.equal(await problemOf(late), 'oidc-state')
})

test('what ended is remembered up to a number, and what was sealed elsewhere or changed is nothing', async () => {
  const oidc = new Oidc({ issuer: 'http://127.0.0.1:9', ...CLIENT, scope: 'openid', claim: 'groups', roles: {} }, new ManualClock(0))
  const here = new URL('http://127.0.0.1:9/callback?code=x')
  const codeOf = (secret: string | undefined) => oidc.finish(secret, here).then(String, (error: { code: string }) => error.code)
  const sealed = new Sealed<object>()
  const own = sealed.seal({ state: 's', nonce: 'n', verifier: 'v', beganMs: 0 })
  assert.deepEqual(sealed.open(own), { state: 's', nonce: 'n', verifier: 'v', beganMs: 0 })
  for (const text of [undefined, '', 'x', own, own.slice(0, -2)]) assert.equal(await codeOf(text), 'oidc-state')
  const once = new Once(new ManualClock(0), API_LIMITS.oidcEnded, API_LIMITS.oidcMs)
  for (let i = 0; i < API_LIMITS.oidcEnded; i++) assert.ok(once.use(`${i}`, 0))
  assert.equal(once.use('0', 0), false)
  assert.ok(once.use('one more', 0))
  assert.deepEqual([once.use('1', 0), once.use('0', 0)], [false, true], 'the first made room')
  const bytes = Buffer.from(own, 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    assert.equal(sealed.open(changed.toString('base64url')), undefined, `byte ${at}`)
  }
})
