import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { processConfig } from './config.ts'
import { lintProcess } from './lint.ts'

const config = (expression: string) =>
  z.object(processConfig).parse({
    derive: [{ id: 'power', for: 'pack/line-*', inputs: { i: 'current', u: 'voltage' }, expression, unit: 'kW', tolerance: '10s' }],
  })

const codes = (expression: string, templates: Record<string, string>) =>
  lintProcess(config(expression), {
    ...{ site: 's', declared: new Map(), open: ['pack/'] },
    templates: new Map(Object.entries(templates).map(([id, unit]) => [id, { unit }])),
  }).findings.map((finding) => (finding.kind === 'expression' ? finding.problem.code : finding.kind))

test('units of signals that devices bring are those of the templates of their ids, where these agree', () => {
  const both = { 'pack/{1}/current': 'A', 'pack/{1}/voltage': 'V' }
  assert.deepEqual(codes('i * u / 1000', both), [])
  assert.deepEqual(codes('i * u', both), ['unit-scale'])
  assert.deepEqual(codes('i + u', both), ['unit-dimension'])
  assert.deepEqual(codes('i * u', { ...both, 'pack/line-{2}/current': 'mA' }), [], 'nobody knows which')
  assert.deepEqual(codes('i * u', { 'pack/{1}/{2}/current': 'A', 'store/{1}/current': 'A', 'store/{1}/voltage': 'V' }), [], 'none of these')
})
