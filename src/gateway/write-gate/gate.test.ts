import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditEvent, noAudit } from '../../core/audit.ts'
import { openWriteGate } from './gate.ts'

test('whatever is asked, the gate refuses, counts it by reason and has it recorded before it answers', async () => {
  const events: AuditEvent[] = []
  const audit = { ...noAudit, note: async (event: AuditEvent) => void events.push(event) }
  const gate = openWriteGate({ audit, isSignal: (id) => id === 't/pump' })
  assert.equal(await gate.ask({ signal: 't/pump', value: true }, { who: 'ana', from: '10.0.0.7' }), 'writes-off')
  assert.equal(await gate.ask({ signal: 't/pump', value: 12.5 }, {}), 'writes-off')
  assert.equal(await gate.ask({ signal: '__proto__', value: 'x' }, {}), 'no-such-signal')
  assert.deepEqual(gate.refused(), { 'no-such-signal': 1, 'writes-off': 2 })
  assert.deepEqual(events[0], {
    ...{ kind: 'write-attempt', outcome: 'refused', who: 'ana', from: '10.0.0.7', what: 't/pump' },
    detail: { reason: 'writes-off', value: 'true' },
  })
  assert.equal(events.length, 3)
  assert.ok(events.every(({ kind, outcome }) => kind === 'write-attempt' && outcome === 'refused'))
})
