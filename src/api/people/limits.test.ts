import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QuarantineQuery } from '../../core/historian.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { PEOPLE_LIMITS } from '../../core/people-config.ts'
import { json } from '../fixture.ts'
import { API_LIMITS } from '../limits.ts'
import type { UserList } from '../schemas.ts'
import { Sessions } from './sessions.ts'
import { settings, somebody, startZones } from './zones.fixture.ts'

const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code]

test('CVE-2022-45608, CVE-2023-45303: roles are set here and nowhere else: what a client says of them is refused', async (t) => {
  const api = await startZones()
  t.after(() => api.close())
  await api.signIn()
  const { link } = (await (await api.call('/api/v1/users', json({ name: 'bo', roles: ['read@field'] }))).json()) as { link: string }
  const token = new URL(link.replace('/#/', '/')).searchParams.get('token')
  const use = (more: object) => fetch(`${api.url}/api/v1/invitation`, json({ token, password: 'seven grey herons fishing', ...more }))
  for (const more of [{ roles: ['administrator'] }, { permissions: ['administer'] }, { isAdmin: true }])
    assert.equal((await use(more)).status, 400)
  const credentials = { name: 'ana', password: 'x', roles: ['administrator'] }
  assert.equal((await fetch(`${api.url}/api/v1/session`, json(credentials))).status, 400)
  const bo = await somebody(api, 'bob', ['read@field'])
  const { users } = (await (await api.call('/api/v1/users')).json()) as UserList
  const own = users.find(({ name }) => name === 'bob')?.id
  assert.equal((await bo(`/api/v1/users/${own}`, json({ roles: ['administrator'] }))).status, 403)
})

test('rows of quarantine are decided on by who operates in the zones they came from', async (t) => {
  const api = await startZones()
  t.after(() => api.close())
  await api.signIn()
  const rows = ['open-erp', 'hidden-erp'].map((source, i) => ({
    id: `${i}.0`,
    source,
    kind: 'order',
    reason: 'no key',
    row: '{}',
    knownTime: 1,
    state: 'waiting',
  }))
  const historian = api.view.historian as { quarantine: unknown }
  historian.quarantine = async ({ ids }: QuarantineQuery) => ({
    rows: rows.filter(({ id }) => !ids || ids.includes(id)),
    truncated: false,
  })
  const call = await somebody(api, 'otto', ['operate@field', 'read@field'])
  const release = (ids: string[]) => call('/api/v1/records/quarantine/release', json({ ids, reason: 'checked' }))
  assert.equal((await release(['0.0'])).status, 200)
  for (const ids of [['1.0'], ['0.0', '1.0'], ['7.7']]) assert.deepEqual(await codeOf(await release(ids)), [403, 'forbidden'], ids.join())
  const seen = (await (await call('/api/v1/records/quarantine?state=all')).json()) as { rows: { source: string }[] }
  assert.deepEqual(
    seen.rows.map(({ source }) => source),
    ['open-erp'],
  )
})

test('limits: roles of an account, accounts, tokens, security keys', async (t) => {
  const key = (i: number) => ({ id: `k${i}`, publicKey: 'x', counter: 0, transports: [], label: `${i}`, createdTime: 0 })
  const account = (i: number) => ({ id: `${i}`, name: `n${i}`, roles: [], createdTime: 0, isDisabled: false, passkeys: [], recovery: [] })
  const token = (i: number) => ({
    id: `${i}`,
    name: `t${i}`,
    hash: `${i}`,
    may: ['read'],
    zones: ['*'],
    createdBy: 'x',
    createdTime: 0,
    expiresTime: 1,
  })
  const many = <T>(count: number, one: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => one(i))
  const prepare = (directory: string) => {
    const accounts = [...many(API_LIMITS.accounts - 1, account), { ...account(-1), passkeys: many(API_LIMITS.passkeys, key) }]
    writeFileSync(join(directory, 'accounts.json'), JSON.stringify({ version: 2, accounts }))
    writeFileSync(join(directory, 'tokens.json'), JSON.stringify({ version: 1, tokens: many(API_LIMITS.tokens, token) }))
  }
  const api = await startZones({ prepare })
  t.after(() => api.close())
  const { readFileSync } = await import('node:fs')
  const authorization = `Bearer ${readFileSync(join(api.directory, 'local-token'), 'utf8').trim()}`
  const call = (path: string, body: object) =>
    fetch(`${api.url}${path}`, { ...json(body), headers: { 'content-type': 'application/json', authorization } })
  assert.deepEqual(await codeOf(await call('/api/v1/users', { name: 'more', roles: [] })), [409, 'too-many-accounts'])
  assert.deepEqual(await codeOf(await call('/api/v1/tokens', { name: 'more', may: ['read'], zones: ['*'] })), [409, 'too-many-tokens'])
  const days = PEOPLE_LIMITS.tokenMs / 86_400_000
  const lived = async (most: number) => (await call('/api/v1/tokens', { name: 'more', may: ['read'], zones: ['*'], days: most })).status
  assert.deepEqual([await lived(days), await lived(days + 1)], [409, 400])
  const roles = (count: number) => call('/api/v1/users/n1', { roles: Array.from({ length: count }, () => 'nobody') })
  assert.deepEqual([(await roles(API_LIMITS.rolesPerAccount)).status, (await roles(API_LIMITS.rolesPerAccount + 1)).status], [200, 400])
  const { Passkeys } = await import('./passkeys.ts')
  const keys = new Passkeys(new ManualClock(0), 't', 'http://localhost')
  const full = { ...account(0), passkeys: many(API_LIMITS.passkeys, key) }
  await assert.rejects(keys.registration(full, 's', {} as never), { code: 'too-many-passkeys' })
  await assert.rejects(new Passkeys(new ManualClock(0), 't', 'http://127.0.0.1').registration(account(0), 's', {} as never), {
    code: 'needs-name',
  })
})

test('a file of accounts or tokens that is not one of ours stops the start: better no start than an open door', async () => {
  for (const [name, text] of [
    ['accounts.json', '{"version":2,"accounts":[{"name":"eve"}]}'],
    ['tokens.json', '{"version":9}'],
  ] as const)
    await assert.rejects(startZones({ prepare: (directory) => writeFileSync(join(directory, name), text) }), /is not a file of/)
})

test('sessions: the oldest of all makes room at the limit', () => {
  const sessions = new Sessions(new ManualClock(0), { idle: 1_000, longest: 1_000, perAccount: 1 })
  const begin = (account: string) => sessions.begin(account, { from: '', agent: '', isWhole: true })
  const first = begin('first')
  for (let i = 0; i < API_LIMITS.sessions - 1; i++) begin(`a${i}`)
  assert.ok(sessions.find(first, false))
  begin('one more')
  assert.equal(sessions.find(first, false), undefined)
})

test('the reserved listener holds so many connections and no more', async (t) => {
  const api = await startZones({ people: settings(), admin: { host: '127.0.0.1', port: 0 } })
  t.after(() => api.close())
  const { port } = new URL(api.adminUrl ?? '')
  let closed = 0
  const sockets: Socket[] = []
  await new Promise<void>((resolve) => {
    for (let i = 0; i < API_LIMITS.reservedConnections + 5; i++) {
      const socket = connect(Number(port), '127.0.0.1').resume()
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.once('close', () => {
        if (++closed === 5) resolve()
      })
    }
  })
  assert.equal(closed, 5)
  for (const socket of sockets) socket.destroy()
})
