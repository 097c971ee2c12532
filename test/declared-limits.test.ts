import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { auditConfig } from '../src/continuity/audit/config.ts'
import { AUDIT_LIMITS } from '../src/continuity/audit/limits.ts'
import { usesConfig } from '../src/continuity/config.ts'
import { CONTINUITY_LIMITS } from '../src/continuity/limits.ts'
import { flowsConfig } from '../src/gateway/flows/config.ts'
import { FLOW_LIMITS } from '../src/gateway/flows/limits.ts'
import { DECLARATION_LIMITS, qualifyConfig } from '../src/qualify/config.ts'
import { EXAMPLE_LIMITS, exampleFile } from '../src/qualify/examples.ts'

/** How many of a thing a file may declare: so many are taken, one more is not. */
const at = (limit: number, schema: z.ZodType, file: (count: number) => unknown) =>
  assert.deepEqual(
    [limit, limit + 1].map((count) => schema.safeParse(file(count)).success),
    [true, false],
  )
const named = <T>(count: number, one: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, one]))

test('rules, windows of maintenance, examples', () => {
  const schema = z.object(qualifyConfig)
  const window = { signals: '**', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', author: 'a' }
  at(DECLARATION_LIMITS.maintenance, schema, (count) => ({ maintenance: Array(count).fill(window) }))
  const rule = { record: 'order', author: 'a' }
  at(DECLARATION_LIMITS.recordRules, schema, (count) => ({ maintenanceRecords: Array(count).fill(rule) }))
  at(DECLARATION_LIMITS.recordRules, schema, (count) => ({ calibrationRecords: Array(count).fill(rule) }))
  const example = (readings: number) => ({ name: 'e', signal: {}, series: Array(readings).fill(1), expect: Array(readings).fill('Good') })
  at(EXAMPLE_LIMITS.readings, exampleFile, (count) => [example(count)])
  at(EXAMPLE_LIMITS.examples, exampleFile, (count) => Array(count).fill(example(1)))
})

test('sensors, canaries, hosts of a zone, receivers of the audit log', () => {
  const schema = z.object(flowsConfig)
  at(FLOW_LIMITS.sensors, schema, (count) => ({ sensors: named(count, { interface: 'eth1' }) }))
  at(FLOW_LIMITS.canaries, schema, (count) => ({ canaries: named(count, { host: '10.0.0.1' }) }))
  at(FLOW_LIMITS.hosts, schema, (count) => ({ detection: { hosts: { field: Array(count).fill('10.0.0.1') } } }))
  at(AUDIT_LIMITS.forwards, auditConfig, (count) => ({ forward: Array(count).fill({ host: 'h', port: 514, transport: 'udp' }) }))
})

test('uses of a passport, their names and patterns', () => {
  at(CONTINUITY_LIMITS.uses, usesConfig, (count) => named(count, {}))
  at(CONTINUITY_LIMITS.names, usesConfig, (count) => ({ u: { names: Array.from({ length: count }, (_, i) => `n${i}`) } }))
  at(CONTINUITY_LIMITS.patterns, usesConfig, (count) => ({ u: { care: { reasons: Array(count).fill('spike@*') } } }))
  at(CONTINUITY_LIMITS.textLength, usesConfig, (length) => ({ u: { names: ['x'.repeat(length)] } }))
})
