import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { linkConfig } from '../config.ts'
import { isPolicyGlob, policyConfig } from './config.ts'
import { GLOB_LIMITS, POLICY_LIMITS } from './limits.ts'

const schema = z.object(policyConfig)
const accepts = (file: object): boolean => schema.safeParse(file).success
const many = <T>(count: number, one: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, one]))
const conduit = {
  ...{ from: 'a', to: 'b', direction: 'push', transports: ['link'], necessity: 'n', impact: 'i', owner: 'o', riskOwner: 'r' },
  ...{ reviewBy: '2027-06-30', isolation: { by: ['x'] } },
}
const at = (limit: number, isAccepted: (count: number) => boolean) => assert.deepEqual([limit, limit + 1].map(isAccepted), [true, false])

test('limits of what a file declares of zones, conduits, their lists and tests', () => {
  at(POLICY_LIMITS.zones, (count) => accepts({ zones: many(count, { level: 1 }) }))
  at(POLICY_LIMITS.conduits, (count) => accepts({ conduits: many(count, conduit) }))
  at(POLICY_LIMITS.globs, (count) => accepts({ conduits: { c: { ...conduit, signals: Array(count).fill('a') } } }))
  at(POLICY_LIMITS.globs, (count) => accepts({ conduits: { c: { ...conduit, services: Array(count).fill('3') } } }))
  at(POLICY_LIMITS.globLength, (length) => accepts({ conduits: { c: { ...conduit, signals: ['a'.repeat(length)] } } }))
  at(POLICY_LIMITS.tests, (count) => accepts({ policyTests: Array(count).fill({ from: 'a', to: 'b', noPath: true }) }))
})

test('limits of a pattern, and of the nodes below a hub', () => {
  at(GLOB_LIMITS.length, (length) => isPolicyGlob('a'.repeat(length)))
  at(GLOB_LIMITS.alternatives, (count) => isPolicyGlob(`{${Array(count).fill('a').join(',')}}`))
  at(POLICY_LIMITS.nodes, (count) => linkConfig.safeParse({ nodes: many(count, { zone: 'a' }) }).success)
})
