import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeConnectors } from '../../config/fake-connector.ts'
import { lintText } from '../../config/index.ts'
import { nameOf } from '../../continuity/graph/index.ts'
import { compareConfigurations } from './index.ts'

const text = `version: 1
site: { id: s }
models: { current: { unit: A, author: Ann, range: [0, 9] } }
equipment: { line/belt-1: { level: equipment, aliases: [{ system: erp, name: B1 }] }, line/belt-2: { level: equipment } }
records:
  order:
    key: [id]
    fields: { id: {}, belt: {}, pieces: { type: number }, start: { type: time }, end: { type: time }, note: {} }
    validity: { from: start, to: end }
    equipment: { field: belt, system: erp }
derive:
  - { id: power, for: 'line/belt-*', inputs: { i: current }, expression: "i * quantity(400.0, 'V')", unit: W, tolerance: 10s, author: Bob }
  - { id: total, inputs: { a: line/belt-1/power, b: line/belt-2/power }, expression: 'a + b', unit: W, tolerance: 10s, author: Cid }
windows:
  - { id: power-hourly, for: 'line/belt-*', signal: power, window: { tumbling: 1h }, function: Average, tolerance: 10s }
events:
  - { id: jam, for: 'line/belt-*', inputs: { f: { signal: fault, type: boolean } }, start: f, tolerance: 1d, attributes: { top: { signal: current, function: Maximum } } }
correlations:
  run: { each: order, tolerance: 5s, values: { jams: { count: jam, where: 'top > 3.0' }, energy: { signal: ./power, function: Total2 }, per: { expression: 'energy / each.pieces' } } }
kpis:
  worst: { formula: 'jams', per: hour, equipment: 'line/belt-*', inputs: { jams: { count: run } } }
connections:
  plc: { kind: fake, endpoint: 'fake://a', signals: [
    { id: line/belt-1/current, address: 1, model: current }, { id: line/belt-2/current, address: 2, model: current },
    { id: line/belt-1/fault, address: 3 }, { id: line/belt-2/fault, address: 4 }, { id: line/spare, address: 5, unit: Cel }] }
  erp: { kind: tables, records: [{ record: order, table: orders }] }
`

const lint = (given: string) => {
  const result = lintText(given, { connectors: fakeConnectors, env: {} })
  assert.ok(result.understood, JSON.stringify(result.problems))
  return { ...result, understood: result.understood }
}

function planFor(from: string | RegExp, to: string) {
  const [before, after] = [lint(text), lint(text.replace(from, to))]
  assert.ok(before.loaded)
  assert.notEqual(after.understood.version, before.loaded.version)
  const plan = compareConfigurations({ loaded: before.loaded, problems: before.problems }, after)
  const names = (list: typeof plan.breaks) =>
    list
      .map(({ node }) => nameOf(node))
      .filter((name) => !name.startsWith('field:'))
      .sort()
  return { plan, breaks: names(plan.breaks), touches: names(plan.touches) }
}

test('a signal that goes: what names it breaks, what its declaration made at its place is made no more, what has others left changes', () => {
  const { plan, breaks, touches } = planFor('{ id: line/belt-1/current, address: 1, model: current }, ', '')
  assert.deepEqual(breaks, ['derive:total', 'signal:s/line/belt-1/power', 'signal:s/line/belt-1/power-hourly', 'signal:s/total'])
  assert.deepEqual(touches, ['correlation:run', 'event:jam', 'kpi:worst'])
  assert.deepEqual(
    plan.changes.map(({ is, kind, ids }) => [is, kind, ids]),
    [['removed', 'signal', ['s/line/belt-1/current']]],
  )
  assert.ok(plan.people.some(({ name, breaks: of }) => name === 'Cid' && of.includes('signal:s/total')))
})

test('a unit that no longer fits: lint refuses the expression, and what is behind it breaks with it', () => {
  const { breaks, touches } = planFor('current: { unit: A,', 'current: { unit: Cel,')
  assert.ok(breaks.includes('derive:line/belt-*/power'), breaks.join())
  for (const one of ['signal:s/line/belt-1/power', 'signal:s/total', 'correlation:run']) assert.ok(breaks.includes(one), one)
  assert.ok(touches.includes('event:jam'))
})

test('a record field that goes breaks what names it; one that nobody names breaks nothing', () => {
  assert.deepEqual(planFor('pieces: { type: number }, ', '').breaks, ['correlation:run', 'kpi:worst'])
  const { breaks, touches } = planFor(', note: {} }', ' }')
  assert.deepEqual([breaks, touches], [[], []])
})

test('a limit, an expression, a window: numbers change, and what is computed has to be computed anew', () => {
  const range = planFor('range: [0, 9]', 'range: [0, 5]')
  assert.deepEqual(range.breaks, [])
  assert.ok(range.touches.includes('signal:s/line/belt-1/current') && range.touches.includes('kpi:worst'), range.touches.join())
  const formula = planFor("i * quantity(400.0, 'V')", "i * quantity(230.0, 'V')")
  assert.deepEqual(formula.breaks, [])
  assert.deepEqual(formula.plan.recompute, [
    'correlation:run',
    'derive:line/belt-*/power',
    'derive:total',
    'kpi:worst',
    'window:line/belt-*/power-hourly',
  ])
  assert.deepEqual(planFor('tumbling: 1h', 'tumbling: 2h').touches, [
    'signal:s/line/belt-1/power-hourly',
    'signal:s/line/belt-2/power-hourly',
  ])
})

test('a label changes no number', () => {
  const { plan, breaks, touches } = planFor('id: power, for', 'id: power, label: { en: Power }, for')
  assert.deepEqual([breaks, touches], [[], []])
  assert.equal(plan.changes[0]?.cosmetic, true)
})

test('a signal that is new where a declaration looks for places makes new ones', () => {
  const { plan, breaks, touches } = planFor(
    '{ id: line/spare,',
    '{ id: line/belt-3/current, address: 9, model: current }, { id: line/spare,',
  )
  assert.deepEqual(breaks, [])
  assert.ok(touches.includes('signal:s/line/belt-3/power'))
  assert.deepEqual(plan.load, [
    {
      connection: 'plc',
      before: { signals: 5, readingsPerSecond: 5, requestsPerSecond: undefined },
      after: { signals: 6, readingsPerSecond: 6, requestsPerSecond: undefined },
    },
  ])
})

test('a declaration that goes takes what it makes with it: that is no break, what names it is', () => {
  const { breaks } = planFor(/ {2}- \{ id: power, for.*\n/, '')
  assert.ok(!breaks.includes('signal:s/line/belt-1/power'))
  for (const one of ['derive:total', 'correlation:run']) assert.ok(breaks.includes(one), `${one} in ${breaks.join()}`)
})

test('10,000 signals of which a half goes: planned in seconds', () => {
  const signals = (from: number) =>
    Array.from({ length: 2_500 - from }, (_, i) => i + from).flatMap((i) =>
      ['current', 'fault', 'speed', 'heat'].map(
        (name, j) => `{ id: line/belt-${i}/${name}, address: ${i * 4 + j}${name === 'current' ? ', model: current' : ''} }`,
      ),
    )
  const many = (from: number) => lint(text.replace(/signals: \[[^\]]*\]/s, `signals: [${signals(from).join(', ')}]`))
  const [before, after] = [many(0), many(1_250)]
  assert.ok(before.understood)
  const started = performance.now()
  const plan = compareConfigurations({ loaded: before.understood, problems: before.problems }, after)
  const took = performance.now() - started
  assert.ok(plan.breaks.length > 2_000, String(plan.breaks.length))
  assert.ok(took < 5_000, `${took.toFixed(0)} ms`)
})
