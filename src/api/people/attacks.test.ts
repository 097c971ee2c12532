import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditEvent, noAudit } from '../../core/audit.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import { SECOND } from '../../core/time.ts'
import { type Fixture, json, PASSWORD } from '../fixture.ts'
import { settings, somebody, startZones } from './zones.fixture.ts'

/** What somebody who means harm tries at a running HTTP surface; each of these once worked, or might have. */
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code]

test('two who use one invitation at the same moment: one gets in, and the other’s password is nobody’s', async (t) => {
  const api = await startZones({ people: settings() })
  t.after(() => api.close())
  await api.signIn()
  const { link } = (await (await api.call('/api/v1/users', json({ name: 'bo', roles: [] }))).json()) as { link: string }
  const token = new URL(link.replace('/#/', '/')).searchParams.get('token')
  const passwords = ['seven grey herons fishing', 'four brown owls asleep']
  const answers = await Promise.all(passwords.map((password) => fetch(`${api.url}/api/v1/invitation`, json({ token, password }))))
  const found = await Promise.all(answers.map(codeOf))
  assert.deepEqual(found.map(([status]) => status).sort(), [200, 403], JSON.stringify(found))
  const tried = await Promise.all(passwords.map((password) => fetch(`${api.url}/api/v1/session`, json({ name: 'bo', password }))))
  assert.deepEqual(
    tried.map(({ status }) => status),
    found.map(([status]) => (status === 200 ? 200 : 401)),
  )
})

test('nobody is called as the command line is: the audit log takes no word of a person for the machine’s owner’s', async (t) => {
  const events: AuditEvent[] = []
  const audit = { ...noAudit, record: async (event: AuditEvent) => void events.push(event) }
  const api = await startZones({ people: settings(), node: { audit } })
  t.after(() => api.close())
  await api.signIn()
  for (const name of ['local', 'Local', ' LOCAL '])
    assert.deepEqual(await codeOf(await api.call('/api/v1/users', json({ name, roles: [] }))), [409, 'name-taken'], name)
  const operator = await somebody(api, 'bo', ['operate@*'])
  const told = json({ kind: 'export', user: 'root', what: 'made up' })
  assert.deepEqual(await codeOf(await operator('/api/v1/audit', told)), [403, 'local-only'])
  assert.ok(!events.some(({ who }) => who === 'local/root'))
})

/** Wrong passwords from one address each, as a declared proxy tells them. */
async function behindProxy(): Promise<{ api: Fixture; guess: (name: string, from: string, password?: string) => Promise<number> }> {
  const clock = new ManualClock(1_800_000_000 * SECOND)
  const api = await startZones({ people: settings(), node: { clock }, transport: { proxies: ['127.0.0.1'] } })
  await api.signIn()
  const guess = async (name: string, from: string, password = 'wrong') => {
    const init = json({ name, password })
    const answer = await fetch(`${api.url}/api/v1/session`, { ...init, headers: { ...init.headers, 'x-forwarded-for': from } })
    return answer.status
  }
  return { api, guess }
}

test('a network of IPv6 addresses is one guesser', async (t) => {
  const { api, guess } = await behindProxy()
  t.after(() => api.close())
  const statuses: number[] = []
  for (let i = 1; i <= 8; i++) statuses.push(await guess(`name-${i}`, `2001:db8:1:2::${i}`))
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429])
  assert.equal(await guess('name-9', '2001:db8:1:3::1'), 401)
})

test('who signs in well between guesses at others’ passwords is slowed all the same', async (t) => {
  const { api, guess } = await behindProxy()
  t.after(() => api.close())
  await somebody(api, 'eve', [])
  const statuses: number[] = []
  for (let i = 1; i <= 6; i++) {
    statuses.push(await guess(`name-${i}`, '192.0.2.7'))
    if (i < 5) assert.equal(await guess('eve', '192.0.2.7', 'seven grey herons fishing'), 200)
  }
  assert.ok(statuses.includes(429), statuses.join())
  assert.equal(await guess('ana', '192.0.2.8', PASSWORD), 200)
})

test('a session that somebody planted before the sign-in is not the one after it', async (t) => {
  const api = await startZones({ people: settings() })
  t.after(() => api.close())
  await api.signIn()
  const eve = await somebody(api, 'eve', [])
  const init = json({ name: 'ana', password: PASSWORD })
  const answer = await fetch(`${api.url}/api/v1/session`, { ...init, headers: { ...init.headers, cookie: eve.cookie() } })
  assert.equal(answer.status, 200)
  assert.notEqual(answer.headers.getSetCookie()[0]?.split(';')[0], eve.cookie())
  // The planted one is over, for both.
  assert.equal((await eve('/api/v1/session')).status, 401)
})

test('names of headers and redirects take no line of their own, and no name of a prototype means anything', async (t) => {
  const api = await startZones({ people: settings() })
  t.after(() => api.close())
  await api.signIn()
  for (const path of ['/api/v1/users/__proto__', '/api/v1/users/constructor', '/api/v1/tokens/__proto__/revocation'])
    assert.ok([400, 404].includes((await api.call(path, json({}))).status), path)
  for (const query of ['?__proto__[x]=1', '?constructor=1', '?match=%0d%0aSet-Cookie:%20a=b']) {
    const answer = await api.call(`/api/v1/signals${query}`)
    assert.equal(answer.headers.getSetCookie().length, 0, query)
    assert.ok(answer.status < 500, query)
  }
  assert.equal(({} as { x?: unknown }).x, undefined)
  const body = '{"name":"ana","password":"x","__proto__":{"isAdmin":true}}'
  const polluted = await fetch(`${api.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  assert.equal(polluted.status, 400)
})
