import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Asker, type ChangeRefusalCode, ChangeRefused, type ConfigurationChange, noChanges } from '../core/changes.ts'
import { PlanRefused } from '../core/planning.ts'
import { changeDetail, changeList, proposedAnswer } from './change-schemas.ts'
import { json, startFixture } from './fixture.ts'
import { API_LIMITS } from './limits.ts'

const digest = 'a'.repeat(64)
const change: ConfigurationChange = { digest, before: 'v', proposed: { who: 'bo', isAccount: true, reason: 'r', time: 1 }, approvals: [] }
let asked: Asker | undefined
let refusal: Error | undefined
const plan = {
  ...{
    before: 'v',
    after: 'w',
    ok: true,
    changes: [],
    breaks: [],
    touches: [],
    contracts: [],
    people: [],
    recompute: [],
    load: [],
    problems: [],
  },
}
const api = await startFixture(0, {
  node: {
    changes: {
      ...{ ...noChanges, list: () => [change], missing: () => 1 },
      files: async (of) => (of === digest ? { entry: 'e.yaml', files: [{ name: 'e.yaml', text: 'x' }] } : undefined),
      propose: async (_candidate, by) => {
        asked = by
        if (refusal) throw refusal
        return { problems: [], plan, change }
      },
      approve: async (_digest, by) => {
        asked = by
        if (refusal) throw refusal
        return { ...change, approvals: [{ who: by.who, roles: by.roles, reason: by.reason, time: 2 }] }
      },
    },
  },
})
after(() => api.close())
await api.signIn()
const files = [{ name: 'e.yaml', text: 'x' }]

test('a change is asked for and approved by who signed in, with their roles', async () => {
  const answer = proposedAnswer.parse(await (await api.call('/api/v1/changes', json({ files, reason: ' because ' }))).json())
  assert.deepEqual([answer.digest, answer.change?.missing, answer.change?.isRunning], [digest, 1, false])
  assert.deepEqual(asked, { who: 'ana', isAccount: true, roles: ['administrator'], reason: 'because' })
  // Only who works on the machine itself has a name beside that of the caller.
  await api.call('/api/v1/changes', json({ files, reason: 'r', user: 'somebody else' }))
  assert.equal(asked?.who, 'ana')
  const approved = await api.call(`/api/v1/changes/${digest}/approvals`, json({ reason: 'fine' }))
  assert.equal(((await approved.json()) as { approvals: { who: string }[] }).approvals[0]?.who, 'ana')
  assert.equal(changeList.parse(await (await api.call('/api/v1/changes')).json()).changes.length, 1)
  assert.equal(changeDetail.parse(await (await api.call(`/api/v1/changes/${digest}`)).json()).files[0]?.text, 'x')
  assert.equal((await api.call(`/api/v1/changes/${'b'.repeat(64)}`)).status, 404)
})

test('what is refused says why; a reason has its limits', async () => {
  const told: [ChangeRefusalCode, number][] = [
    ...([
      ['unknown', 404],
      ['not-a-person', 403],
      ['own', 403],
      ['wrong-role', 403],
      ['twice', 409],
      ['too-many', 409],
    ] satisfies [ChangeRefusalCode, number][]),
  ]
  for (const [code, status] of told) {
    refusal = new ChangeRefused(code, 'because')
    const refused = await api.call(`/api/v1/changes/${digest}/approvals`, json({ reason: 'r' }))
    assert.equal(refused.status, status, code)
    assert.match(await refused.text(), new RegExp(`"change-${code}"`))
  }
  refusal = new PlanRefused('busy', 'because')
  assert.equal((await api.call('/api/v1/changes', json({ files, reason: 'r' }))).status, 429)
  refusal = undefined
  for (const reason of ['', ' ', 'x'.repeat(API_LIMITS.changeReason + 1)])
    assert.equal((await api.call(`/api/v1/changes/${digest}/approvals`, json({ reason }))).status, 400)
})
