import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { ManualClock } from '../../core/manual-clock.ts'
import { peopleConfig } from '../../core/people-config.ts'
import { DAY, SECOND } from '../../core/time.ts'
import { type Fixture, json, PASSWORD } from '../fixture.ts'
import { API_LIMITS } from '../limits.ts'
import type { NewToken, Profile, Session, TokenList, UserList } from '../schemas.ts'
import { fromBase32, totpCode } from './totp.ts'
import { settings, somebody, startZones, withCookie } from './zones.fixture.ts'

const GOOD = 'seven grey herons fishing'

/** A node with an administrator signed in, and a clock that stands until it is moved. */
async function node(people = settings()) {
  const clock = new ManualClock(1_800_000_000 * SECOND)
  const api = await startZones({ people, node: { clock } })
  await api.signIn()
  return { api, clock }
}
const read = async <T>(answer: Response): Promise<T> => (await answer.json()) as T
const usersOf = async (api: Fixture) => (await read<UserList>(await api.call('/api/v1/users'))).users
const idOf = async (api: Fixture, name: string) => (await usersOf(api)).find((user) => user.name === name)?.id
const change = async (api: Fixture, name: string, body: object) => api.call(`/api/v1/users/${await idOf(api, name)}`, json(body))
const signIn = (api: Fixture, name: string, password = GOOD, headers = {}) => {
  const init = json({ name, password })
  return fetch(`${api.url}/api/v1/session`, { ...init, headers: { ...init.headers, ...headers } })
}
const codeOf = async (answer: Response) => [answer.status, (await read<{ code: string }>(answer)).code]

test('an invitation is a link that works once, and nobody chooses the password of somebody else', async (t) => {
  const { api, clock } = await node()
  t.after(() => api.close())
  const made = await read<{ link: string; id: string }>(await api.call('/api/v1/users', json({ name: 'bo', roles: ['read@field'] })))
  assert.equal((await usersOf(api)).find(({ name }) => name === 'bo')?.state, 'invited')
  assert.deepEqual(await codeOf(await signIn(api, 'bo')), [401, 'sign-in-refused'])
  const token = new URL(made.link.replace('/#/', '/')).searchParams.get('token')
  const use = (password: string, link = token) => fetch(`${api.url}/api/v1/invitation`, json({ token: link, password }))
  assert.deepEqual(await codeOf(await use('short')), [400, 'weak-password'])
  assert.equal((await use(GOOD)).status, 200)
  assert.deepEqual(await codeOf(await use(GOOD)), [403, 'link-invalid'])
  assert.equal((await signIn(api, 'bo')).status, 200)
  const again = await read<{ link: string }>(await api.call(`/api/v1/users/${made.id}/invitation`, json({})))
  await clock.advance(API_LIMITS.invitationMs + 1_000)
  const late = new URL(again.link.replace('/#/', '/')).searchParams.get('token')
  assert.deepEqual(await codeOf(await use(GOOD, late)), [403, 'link-invalid'])
})

test('passwords that are tried first are refused: short, common, the name, the site', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const bo = await somebody(api, 'bobby-lee', [])
  for (const password of [
    '',
    'x'.repeat(14),
    'passwordpassword',
    'P@ssw0rd12345678',
    'aaaaaaaaaaaaaaaaaa',
    'bobbylee-is-here-now',
    'administrator2026',
    'qwertyuiopasdfgh1234'.slice(0, 6).repeat(4),
    'x'.repeat(257),
  ]) {
    const answer = await bo('/api/v1/profile/password', json({ current: GOOD, password }))
    assert.equal(answer.status, 400, password)
  }
  assert.equal((await bo('/api/v1/profile/password', json({ current: 'wrong', password: 'four brown owls asleep' }))).status, 401)
  const elsewhere = withCookie(api, await signIn(api, 'bobby-lee'))
  assert.equal((await elsewhere('/api/v1/profile')).status, 200)
  assert.equal((await bo('/api/v1/profile/password', json({ current: GOOD, password: 'four brown owls asleep' }))).status, 200)
  assert.equal((await bo('/api/v1/profile')).status, 200, 'where it was changed one stays signed in')
  assert.equal((await elsewhere('/api/v1/profile')).status, 401, 'elsewhere not')
  assert.equal((await signIn(api, 'bobby-lee')).status, 401)
})

test('passwords are kept with argon2id; an account of the scrypt days is let in and kept anew; CVE-2026-77393: without roles it is nobody', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const file = join(api.directory, 'accounts.json')
  assert.match(readFileSync(file, 'utf8'), /"password": "\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const { scryptSync } = await import('node:crypto')
  const old = await startZones({
    prepare: (directory) => {
      const salt = Buffer.alloc(16, 7)
      const key = scryptSync(PASSWORD, salt, 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 })
      const account = (name: string, permissions: string[]) => ({ name, permissions, salt: salt.toString('hex'), key: key.toString('hex') })
      const accounts = [account('ana', ['read', 'administer']), account('blank', [])]
      writeFileSync(join(directory, 'accounts.json'), JSON.stringify({ version: 1, accounts }))
    },
  })
  t.after(() => old.close())
  const ana = withCookie(old, await signIn(old, 'ana', PASSWORD))
  assert.deepEqual((await read<Session>(await ana('/api/v1/session'))).everywhere, [
    'read',
    'query',
    'operate',
    'audit',
    'administer',
    'write',
  ])
  assert.match(readFileSync(join(old.directory, 'accounts.json'), 'utf8'), /"name": "ana"[^}]*argon2id/)
  assert.equal((await signIn(old, 'ana', PASSWORD)).status, 200)
  const blank = withCookie(old, await signIn(old, 'blank', PASSWORD))
  assert.deepEqual((await read<Session>(await blank('/api/v1/session'))).permissions, [], 'CVE-2026-77393: blank is nobody')
  assert.equal((await blank('/api/v1/signals')).status, 403)
})

test('an account that is disabled is out at once; the last administrator stays', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const bo = await somebody(api, 'bo', ['read@*'])
  assert.equal((await bo('/api/v1/signals')).status, 200)
  assert.equal((await change(api, 'bo', { isDisabled: true })).status, 200)
  assert.equal((await bo('/api/v1/signals')).status, 401)
  assert.deepEqual(await codeOf(await signIn(api, 'bo')), [401, 'sign-in-refused'])
  assert.deepEqual(await codeOf(await change(api, 'ana', { isDisabled: true })), [409, 'last-administrator'])
  assert.deepEqual(await codeOf(await change(api, 'ana', { roles: [] })), [409, 'last-administrator'])
  assert.deepEqual(await codeOf(await change(api, 'bo', { roles: ['raed@*'] })), [400, 'unknown-role'])
})

test('CVE-2026-25893: saying again who one is gives another session id and no more rights; a role that is gone stays gone', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const bo = await somebody(api, 'bo', ['read@field'])
  const before = bo.cookie()
  const fresh = await bo('/api/v1/session/fresh', json({ password: GOOD, permissions: ['administer'] }))
  assert.equal(fresh.status, 400, 'what a client says of rights is not even read')
  assert.equal((await change(api, 'bo', { roles: [] })).status, 200)
  const again = await read<Session>(await bo('/api/v1/session/fresh', json({ password: GOOD })))
  assert.deepEqual(again.permissions, [])
  assert.notEqual(bo.cookie(), before)
  assert.equal(
    (await fetch(`${api.url}/api/v1/session`, { headers: { cookie: before } })).status,
    401,
    'the id before is no session any more',
  )
  assert.equal((await bo('/api/v1/signals')).status, 403)
  for (let i = 0; i < 3; i++) assert.deepEqual((await read<Session>(await bo('/api/v1/session'))).permissions, [])
})

test('CVE-2025-69985: no header makes somebody of a stranger: Referer, Origin, proxies, this machine', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const claims = {
    referer: `${api.url}/`,
    'x-forwarded-for': '127.0.0.1',
    'x-real-ip': '127.0.0.1',
    'x-forwarded-user': 'ana',
    'x-original-url': '/',
  }
  for (const [name, value] of Object.entries({
    ...claims,
    'x-forwarded-host': 'localhost',
    via: 'admin',
    'x-remote-user': 'ana',
    forwarded: 'for=127.0.0.1',
  }))
    for (const path of ['signals', 'users', 'audit'])
      assert.equal((await fetch(`${api.url}/api/v1/${path}`, { headers: { [name]: value } })).status, 401, name)
})

test('CVE-2025-69971, CVE-2026-25894, CVE-2023-26462: there is no signing secret to know: what somebody makes up is no session and no token', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forged = `${part({ alg: 'none' })}.${part({ sub: 'ana', role: 'administrator' })}.`
  const port = new URL(api.url).port
  for (const secret of [forged, 'frangoteam751', 'thingsboardDefaultSigningKey', 'ecluse_', `ecluse_${'A'.repeat(43)}`, 'local'])
    for (const headers of [{ authorization: `Bearer ${secret}` }, { cookie: `ecluse-session-${port}=${secret}` }])
      assert.equal((await fetch(`${api.url}/api/v1/signals`, { headers: new Headers(Object.entries(headers)) })).status, 401, secret)
  const other = await node()
  t.after(() => other.api.close())
  const local = (one: Fixture) => readFileSync(join(one.directory, 'local-token'), 'utf8').trim()
  assert.notEqual(local(api), local(other.api), 'each start makes its own')
  assert.equal((await fetch(`${api.url}/api/v1/signals`, { headers: { authorization: `Bearer ${local(other.api)}` } })).status, 401)
})

test('CVE-2026-92817: a sign-in that waits for its second factor is no session for anything else', async (t) => {
  const { api, clock } = await node()
  t.after(() => api.close())
  const bo = await somebody(api, 'bo', ['read@*'])
  const { codes, secret } = await enrol(bo, clock)
  assert.equal(codes.length, API_LIMITS.recoveryCodes)
  const half = withCookie(api, await signIn(api, 'bo'))
  assert.deepEqual(await read<Session>(await half('/api/v1/session')), {
    name: 'bo',
    permissions: [],
    everywhere: [],
    stage: 'second-factor',
    factors: ['code'],
  })
  for (const path of ['signals', 'profile', 'users'])
    assert.deepEqual(await codeOf(await half(`/api/v1/${path}`)), [403, 'second-factor-needed'])
  assert.equal((await half('/api/v1/session/fresh', json({ password: GOOD }))).status, 403)
  assert.deepEqual(await codeOf(await half('/api/v1/profile/totp', json({}))), [403, 'second-factor-needed'])
  const second = (code: string) => half('/api/v1/session/second-factor', json({ code }))
  assert.equal((await second('000000')).status, 401)
  const code = totpCode(fromBase32(secret), Math.floor(clock.now() / SECOND / 30))
  assert.equal((await second(code)).status, 401, 'the code that enrolled was used')
  await clock.advance(30_000)
  const next = totpCode(fromBase32(secret), Math.floor(clock.now() / SECOND / 30))
  const before = half.cookie()
  assert.equal((await second(next)).status, 200)
  assert.notEqual(half.cookie(), before)
  assert.equal((await half('/api/v1/signals')).status, 200)
  const replay = withCookie(api, await signIn(api, 'bo'))
  assert.equal((await replay('/api/v1/session/second-factor', json({ code: next }))).status, 401, 'a code works once')
  const lost = codes[0] as string
  assert.equal((await replay('/api/v1/session/second-factor', json({ code: lost.toUpperCase() }))).status, 200)
  const twice = withCookie(api, await signIn(api, 'bo'))
  assert.equal((await twice('/api/v1/session/second-factor', json({ code: lost }))).status, 401, 'and so does one of recovery')
  await clock.advance(API_LIMITS.secondFactorMs + 1_000)
  assert.equal((await twice('/api/v1/session')).status, 401, 'it does not wait for ever')
  assert.equal((await change(api, 'bo', { resetMfa: true })).status, 200)
  const plain = withCookie(api, await signIn(api, 'bo'))
  assert.equal((await plain('/api/v1/signals')).status, 200, 'an administrator took the lost factor away')
})

/** Sets up an app, as somebody would. */
async function enrol(call: Fixture['call'], clock: ManualClock) {
  const { secret } = await read<{ secret: string }>(await call('/api/v1/profile/totp', json({})))
  const code = totpCode(fromBase32(secret), Math.floor(clock.now() / SECOND / 30))
  const { codes } = await read<{ codes: string[] }>(await call('/api/v1/profile/totp/confirmation', json({ code })))
  return { secret, codes }
}

test('where a second factor is required, who has none may set one up and nothing else', async (t) => {
  const { api, clock } = await node(settings({ mfa: 'required' }))
  t.after(() => api.close())
  assert.deepEqual((await read<Session>(await api.call('/api/v1/session'))).stage, 'enrol')
  assert.deepEqual(await codeOf(await api.call('/api/v1/users')), [403, 'enrol-first'])
  await enrol(api.call, clock)
  assert.equal((await api.call('/api/v1/users')).status, 200, 'the session that set it up has shown it')
  const roles = new Map(settings().roles)
  roles.set('officer', { name: 'officer', mfa: true, grants: [{ direction: 'outward', may: ['read'], zones: ['*'] }] })
  const other = await node(settings({ roles }))
  t.after(() => other.api.close())
  const [officer, plain] = [await somebody(other.api, 'otto', ['officer']), await somebody(other.api, 'pia', ['read@*'])]
  assert.deepEqual([(await officer('/api/v1/signals')).status, (await plain('/api/v1/signals')).status], [403, 200])
})

test('sessions end after eight idle hours and after a day where nothing else is declared', () => {
  const { sessions } = z.object(peopleConfig).parse({}).people
  assert.deepEqual([sessions.idle, sessions.longest], [8 * 3_600_000, 24 * 3_600_000])
})

test('sessions end: idle, after all, by count, by their owner, by an administrator', async (t) => {
  const people = settings({ sessions: { idle: 600_000, longest: 3_600_000, perAccount: 3 } })
  const { api, clock } = await node(people)
  t.after(() => api.close())
  const bo = await somebody(api, 'bo', ['read@*'])
  await clock.advance(599_000)
  assert.equal((await bo('/api/v1/signals')).status, 200)
  await clock.advance(601_000)
  assert.equal((await bo('/api/v1/signals')).status, 401, 'idle')
  const steady = withCookie(api, await signIn(api, 'bo'))
  for (let i = 0; i < 7; i++) {
    assert.equal((await steady('/api/v1/signals')).status, 200, `${i}`)
    await clock.advance(590_000)
  }
  assert.equal((await steady('/api/v1/signals')).status, 401, 'an hour in all')
  const many = []
  for (let i = 0; i < 4; i++) many.push(withCookie(api, await signIn(api, 'bo', GOOD, { 'user-agent': `browser ${i}` })))
  const statuses = await Promise.all(many.map(async (one) => (await one('/api/v1/signals')).status))
  assert.deepEqual(statuses, [401, 200, 200, 200], 'the oldest made room')
  const mine = many[3] as (typeof many)[number]
  const { sessions } = await read<Profile>(await mine('/api/v1/profile'))
  assert.deepEqual(
    sessions.map(({ agent, isOwn }) => [agent, isOwn]),
    [
      ['browser 1', false],
      ['browser 2', false],
      ['browser 3', true],
    ],
  )
  assert.deepEqual(await read(await mine(`/api/v1/profile/sessions/${sessions[0]?.id}/end`, json({}))), { ended: 1 })
  assert.equal((await many[1]?.('/api/v1/signals'))?.status, 401)
  const admin = withCookie(api, await signIn(api, 'ana', PASSWORD))
  const asAdmin = { ...api, call: admin } as Fixture
  assert.deepEqual(await read(await admin(`/api/v1/users/${await idOf(asAdmin, 'bo')}/sign-out`, json({}))), { ended: 2 })
  assert.equal((await mine('/api/v1/signals')).status, 401)
})

test('accounts are changed by who has signed in within ten minutes', async (t) => {
  const { api, clock } = await node()
  t.after(() => api.close())
  await clock.advance(API_LIMITS.freshMs + 1_000)
  assert.equal((await api.call('/api/v1/users')).status, 200)
  assert.deepEqual(await codeOf(await api.call('/api/v1/users', json({ name: 'bo', roles: [] }))), [403, 'sign-in-again'])
  const again = withCookie(api, await signIn(api, 'ana', PASSWORD))
  assert.equal((await again('/api/v1/users', json({ name: 'bo', roles: [] }))).status, 201)
})

test('guessing is slowed down by place and by name, and a stranger elsewhere keeps nobody out from where they are known', async (t) => {
  const { api } = await node()
  t.after(() => api.close())
  await somebody(api, 'bo', [])
  const { SignIn } = await import('./sign-in.ts')
  const { Access } = await import('./access.ts')
  const clock = new ManualClock(0)
  const access = await Access.open(api.directory, clock, settings())
  const people = new SignIn(access, clock, 't')
  const from = (address: string, password: string) => people.withPassword('bo', password, { from: address, agent: '' })
  await from('10.0.0.1', GOOD)
  let refused = ''
  for (let i = 0; i < 60 && refused === ''; i++)
    await from(`10.1.0.${i}`, 'wrong').catch(({ code }) => {
      if (code === 'too-many-attempts') refused = `${i}`
    })
  assert.equal(refused, '50', 'many addresses together have fifty guesses, then wait')
  await assert.rejects(from('10.2.0.1', GOOD), { code: 'too-many-attempts' }, 'from a place nobody knows')
  await from('10.0.0.1', GOOD)
})

test('each wait is twice the one before, from the fifth wrong guess on; a name that is nobody’s is answered like a wrong password', async (t) => {
  const { api, clock } = await node()
  t.after(() => api.close())
  await somebody(api, 'bo', [])
  const guess = async (name: string) => {
    const answer = await signIn(api, name, 'wrong')
    const { traceId: _, ...told } = await read<Record<string, unknown>>(answer)
    return { status: answer.status, told, wait: answer.headers.get('retry-after') }
  }
  const [known, unknown] = [await guess('bo'), await guess('nobody-here')]
  assert.equal(known.status, 401)
  assert.deepEqual(unknown, known)
  // The waits are by name and address and by address alone: both had their share.
  for (let i = 0; i < 3; i++) assert.equal((await guess('bo')).status, 401)
  const waits: number[] = []
  for (let i = 0; i < 4; i++) {
    let waited = 0
    for (; (await guess('bo')).status === 429; waited++) await clock.advance(1_000)
    waits.push(waited)
  }
  assert.deepEqual(waits, [1, 2, 4, 8])
})

test('tokens: some permissions over some zones, for some days, kept as a hash; nothing about people', async (t) => {
  const { api, clock } = await node()
  t.after(() => api.close())
  const make = (body: object) => api.call('/api/v1/tokens', json(body))
  const { secret, token } = await read<NewToken>(await make({ name: 'grafana', may: ['read'], zones: ['field'], days: 30 }))
  assert.ok(!readFileSync(join(api.directory, 'tokens.json'), 'utf8').includes(secret))
  const headers = { authorization: `Bearer ${secret}` }
  const ask = (path: string, init: RequestInit = {}) => fetch(`${api.url}${path}`, { ...init, headers: { ...init.headers, ...headers } })
  const { signals } = await read<{ signals: { id: string }[] }>(await ask('/api/v1/signals'))
  assert.deepEqual(
    signals.map(({ id }) => id),
    ['t/open/m'],
  )
  for (const path of ['users', 'tokens', 'profile', 'audit', 'nodes', 'configurations', '../../metrics'])
    assert.equal((await ask(`/api/v1/${path}`)).status, 403, path)
  const listed = (await read<TokenList>(await api.call('/api/v1/tokens'))).tokens[0]
  assert.deepEqual([listed?.name, listed?.createdBy, listed?.usedFrom, listed && 'hash' in listed], ['grafana', 'ana', '127.0.0.1', false])
  assert.equal((await make({ name: 'grafana', may: ['read'], zones: ['field'] })).status, 409)
  for (const wrong of [{ may: ['administer'] }, { may: [] }, { zones: [] }, { zones: ['feild'] }, { days: 367 }, { days: 0 }, { name: '' }])
    assert.equal((await make({ name: 'x', may: ['read'], zones: ['field'], ...wrong })).status, 400, JSON.stringify(wrong))
  const limited = await somebody(api, 'adi', ['administer@*'])
  assert.deepEqual(
    await codeOf(await limited('/api/v1/tokens', json({ name: 'x', may: ['read'], zones: ['field'] }))),
    [403, 'forbidden'],
    'nobody gives what they do not have',
  )
  await clock.advance(31 * (DAY / 1_000))
  assert.equal((await ask('/api/v1/signals')).status, 401, 'expired')
  const admin = withCookie(api, await signIn(api, 'ana', PASSWORD))
  const second = await read<NewToken>(await admin('/api/v1/tokens', json({ name: 'two', may: ['read'], zones: ['*'], days: 1 })))
  const use = () => fetch(`${api.url}/api/v1/signals`, { headers: { authorization: `Bearer ${second.secret}` } })
  assert.equal((await use()).status, 200)
  assert.equal((await admin(`/api/v1/tokens/${second.token.id}/revocation`, json({}))).status, 200)
  assert.equal((await use()).status, 401, 'revoked')
  assert.ok(token.expiresTime < second.token.expiresTime)
})
