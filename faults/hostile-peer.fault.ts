import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../bench/node.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import { encodeBatch } from '../src/core/batch-codec.ts'
import { LIMITS } from '../src/core/limits.ts'
import { type Hello, type Link, LinkRefused, type StreamId } from '../src/core/link.ts'
import type { SpoolRecord } from '../src/core/spool.ts'
import { systemClock } from '../src/core/time.ts'
import { linkConfig } from '../src/gateway/config.ts'
import { openDialIdentity } from '../src/gateway/identity/hub.ts'
import { FrameLink } from '../src/gateway/link/frame-link.ts'
import { dial } from '../src/gateway/link/tls.ts'
import { findLog, walk } from '../src/gateway/spool/walk.ts'
import { type Gateway, killAll, type Member, withGateway } from './gateway.ts'
import { chained, pretending, trueLog, words } from './hostile-log.ts'
import type { NodeProcess } from './node.ts'
import { faultsOf } from './oracle.ts'
import { type Form, ofLong, type Row } from './row.ts'

/** A node with a true certificate that lies: old batches again, other names, other epochs, wrong chains, records beyond every limit. An honest edge sends meanwhile. */
export const title = 'Hostile peer with a certificate'
export const ofGateway = true

const LIMIT_MS = 60_000
const RECORDS = 40
const DAYS = 3
const MEMBERS: readonly Member[] = [
  // So small that what the hostile node sent first is long gone from the hub's log when it comes again.
  { name: 'hub', role: 'hub', spool: 'segmentBytes: 64KiB, maxBytes: 1MiB' },
  { name: 'edge', role: 'edge', to: 'hub', device: 'batch: 20, period: 5' },
  { name: 'evil', role: 'edge', to: 'hub', isForeign: true },
]

/** What was tried, what must come of it, and what did: a refusal's code, or `durable N`. */
interface Tried {
  readonly what: string
  readonly wanted: string
  readonly found: string
}

export async function run(form: Form): Promise<Row[]> {
  const rounds = form === 'short' ? 1 : ofLong(20)
  return withGateway(MEMBERS, async (gateway) => {
    const log = await trueLog(gateway.folder, 'evil', RECORDS)
    const tried: Tried[] = []
    let hub = await gateway.start('hub')
    await hub.report()
    const edge = await gateway.start('edge')
    try {
      await confirmed(edge, 20)
      const evil = new Evil(gateway, log)
      tried.push(await evil.tries('its own log', `durable ${evil.end}`, { records: log }))
      for (let round = 0; round < rounds; round++) tried.push(...(await lies(evil, gateway)))
      const attempts = (await edge.report()).uplink?.attempts
      tried.push({ what: 'the honest edge was never cut off', wanted: '1', found: `${attempts}` })
      const said = await saidBy(hub)
      tried.push({ what: 'refusals said at the hub', wanted: 'true', found: `${said.refusals >= tried.length / 2}` })
      await confirmed(edge, form === 'short' ? 200 : 2_000)
      // Days later, and the hub has started again since.
      await hub.stop()
      hub = await gateway.start('hub', { env: daysLater(gateway) })
      await confirmed(edge, 50)
      tried.push(await evil.tries('old batches, days later', `durable ${evil.end}`, { records: log }))
      tried.push(await evil.tries('old batches, altered, days later', `durable ${evil.end}`, { records: log.map(altered) }))
      tried.push(...(await atLast(evil, hub)))
      await edge.stop()
      await hub.stop()
    } finally {
      await killAll(hub, edge)
    }
    await gateway.settle()
    return [await judged(gateway, tried)]
  })
}

async function saidBy(hub: NodeProcess): Promise<{ refusals: number; behind: number }> {
  const { refusals, remotes } = await hub.report()
  return {
    refusals: refusals.filter(({ node }) => node === 'evil').reduce((sum, { count }) => sum + count, 0),
    behind: remotes.find(({ node }) => node === 'edge')?.behindRecords ?? 0,
  }
}

/** Everything that can be tried again and again. */
async function lies(evil: Evil, gateway: Gateway): Promise<Tried[]> {
  const { log, own, last } = evil
  const theirs = await recordsOf(gateway, 'edge')
  const after = (kind: SpoolRecord['kind'], payload: Uint8Array, given: Partial<SpoolRecord> = {}) => [chained(last, kind, payload, given)]
  const definition = { id: 'evil/x', connection: 'c', address: 'a', dataType: 'number' }
  const long = words([[0, { ...definition, id: 'x'.repeat(LIMITS.idLength + 1) }]])
  const gone = { ...own, epoch: own.epoch - 1 }
  return [
    await evil.tries('old batches', `durable ${evil.end}`, { records: log }),
    await evil.tries('old batches, altered', `durable ${evil.end}`, { records: log.map(altered) }),
    await evil.tries('another node’s name', 'not-permitted', { hello: { node: 'edge' } }),
    await evil.tries('another node’s log, named', 'not-permitted', { streams: [{ node: 'edge', epoch: theirs[0]?.epoch ?? 0 }] }),
    await evil.tries('another node’s log, recorded', 'not-permitted', { records: theirs }),
    await evil.tries('an older epoch', 'epoch-superseded', { streams: [gone] }),
    await evil.tries('an epoch that it has not named', 'not-permitted', { records: log.map((one) => ({ ...one, epoch: own.epoch + 5 })) }),
    await evil.tries('many logs', 'not-permitted', { streams: Array.from({ length: 100 }, (_, i) => ({ ...own, epoch: own.epoch - i })) }),
    await evil.tries('a wrong chain', 'chain-broken', { records: [{ ...chained(last, 'batch', one()), recordedTime: 1 }] }),
    await evil.tries('a record left out', 'out-of-order', { records: after('batch', one(), { sequence: last.sequence + 2 }) }),
    await evil.tries('sequence 2^53', 'malformed', { records: after('batch', one(), { sequence: 2 ** 53 }) }),
    await evil.tries('a batch that is none', 'malformed', { records: after('batch', new Uint8Array(100)) }),
    await evil.tries('a batch of 4 billion rows', 'malformed', { records: after('batch', claiming(0xffffffff)) }),
    await evil.tries('a kind that stays at home', 'malformed', { records: after('streams', words([])) }),
    await evil.tries('a name beyond its limit', 'malformed', { records: after('signals', long) }),
    await evil.tries('a signal beyond the table', 'malformed', { records: after('signals', words([[LIMITS.signals, definition]])) }),
    await evil.tries('reasons beyond the table', 'malformed', {
      records: after('reasons', words({ first: LIMITS.reasonSets, sets: [['x']] })),
    }),
    await evil.tries('a clone of itself', 'identity-used-twice', { clone: true }),
  ]
}

/** What leaves marks: its own log goes on, and others' signals are in it. */
async function atLast(evil: Evil, hub: NodeProcess): Promise<Tried[]> {
  const { behind } = await saidBy(hub)
  const contestedBefore = (await hub.report()).contested.length
  const tried: Tried[] = [{ what: 'newest values for another node', wanted: 'true', found: `${behind < 1_000_000}` }]
  let before = evil.last
  // Once more than it takes for the hub to tell a signal that moved from one that two send.
  for (let i = 0; i < 3; i++) {
    const records = pretending(before, 'edge/count/3', 100 + i)
    before = records.at(-1) as SpoolRecord
    tried.push(await evil.tries('a signal of another node', `durable ${before.sequence}`, { records }))
    const { lastSequence } = await hub.report()
    await until('more of the honest edge', LIMIT_MS, async () => (await hub.report()).lastSequence > lastSequence + 5)
  }
  const contested = (await hub.report()).contested.find(({ signal }) => signal === 'edge/count/3')
  tried.push({ what: 'said to be contested', wanted: '0, edge and evil', found: `${contestedBefore}, ${contested?.nodes.join(' and ')}` })
  const epochs = [1, 2, 3, 4].map((more) => ({ node: 'evil', epoch: evil.own.epoch + more }))
  for (const [i, stream] of epochs.entries())
    tried.push(await evil.tries(`new epoch ${i + 1} within the hour`, i < 3 ? 'durable 0' : 'identity-used-twice', { streams: [stream] }))
  return tried
}

async function judged(gateway: Gateway, tried: readonly Tried[]): Promise<Row> {
  const wrong = tried.filter(({ wanted, found }) => wanted !== found)
  const [edge, evil] = [await gateway.verdict('edge'), await gateway.verdict('evil')]
  const faults = [faultsOf(edge), faultsOf(evil)].filter((text) => text !== '')
  const refused = tried.filter(({ wanted }) => /^[a-z]+-/.test(wanted) || wanted === 'malformed').length
  return {
    fault: 'hostile peer with a certificate',
    method: `${new Set(tried.map(({ what }) => what)).size} lies over TLS beside an honest edge; the last ones ${DAYS} days later, after a restart of the hub`,
    runs: tried.length,
    target: 'refused and said, or skipped; stored twice 0, altered 0; the honest edge never cut off, lost 0',
    figure: `${wrong.map(({ what, found, wanted }) => `${what}: ${found}, not ${wanted}`).join('; ') || `${refused} refused, each with its reason`}; ${faults.join('; ') || 'lost 0, twice 0, altered 0'} of ${(edge.acknowledged + evil.acknowledged).toLocaleString('en')}`,
    met: wrong.length === 0 && faults.length === 0 && edge.acknowledged > 0 && evil.held > 0,
  }
}

interface Try {
  readonly hello?: Partial<Hello>
  readonly streams?: readonly StreamId[]
  readonly records?: readonly SpoolRecord[]
  /** While another program with the same identity is connected. */
  readonly clone?: boolean
}

class Evil {
  readonly log: readonly SpoolRecord[]
  readonly #gateway: Gateway

  constructor(gateway: Gateway, log: readonly SpoolRecord[]) {
    this.#gateway = gateway
    this.log = log
  }

  get last(): SpoolRecord {
    return this.log.at(-1) as SpoolRecord
  }
  get end(): number {
    return this.last.sequence
  }
  get own(): StreamId {
    return { node: 'evil', epoch: this.last.epoch }
  }

  async tries(what: string, wanted: string, { hello, streams = [this.own], records = [], clone }: Try): Promise<Tried> {
    const first = clone ? await this.#link() : undefined
    await first?.connect(this.#hello('one', [this.own]), new AbortController().signal)
    const link = await this.#link()
    try {
      const welcome = await link.connect({ ...this.#hello('two', streams), ...hello }, new AbortController().signal)
      const [known] = welcome?.streams ?? []
      const last = records.at(-1)
      if (!last) return { what, wanted, found: `durable ${known?.sequence ?? 0}` }
      // Old ones too are answered with where the log is; a second program of that name must not look as if it were another's.
      link.show({ node: 'edge', epoch: 1 }, new BatchBuilder(0).build(0), 2 ** 40)
      const durable = new Promise<string>((resolve) => {
        link.onDurable = ({ sequence }) => sequence >= Math.min(last.sequence, this.end) && resolve(`durable ${sequence}`)
      })
      await link.send(records)
      return { what, wanted, found: await Promise.race([durable, link.ended.then(codeOf)]) }
    } catch (error) {
      return { what, wanted, found: codeOf(error) }
    } finally {
      await link.close()
      await first?.close()
    }
  }

  async #link(): Promise<Link> {
    const identity = await openDialIdentity({ data: this.#gateway.data('evil'), link: linkConfig.parse({}) })
    const address = `127.0.0.1:${this.#gateway.port('hub')}`
    return new FrameLink({ clock: systemClock, dial: (stop) => dial({ address, identity, clock: systemClock, stop }) })
  }

  #hello(instance: string, streams: readonly StreamId[]): Hello {
    return {
      ...{ node: 'evil', instance, version: '0', time: systemClock.now() },
      streams: streams.map((stream) => ({ ...stream, first: 1, last: this.end })),
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof LinkRefused ? error.code : String(error))

function one(): Uint8Array {
  const builder = new BatchBuilder(1)
  builder.push(0, Date.now() * 1000, 1, 0)
  return encodeBatch(builder.build(Date.now() * 1000))
}

/** A batch that says it has so many rows. */
function claiming(rows: number): Uint8Array {
  const bytes = one()
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, rows, true)
  return bytes
}

/** The same place in the log, with another value: bytes of the last column. */
function altered(record: SpoolRecord): SpoolRecord {
  if (record.kind !== 'batch') return record
  const payload = record.payload.slice()
  const at = 40 + 20 * 2 + 20 * 4
  if (payload[at] !== undefined) payload[at] ^= 1
  return { ...record, payload }
}

async function recordsOf(gateway: Gateway, name: string): Promise<SpoolRecord[]> {
  const log = await findLog(join(gateway.data(name), 'spool'))
  const records: SpoolRecord[] = []
  if (log) for await (const step of walk(log, 1, 30)) if (step.what === 'record') records.push(step.record)
  return records
}

/** For a hub whose clock shows another day; without the library, the same day. */
function daysLater({ folder }: Gateway): Record<string, string> {
  const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]
  if (!library) return {}
  const offset = join(folder, 'offset')
  writeFileSync(offset, `+${DAYS}d`)
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: offset, DONT_FAKE_MONOTONIC: '1' }
}

/** So many more batches were read, and the hub has them. */
async function confirmed(edge: NodeProcess, batches: number): Promise<void> {
  const enough = edge.acknowledged() + batches
  await until('acknowledgements', LIMIT_MS, () => edge.isOver() || edge.acknowledged() > enough)
  const { lastSequence } = await edge.report()
  await until('confirmations', LIMIT_MS, async () => ((await edge.report()).uplink?.confirmedSequence ?? 0) >= lastSequence)
}
