import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeConnectors } from '../config/fake-connector.ts'
import { lintText } from '../config/index.ts'
import { graphBuilder, nameOf, reach } from '../continuity/graph/graph.ts'
import { GRAPH_LIMITS } from '../continuity/graph/limits.ts'
import { LIMITS } from '../core/limits.ts'
import { dependenciesOf } from './dependencies.ts'

const text = `version: 1
site: { id: s }
models: { current: { unit: A, author: Ann } }
equipment: { line/belt-1: { level: equipment, aliases: [{ system: erp, name: B1 }] }, line/belt-2: { level: equipment } }
records:
  order:
    key: [id]
    fields: { id: {}, belt: {}, pieces: { type: number }, start: { type: time }, end: { type: time }, note: {} }
    validity: { from: start, to: end }
    equipment: { field: belt, system: erp }
derive:
  - { id: power, for: 'line/belt-*', inputs: { i: current }, expression: "i * quantity(400.0, 'V')", unit: W, tolerance: 10s, author: Bob }
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

const loadedOf = (given: string) => {
  const { understood, problems } = lintText(given, { connectors: fakeConnectors, env: {} })
  assert.deepEqual(
    problems.filter(({ level }) => level === 'error'),
    [],
  )
  assert.ok(understood)
  return understood
}

const ends = ['page', 'delivery', 'field', 'person']
const namesOf = (
  given: string,
  kind: Parameters<ReturnType<typeof dependenciesOf>['find']>[0],
  id: string,
  direction: 'forward' | 'backward' = 'forward',
) => {
  const graph = dependenciesOf(loadedOf(given))
  const node = graph.find(kind, id)
  assert.ok(node, id)
  return reach(graph, [node], { direction })
    .filter(({ node }) => !ends.includes(node.kind))
    .map(({ node }) => nameOf(node))
    .sort()
}

test('who depends on a signal: what is made of it at its own place, and what is made of that', () => {
  assert.deepEqual(namesOf(text, 'signal', 's/line/belt-1/current'), [
    'correlation:run',
    'event:jam',
    'kpi:worst',
    'signal:s/line/belt-1/power',
    'signal:s/line/belt-1/power-hourly',
  ])
  assert.deepEqual(namesOf(text, 'signal', 's/line/spare'), [])
})

test('who depends on a record field, a model, a unit, a connection', () => {
  assert.deepEqual(namesOf(text, 'field', 'order/pieces'), ['correlation:run', 'kpi:worst'])
  assert.deepEqual(namesOf(text, 'field', 'order/note'), [])
  assert.deepEqual(namesOf(text, 'connection', 'erp'), ['correlation:run', 'kpi:worst', 'record:order'])
  assert.ok(namesOf(text, 'model', 'current').includes('signal:s/line/belt-2/power-hourly'))
  assert.ok(namesOf(text, 'unit', 'W').includes('derive:line/belt-*/power'))
  assert.deepEqual(namesOf(text, 'equipment', 'line/belt-1'), ['correlation:run', 'kpi:worst', 'record:order'])
})

test('backwards: what a figure is made of, down to the connections', () => {
  const all = namesOf(text, 'kpi', 'worst', 'backward')
  for (const one of ['connection:plc', 'connection:erp', 'event:jam', 'signal:s/line/belt-1/fault', 'model:current'])
    assert.ok(all.includes(one), one)
  assert.ok(!all.includes('signal:s/line/spare'))
})

test('signals that only the running node knows are places of declarations, too', () => {
  const loaded = loadedOf(text)
  const definition = (id: string) => ({ id, connection: 'plc', address: '', dataType: 'number' as const })
  const graph = dependenciesOf(loaded, [definition('s/line/belt-9/current')])
  const node = graph.find('signal', 's/line/belt-9/current')
  assert.ok(node)
  const found = reach(graph, [node], { direction: 'forward' }).map(({ node }) => nameOf(node))
  assert.ok(found.includes('signal:s/line/belt-9/power'))
})

test('10,000 signals: the graph is built in less than a second, and each question answered at once', () => {
  const belts = Array.from({ length: 2_500 }, (_, i) => i)
  const signals = belts.flatMap((i) =>
    ['current', 'fault', 'speed', 'heat'].map((name, j) => `{ id: line/belt-${i}/${name}, address: ${i * 4 + j} }`),
  )
  const many = text.replace(/signals: \[[^\]]*\]/s, `signals: [${signals.join(', ')}]`).replace(/, model: current/g, '')
  const loaded = loadedOf(many)
  const started = performance.now()
  const graph = dependenciesOf(loaded)
  const built = performance.now() - started
  const node = graph.find('connection', 'plc')
  assert.ok(node)
  const asked = performance.now()
  const found = reach(graph, [node], { direction: 'forward' })
  const answered = performance.now() - asked
  assert.ok(found.length > 15_000, String(found.length))
  assert.ok(built < 1_000, `built in ${built.toFixed(0)} ms`)
  assert.ok(answered < 200, `answered in ${answered.toFixed(0)} ms`)
})

test('what a change reaches is followed to its end, however far; a question over HTTP as far as it asks', () => {
  const { node, edge, done } = graphBuilder()
  const at = (i: number) => node('signal', `s${i}`)
  const last = 2 * GRAPH_LIMITS.depth
  for (let i = 0; i < last; i++) edge(at(i), at(i + 1), 'collects')
  const graph = done()
  const starts = [at(0)]
  assert.equal(reach(graph, starts, { direction: 'forward' }).length, last)
  assert.equal(reach(graph, starts, { direction: 'forward', depth: GRAPH_LIMITS.depth }).at(-1)?.node, at(GRAPH_LIMITS.depth))
})

test('edges beyond the limit are counted, not kept', () => {
  const { node, edge, done } = graphBuilder(2)
  for (const name of ['a', 'b', 'c']) edge(node('connection', 'plc'), node('signal', name), 'collects')
  const graph = done()
  const plc = graph.find('connection', 'plc')
  assert.ok(plc)
  assert.deepEqual([graph.left, graph.dependents(plc).length], [1, 2])
  assert.ok(GRAPH_LIMITS.edges >= LIMITS.signals, 'a node with all its signals has a place for each')
})
