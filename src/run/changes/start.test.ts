import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGE_LIMITS } from '../../continuity/index.ts'
import { type AuditEvent, AuditFull, noAudit } from '../../core/audit.ts'
import type { ConfigurationChange } from '../../core/changes.ts'
import { systemClock } from '../../core/time.ts'
import { type ChangesParts, changesView } from './start.ts'
import type { ChangeStore } from './store.ts'

const digest = 'a'.repeat(64)
const rule = { approvals: 1, by: [], unapproved: 'care' } as const
const change: ConfigurationChange = { digest, before: 'v', proposed: { who: 'ana', isAccount: true, reason: 'r', time: 1 }, approvals: [] }

/** Changes of a node that keeps them in memory. */
function made(audit = noAudit) {
  let changes: readonly ConfigurationChange[] = [change]
  const store: ChangeStore = {
    ...{ list: () => changes, foreign: [], files: async () => undefined },
    put: async (next) => {
      changes = [next]
    },
  }
  return changesView({
    ...{ store, decision: { digest, rule, state: 'missing', isRefused: false }, detail: {}, audit, clock: systemClock, kept: [] },
    loaded: { version: 'v', config: { governance: { changes: { ...rule, approvals: 3 } } } } as unknown as ChangesParts['loaded'],
    configurations: { list: async () => [], read: async () => undefined },
    plan: async () => ({ problems: [] }),
  })
}
const by = (who: string) => ({ who, isAccount: true, roles: [], reason: 'r' })

test('the running file that gets its approvals is approved from then on, and what it asks for is asked of the next', async () => {
  const events: AuditEvent[] = []
  const view = made({ ...noAudit, record: async (event) => void events.push(event) })
  assert.deepEqual([view.ofVersion('v').state, view.rule.approvals], ['missing', 1])
  await view.approve(digest, by('bo'))
  assert.deepEqual([view.ofVersion('v').state, view.rule.approvals, view.ofVersion('w').state], ['approved', 3, 'unknown'])
  assert.deepEqual([events[0]?.kind, events[0]?.who, events[0]?.what, events[0]?.detail?.step], ['approval', 'bo', digest, 'approved'])
})

test('what the audit log cannot take is not approved; nobody approves twice, and no more than are kept', async () => {
  const full = made({ ...noAudit, record: () => Promise.reject(new AuditFull('full')) })
  await assert.rejects(full.approve(digest, by('bo')), AuditFull)
  assert.equal(full.ofVersion('v').state, 'missing')
  const view = made()
  for (let n = 0; n < CHANGE_LIMITS.approvals; n++) await view.approve(digest, by(`bo-${n}`))
  await assert.rejects(view.approve(digest, by('bo-1')), { code: 'twice' })
  await assert.rejects(view.approve(digest, by('one more')), { code: 'too-many' })
  assert.deepEqual(await view.propose({ files: [], isWhole: true, language: 'en' }, by('bo')), { problems: [] }, 'lint refuses it')
})
