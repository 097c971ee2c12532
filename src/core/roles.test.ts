import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { PEOPLE_LIMITS, peopleConfig, toRoles } from './people-config.ts'
import { ADMINISTRATOR, EVERY_ZONE, mayRole, PERMISSIONS, rightsOf } from './roles.ts'

const read = (file: object) => z.strictObject(peopleConfig).safeParse(file)
const rolesOf = (roles: object) => toRoles(read({ roles }).data ?? assert.fail())

test('CVE-2026-77393: a blank role is nobody: no grants, no zones, no permissions, or a role that is not declared', () => {
  const roles = rolesOf({
    blank: {},
    nowhere: { grants: [{ direction: 'outward', may: ['read'], zones: [] }] },
    nothing: { grants: [{ direction: 'outward', may: [], zones: ['*'] }] },
  })
  for (const role of ['blank', 'nowhere', 'nothing', '', 'unknown', '__proto__', 'constructor'])
    for (const permission of PERMISSIONS)
      for (const zone of [undefined, 'field', '', EVERY_ZONE])
        assert.equal(mayRole(roles, role, permission, zone), false, `${role} ${permission}`)
})

test('a grant holds in its zones and its direction only', () => {
  const roles = rolesOf({ watcher: { grants: [{ direction: 'outward', may: ['read', 'query'], zones: ['field'] }] } })
  const may = (permission: (typeof PERMISSIONS)[number], zone?: string) => mayRole(roles, 'watcher', permission, zone)
  assert.deepEqual(
    [may('read', 'field'), may('query', 'field'), may('read', 'office'), may('read'), may('operate', 'field')],
    [true, true, false, false, false],
  )
  // A direction that does not fit gives nothing, however it came into a value.
  const forged = new Map([
    ['x', { name: 'x', mfa: false, grants: [{ direction: 'outward' as const, may: ['operate' as const], zones: ['field'] }] }],
  ])
  assert.equal(mayRole(forged, 'x', 'operate', 'field'), false)
})

test('the administrator may everything everywhere, and cannot be declared otherwise', () => {
  for (const permission of PERMISSIONS) assert.ok(mayRole(rolesOf({}), ADMINISTRATOR, permission, 'any'))
  assert.equal(read({ roles: { administrator: { grants: [] } } }).success, false)
})

test('an outward grant cannot name what acts on a zone', () => {
  const role = (direction: string, may: string[]) => read({ roles: { x: { grants: [{ direction, may, zones: ['*'] }] } } }).success
  assert.deepEqual([role('outward', ['operate']), role('inward', ['read']), role('inward', ['operate'])], [false, false, true])
})

test('what belongs to no zone that is known is for who has the right over every zone', () => {
  const grant = (zones: string[]) => [{ direction: 'outward' as const, may: ['read' as const], zones }]
  const some = rightsOf(grant(['field']), ['field', 'office'])
  assert.deepEqual(
    [some.may('read', 'field'), some.may('read', undefined), some.somewhere('read'), some.everywhere('read')],
    [true, false, true, false],
  )
  const all = rightsOf(grant(['field', 'office']), ['field', 'office'])
  assert.deepEqual([all.may('read', undefined), all.everywhere('read')], [true, true])
  const plain = rightsOf(grant(['field']), [])
  assert.deepEqual([plain.may('read', undefined), plain.somewhere('read')], [false, false], 'a node that declares no zones')
})

test('limits of what a file declares about people', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${i}`, {}]))
  assert.ok(read({ roles: many(PEOPLE_LIMITS.roles) }).success)
  assert.equal(read({ roles: many(PEOPLE_LIMITS.roles + 1) }).success, false)
  const at = (limit: number, isRead: (count: number) => boolean) => assert.deepEqual([limit, limit + 1].map(isRead), [true, false])
  const outward = (names: number) => ({ direction: 'outward', may: ['read'], zones: Array(names).fill('field') })
  at(PEOPLE_LIMITS.grants, (grants) => read({ roles: { r: { grants: Array(grants).fill(outward(1)) } } }).success)
  at(PEOPLE_LIMITS.grantZones, (names) => read({ roles: { r: { grants: [outward(names)] } } }).success)
  const groups = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`g${i}`, ['r']]))
  at(
    PEOPLE_LIMITS.mappings,
    (count) => read({ people: { oidc: { issuer: 'https://id.example', clientId: 'c', roles: groups(count) } } }).success,
  )
  const idle = (text: string) => read({ people: { sessions: { idle: text } } }).success
  const ms = (...all: number[]) => all.map((one) => `${one}ms`)
  const { leastIdleMs, mostIdleMs, leastSessionMs, mostSessionMs } = PEOPLE_LIMITS
  assert.deepEqual(ms(leastIdleMs, mostIdleMs, leastIdleMs - 1, mostIdleMs + 1).map(idle), [true, true, false, false])
  const longest = (text: string) => read({ people: { sessions: { longest: text } } }).success
  assert.deepEqual(ms(leastSessionMs, mostSessionMs, leastSessionMs - 1, mostSessionMs + 1).map(longest), [true, true, false, false])
  const count = (perAccount: number) => read({ people: { sessions: { perAccount } } }).success
  assert.deepEqual([0, 1, PEOPLE_LIMITS.sessionsPerAccount, PEOPLE_LIMITS.sessionsPerAccount + 1].map(count), [false, true, true, false])
})
