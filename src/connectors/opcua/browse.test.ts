import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowseEntry } from '../../core/connector.ts'
import { opcua } from './index.ts'
import type { Session } from './services.ts'
import { opcuaSource } from './source.ts'
import { testConfig, testContext, testSimulator } from './test-bench.ts'
import { makeWalker, WALK_LIMITS } from './walk.ts'

const never = () => AbortSignal.timeout(20_000)
const double = (path: string) => ({ path, dataType: 'Double' as const })

test('globs find variables; a circle ends; two finds of one id are told', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, {
    variables: ['Line1/Oven/Temp1', 'Line1/Oven/Temp2', 'Line1/Temp9', 'Line1/Oven/Speed', 'Line2/Temp1', 'Line1/Cooler 2/Temp1'].map(
      double,
    ),
  })
  simulator.link('Line1/Oven', 'Line1')
  simulator.link('Line1', 'Line1')
  const signals = [
    { id: 'hall/{path}/{name}', browse: 'Objects/Line1/**/Temp*' },
    { id: 'flat/{name}', browse: 'Objects/*/**/Temp1' },
    { id: 'none/{name}', browse: 'Objects/Line3/*' },
  ]
  const source = opcuaSource(testConfig(simulator.endpoint, signals), context)
  t.after(() => source.close())
  const warnings: string[] = []
  context.log.warn = (_fields, message) => warnings.push(message)
  await source.connect(never())
  assert.deepEqual(
    context.signals
      .all()
      .map((s) => `${s.id} ${s.address}`)
      .sort(),
    [
      'site/flat/Temp1 ns=1;s=Line2.Temp1',
      'site/hall/Cooler-2/Temp1 ns=1;s=Line1.Cooler 2.Temp1',
      'site/hall/Oven/Temp1 ns=1;s=Line1.Oven.Temp1',
      'site/hall/Oven/Temp2 ns=1;s=Line1.Oven.Temp2',
      'site/hall/Temp9 ns=1;s=Line1.Temp9',
    ],
  )
  assert.ok(warnings.some((w) => /would be flat\/Temp1, which is already/.test(w)))
  assert.ok(warnings.some((w) => /Objects\/Line3\/\* finds no variable/.test(w)))
})

test('a folder with more than one answer holds is read to its end', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, {
    variables: Array.from({ length: 2 * WALK_LIMITS.referencesPerAnswer + 300 }, (_, i) => double(`Big/V${i}`)),
  })
  const source = opcuaSource(testConfig(simulator.endpoint, [{ id: '{name}', browse: 'Objects/Big/V*' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  assert.equal(context.signals.size, 2 * WALK_LIMITS.referencesPerAnswer + 300)
  assert.equal(source.counters.lastProblem, undefined)
})

test('what lies deeper than the limit is left out, and that is said', async (t) => {
  const context = await testContext(t)
  const deep = (levels: number) => double(`${[...Array(levels).keys()].map((i) => `F${i}`).join('/')}/V`)
  const simulator = await testSimulator(t, { variables: [deep(5), deep(WALK_LIMITS.depth + 5)] })
  const source = opcuaSource(testConfig(simulator.endpoint, [{ id: '{path}/{name}', browse: 'Objects/**/V' }]), context)
  t.after(() => source.close())
  await source.connect(never())
  assert.deepEqual(
    context.signals.all().map((s) => s.id),
    ['site/F0/F1/F2/F3/F4/V'],
  )
  assert.match(source.counters.lastProblem ?? '', /nothing deeper than 32 levels/)
})

test('browse shows what can be collected and what cannot', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, {
    variables: [
      { path: 'Line1/Current', dataType: 'Double', unit: 'A', value: () => 12.5 },
      { path: 'Line1/List', dataType: 'Int32', array: true },
      { path: 'Line1/Raw', dataType: 'ByteString' },
      { path: 'Line1/Count', dataType: 'UInt64', value: () => 7n as never },
    ],
  })
  const entries: BrowseEntry[] = []
  const config = testConfig(simulator.endpoint, [{ id: 'x', node: 'i=85' }])
  for await (const entry of opcua.browse?.(config, context, 'Objects/Line1/*', never()) ?? []) entries.push(entry)
  const by = new Map(entries.map((entry) => [entry.path, entry]))
  assert.equal(entries.length, 4)
  assert.deepEqual(by.get('Objects/Line1/Current'), {
    path: 'Objects/Line1/Current',
    address: 'ns=1;s=Line1.Current',
    dataType: 'Double',
    value: '12.5',
    unit: 'A',
    status: 'Good',
  })
  assert.equal(by.get('Objects/Line1/List')?.refused, 'array')
  assert.equal(by.get('Objects/Line1/List')?.dataType, 'Int32[]')
  assert.equal(by.get('Objects/Line1/Raw')?.refused, 'a ByteString')
  assert.equal(by.get('Objects/Line1/Count')?.value, '7')
})

test('the diagnostics of the server are left out unless asked for', async (t) => {
  const context = await testContext(t)
  const simulator = await testSimulator(t, { variables: [double('A')] })
  const config = testConfig(simulator.endpoint, [{ id: 'x', node: 'i=85' }])
  const paths = async (match: string) => {
    const found: string[] = []
    for await (const { path } of opcua.browse?.(config, context, match, never()) ?? []) found.push(path)
    return found
  }
  assert.deepEqual(await paths(''), ['Objects/A'])
  assert.ok((await paths('Objects/Server/ServerStatus/*')).includes('Objects/Server/ServerStatus/CurrentTime'))
})

/** As much of the library as a walk over made-up references takes. */
const library = {
  NodeClass: { Object: 1, Variable: 2 },
  BrowseDirection: { Forward: 0 },
  resolveNodeId: (id: string) => ({ toString: () => id }),
  NodeId: class {
    readonly #value: number
    constructor(_type: number, value: number) {
      this.#value = value
    }
    toString = () => `${this.#value}`
  },
}
const folders = { toString: () => 'ns=0;i=35' }
const reference = (value: number) => ({ nodeId: { value }, browseName: { name: `n${value}` }, nodeClass: 1, referenceTypeId: folders })

/** A server each of whose objects holds `references`, over and over where it is `endless`. */
function holding(references: () => object[], isEndless: boolean): Session {
  const answer = () => ({
    ...{ statusCode: { value: 0, isNotGood: () => false }, references: references() },
    continuationPoint: isEndless ? Buffer.of(1) : undefined,
  })
  return {
    limits: { browse: 1_000 },
    browse: async (nodes: unknown[]) => nodes.map(answer),
    browseNext: async (_: unknown, isOver: boolean) => [isOver ? undefined : answer()],
  } as unknown as Session
}

test('a server without end is left after so many references, and after so many nodes', async () => {
  const told = async (session: Session) => {
    const walker = makeWalker(library as never, session)
    for await (const found of walker.variables(() => true, false)) assert.fail(String(found.path))
    return [...walker.problems]
  }
  const same = Array.from({ length: WALK_LIMITS.referencesPerAnswer }, (_, i) => reference(i))
  assert.ok((await told(holding(() => same, true))).includes(`only the first ${WALK_LIMITS.references} references were followed`))
  let made = 0
  const others = () => (made > WALK_LIMITS.nodes ? [] : Array.from(same, () => reference(++made)))
  assert.deepEqual(await told(holding(others, false)), [`only the first ${WALK_LIMITS.nodes} nodes were looked at`])
})
