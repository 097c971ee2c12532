import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openSums } from '../faults/ledger.ts'
import { startApi } from '../src/api/index.ts'
import { type Passport, passport as shape } from '../src/api/passport-schemas.ts'
import { loadConfig } from '../src/config/index.ts'
import { NotConnected } from '../src/core/errors.ts'
import type { Channel, Peer, Transport } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { type Content, parseRecord } from '../src/core/record-content.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { systemClock } from '../src/core/time.ts'
import { decodeFrame } from '../src/gateway/link/frames.ts'
import { memoryChannels } from '../src/gateway/link/memory-channel.ts'
import { findLog, walk } from '../src/gateway/spool/walk.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { countingConnector } from './counting-source.ts'

/** Whole nodes under a policy: what no conduit lets pass is nowhere but in the counts. */

const CASE = 'necessity: n, impact: i, owner: o, riskOwner: r, isolation: { by: [shift lead] }'
const poll = (more: string) =>
  `{ from: field, to: control, direction: pull, transports: [counting], ${CASE}, reviewBy: 2999-12-31, ${more} }`

function folder(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-zones-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await isTrue())) {
    if (Date.now() > end) assert.fail(`not within 30 s: ${what}`)
    await systemClock.sleep(20)
  }
}

async function* recordsOf(directory: string): AsyncGenerator<SpoolRecord> {
  const log = await findLog(directory)
  assert.ok(log)
  for await (const step of walk(log, 1, Number.MAX_SAFE_INTEGER)) if (step.what === 'record') yield step.record
}

async function startUnder(directory: string, conduits: string, device: ReturnType<typeof countingConnector>) {
  const file = join(directory, 'ecluse.yaml')
  const zones = 'zones: { field: { level: 1 }, control: { level: 2 } }'
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\nnode: { id: n, zone: control }\ndata: ${join(directory, 'data')}\n${zones}\nconduits:\n${conduits}connections:\n  c: { kind: counting, zone: field, first: 0 }\n`,
  )
  const loaded = await loadConfig(file, { connectors: [device], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0' })
}

test('device crossing: a signal that no conduit names never reaches the log, and every sample of it is counted', async (t) => {
  const directory = folder(t)
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const node = await startUnder(directory, `  poll: ${poll('signals: ["count/[0-6]"]')}\n`, device)
  await until('some', () => acknowledged > 2_000)
  const [line] = (await node.view.ledger()).lines
  assert.deepEqual(await openSums(node.view), [])
  const dropped = line?.destinations[0]?.dropped['conduit-not-named'] ?? 0
  // Of ten signals three are refused, in each batch of fifty.
  assert.ok(dropped > 0 && dropped % 15 === 0, `${dropped}`)
  assert.equal(node.view.last.has(node.view.signals.indexOf('t/count/6') as number), true)
  assert.equal(node.view.last.has(node.view.signals.indexOf('t/count/7') as number), false)
  assert.equal(node.view.signals.at(0)?.zone, 'field')
  await node.stop()
  const refused = new Set([7, 8, 9])
  let samples = 0
  for await (const { kind, payload } of recordsOf(join(directory, 'data', 'spool'))) {
    const content = kind === 'batch' ? parseRecord(kind, payload) : undefined
    if (content?.kind !== 'batch') continue
    samples += content.batch.count
    for (const index of content.batch.signal) assert.equal(refused.has(index), false, 'a refused signal in the log')
  }
  assert.ok(samples > 0)
})

test('a conduit that is cut, or past its review: the device is not even asked, and its health says why', async (t) => {
  for (const [more, reason] of [
    ['signals: ["**"], cut: true', 'conduit poll: conduit-cut'],
    ['signals: ["**"], reviewBy: 2020-01-01', 'conduit poll: conduit-expired'],
  ] as const) {
    let acknowledged = 0
    const device = countingConnector(() => acknowledged++)
    const conduit = more.includes('reviewBy') ? poll(more).replace('reviewBy: 2999-12-31, ', '') : poll(more)
    const node = await startUnder(folder(t), `  poll: ${conduit}\n`, device)
    await until(reason, () => node.view.connections()[0]?.lastError?.message === reason)
    await node.stop()
    assert.equal(acknowledged, 0)
    assert.equal(node.view.spool().lastSequence, 0)
  }
})

test('more than its rate does not pass: counted, and the sums close', async (t) => {
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const node = await startUnder(folder(t), `  poll: ${poll('signals: ["**"], maxSamplesPerSecond: 10')}\n`, device)
  await until('more than ten seconds of it', () => acknowledged > 50)
  await until('the rest is counted', async () => ((await node.view.ledger()).lines[0]?.destinations[0]?.dropped['conduit-rate'] ?? 0) > 500)
  assert.deepEqual(await openSums(node.view), [])
  await node.stop()
})

const UPWARD = (signals: string, more = '') =>
  `  upward: { from: control, to: it, direction: push, transports: [link], signals: [${signals}], ${CASE}, reviewBy: 2999-12-31 ${more}}\n`
const ZONES = 'zones: { field: { level: 1 }, control: { level: 2 }, it: { level: 4 } }\n'
const POLL = `  poll: ${poll('signals: ["**"]')}\n`

/** An edge and a hub in one process; `wire` sees every frame that the edge sends, as it is on the wire. */
function exchange(wire: (frame: Uint8Array) => void, below = 'edge', above = 'hub') {
  let onChannel: ((channel: Channel) => void) | undefined
  const open = new Set<Channel>()
  const peer = (node: string): Peer => ({ node, certificate: '01', address: 'memory', mayForward: node === 'relay' })
  const dialler: Transport = {
    endpoint: 'memory',
    dial: async () => {
      if (!onChannel) throw new NotConnected('nobody listens')
      const { dialler: near, listener } = memoryChannels({ atDialler: peer(above), atListener: peer(below) })
      const { send } = near
      near.send = async (frame) => {
        wire(frame)
        await send(frame)
      }
      open.add(near)
      onChannel(listener)
      return near
    },
  }
  const close = async () => {
    onChannel = undefined
    for (const channel of open) void channel.close(false)
  }
  const listen: Transport['listen'] = async (call) => {
    onChannel = call
    return { address: 'memory', close }
  }
  return { dialler, listener: { listen } satisfies Transport }
}

async function startLinked(
  directory: string,
  id: string,
  more: string,
  transport: Transport,
  device?: ReturnType<typeof countingConnector>,
) {
  const file = join(directory, `${id}.yaml`)
  const connections = device ? 'connections:\n  c: { kind: counting, zone: field, first: 0, discover: true }\n' : ''
  writeFileSync(
    file,
    `version: 1\nsite: { id: t }\ndata: ${join(directory, id)}\nhistorian: { commitInterval: 20ms }\n${more}${connections}`,
  )
  const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: {} })
  return startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: '0', transport })
}

const edgeFile = (upward: string) =>
  `node: { id: edge, role: edge, zone: control }\nlink: { zone: it }\n${ZONES}conduits:\n${POLL}${upward}`
const hubFile = (upward: string) =>
  `node: { id: hub, role: hub, zone: it }\nlink: { nodes: { edge: { zone: control } } }\n${ZONES}conduits:\n${POLL}${upward}`

const lineAt = async ({ view }: RunningNode, connection: string) =>
  (await view.ledger()).lines.find((line) => line.node === 'edge' && line.connection === connection)
const shareAt = async (node: RunningNode, connection: string, destination: string) =>
  (await lineAt(node, connection))?.destinations.find((one) => one.destination === destination)

/** Ids of signals in the frames, and indices of samples. */
async function sniffed(frames: readonly Uint8Array[], isWanted: (type: string) => boolean = () => true) {
  const ids = new Set<string>()
  const indices = new Set<number>()
  const declared: Extract<Content, { kind: 'config' }>[] = []
  for (const bytes of frames) {
    const frame = await decodeFrame(bytes)
    if (!isWanted(frame.type)) continue
    if (frame.type === 'show') for (const index of frame.batch.signal) indices.add(index)
    if (frame.type !== 'records') continue
    for (const { kind, payload } of frame.records) {
      const content = parseRecord(kind, payload)
      if (content.kind === 'signals') for (const [, { id }] of content.signals) ids.add(id)
      if (content.kind === 'batch') for (const index of content.batch.signal) indices.add(index)
      assert.doesNotMatch(Buffer.from(payload).toString('latin1'), /count\/[789]/)
      if (content.kind === 'config') declared.push(content)
    }
  }
  return { ids: [...ids].sort(), indices: [...indices].sort((a, b) => a - b), declared }
}

for (const [end, atEdge, atHub] of [
  ['sending', UPWARD('"count/[0-6]"'), UPWARD('"**"')],
  // The edge still declares a conduit that the hub has taken out of its file.
  ['receiving', `${UPWARD('"count/[0-6]"')}${UPWARD('"count/[7-9]"').replace('upward', 'withdrawn')}`, UPWARD('"count/[0-6]"')],
] as const)
  test(`link crossing, enforced by the ${end} end: nothing of a signal that is not named is at the hub, chains hold and both ledgers close`, async (t) => {
    const directory = folder(t)
    const frames: Uint8Array[] = []
    const { dialler, listener } = exchange((frame) => frames.push(frame.slice()))
    let acknowledged = -1
    const device = countingConnector((last) => {
      acknowledged = Math.max(acknowledged, last)
    })
    const hub = await startLinked(directory, 'hub', hubFile(atHub), listener)
    let edge = await startLinked(directory, 'edge', edgeFile(atEdge), dialler, device)
    t.after(() => Promise.all([edge.stop(), hub.stop()]))
    await until('some at the hub', () => hub.view.remotes().some(({ sequence }) => sequence > 50) && acknowledged > 2_000)
    assert.deepEqual(await openSums(edge.view), [])
    assert.deepEqual(await openSums(hub.view), [])
    // The device stops, so that both can be looked at side by side. What is started again must count what was withheld before as well.
    await edge.stop()
    edge = await startLinked(directory, 'edge', edgeFile(atEdge), dialler)
    const last = () => edge.view.spool().lastSequence
    await until('all at the hub', () => hub.view.remotes().some(({ node, sequence }) => node === 'edge' && sequence === last()))
    await until('and stored', () => hub.view.historianLag().records === 0 && edge.view.historianLag().records === 0)
    await until('and confirmed', () => edge.view.uplink()?.confirmedSequence === last())
    assert.deepEqual(await openSums(edge.view), [])
    assert.deepEqual(await openSums(hub.view), [])
    const [toHistorian, toLink, hubLost] = [
      await shareAt(edge, 'c', 'historian'),
      await shareAt(edge, 'c', 'link'),
      (await shareAt(hub, '', 'historian'))?.dropped,
    ]
    const withheld = hubLost?.['conduit-not-named'] ?? 0
    assert.ok(withheld > 0)
    if (end === 'sending') {
      assert.deepEqual(toLink?.dropped, { 'conduit-not-named': withheld })
      assert.equal(toLink?.delivered, (toHistorian?.delivered ?? 0) - withheld)
      const seen = await sniffed(frames)
      assert.deepEqual(
        seen.ids,
        [0, 1, 2, 3, 4, 5, 6].map((i) => `t/count/${i}`),
      )
      assert.deepEqual(seen.indices, [0, 1, 2, 3, 4, 5, 6])
    }
    assert.equal((await shareAt(hub, 'c', 'historian'))?.delivered, (toHistorian?.delivered ?? 0) - withheld)
    const ids = hub.view.signals.all().map(({ id }) => id)
    assert.equal(ids.includes('t/count/6'), true)
    assert.equal(ids.includes('t/count/7'), false)
    // What an auditor would hold side by side: the open hour of the edge's log, computed at both ends.
    const periodsOf = (view: RunningNode['view']) =>
      view.evidence
        ?.streams()
        .filter(({ node }) => node === 'edge')
        .map(({ open }) => open?.root)
    await until('the same root at both ends', () => JSON.stringify(periodsOf(edge.view)) === JSON.stringify(periodsOf(hub.view)))
  })

const DECLARED = `peers:
  permitted: { same: [count/0, count/1], tolerance: 1e12, within: 1s, author: t }
  mixed: { same: [count/0, count/7], tolerance: 1e12, within: 1s, author: t }
maintenance:
  - { signals: count/1, from: 2020-01-01T00:00:00Z, to: 2020-01-02T00:00:00Z, author: t }
  - { signals: count/8, from: 2020-01-01T00:00:00Z, to: 2020-01-02T00:00:00Z, author: t }
`

test('declarations travel as far as they name only what is permitted; the edge keeps them all', async (t) => {
  const directory = folder(t)
  const frames: Uint8Array[] = []
  const { dialler, listener } = exchange((frame) => frames.push(frame.slice()))
  const upward = UPWARD('"count/[0-6]"')
  const hub = await startLinked(directory, 'hub', hubFile(upward), listener)
  const edge = await startLinked(
    directory,
    'edge',
    `${edgeFile(upward)}${DECLARED}`,
    dialler,
    countingConnector(() => {}),
  )
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const version = edge.view.configVersion
  await until('known at the hub', async () => (await hub.view.historian.declared(version)) !== undefined)
  await until('known at the edge', async () => (await edge.view.historian.declared(version)) !== undefined)
  const atHub = await hub.view.historian.declared(version)
  assert.deepEqual(Object.keys(atHub?.peers ?? {}), ['permitted'])
  assert.deepEqual(
    atHub?.maintenance?.map(({ signals }) => signals),
    ['count/1'],
  )
  const atEdge = await edge.view.historian.declared(version)
  assert.deepEqual([Object.keys(atEdge?.peers ?? {}), atEdge?.maintenance?.length], [['permitted', 'mixed'], 2])
  // `sniffed` fails at any name that is not permitted, in any record of any frame.
  const { declared } = await sniffed(frames)
  assert.equal(declared[0]?.segment !== undefined, true)
  assert.equal(declared[0]?.declared, undefined)
})

test('a link faster than its conduit permits waits: nothing more goes through, nothing is lost, nothing is shown ahead', async (t) => {
  const directory = folder(t)
  const frames: Uint8Array[] = []
  const { dialler, listener } = exchange((frame) => frames.push(frame.slice()))
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  const rate = UPWARD('"**"', ', maxSamplesPerSecond: 200 ')
  const hub = await startLinked(directory, 'hub', hubFile(rate), listener)
  const startMs = performance.now()
  const edge = await startLinked(directory, 'edge', edgeFile(rate), dialler, device)
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const sent = () => edge.view.uplink()?.sentSamples ?? 0
  // Ten seconds' worth may go at once; what was read meanwhile is far more.
  await until('the burst and more', () => sent() > 2_200 && acknowledged > 5_000)
  const most = 2_000 + (200 * (performance.now() - startMs)) / 1_000
  assert.ok(sent() <= most, `${sent()} samples where ${most} are permitted`)
  const { indices } = await sniffed(frames, (type) => type === 'show')
  assert.deepEqual(indices, [], 'newest values went ahead')
  assert.deepEqual((await shareAt(edge, 'c', 'link'))?.dropped, {})
  assert.deepEqual(await openSums(edge.view), [])
  assert.equal((await shareAt(hub, 'c', 'historian'))?.dropped['conduit-rate'], undefined)
})

test('a conduit that is cut at one end only: nothing is sent, nothing taken, and the log keeps it', async (t) => {
  const directory = folder(t)
  const frames: Uint8Array[] = []
  const { dialler, listener } = exchange((frame) => frames.push(frame.slice()))
  const device = countingConnector(() => {})
  const hub = await startLinked(directory, 'hub', hubFile(UPWARD('"**"')), listener)
  const edge = await startLinked(directory, 'edge', edgeFile(UPWARD('"**"', ', cut: true ')), dialler, device)
  await until('it says why', () => edge.view.uplink()?.problem?.message === 'conduit upward: conduit-cut')
  assert.equal(frames.length, 0)
  await edge.stop()
  const open = await startLinked(directory, 'edge', edgeFile(UPWARD('"**"')), dialler)
  await until('all at the hub', () => hub.view.remotes().some(({ sequence }) => sequence === open.view.spool().lastSequence))
  await hub.stop()
  const cut = await startLinked(directory, 'hub', hubFile(UPWARD('"**"', ', cut: true ')), listener)
  await until('the hub refuses', () =>
    cut.view.refusals().some(({ code, message }) => code === 'no-conduit' && /conduit-cut/.test(message)),
  )
  await Promise.all([open.stop(), cut.stop()])
})

const relayFile = (signals: string) => `node: { id: relay, role: relay, zone: dmz }
link: { zone: it, nodes: { edge: { zone: control } } }
zones: { field: { level: 1 }, control: { level: 2 }, dmz: { level: 3.5 }, it: { level: 4 } }
conduits:
${UPWARD('"**"').replace('to: it', 'to: dmz')}  onward: { from: dmz, to: it, direction: push, transports: [link], signals: [${signals}], ${CASE}, reviewBy: 2999-12-31 }
`

test('a relay withholds before its own log; a policy that changes after records are in it holds for what it still sends, and its ledger says so', async (t) => {
  const directory = folder(t)
  const ZONED = 'zones: { field: { level: 1 }, control: { level: 2 }, dmz: { level: 3.5 }, it: { level: 4 } }\nconduits:\n'
  // All nodes know all conduits, so that the edge keeps apart what any of them keeps apart.
  const onward = (signals: string) =>
    `  onward: { from: dmz, to: it, direction: push, transports: [link], signals: [${signals}], ${CASE}, reviewBy: 2999-12-31 }\n`
  const narrow = `  narrow: { from: it, to: dmz, direction: push, transports: [link], signals: ["count/[0-3]"], ${CASE}, reviewBy: 2999-12-31 }\n`
  const toDmz = UPWARD('"**"').replace('to: it', 'to: dmz')
  const edgeText = `node: { id: edge, role: edge, zone: control }\nlink: { zone: dmz }\n${ZONED}${POLL}${toDmz}${onward('"count/[0-6]"')}${narrow}`
  const hubText = `node: { id: hub, role: hub, zone: it }\nlink: { nodes: { relay: { zone: dmz } } }\n${ZONED}${POLL}${onward('"**"')}`
  const frames: Uint8Array[] = []
  const lower = exchange(() => {}, 'edge', 'relay')
  const startRelay = (signals: string, upper: Transport | undefined) =>
    startLinked(directory, 'relay', relayFile(signals), { ...lower.listener, ...upper })
  let acknowledged = -1
  const device = countingConnector((last) => {
    acknowledged = Math.max(acknowledged, last)
  })
  // Nobody above yet: what comes is in the relay's log under its first policy.
  const nobody: Transport = {
    endpoint: 'memory',
    dial: async () => {
      throw new NotConnected('nobody listens')
    },
  }
  let relay = await startRelay('"count/[0-6]"', nobody)
  let edge = await startLinked(directory, 'edge', edgeText, lower.dialler, device)
  await until('some in the log of the relay', () => relay.view.remotes().some(({ sequence }) => sequence > 20) && acknowledged > 1_000)
  await edge.stop()
  edge = await startLinked(directory, 'edge', edgeText, lower.dialler)
  const last = () => edge.view.spool().lastSequence
  await until('all at the relay', () => relay.view.remotes().some(({ sequence }) => sequence === last()))
  await relay.stop()

  // Its file now permits less than when the records came.
  const upper = exchange((frame) => frames.push(frame.slice()), 'relay', 'hub')
  const hub = await startLinked(directory, 'hub', hubText, upper.listener)
  relay = await startRelay('"count/[0-3]"', upper.dialler)
  t.after(() => Promise.all([edge.stop(), relay.stop(), hub.stop()]))
  await until('all at the hub', () => hub.view.remotes().some(({ node, sequence }) => node === 'edge' && sequence === last()))
  await until('and stored', () => hub.view.historianLag().records === 0)
  const seen = await sniffed(frames)
  assert.deepEqual(
    seen.ids,
    [0, 1, 2, 3].map((i) => `t/count/${i}`),
  )
  assert.deepEqual(seen.indices, [0, 1, 2, 3])
  const atHub = (await shareAt(hub, 'c', 'historian'))?.delivered
  const atEdge = (await shareAt(edge, 'c', 'historian'))?.delivered ?? 0
  const withheld = (await shareAt(hub, '', 'historian'))?.dropped['conduit-not-named'] ?? 0
  // Samples of ten signals, of which four came through.
  assert.deepEqual([atHub, withheld], [atEdge * 0.4, atEdge * 0.6])
  assert.deepEqual(await openSums(hub.view), [])
  assert.deepEqual(await openSums(edge.view), [])
  // What the relay itself says it sent is what the hub has; the rest is its own to answer for, with the reason.
  await until('confirmed', () => relay.view.uplink()?.confirmedSequence === relay.view.spool().lastSequence)
  const sent = await shareAt(relay, 'c', 'link')
  // Three of ten were withheld before the log, and three when it sent.
  assert.deepEqual([sent?.delivered, sent?.dropped, sent?.pending], [atHub, { 'conduit-not-named': atEdge * 0.3 }, 0])
  assert.deepEqual(await openSums(relay.view), [])
  await relay.stop()
  // Started again, with nothing left to send: counted once.
  relay = await startRelay('"count/[0-3]"', upper.dialler)
  await until('connected again', () => relay.view.uplink()?.confirmedSequence === relay.view.spool().lastSequence)
  assert.deepEqual((await shareAt(relay, 'c', 'link'))?.dropped, sent?.dropped)
  assert.deepEqual(await openSums(relay.view), [])
})

const RESULTS = `derive:
  - { id: calc/seven, inputs: { n: count/7 }, expression: n * 2, tolerance: 1s }
  - { id: calc/one, inputs: { n: count/1 }, expression: n * 2, tolerance: 1s }
events:
  - { id: seven, inputs: { n: count/7 }, start: n > 10, tolerance: 1s, maximum: 1s }
  - { id: one, inputs: { n: count/1 }, start: n > 10, tolerance: 1s, maximum: 1s }
`

/** What a passport at the far end says of a result: of one whose inputs stayed behind, that they are not there, and never a plain yes. */
async function checkPassports(t: TestContext, hub: RunningNode, directory: string, isThere: boolean): Promise<void> {
  const web = join(directory, 'web')
  const api = await startApi(hub.view, { host: '127.0.0.1', port: 0, directory: join(directory, 'hub'), webDirectory: web, log: silent })
  t.after(() => api.close())
  const authorization = `Bearer ${readFileSync(join(directory, 'hub', 'local-token'), 'utf8').trim()}`
  const ask = async (definition: string): Promise<Passport> => {
    const answer = await fetch(`${api.url}/api/v1/passport?definition=${definition}`, { headers: { authorization } })
    assert.equal(answer.status, 200, await answer.clone().text())
    return shape.parse(await answer.json())
  }
  const samplesOf = ({ chain }: Passport) =>
    chain.filter(({ kind }) => kind === 'samples').map(({ name, state, problem }) => [name, state, problem])
  const one = await ask('one')
  assert.deepEqual(samplesOf(one), [['t/count/1', 'whole', undefined]])
  const result = one.chain.find(({ kind }) => kind === 'result')
  assert.deepEqual([result?.state, result?.problem, result?.details?.node], ['whole', undefined, 'edge'], 'declared at the edge, not here')
  if (!isThere) return
  const seven = await ask('seven')
  assert.deepEqual(samplesOf(seven), [['t/count/7', 'dead', 'samples-gone']])
  assert.notEqual(seven.verdict, 'yes')
  assert.ok(seven.reasons.some(({ code, about, found }) => code === 'dead-link' && about === 't/count/7' && found === 'samples-gone'))
  assert.deepEqual([seven.total.signals, seven.total.samples], [1, 0], 'named, and nothing of it counted')
}

for (const [name, more, isThere] of [
  ['does not pass', '', false],
  ['passes where its conduit lets results name their inputs', ', namesInputs: true ', true],
] as const)
  test(`a result that names a signal which may not pass ${name}; the signal's values never do`, async (t) => {
    const directory = folder(t)
    const frames: Uint8Array[] = []
    const { dialler, listener } = exchange((frame) => frames.push(frame.slice()))
    const upward = UPWARD('"count/[0-6]", "calc/**"', `, results: ["*"]${more}`)
    const device = countingConnector(() => {})
    const hub = await startLinked(directory, 'hub', hubFile(upward), listener)
    const edge = await startLinked(directory, 'edge', `${edgeFile(upward)}${RESULTS}`, dialler, device)
    t.after(() => Promise.all([edge.stop(), hub.stop()]))
    const factsAt = async ({ view }: RunningNode, definition: string) =>
      (await view.historian.facts({ definition, limit: 100 })).facts.filter(({ to }) => to !== null)
    await until('both at the edge', async () => (await factsAt(edge, 'seven')).length > 1 && (await factsAt(edge, 'one')).length > 1)
    await until(
      'one at the hub',
      async () => (await factsAt(hub, 'one')).length > 1 && hub.view.signals.indexOf('t/calc/seven') !== undefined,
    )
    if (isThere) await until('the other one as well', async () => (await factsAt(hub, 'seven')).length > 1)
    else assert.deepEqual(await factsAt(hub, 'seven'), [])
    // Every frame as it was on the wire: names of what may not pass are in none, or in results alone.
    for (const bytes of frames) {
      const frame = await decodeFrame(bytes)
      if (frame.type !== 'records') continue
      for (const { kind, payload } of frame.records) {
        const names = /count\/[789]/.test(Buffer.from(payload).toString('latin1'))
        assert.ok(!names || (isThere && (kind === 'facts' || kind === 'signals')), `a name in a record of ${kind}`)
      }
    }
    const addresses = ['seven', 'one'].map((id) => hub.view.signals.at(hub.view.signals.indexOf(`t/calc/${id}`) ?? -1)?.address)
    assert.deepEqual(addresses, [isThere ? 'n * 2' : '', 'n * 2'])
    const refused = edge.view.policy.crossings().find(({ part }) => part === 'link-out')?.counts?.refused
    assert.equal((refused?.['conduit-input-not-named'] ?? 0) > 0, !isThere)
    assert.equal(hub.view.signals.indexOf('t/count/7'), undefined)
    // What a passport at the hub names: the conduit of the link, and the line of the hub's own file.
    const { reason, conduit, place } = hub.view.policy.letIn({ kind: 'signal', id: 't/count/1' }, { node: 'edge' }) ?? {}
    assert.deepEqual([reason, conduit], ['conduit', 'upward'])
    assert.match(place ?? '', /hub\.yaml:\d+$/)
    await checkPassports(t, hub, directory, isThere)
    assert.deepEqual(await openSums(hub.view), [])
  })
