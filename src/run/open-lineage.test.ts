import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildGraph, type Declarations } from '../continuity/graph/index.ts'
import { eventsOf, OPEN_LINEAGE_LIMITS, type RunSource, runsOf } from '../continuity/openlineage/index.ts'
import type { ContractState } from '../core/contracts.ts'
import type { MeasureRow } from '../core/historian.ts'
import { silent } from '../core/log.ts'
import { ManualClock } from '../core/manual-clock.ts'
import { HOUR } from '../core/time.ts'
import { selfSigned, withoutOpenssl } from '../lib/certificates.fixture.ts'
import { tellOpenLineage } from './open-lineage.ts'

const T0 = 490_000 * HOUR
const ids = ['s/a/current', 's/a/speed', 's/b/current', 's/a/power', 's/b/power']
const declared: Declarations = {
  ...{
    site: 's',
    equipment: { a: { level: 'equipment', assets: [], aliases: [] } },
    models: {},
    peers: [],
    substitutes: [],
    maintenance: [],
  },
  connections: [{ name: 'plc', records: ['order'] }],
  signals: ids.slice(0, 3).map((id) => ({ id, connection: 'plc', unit: 'A' })),
  kinds: [
    { name: 'order', key: ['id'], fields: { id: { type: 'text', required: true }, n: { type: 'number', required: false } }, authority: {} },
  ],
  computed: [
    {
      ...{ kind: 'derive', id: '*/power', values: [] },
      at: ['a', 'b'].map((place) => ({ makes: { id: `s/${place}/power` }, reads: [{ signal: `s/${place}/current`, ref: 'current' }] })),
    },
    { kind: 'event', id: 'jam', values: ['duration'], at: [{ makes: undefined, reads: [{ signal: 's/a/speed', ref: 'speed' }] }] },
  ],
  results: [
    {
      ...{ kind: 'correlation', name: 'run', subject: 'order', period: false, related: ['jam'], places: undefined, values: ['energy'] },
      ...{ signals: [{ pattern: 's/**/power', ref: './power' }], fields: [{ of: 'order', name: 'n' }] },
    },
  ],
  ...{ contracts: [], deliveries: [] },
}
const row = (signal: string, hour: number): MeasureRow => ({
  ...{ signal, hour, samples: 60, good: 58, uncertain: 1, bad: 1, goodUs: 0, uncertainUs: 0, badUs: 0, unknownUs: 0 },
  ...{ byReason: {}, delayP50Us: null, delayP95Us: null },
})
const contract = {
  contract: { id: 'motor', version: '1.0.0' },
  ...{
    enforced: true,
    bound: new Map([
      ['motor.current', new Set([0, 2])],
      ['motor.speed', new Set([1])],
    ]),
  },
  findings: [
    {
      property: 'motor.current',
      firstTime: T0 + 1,
      lastTime: T0 + 2 * HOUR,
      examples: [{ signal: 's/a/current', time: T0 + 1, value: 99 }],
    },
  ],
} as unknown as ContractState
const facts = [
  { definition: 'jam', from: T0 + 5 },
  { definition: 'jam', from: T0 + HOUR + 5 },
  { definition: 'run', from: T0 + 9 },
  { definition: 'run', from: T0 - 9 },
]
const source: RunSource = {
  ...{ site: 's', graph: buildGraph(declared), contracts: [contract], signalAt: (index) => ids[index] },
  historian: {
    measures: async ({ from }) => ({ rows: ids.map((id) => row(id, from)), truncated: false }),
    facts: async ({ definition }) => ({ facts: facts.filter((one) => one.definition === definition) as never, truncated: false }),
  },
}
const teller = { site: 's', node: 'n', version: '0.1.0', configVersion: 'abc' }
const eventsAt = async (hour: number) => (await runsOf(source, hour)).flatMap((run) => eventsOf(run, teller))

test('a run per hour for each connection that delivered and each declaration that something was computed of', async () => {
  const events = await eventsAt(T0)
  assert.deepEqual(
    events.map(({ eventType, job }) => `${eventType} ${job.name}`),
    [
      ...['START delivery/plc', 'COMPLETE delivery/plc', 'START derive/*/power', 'COMPLETE derive/*/power'],
      ...['START event/jam', 'COMPLETE event/jam', 'START correlation/run', 'COMPLETE correlation/run'],
    ],
  )
  const derived = events[3]
  const output = derived?.outputs.find(({ name }) => name === 's/a')
  assert.deepEqual(output?.facets?.columnLineage?.fields, {
    power: { inputFields: [{ namespace: 'ecluse://s', name: 's/a', field: 'current' }] },
  })
  assert.equal(output?.outputFacets?.outputStatistics?.rowCount, 60)
  const input = derived?.inputs.find(({ name }) => name === 's/a')
  assert.deepEqual(input?.inputFacets?.dataQualityMetrics?.columnMetrics, { current: { count: 60 } })
  assert.deepEqual(events.at(-1)?.outputs[0]?.outputFacets?.outputStatistics?.rowCount, 1)
  assert.ok(events.at(-1)?.inputs.some(({ name }) => name === 'records/order'))
})

test('what contracts promise is told where it is known: broken by whom, kept, or nothing', async () => {
  const assertions = async (hour: number) =>
    (await eventsAt(hour)).flatMap(({ job, inputs }) =>
      inputs.flatMap(({ name, inputFacets }) =>
        ((inputFacets?.dataQualityAssertions?.assertions ?? []) as { success: boolean; column: string }[]).map(
          ({ success, column }) => `${job.name} ${name} ${column} ${success}`,
        ),
      ),
    )
  assert.deepEqual(await assertions(T0), ['derive/*/power s/a current false', 'event/jam s/a speed true'])
  // Between the first and the last breach nobody knows; before the first it held.
  assert.deepEqual(await assertions(T0 + HOUR), ['event/jam s/a speed true'])
  assert.ok((await assertions(T0 - HOUR)).includes('derive/*/power s/b current true'))
})

test('the same hour is the same run; another configuration makes another', async () => {
  const idsOf = (events: Awaited<ReturnType<typeof eventsAt>>) => events.map(({ run }) => run.runId)
  const [first, again] = [idsOf(await eventsAt(T0)), idsOf(await eventsAt(T0))]
  assert.deepEqual(first, again)
  assert.equal(new Set(first).size, first.length / 2)
  assert.match(first[0] ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const [other] = eventsOf((await runsOf(source, T0))[0] as never, { ...teller, configVersion: 'def' })
  assert.notEqual(other.run.runId, first[0])
})

test('datasets and columns beyond the limits are left out, and counted in the event', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `d${i}`, columns: [] }))
  const columns = Array.from({ length: OPEN_LINEAGE_LIMITS.columns + 2 }, (_, i) => ({ name: `c${i}`, type: 'sample' }))
  const from = Array.from({ length: OPEN_LINEAGE_LIMITS.inputFields + 4 }, () => ({ dataset: 'd', column: 'c' }))
  const outputs = [
    { name: 'wide', columns },
    { name: 'deep', columns: [{ name: 'c', type: 'value', from }] },
  ]
  const [, complete] = eventsOf({ job: 'j', type: 'DERIVATION', hour: T0, inputs: many(OPEN_LINEAGE_LIMITS.datasets + 3), outputs }, teller)
  assert.equal(complete.inputs.length, OPEN_LINEAGE_LIMITS.datasets)
  const { datasets, columns: left, inputFields } = complete.run.facets.ecluse_leftOut ?? {}
  assert.deepEqual([datasets, left, inputFields], [3, 2, 4])
})

test('more results, or signals, than are read in an hour: the event says so', async () => {
  const asked: number[] = []
  const cut = (isCut: { measures: boolean; facts: boolean }): RunSource => ({
    ...source,
    historian: {
      measures: async (query) => {
        asked.push(query.limit)
        return { ...(await source.historian.measures(query)), truncated: isCut.measures }
      },
      facts: async (query) => {
        asked.push(query.limit)
        return { ...(await source.historian.facts(query)), truncated: isCut.facts }
      },
    },
  })
  const told = async (isCut: { measures: boolean; facts: boolean }) =>
    (await runsOf(cut(isCut), T0)).map((run) => eventsOf(run, teller)[1].run.facets.ecluse_leftOut?.isTruncated ?? false)
  assert.deepEqual(await told({ measures: false, facts: true }), [false, false, true, true])
  assert.deepEqual(await told({ measures: true, facts: false }), [true, true, true, true])
  assert.deepEqual([...new Set(asked)], [OPEN_LINEAGE_LIMITS.measures, OPEN_LINEAGE_LIMITS.facts])
})

const python = process.env.ECLUSE_PEER_PYTHON
test("OpenLineage's own client reads every event by the schema 2-0-2", {
  skip: python ? false : 'needs ECLUSE_PEER_PYTHON: a python with the packages of test/peers.txt',
}, async () => {
  const lines = (await eventsAt(T0)).map((event) => JSON.stringify(event)).join('\n')
  const { stdout, stderr, status } = spawnSync(python as string, [join(import.meta.dirname, 'open-lineage.fixture.py')], {
    input: lines,
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(status, 0, stderr)
  const told = JSON.parse(stdout)
  assert.equal(told.events, 8)
  for (const one of ['ColumnLineageDatasetFacet', 'DataQualityMetricsInputDatasetFacet', 'DataQualityAssertionsDatasetFacet'])
    assert.ok(told.facets[one] > 0, one)
})

async function receiver(answers: (taken: number) => number, tls?: { certificate: string; key: string }) {
  const taken: { job: string; type: string; authorization: string | undefined }[] = []
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const status = answers(taken.length)
      const event = JSON.parse(body)
      if (status < 300) taken.push({ job: event.job.name, type: event.eventType, authorization: request.headers.authorization })
      response.writeHead(status).end()
    })
  }
  const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  return { taken, url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage` }
}

function telling(url: string, clock: ManualClock, directory: string, ca?: string, answerMs?: number) {
  const stop = new AbortController()
  const config = { url, token: 'secret', delay: 300_000, ...(ca !== undefined && { tls: { ca } }) }
  const started = tellOpenLineage({
    config,
    directory,
    source: () => source,
    teller,
    clock,
    log: silent,
    random: () => 0.5,
    stop: stop.signal,
    ...(answerMs !== undefined && { answerMs }),
  })
  const ended = async () => {
    stop.abort()
    await started.done
  }
  return { ...started, ended }
}

const folder = () => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-ol-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Lets time pass until it is so. */
async function until(isSo: () => boolean, clock: ManualClock, ms: number): Promise<void> {
  for (let i = 0; i < 2_000 && !isSo(); i++) {
    await clock.advance(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(isSo())
}

test('told hour by hour, with the token, again after an end that was away; a restart goes on where it was', async () => {
  let isAway = true
  const { taken, url } = await receiver(() => (isAway ? 503 : 201))
  const clock = new ManualClock(T0)
  const directory = folder()
  const first = telling(url, clock, directory)
  await until(() => first.view().problem !== undefined, clock, 60_000)
  assert.match(first.view().problem ?? '', /answered 503/)
  isAway = false
  await until(() => taken.length >= 8, clock, 10_000)
  assert.deepEqual([taken[0]?.job, taken[0]?.authorization], ['delivery/plc', 'Bearer secret'])
  await until(() => first.view().problem === undefined, clock, 0)
  await first.ended()
  const before = taken.length
  const again = telling(url, clock, directory)
  await until(() => taken.length > before, clock, 60_000)
  assert.equal(again.view().lostHours, 0)
  await again.ended()
})

test('an end that takes the connection and says nothing is given up after its time, and this is said', async () => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const { port } = server.address() as AddressInfo
  const clock = new ManualClock(T0)
  await clock.advance(2 * 3_600_000)
  const directory = folder()
  writeFileSync(join(directory, 'openlineage.json'), JSON.stringify({ next: T0 }))
  const waiting = telling(`http://127.0.0.1:${port}/`, clock, directory, undefined, OPEN_LINEAGE_LIMITS.answerMs / 500)
  while (waiting.view().problem === undefined) await sleep(1)
  assert.equal(waiting.view().problem, `127.0.0.1:${port} did not answer within 0.02 s`)
  await waiting.ended()
})

test('what the other end refuses for good, and hours too long ago, are counted', async () => {
  const refusing = await receiver(() => 422)
  const clock = new ManualClock(T0)
  const directory = folder()
  const first = telling(refusing.url, clock, directory)
  await until(() => first.view().refused >= 8, clock, 60_000)
  await first.ended()
  await clock.advance((OPEN_LINEAGE_LIMITS.hours + 30) * 3_600_000)
  const later = telling(refusing.url, clock, directory)
  await until(() => later.view().lostHours > 0, clock, 1_000)
  assert.ok(later.view().lostHours >= 25 && later.view().lostHours <= 31, String(later.view().lostHours))
  await later.ended()
})

test('over TLS: told to a certificate that its authority vouches for, and to no other', { skip: withoutOpenssl }, async () => {
  const [own, other] = [selfSigned('catalog'), selfSigned('somebody')]
  const { taken, url } = await receiver(() => 201, own)
  const clock = new ManualClock(T0)
  const doubting = telling(url, clock, folder(), other.certificate)
  await until(() => doubting.view().problem !== undefined, clock, 60_000)
  assert.equal(taken.length, 0)
  await doubting.ended()
  const sure = new ManualClock(T0)
  const trusted = telling(url, sure, folder(), own.certificate)
  await until(() => taken.length >= 8, sure, 60_000)
  await trusted.ended()
})
