import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { createRestSimulator, type RestSimulator } from '../src/connectors/rest/simulator.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import { signalBase, toDefinition } from '../src/core/config-parts.ts'
import type { Connector } from '../src/core/connector.ts'
import type { StoredFact } from '../src/core/facts.ts'
import { silent } from '../src/core/log.ts'
import { formatTime, MINUTE, type Micros, SECOND, systemClock } from '../src/core/time.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'

/**
 * The airport's question, asked of a whole node: for each flight, how often its carousel jammed under its bags, for how long, and what energy that took. The answer
 * follows late readings and corrected flights, over restarts, and every earlier answer stays.
 */

const LIMIT_MS = 30_000
type Told = readonly [signal: string, time: Micros, value: number]

/** A device that says what it is told to, at the times it is told. */
function told() {
  const waiting: Told[] = []
  let wake = () => {}
  const config = z.strictObject({ signals: z.array(signalBase) })
  const connector: Connector<z.infer<typeof config>> = {
    kind: 'told',
    label: { fr: 'dicté', en: 'told' },
    config,
    async *check() {},
    source: ({ signals: declared }, { signals, site, connection, clock }) => ({
      counters: { dropped: {} },
      connect: async () => {
        for (const one of declared) {
          const dataType = one.id.endsWith('fault') ? 'boolean' : 'number'
          signals.define(toDefinition(one, { id: `${site}/${one.id}`, connection, address: one.id, dataType }))
        }
      },
      read: async (stop) => {
        while (waiting.length === 0) {
          stop.throwIfAborted()
          await new Promise<void>((resolve) => {
            wake = resolve
            stop.addEventListener('abort', () => resolve(), { once: true })
          })
        }
        const builder = new BatchBuilder()
        for (const [signal, time, value] of waiting.splice(0)) builder.push(signals.indexOf(`t2e/belt/${signal}`) as number, time, value, 0)
        return { batch: builder.build(clock.now()) }
      },
      close: async () => wake(),
    }),
  }
  const say = (...samples: Told[]) => {
    waiting.push(...samples)
    wake()
  }
  return { connector, say }
}

interface Airport {
  readonly directory: string
  readonly simulator: RestSimulator
  readonly device: ReturnType<typeof told>
}

async function airport(t: TestContext): Promise<Airport> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-results-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const simulator = await createRestSimulator({ key: ['id'], path: '/arrivals' })
  t.after(() => simulator.stop())
  return { directory, simulator, device: told() }
}

async function start(t: TestContext, { directory, simulator, device }: Airport): Promise<RunningNode> {
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(
    file,
    `version: 1
site: { id: t2e }
historian: { commitInterval: 50ms }
equipment:
  belt: { level: work-unit, aliases: [{ system: flights, name: Belt 1 }] }
records:
  flight:
    key: [id]
    fields: { id: {}, belt: {}, first_bag: { type: time }, last_bag: { type: time } }
    validity: { from: first_bag, to: last_bag }
    equipment: { field: belt, system: flights }
derive:
  - { id: power, for: belt, inputs: { current: current }, expression: "current * quantity(400.0, 'V')", unit: W, tolerance: 1h }
events:
  - { id: jam, for: belt, inputs: { fault: { signal: fault, type: boolean } }, start: fault, tolerance: 1h }
correlations:
  flight_baggage:
    each: flight
    tolerance: 5s
    values:
      jams: { count: jam }
      lost: { duration: jam }
      power: { signal: ./power, function: TimeAverage2 }
connections:
  plc:
    kind: told
    silence: { uncertainAfter: 1h, badAfter: 2h }
    signals: [{ id: belt/fault }, { id: belt/current, unit: A, expectedPeriod: 1h }]
  flights:
    kind: rest
    url: ${simulator.url}
    auth: { type: none }
    records: [{ record: flight, path: arrivals, rows: items, snapshot: true, every: 100ms }]
`,
  )
  const loaded = await loadConfig(file, { connectors: [...connectors, device.connector], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  t.after(() => node.stop())
  return node
}

/** Revisions of the one flight's result, oldest first, once the newest is as expected. */
async function answer(node: RunningNode, isIt: (newest: StoredFact) => boolean): Promise<readonly StoredFact[]> {
  const end = performance.now() + LIMIT_MS
  for (;;) {
    const { facts } = await node.view.historian.facts({ definition: 'flight_baggage', keys: ['AF1'], allRevisions: true, limit: 100 })
    const newest = facts.at(-1)
    if (newest && isIt(newest)) return facts
    assert.ok(performance.now() < end, `the answer does not come; the last one is ${JSON.stringify(newest?.values)}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

/** Until nothing waits to be computed: what a start computes anew would else take in a change before the change is heard of. */
async function settled(node: RunningNode): Promise<void> {
  const end = performance.now() + LIMIT_MS
  while (node.view.derivations().some(({ lagSeconds }) => lagSeconds > 0)) {
    assert.ok(performance.now() < end, 'something waits for ever')
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

const shown = ({ values }: StoredFact) => [values.jams?.value, values.lost?.value, Math.round(Number(values.power?.value))]

test('for each flight: jams under its bags, time lost, power; corrected by late readings and a corrected flight, over a restart', async (t) => {
  const world = await airport(t)
  const zero = Math.floor((systemClock.now() - 20 * MINUTE) / SECOND) * SECOND
  const at = (minutes: number) => zero + minutes * MINUTE
  const flight = (from: number, to: number) => ({
    id: 'AF1',
    belt: 'Belt 1',
    first_bag: formatTime(at(from)),
    last_bag: formatTime(at(to)),
  })
  world.simulator.put(flight(5, 10))
  let node = await start(t, world)
  // Two jams: a minute within the flight's bags, and one after them.
  world.device.say(
    ['fault', at(0), 0],
    ['current', at(0), 5],
    ['fault', at(6), 1],
    ['fault', at(7), 0],
    ['fault', at(11), 1],
    ['fault', at(12), 0],
  )
  world.device.say(['current', at(19), 5])
  const first = await answer(node, (newest) => shown(newest).join() === '1,60,2000')
  assert.deepEqual([first.at(-1)?.equipment, first.at(-1)?.to], ['belt', at(10)])
  assert.equal(first.at(-1)?.values.lost?.unit, 's')

  await settled(node)
  // A late reading says that the jam was over half a minute earlier.
  world.device.say(['fault', at(6.5), 0])
  const late = await answer(node, (newest) => newest.values.lost?.value === 30)
  assert.equal(late.at(-1)?.cause, 'fact', 'the jam has a new revision, and so has what counts it')
  const { facts: jams } = await node.view.historian.facts({ definition: 'jam', allRevisions: true, limit: 100 })
  assert.ok(jams.some(({ cause, to }) => cause === 'late-samples' && to === at(6.5)))

  // The flight system corrects the last bag: the other jam belongs to it as well.
  await settled(node)
  const before = systemClock.now()
  world.simulator.put(flight(5, 12))
  const corrected = await answer(node, (newest) => newest.values.lost?.value === 90)
  assert.deepEqual([corrected.at(-1)?.cause, ...shown(corrected.at(-1) as StoredFact)], ['record', 2, 90, 2000])
  const { facts: known } = await node.view.historian.facts({ definition: 'flight_baggage', asKnownAt: before, limit: 10 })
  assert.equal(known[0]?.values.lost?.value, 30, 'as it was known before')

  // A restart changes nothing; what changed while the node was away is taken in.
  await node.stop()
  world.simulator.put(flight(5, 8))
  node = await start(t, world)
  const after = await answer(node, (newest) => newest.to === at(8))
  assert.deepEqual([after.at(-1)?.revision, ...shown(after.at(-1) as StoredFact)], [corrected.length + 1, 1, 30, 2000])

  // A flight that is gone has no result any more.
  world.simulator.remove({ id: 'AF1' })
  const gone = await answer(node, (newest) => newest.isWithdrawn === true)
  assert.equal(gone.at(-1)?.cause, 'record')
  const { facts: left } = await node.view.historian.facts({ definition: 'flight_baggage', limit: 10 })
  assert.deepEqual(left, [])
})
