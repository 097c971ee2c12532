import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { mayRole, PERMISSIONS, type Permission } from '../../core/roles.ts'
import { type Fixture, json } from '../fixture.ts'
import { everyRole, somebody, startZones, ZONES } from './zones.fixture.ts'

type Route = Fixture['routes'][number]

/** What each way to ask is needed over, said a second time: `any` zone, the `node`'s own, or `every` zone. */
function isAllowed({ permission, scope }: Route, role: string): boolean {
  if (permission === 'self') return true
  const over = (zone: string | undefined) => mayRole(everyRole(), role, permission as Permission, zone)
  if (scope === 'any') return ZONES.some(over)
  return scope === 'node' ? over('office') : ZONES.every(over)
}

describe('every route, every role, every zone', () => {
  let api: Fixture
  before(async () => {
    api = await startZones()
    await api.signIn()
  })
  after(() => api.close())

  test('CVE-2026-25895: a route without a declared permission, or a scope, is none of ours', () => {
    for (const { method, url, permission, scope } of api.routes) {
      assert.ok(permission, `${method} ${url} declares no permission`)
      if (permission === 'public' || permission === 'self') continue
      assert.ok(
        PERMISSIONS.some((one) => one === permission),
        `${method} ${url}: ${permission}`,
      )
      assert.ok(['any', 'node', 'every'].includes(scope ?? ''), `${method} ${url} does not say over what`)
    }
  })

  test('what a role may call is what the declared policy says, and nothing else; a change of role holds at once', async () => {
    const routes = api.routes.filter(({ method, permission }) => method !== 'HEAD' && permission !== 'public')
    const roles = [...everyRole().keys()]
    assert.ok(routes.length >= 45 && roles.length >= 22, `${routes.length} routes, ${roles.length} roles`)
    const call = await somebody(api, 'prober', [])
    const { users } = (await (await api.call('/api/v1/users')).json()) as { users: { id: string; name: string }[] }
    const id = users.find(({ name }) => name === 'prober')?.id
    const wrong: string[] = []
    for (const role of roles) {
      assert.equal((await api.call(`/api/v1/users/${id}`, json({ roles: [role] }))).status, 200)
      for (const route of routes) {
        const status = await statusOf(call, route)
        const isOpen = status !== 401 && status !== 403
        if (isOpen !== isAllowed(route, role)) wrong.push(`${role}: ${route.method} ${route.url} answered ${status}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  test('CVE-2026-13207: strangers are told of no users, roles or tokens', async () => {
    for (const path of ['users', 'tokens', 'profile', 'audit', 'session'])
      assert.equal((await fetch(`${api.url}/api/v1/${path}`)).status, 401, path)
  })
})

/** Asks with nothing in it: who may call is told that something is missing, who may not is refused before that. */
async function statusOf(call: (path: string, init?: RequestInit) => Promise<Response>, { method, url }: Route): Promise<number> {
  const stop = new AbortController()
  const init = method === 'GET' ? {} : { ...json({ nothing: 'known' }), method }
  const answer = await call(url.replace(/:\w+/g, 'x'), { ...init, signal: stop.signal })
  stop.abort()
  return answer.status
}
