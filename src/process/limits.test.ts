import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { QueryRefused } from '../core/historian.ts'
import { MemoryHistory } from '../core/memory-history.fixture.ts'
import { GlobError } from '../lib/glob.ts'
import { processConfig } from './config.ts'
import { events, windows } from './index.ts'
import { PROCESS_LIMITS } from './limits.ts'
import { lintProcess } from './lint.ts'
import { places } from './places.ts'

const schema = z.strictObject(processConfig)
const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const named = (count: number, value: unknown) => Object.fromEntries(many(count, (i) => [`n${i}`, value]))
const accepts = (part: object) => schema.safeParse(part).success
const known = { ids: () => [], signal: () => ({}) }

test('declarations, inputs, states and attributes are bounded', () => {
  const derived = (inputs: number) => ({ id: 'y', inputs: named(inputs, 'x'), expression: 'n0' })
  assert.ok(accepts({ derive: many(PROCESS_LIMITS.declarations, () => derived(1)) }))
  assert.ok(!accepts({ derive: many(PROCESS_LIMITS.declarations + 1, () => derived(1)) }))
  assert.ok(accepts({ derive: [derived(PROCESS_LIMITS.inputs)] }))
  for (const wrong of [0, PROCESS_LIMITS.inputs + 1]) assert.ok(!accepts({ derive: [derived(wrong)] }))
  const machine = (count: number) => ({ states: [{ id: 's', inputs: { x: 'x' }, states: named(count, 'x > 0') }] })
  assert.ok(accepts(machine(PROCESS_LIMITS.states)))
  for (const wrong of [0, PROCESS_LIMITS.states + 1]) assert.ok(!accepts(machine(wrong)))
  const frames = (count: number) => ({
    events: [{ id: 'e', inputs: { x: 'x' }, start: 'x > 0', attributes: named(count, { signal: 'x', function: 'Maximum' }) }],
  })
  assert.ok(accepts(frames(PROCESS_LIMITS.attributes)))
  assert.ok(!accepts(frames(PROCESS_LIMITS.attributes + 1)))
})

test('patterns and the places that they name are bounded', () => {
  const at = (glob: string, ids: readonly string[] = []) =>
    places('s', glob, ['x'], { ids: () => ids, signal: (id) => (ids.includes(id) ? {} : undefined) })
  at('a'.repeat(PROCESS_LIMITS.globLength))
  assert.throws(() => at('a'.repeat(PROCESS_LIMITS.globLength + 1)), GlobError)
  at(`{${many(PROCESS_LIMITS.globAlternatives, String)}}`)
  assert.throws(() => at(`{${many(PROCESS_LIMITS.globAlternatives + 1, String)}}`), GlobError)
  const ids = new Set(many(PROCESS_LIMITS.places + 1, (i) => `s/p${i}/x`))
  const all = places('s', '*', ['x'], { ids: () => ids, signal: (id) => (ids.has(id) ? {} : undefined) }).all()
  assert.equal(all.length, PROCESS_LIMITS.places)
})

test('windows that overlap too much are refused', () => {
  const window = (sliding: string) =>
    schema.parse({ windows: [{ id: 'w', signal: 'x', window: { sliding, every: '1s' }, function: 'Count', tolerance: '1s' }] })
  const context = { site: 's', declared: new Map([['x', {}]]), open: [] }
  assert.deepEqual(lintProcess(window(`${PROCESS_LIMITS.overlapping}s`), context).findings, [])
  assert.deepEqual(
    lintProcess(window(`${PROCESS_LIMITS.overlapping + 1}s`), context).findings.map(({ kind }) => kind),
    ['window'],
  )
  for (const none of [{ tumbling: '0s' }, { session: '0s' }, { sliding: '1s', every: '0s' }]) {
    const config = schema.parse({ windows: [{ id: 'w', signal: 'x', window: none, function: 'Count', tolerance: '1s' }] })
    assert.equal(lintProcess(config, context).findings[0]?.kind, 'window')
  }
  assert.equal(windows(window('2s').windows[0] as never, 's', known).facts, 'none')
})

test('what is never settled is looked for in a bounded number of steps', async () => {
  const [declared] = schema.parse({ events: [{ id: 'e', inputs: { x: 'x' }, start: 'x > 0', tolerance: '1us', maximum: '100d' }] }).events
  const history = new MemoryHistory()
  let looks = 0
  // A history without beginning, in which it always goes on.
  const endless = {
    records: history.records.bind(history),
    facts: history.facts.bind(history),
    series: async ({ signals, from }: { signals: readonly string[]; from: number }) => {
      looks++
      return signals.map((signal) => ({
        ...{ signal, count: 1, ingest: Float64Array.of(0) },
        ...{ time: Float64Array.of(from), value: Float64Array.of(1), status: Uint32Array.of(0) },
      }))
    },
  }
  const compute = events(declared as never, 's', known).compute([{ definition: 'e', key: 's', from: 1e15, to: 1e15 }], endless, {
    watermark: 1e15,
    cause: 'first',
  })
  await assert.rejects(compute, QueryRefused)
  assert.equal(looks, PROCESS_LIMITS.steps)
})
