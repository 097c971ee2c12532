import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startZones } from '../api/people/zones.fixture.ts'
import { loadConfig } from '../config/index.ts'
import { mayRole } from '../core/roles.ts'
import { peopleOf } from './people.ts'
import { makeWorld, paperYaml } from './world.fixture.ts'

async function world() {
  const fixture = await startZones()
  after(() => fixture.close())
  const { write, run } = makeWorld()
  writeFileSync(join(fixture.directory, 'running.json'), JSON.stringify({ url: fixture.url }))
  const file = write('node.yaml', paperYaml({}, `data: ${fixture.directory}`).replace('connections:', 'connections: {}'))
  return { fixture, run: (...args: string[]) => run([...args, '-c', file]) }
}

test('user: invited by a link, listed, given other roles, disabled; what is wrong is said', async () => {
  const { run } = await world()
  const added = await run('user', 'add', 'bo', '--role', 'read@field')
  assert.match(added.out, /bo chooses a password here, once, until 20\S+Z:\nhttp:\/\/127\.0\.0\.1:\d+\/#\/invitation\?token=[\w-]{43}\n/)
  assert.match((await run('user', 'list')).out, /bo +read@field +invited +- +0/)
  assert.equal((await run('user', 'roles', 'bo')).code, 0)
  assert.match((await run('user', 'list', '--lang', 'fr')).out, /bo +\(aucun : ne peut rien\) +invité/)
  assert.equal((await run('user', 'disable', 'bo')).code, 0)
  const [user] = JSON.parse((await run('user', 'list', '-o', 'json')).out)
  assert.deepEqual([user.name, user.state, user.roles], ['bo', 'disabled', []])
  assert.match((await run('user', 'enable', 'bo')).out, /done: bo/)
  assert.match((await run('user', 'sign-out', 'bo')).out, /0 session\(s\) ended/)
  assert.match((await run('user', 'link', 'bo')).out, /invitation\?token=/)
  assert.match(
    (await run('user', 'add', 'eve', '--role', 'raed@field')).err,
    /no role raed@field is declared[\s\S]*did you mean read@field\?/,
  )
  assert.match((await run('user', 'disable', 'nobody')).err, /there is no such account/)
  assert.match((await run('user', 'disable', 'nobody', '--lang', 'fr')).err, /ce compte n’existe pas/)
  assert.match((await run('user', 'remove', 'bo')).out, /^removed: bo\. .*audit log/)
  assert.match((await run('user', 'list')).out, /there are none/)
})

test('token: printed once, listed with its use, revoked', async () => {
  const { fixture, run } = await world()
  const added = await run('token', 'add', 'grafana', '--may', 'read', 'query', '--zone', 'field', 'office', '--days', '7')
  const secret = /ecluse_[\w-]{43}/.exec(added.out)?.[0]
  assert.ok(secret)
  assert.match((await run('token', 'list')).out, /grafana +read, query +field, office +local +20\S+Z +-/)
  const use = () => fetch(`${fixture.url}/api/v1/signals`, { headers: { authorization: `Bearer ${secret}` } })
  assert.equal((await use()).status, 200)
  assert.match((await run('token', 'list')).out, /20\S+Z 127\.0\.0\.1/)
  assert.equal((await run('token', 'revoke', 'grafana')).code, 0)
  assert.equal((await use()).status, 401)
  assert.match((await run('token', 'list')).out, /there are none/)
  assert.match((await run('token', 'add', 'x', '--may', 'read', '--zone', 'feild')).err, /there is no zone feild/)
  assert.equal((await run('token', 'add', 'x', '--may', 'administer', '--zone', 'field')).code, 1)
})

test('CVE-2026-58080: the roles and zones of the file are those of the running node', async () => {
  const { write, run } = makeWorld()
  const file = write('ecluse.yaml', RUNNING)
  const loaded = await loadConfig(file, { connectors: [], env: {} })
  const { roles, zones, mfa, sessions, url } = peopleOf(loaded)
  assert.deepEqual([...roles.keys()], ['administrator', 'watcher', 'blank'])
  const read = (role: string, zone: string) => mayRole(roles, role, 'read', zone)
  assert.deepEqual(
    [read('watcher', 'field'), read('watcher', 'office'), read('blank', 'field'), read('administrator', 'office')],
    [true, false, false, true],
  )
  assert.deepEqual([zones.zones, zones.own, zones.ofConnection('nothing')], [['field', 'office'], 'office', undefined])
  assert.deepEqual([mfa, sessions, url], ['required', { idle: 3_600_000, longest: 43_200_000, perAccount: 2 }, 'https://ecluse.example'])
  assert.equal((await run(['lint', file])).code, 0)
})

const RUNNING = `version: 1
site: { id: t }
zones: { field: { level: 1 }, office: { level: 4 } }
node: { role: hub, zone: office }
roles:
  watcher: { grants: [{ direction: outward, may: [read], zones: [field] }] }
  blank: {}
people: { url: 'https://ecluse.example', mfa: required, sessions: { idle: 1h, longest: 12h, perAccount: 2 } }
`
