import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { until } from '../bench/node.ts'
import { startApi } from '../src/api/index.ts'
import { type Passport, passport as shape } from '../src/api/passport-schemas.ts'
import { problem } from '../src/api/schemas.ts'
import { runCli } from '../src/cli/index.ts'
import { processIo } from '../src/cli/io.ts'
import { loadConfig } from '../src/config/index.ts'
import { connectors } from '../src/connectors/index.ts'
import { createRestSimulator } from '../src/connectors/rest/simulator.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import { signalBase, toDefinition } from '../src/core/config-parts.ts'
import type { Connector } from '../src/core/connector.ts'
import { NotConnected } from '../src/core/errors.ts'
import { silent } from '../src/core/log.ts'
import { formatTime, MINUTE, type Micros, SECOND, systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'

/** Passports of a whole node, over HTTP, while a source is unplugged and plugged in again. */

const LIMIT_MS = 30_000
const EVERY_MS = 100

/** A meter that remembers what it measured while nobody listened, as good ones do. */
function rememberingMeter() {
  let isPlugged = true
  let waiting: Micros[] = []
  let measuredTo = 0
  const config = z.strictObject({ signals: z.array(signalBase) })
  const connector: Connector<z.infer<typeof config>> = {
    kind: 'meter',
    label: { fr: 'compteur', en: 'meter' },
    config,
    async *check() {},
    source: ({ signals: declared }, { signals, site, connection, clock }) => ({
      counters: { dropped: {} },
      connect: async () => {
        if (!isPlugged) throw new NotConnected('unplugged')
        for (const one of declared)
          signals.define(toDefinition(one, { id: `${site}/${one.id}`, connection, address: one.id, dataType: 'number' }))
      },
      read: async (stop) => {
        await clock.sleep(EVERY_MS, stop)
        stop.throwIfAborted()
        if (!isPlugged) throw new NotConnected('unplugged')
        const now = Math.floor(clock.now() / (EVERY_MS * 1000)) * EVERY_MS * 1000
        if (measuredTo === 0) measuredTo = now - EVERY_MS * 1000
        for (; measuredTo < now; ) waiting.push((measuredTo += EVERY_MS * 1000))
        const builder = new BatchBuilder()
        for (const time of waiting) for (const { id } of declared) builder.push(signals.indexOf(`t/${id}`) as number, time, 5, 0)
        waiting = []
        return { batch: builder.build(clock.now()) }
      },
      close: async () => {},
    }),
  }
  return { connector, plug: (is: boolean) => (isPlugged = is) }
}

const KPIS = ['current', 'power', 'plant'] as const

async function world(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-passport-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const simulator = await createRestSimulator({ key: ['id'], path: '/shifts' })
  t.after(() => simulator.stop())
  const meter = rememberingMeter()
  const file = join(directory, 'ecluse.yaml')
  const each = 'per: { record: shift }, timing: real-time, progress: 200ms'
  writeFileSync(join(directory, 'c.odcs.yaml'), contract())
  writeFileSync(
    file,
    `version: 1
site: { id: t }
historian: { commitInterval: 50ms }
equipment: { line: { level: work-unit } }
contracts: [c.odcs.yaml]
records:
  shift: { key: [id], fields: { id: {}, begin: { type: time }, end: { type: time } }, validity: { from: begin, to: end } }
derive:
  - { id: power, for: line, inputs: { current: current }, expression: "current * quantity(400.0, 'V')", unit: W, tolerance: 400ms }
windows:
  - { id: power-1s, for: line, signal: power, window: { tumbling: 1s }, function: TimeAverage2, tolerance: 400ms }
kpis:
  current: { formula: c, unit: A, inputs: { c: { signal: line/current, function: TimeAverage2 } }, ${each} }
  power: { formula: p, unit: W, lookBack: 400ms, inputs: { p: { signal: line/power, function: TimeAverage2 } }, ${each} }
  plant: { formula: all, unit: W, inputs: { all: { of: power, value: value, take: sum, relation: equals } }, ${each} }
uses:
  # A mark of silence stays in the history, so that what was silent once is Uncertain: these uses go by what is covered.
  shift-report:
    label: { en: Report of a shift, fr: Rapport de quart }
    names: [load reports]
    care: { minimumCoverage: 0.9, worstStatus: Uncertain }
    refuse: { minimumCoverage: 0.6, worstStatus: Uncertain }
  billing: { contract: required, care: { worstStatus: Uncertain }, refuse: {} }
  control: { names: [starting a motor], care: {}, refuse: {} }
connections:
  plc:
    kind: meter
    silence: { uncertainAfter: 400ms, badAfter: 800ms }
    lateness: 200ms
    signals: [{ id: line/current, unit: A, expectedPeriod: 200ms, range: [0, 10] }]
  shifts:
    kind: rest
    url: ${simulator.url}
    auth: { type: none }
    records: [{ record: shift, path: shifts, rows: items, snapshot: true, every: 100ms }]
`,
  )
  const loaded = await loadConfig(file, { connectors: [...connectors, meter.connector], env: {} })
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
  t.after(() => node.stop())
  const data = join(directory, 'data')
  const api = await startApi(node.view, { host: '127.0.0.1', port: 0, directory: data, webDirectory: join(directory, 'web'), log: silent })
  t.after(() => api.close())
  const authorization = `Bearer ${readFileSync(join(data, 'local-token'), 'utf8').trim()}`
  const call = (query: Record<string, string>) =>
    fetch(`${api.url}/api/v1/passport?${new URLSearchParams(query)}`, { headers: { authorization } })
  const ask = async (query: Record<string, string>): Promise<Passport> => {
    const answer = await call(query)
    const body = await answer.json()
    assert.equal(answer.status, 200, JSON.stringify(body))
    return shape.parse(body)
  }
  const refused = async (query: Record<string, string>) => {
    const answer = await call(query)
    return { status: answer.status, ...problem.parse(await answer.json()) }
  }
  writeFileSync(join(data, 'running.json'), JSON.stringify({ url: api.url }))
  const why = async (...args: string[]) => {
    const said: string[] = []
    const never = new AbortController().signal
    const io = {
      ...processIo(),
      out: (text: string) => said.push(text),
      err: (text: string) => said.push(text),
      env: {},
      stopSignal: () => never,
    }
    const code = await runCli(['why', ...args, '-c', file], { io, connectors: async () => [...connectors, meter.connector] })
    return { code, said: said.join('') }
  }
  return { node, meter, simulator, ask, refused, why }
}

const contract = () => `apiVersion: v3.1.0
kind: DataContract
id: line
name: The line
version: 1.0.0
status: active
schema:
  - name: line
    properties:
      - name: current
        logicalType: number
        customProperties: [{ property: signal, value: line/current }]
customProperties:
  - { property: otOwner, value: Maintenance }
  - { property: itOwner, value: Data team }
  - { property: permittedUses, value: [Load reports] }
  - { property: forbiddenUses, value: [starting a motor] }
`

const hop = ({ chain }: Passport, kind: string) => chain.filter((one) => one.kind === kind)

test('unplug a source: every KPI above it turns with care, then no; plug it in: late data, revisions, and the passport recovers and remembers', async (t) => {
  const { node, meter, simulator, ask, refused, why } = await world(t)
  const isMeasured = async () => (await node.view.historian.stats()).samples > 5
  await until('the first samples', LIMIT_MS, isMeasured)
  const from = Math.floor(systemClock.now() / SECOND) * SECOND
  simulator.put({ id: 'S1', begin: formatTime(from), end: formatTime(from + 30 * MINUTE) })
  const of = (definition: string) => ask({ definition, value: 'value', use: 'shift-report' })
  const seen = new Map<string, Passport[]>(KPIS.map((name) => [name, []]))
  const all = (verdict: string) => async () => {
    let done = true
    for (const name of KPIS) {
      const one = await of(name)
      seen.get(name)?.push(one)
      done &&= one.verdict === verdict
    }
    return done
  }
  await until('every KPI may be used', LIMIT_MS, all('yes'))
  // On a busy machine the source may be silent for a moment by itself: what is Uncertain then covers nothing.
  const lasting = async () => {
    if (systemClock.now() <= from + 3 * SECOND) return false
    for (const list of seen.values()) list.splice(0)
    return all('yes')()
  }
  await until('three seconds of a shift, and every KPI may be used', LIMIT_MS, lasting)
  meter.plug(false)
  await until('no KPI may be used', LIMIT_MS, all('no'))
  const outage = systemClock.now()
  for (const [name, list] of seen) {
    const turns = (['yes', 'with-care', 'no'] as const).map((verdict) => list.findLastIndex((one) => one.verdict === verdict))
    assert.ok(
      turns.every((at, i) => at >= 0 && at > (turns[i - 1] ?? -1)),
      `${name}: ${list.map(({ verdict }) => verdict).join()}`,
    )
    const coverages = list.map(({ values }) => values.value?.coverage as number)
    assert.ok((coverages.at(-1) as number) < 0.6 && Math.max(...coverages) > 0.9, `${name}: ${coverages.join(' ')}`)
    const last = list.at(-1) as Passport
    assert.deepEqual([last.reasons[0]?.code, last.reasons[0]?.limit], ['coverage', 0.6])
    assert.equal(hop(last, 'connection').find((one) => one.name === 'plc')?.problem, 'source-silent', 'a dead link is named')
  }
  meter.plug(true)
  await until('every KPI may be used again', LIMIT_MS, all('yes'))
  for (const name of KPIS) {
    const { versions, knowledge } = (seen.get(name) as Passport[]).at(-1) as Passport
    const remembered = new Set(versions.map((one) => one.verdict))
    assert.ok(remembered.has('no') || knowledge.revisions > versions.length, `${name} remembers: ${[...remembered].join()}`)
    const then = await ask({ definition: name, value: 'value', use: 'shift-report', asKnownAt: formatTime(outage) })
    assert.deepEqual([then.verdict, then.knowledge.isNewest], ['no', false], 'as it was known then')
    assert.ok(['late-samples', 'fact', 'progress'].includes(versions[0]?.cause ?? ''))
  }

  // Down from a figure of a figure: facts, the derived signal, samples, rules, log, connection, configuration.
  const plant = await of('plant')
  const kinds = plant.chain.map(({ kind }) => kind)
  for (const kind of ['result', 'facts', 'derived', 'samples', 'rules', 'log', 'connection', 'conduit', 'configuration'] as const)
    assert.ok(kinds.includes(kind), `${kind} in ${kinds.join()}`)
  assert.deepEqual(hop(plant, 'samples')[0]?.feeds, ['derived:line/power'])
  assert.deepEqual(plant.owners, { ot: ['Maintenance'], it: ['Data team'] })
  assert.deepEqual([plant.contracts[0]?.says, plant.contracts[0]?.clause], ['permits', 'Load reports'])
  assert.ok(plant.total.samples > 20)
  const log = hop(plant, 'log')[0]
  assert.deepEqual([log?.name, log?.state, Number(log?.details.sequence) > 0], [node.view.node, 'whole', true])

  // Uses are declared, and nothing is guessed.
  const control = await ask({ definition: 'plant', use: 'control' })
  assert.deepEqual([control.verdict, control.reasons[0]?.code, control.reasons[0]?.about], ['no', 'contract-forbids', 'line'])
  const billing = await ask({ definition: 'plant', use: 'billing' })
  assert.deepEqual([billing.verdict, billing.reasons[0]?.code], ['no', 'contract-silent'])
  const unknown = await refused({ definition: 'plant', use: 'biling' })
  assert.deepEqual([unknown.status, unknown.code], [404, 'unknown-use'])
  assert.match(unknown.hint ?? '', /did you mean billing\? declared are shift-report, billing, control/)
  const unstated = await ask({ definition: 'plant' })
  assert.equal(unstated.use.isDeclared, false)

  // The same on the command line; the verdict is the exit code.
  let yes = await why('plant', '--value', 'value', '--use', 'shift-report')
  const isYes = async () => {
    yes = await why('plant', '--value', 'value', '--use', 'shift-report')
    return yes.code === 0
  }
  await until('the command says yes', LIMIT_MS, isYes)
  assert.match(yes.said, /✓ Report of a shift: yes\n {2}contract line permits it: Load reports\n/)
  assert.match(yes.said, /HOW IT HAS CHANGED\n/)
  assert.equal((await why('plant', '--use', 'billing')).code, 2)
  const unstatedCode = await why('t/line/current', '--lang', 'fr')
  assert.equal(unstatedCode.code, 0)
  assert.match(unstatedCode.said, /sans usage énoncé/)
  assert.equal((await why('t/line/current', '--at', '2001-01-01T00:00:00Z')).code, 1)
  assert.equal((await why('plant', '--use', 'report-shift')).code, 1)

  // A sample, and a window of a derived signal.
  let sample = await ask({ signal: 't/line/current', use: 'shift-report' })
  const isSound = async () => {
    sample = await ask({ signal: 't/line/current', use: 'shift-report' })
    return sample.verdict === 'yes' && sample.times.source !== undefined
  }
  await until('a sound reading', LIMIT_MS, isSound)
  assert.ok(sample.times.source)
  assert.equal(sample.why?.signal, 't/line/current')
  const at = formatTime(from + SECOND)
  const window = await ask({ signal: 't/line/power-1s', at, use: 'shift-report' })
  assert.deepEqual([window.verdict, window.values.value?.value, window.times.source], ['yes', 2000, at], JSON.stringify(window.reasons))
  assert.ok((window.values.value?.coverage ?? 0) > 0.95)
  assert.deepEqual(
    window.chain.filter(({ kind }) => kind === 'derived' || kind === 'samples').map(({ id, feeds }) => [id, feeds]),
    [
      ['derived:line/power-1s', []],
      ['derived:line/power', ['derived:line/power-1s']],
      ['samples:plc:line', ['derived:line/power']],
    ],
  )
  const nothing = await ask({ signal: 't/line/current', at: '2001-01-01T00:00:00Z' })
  assert.deepEqual([nothing.verdict, nothing.reasons[0]?.code], ['no', 'nothing-known'])
  assert.equal((await refused({ definition: 'plant', value: 'valu' })).code, 'unknown-value')
  assert.equal((await refused({})).status, 400)
  assert.equal((await refused({ definition: 'plant', expand: 'nowhere' })).code, 'unknown-hop')
  const members = (await ask({ definition: 'plant', expand: 'facts:power' })).members
  assert.deepEqual([members?.total, members?.members.length], [1, 1])
})
