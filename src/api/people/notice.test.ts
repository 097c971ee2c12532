import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { type AuditEvent, noAudit } from '../../core/audit.ts'
import { PEOPLE_LIMITS, peopleConfig } from '../../core/people-config.ts'
import { json, PASSWORD } from '../fixture.ts'
import type { SignInWays } from '../schemas.ts'
import { noticeOf } from './notice.ts'
import { settings, startZones } from './zones.fixture.ts'

const NOTICE = noticeOf({ en: 'Only for who works here.', fr: 'Réservé à qui travaille ici.' })

test('nobody signs in before the notice in force was read, and the audit log says which one it was', async (t) => {
  const events: AuditEvent[] = []
  const audit = { ...noAudit, record: async (event: AuditEvent) => void events.push(event) }
  const api = await startZones({ people: settings({ notice: NOTICE }), node: { audit } })
  t.after(() => api.close())
  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${api.url}/api/v1/${path}`, json(body))
    return [answer.status, ((await answer.json()) as { code?: string }).code]
  }
  const ways = (await (await fetch(`${api.url}/api/v1/session/ways`)).json()) as SignInWays
  assert.deepEqual(ways.notice, NOTICE)
  const link = new URL((api.signInLink as string).replace('/#/', '/')).searchParams.get('token')
  const first = { token: link, name: 'ana', password: PASSWORD }
  assert.deepEqual(await ask('accounts', first), [409, 'notice-unread'])
  assert.deepEqual(await ask('accounts', { ...first, notice: NOTICE.id }), [201, undefined])
  // Whoever did not read it learns nothing of names and passwords.
  for (const body of [
    { name: 'ana', password: PASSWORD },
    { name: 'ana', password: 'wrong' },
    { name: 'nobody', password: 'x' },
  ])
    for (const notice of [undefined, 'another']) assert.deepEqual(await ask('session', { ...body, notice }), [409, 'notice-unread'])
  assert.deepEqual(await ask('session', { name: 'ana', password: PASSWORD, notice: NOTICE.id }), [200, undefined])
  assert.deepEqual(await ask('invitation', { token: 'x', password: PASSWORD }), [409, 'notice-unread'])
  const shown = events.filter(({ outcome }) => outcome === 'done').map(({ kind, detail }) => [kind, detail?.notice])
  assert.deepEqual(shown, [
    ['account', NOTICE.id],
    ['sign-in', NOTICE.id],
  ])
})

test('another text is another notice; one without words, or too long, is refused', () => {
  assert.notEqual(noticeOf({ en: 'a' }).id, noticeOf({ fr: 'a' }).id)
  assert.equal(noticeOf({ en: 'a' }).id, noticeOf({ en: 'a' }).id)
  const people = z.object({ people: peopleConfig.people })
  const accepts = (notice: object) => people.safeParse({ people: { notice } }).success
  assert.ok(accepts({ fr: 'x'.repeat(PEOPLE_LIMITS.notice) }))
  assert.ok(!accepts({ fr: 'x'.repeat(PEOPLE_LIMITS.notice + 1) }))
  for (const empty of [{}, { en: '' }, { en: '  ' }, { de: 'x' }]) assert.ok(!accepts(empty), JSON.stringify(empty))
})
