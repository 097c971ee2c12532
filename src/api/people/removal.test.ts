import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AuditEvent, noAudit } from '../../core/audit.ts'
import { json } from '../fixture.ts'
import type { TokenList, UserList } from '../schemas.ts'
import { settings, somebody, startZones } from './zones.fixture.ts'

const textOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n')

test('a removed account leaves nothing of the person in the data folder; its sessions end, its tokens go on under no name', async (t) => {
  const events: AuditEvent[] = []
  const audit = { ...noAudit, record: async (event: AuditEvent) => void events.push(event) }
  const api = await startZones({ people: settings(), node: { audit } })
  t.after(() => api.close())
  await api.signIn()
  const person = await somebody(api, 'brunhilde', ['administrator'])
  assert.equal((await person('/api/v1/tokens', json({ name: 'grafana', may: ['read'], zones: ['field'], days: 3 }))).status, 201)
  assert.match(textOf(api.directory), /brunhilde/)
  const { users } = (await (await api.call('/api/v1/users')).json()) as UserList
  const { id } = users.find(({ name }) => name === 'brunhilde') as { id: string }

  assert.equal((await api.call('/api/v1/users/brunhilde', { method: 'DELETE' })).status, 200)
  assert.doesNotMatch(textOf(api.directory), /brunhilde/)
  assert.doesNotMatch(textOf(api.directory), new RegExp(id))
  assert.equal((await person('/api/v1/signals')).status, 401)
  const { tokens } = (await (await api.call('/api/v1/tokens')).json()) as TokenList
  assert.deepEqual(
    tokens.map(({ name, createdBy }) => [name, createdBy]),
    [['grafana', `removed-${id.slice(0, 8)}`]],
  )
  assert.deepEqual(events.at(-1)?.detail, { act: 'remove', id })
  assert.equal((await api.call('/api/v1/users/brunhilde', { method: 'DELETE' })).status, 404)
})

test('the last administrator is not removed, and nothing is recorded as done that was refused', async (t) => {
  const events: AuditEvent[] = []
  const audit = { ...noAudit, record: async (event: AuditEvent) => void events.push(event) }
  const api = await startZones({ people: settings(), node: { audit } })
  t.after(() => api.close())
  await api.signIn()
  const before = events.length
  for (const init of [{ method: 'DELETE' }, json({ roles: [] }), json({ isDisabled: true })]) {
    const answer = await api.call('/api/v1/users/ana', init)
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [409, 'last-administrator'])
  }
  assert.equal(events.length, before)
  assert.equal((await api.call('/api/v1/signals')).status, 200)
})
