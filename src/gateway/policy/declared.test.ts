import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { policyConfig } from './config.ts'
import { toPolicy } from './declared.ts'

const parse = (file: unknown) => z.strictObject(policyConfig).safeParse(file)
const conduit = {
  ...{ from: 'field', to: 'dmz', direction: 'pull', transports: ['opcua'], necessity: 'energy report', impact: 'false figures' },
  ...{ owner: 'energy manager', riskOwner: 'plant manager', reviewBy: '2027-06-30', isolation: { by: ['shift lead'] } },
}

test('security levels are a vector: what is left out is 0', () => {
  const parsed = parse({ zones: { field: { level: 1, target: { IAC: 2 } } } })
  assert.ok(parsed.success)
  const [field] = toPolicy(parsed.data, 't').zones
  assert.deepEqual(field?.target, { IAC: 2, UC: 0, SI: 0, DC: 0, RDF: 0, TRE: 0, RA: 0 })
})

test('a conduit permits nothing that it does not name', () => {
  const parsed = parse({ conduits: { report: conduit } })
  assert.ok(parsed.success)
  const [report] = toPolicy(parsed.data, 't').conduits
  assert.deepEqual([report?.signals, report?.records, report?.results, report?.isCut], [[], [], [], false])
})

test('a conduit without an owner of its risk, or a level between levels, is refused', () => {
  const { riskOwner: _, ...without } = conduit
  assert.equal(parse({ conduits: { report: without } }).success, false)
  assert.equal(parse({ zones: { field: { level: 2.2 } } }).success, false)
})
