import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { processConfig } from './config.ts'
import { derive, type Known, states, windows } from './index.ts'

const ids = ['t/a/x', 't/a/y', 't/b/x', 't/b/y', 't/a/sum', 't/a/mean', 't/a/mode']
const known: Known = { ids: () => ids, signal: (id) => (ids.includes(id) ? { expectedPeriodUs: 500_000 } : undefined) }
const declared = z.strictObject(processConfig).parse({
  derive: [{ id: 'sum', for: '*', inputs: { x: 'x', y: { signal: 'y', interpolation: 'linear' } }, expression: 'x + y', tolerance: '2s' }],
  windows: [{ id: 'mean', for: '*', signal: 'x', window: { tumbling: '10s' }, function: 'TimeAverage2', tolerance: '3s' }],
  states: [{ id: 'mode', for: '*', inputs: { x: 'x' }, states: { on: 'x > 0.0' } }],
})

test('a derivation says which samples one of its own came of, and nothing of those of others', () => {
  const sum = derive(declared.derive[0] as (typeof declared.derive)[number], 't', known)
  const at = { from: 5, to: 6, lookBackUs: 2_000_000 }
  assert.deepEqual(sum.origin?.('t/a/sum', 5), [
    { signal: 't/a/x', ...at, lookAheadUs: 0 },
    { signal: 't/a/y', ...at, lookAheadUs: 2_000_000 },
  ])
  assert.equal(sum.origin?.('t/a/mean', 5), undefined)
  assert.equal(sum.origin?.('t/nowhere/sum', 5), undefined, 'no place that has its inputs')
  const mean = windows(declared.windows[0] as (typeof declared.windows)[number], 't', known)
  const times = { from: 20_000_000, to: 30_000_000, lookBackUs: 3_000_000, lookAheadUs: 0 }
  const whole = { signal: 't/a/x', ...times, function: 'TimeAverage2' }
  assert.deepEqual(mean.origin?.('t/a/mean', 20_000_000), [whole])
  const mode = states(declared.states[0] as (typeof declared.states)[number], 't', known)
  assert.deepEqual(mode.origin?.('t/a/mode', 5), [{ signal: 't/a/x', from: 5, to: 6, lookBackUs: 1_000_000, lookAheadUs: 0 }])
})
