import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { evidence } from '../src/api/evidence-schemas.ts'
import { startApi } from '../src/api/index.ts'
import { loadConfig } from '../src/config/index.ts'
import { decodeBatch } from '../src/core/batch-codec.ts'
import type { Connector } from '../src/core/connector.ts'
import { NotConnected } from '../src/core/errors.ts'
import type { Channel, Transport } from '../src/core/link.ts'
import { silent } from '../src/core/log.ts'
import { RECORD_KINDS } from '../src/core/spool.ts'
import { type Clock, HOUR, systemClock } from '../src/core/time.ts'
import { memoryChannels } from '../src/gateway/link/memory-channel.ts'
import { type RunningNode, startNode } from '../src/run/node.ts'
import { transportOf } from '../src/run/transport.ts'
import { freePort, until } from './air-gap.ts'
import { countingConnector } from './counting-source.ts'

/**
 * An edge whose log is changed on its disk before it is sent, by somebody who chains it anew: nothing in the records tells the hub. But the edge had the hashes of before in its hour, and says
 * its root.
 */

interface Site {
  readonly directory: string
  /** Of a node by its name. */
  start(id: string, device?: Connector, isAlone?: boolean): Promise<RunningNode>
}

const SEGMENT_HEADER = 384
const RECORD_HEADER = 88
const RECORD_MAGIC = 0x31524345

/** Changes a value of one batch of a log of one segment, and chains everything behind it anew, so that nothing in the log itself tells. Returns its sequence. */
function alterLog(spool: string): number {
  const [name, ...others] = readdirSync(spool).filter((one) => one.endsWith('.seg'))
  assert.ok(name && others.length === 0)
  const bytes = readFileSync(join(spool, name))
  let previous = bytes.subarray(64, 96)
  let altered = 0
  for (let at = SEGMENT_HEADER; at + RECORD_HEADER <= bytes.length && bytes.readUInt32LE(at) === RECORD_MAGIC; ) {
    const size = bytes.readUInt32LE(at + 12)
    const end = at + RECORD_HEADER + ((size + 7) & ~7)
    const payload = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + size)
    const sequence = bytes.readDoubleLE(at + 24)
    if (altered === 0 && sequence > 20 && RECORD_KINDS[bytes.readUInt32LE(at + 16)] === 'batch') {
      altered = sequence
      const value = payload.indexOf(doubleOf(payload))
      payload.writeUInt8(payload.readUInt8(value + 6) ^ 1, value + 6)
    }
    createHash('sha256')
      .update(previous)
      .update(bytes.subarray(at + 12, at + 56))
      .update(payload)
      .digest()
      .copy(bytes, at + 56)
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 12, end)), at + 8)
    previous = bytes.subarray(at + 56, at + 88)
    at = end
  }
  writeFileSync(join(spool, name), bytes)
  return altered
}

/** The bytes of a batch's first value. */
function doubleOf(payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(decodeBatch(new Uint8Array(payload)).value[0] as number)
  return bytes
}

function siteOf(t: TestContext, clock: Clock, wayOf: (id: string) => string, transport: (id: string) => Transport | undefined): Site {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-roots-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return {
    directory,
    start: async (id, device, isAlone = false) => {
      const file = join(directory, `${id}.yaml`)
      writeFileSync(
        file,
        `version: 1\nsite: { id: t }\nnode: { id: ${id}, role: ${id} }\ndata: ${join(directory, id)}\nhistorian: { commitInterval: 20ms }\n${isAlone ? '' : wayOf(id)}${device ? 'connections:\n  c: { kind: counting, first: 0 }\n' : ''}`,
      )
      const loaded = await loadConfig(file, { connectors: device ? [device] : [], env: { KEY } })
      if (isAlone) return startNode(loaded, { clock, log: silent, random: Math.random, version: '0', diskFree: async () => 1e12 })
      const own = transport(id) ?? (await transportOf(loaded, { clock, log: silent }))
      assert.ok(own)
      return startNode(loaded, { clock, log: silent, random: Math.random, version: '0', transport: own, diskFree: async () => 1e12 })
    },
  }
}

const KEY = randomBytes(32).toString('base64')

/** A clock whose hours can be ended. */
function steppingClock(): Clock & { offset: number } {
  const clock = {
    offset: 0,
    now: () => systemClock.now() + clock.offset,
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: (ms: number, stop?: AbortSignal) => systemClock.sleep(ms, stop),
  }
  return clock
}

async function play(t: TestContext, clock: ReturnType<typeof steppingClock>, site: Site): Promise<void> {
  const counter = () => countingConnector(() => {})
  const alone = await site.start('edge', counter(), true)
  await until('records', () => alone.view.spool().lastSequence > 40)
  await alone.view.evidence?.sign()
  await alone.stop()
  const altered = alterLog(join(site.directory, 'edge', 'spool'))

  const hub = await site.start('hub')
  const edge = await site.start('edge', counter())
  t.after(() => Promise.all([edge.stop(), hub.stop()]))
  const hours = () => hub.view.evidence?.streams().find(({ node }) => node === 'edge')?.recent ?? []
  for (const count of [1, 2]) {
    clock.offset += HOUR
    const before = edge.view.spool().lastSequence
    await until('an hour is over', () => edge.view.spool().lastSequence > before + 5)
    await edge.view.evidence?.sign()
    await until('the root of each is said', () => hours().filter(({ stated }) => stated !== undefined).length === count)
    await hub.view.evidence?.sign()
  }
  const [second, first] = hours()
  assert.ok(first && second && first.from <= altered && altered <= first.to)
  assert.notEqual(first.stated, first.root)
  assert.equal(second.stated, second.root)
  const differences = () => hub.view.flows.findings().filter(({ code }) => code === 'root-differs')
  await until('the finding', () => differences().length === 1)
  const [finding] = differences()
  assert.deepEqual([finding?.severity, finding?.state, finding?.subject, finding?.evidence.from], ['critical', 'open', 'edge', first.from])
  const { entries } = await hub.view.audit.read({ kinds: ['finding'], limit: 10 })
  assert.match(entries.find(({ detail }) => detail?.code === 'root-differs')?.what ?? '', /^edge says another root of its records/)

  const options = { host: '127.0.0.1', port: 0, directory: site.directory, webDirectory: join(site.directory, 'web'), log: silent }
  const api = await startApi(hub.view, options)
  t.after(() => api.close())
  const authorization = `Bearer ${readFileSync(join(site.directory, 'local-token'), 'utf8').trim()}`
  const told = evidence.parse(await (await fetch(`${api.url}/api/v1/evidence`, { headers: { authorization } })).json())
  assert.equal(
    told.streams
      .find(({ node }) => node === 'edge')
      ?.recent.map(({ isDifferent }) => isDifferent)
      .join(),
    'false,true',
  )
}

test('over a link that answers: a log that was changed before it was sent has another root than its node says, the hour after it the same', async (t) => {
  const clock = steppingClock()
  let listener: ((channel: Channel) => void) | undefined
  const hubEnd: Transport = {
    listen: async (onChannel) => {
      listener = onChannel
      return { address: 'memory:1', close: async () => {} }
    },
  }
  const edgeEnd: Transport = {
    endpoint: 'memory:1',
    dial: async () => {
      if (!listener) throw new NotConnected('nobody listens')
      const peer = { address: 'memory', mayForward: false }
      const ends = memoryChannels({ atDialler: { node: 'hub', ...peer }, atListener: { node: 'edge', ...peer } })
      listener(ends.listener)
      return ends.dialler
    },
  }
  await play(
    t,
    clock,
    siteOf(
      t,
      clock,
      () => '',
      (id) => (id === 'hub' ? hubEnd : edgeEnd),
    ),
  )
})

test('one way, over datagrams: the same', async (t) => {
  const clock = steppingClock()
  const port = await freePort()
  const senders = `[{ sender: 1, node: edge, key: "\${env:KEY}" }]`
  const ways: Readonly<Record<string, string>> = {
    hub: `link: { transport: diode, listen: { port: ${port} }, diode: { senders: ${senders} } }\n`,
    edge: `link: { transport: diode, to: "127.0.0.1:${port}", diode: { key: "\${env:KEY}" } }\n`,
  }
  await play(
    t,
    clock,
    siteOf(
      t,
      clock,
      (id) => ways[id] ?? '',
      () => undefined,
    ),
  )
})
