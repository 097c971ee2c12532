import type { TestContext } from 'node:test'
import type { Forwarded } from '../../core/forwarded.ts'
import type { Hello, OneWayReception } from '../../core/link.ts'
import { silent } from '../../core/log.ts'
import { ManualClock } from '../../core/manual-clock.ts'
import type { Spool, SpoolRecord, StreamPosition } from '../../core/spool.ts'
import { parseTime } from '../../core/time.ts'
import { Intake } from '../link/intake.ts'
import { defineSignals, readAll, start, temporaryDirectory } from '../spool/harness.ts'
import { GapMap } from './gap-map.ts'
import { type DiodeSettings, diodeDefaults } from './options.ts'
import { DiodeReceiver } from './receiver.ts'
import { DiodeSender } from './sender.ts'

/** Numbers from a seed, 0 up to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Shares of datagrams that are lost, doubled, or overtaken by up to 200 others. */
export interface Weather {
  loss: number
  double: number
  late: number
}

/** A network that does what a seed says. Losses may come in bursts. */
export function network(random: () => number, weather: Weather, deliver: (bytes: Uint8Array) => void) {
  let held: { bytes: Uint8Array; after: number }[] = []
  const counters = { sent: 0, lost: 0, doubled: 0, late: 0 }
  const pass = (bytes: Uint8Array) => {
    if (random() < weather.late) {
      counters.late++
      held.push({ bytes, after: counters.sent + Math.ceil(random() * 200) })
    } else deliver(bytes)
  }
  return {
    counters,
    send: async (bytes: Uint8Array) => {
      counters.sent++
      const due = held.filter(({ after }) => after <= counters.sent)
      held = held.filter(({ after }) => after > counters.sent)
      for (const one of due) deliver(one.bytes)
      if (random() < weather.loss) counters.lost++
      else {
        pass(bytes)
        if (random() < weather.double) {
          counters.doubled++
          pass(bytes.slice())
        }
      }
    },
    close() {},
  }
}

export const KEY = new Uint8Array(32).fill(5)
export const helloOf = (of: Pick<Spool, 'node' | 'epoch'> & Partial<Pick<Spool, 'stats'>>, instance = 'one'): Hello => {
  const { node, epoch } = of
  return { ...{ node, instance, version: '0', time: 0 }, streams: [{ node, epoch, first: 1, last: of.stats?.().lastSequence ?? 0 }] }
}

/** Another node's log in memory, with what was imported into its gaps. */
export function memoryHub() {
  const records: SpoolRecord[] = []
  const imported: SpoolRecord[] = []
  const refusals: string[] = []
  const positions = new Map<string, StreamPosition>()
  const log = {
    node: 'hub',
    forward: async ({ node, epoch, records: more }: Forwarded) => {
      const last = more.at(-1) as SpoolRecord
      positions.set(node, { node, epoch, sequence: last.sequence, ...(last.seal && { hash: last.seal.hash }) })
      records.push(...more)
      return last
    },
    forwardMissing: async ({ records: more }: Forwarded) => more.at(-1) as SpoolRecord,
    streams: () => [...positions.values()],
  }
  return { records, imported, refusals, log }
}

/** An edge with a spool on disk, a network, and a hub; everything but the edge's spool runs in simulated time. */
export async function world(test: TestContext, seed: number, weather: Weather, settings: Partial<DiodeSettings> = {}) {
  const directory = await temporaryDirectory(test)
  const edge = await start(directory, { segmentBytes: 2 ** 20 })
  test.after(() => edge.spool.close())
  defineSignals(edge.signals, 2)
  const clock = new ManualClock(parseTime('2026-11-23T08:00:00Z'))
  const random = seeded(seed)
  const hub = memoryHub()
  const gaps = await GapMap.open(`${directory}/gaps.json`, async () => {})
  const makeReceiver = () => {
    const intake = new Intake({ log: hub.log, clock })
    const oneWay: Pick<OneWayReception, 'importMissing' | 'refused'> = {
      importMissing: async (records) => {
        hub.imported.push(...records)
      },
      refused: (refusal) => hub.refusals.push(refusal.code),
    }
    return new DiodeReceiver({
      senders: [{ sender: 1, key: KEY, node: 'edge-1' }],
      reception: () => ({ ...intake.reception({ probe: async () => false, end() {} }), ...oneWay }),
      ...{ gaps, clock, log: silent },
    })
  }
  const receiving = { now: makeReceiver() }
  const net = network(random, weather, (bytes) => receiving.now.onDatagram(bytes, 'network'))
  let boot = 0
  const makeLink = (dictionaries: readonly SpoolRecord[] = []) =>
    new DiodeSender({
      settings: { ...diodeDefaults, ...settings },
      ...{ sender: 1, key: KEY, boot: async () => ++boot, open: async () => net, clock },
      random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
      dictionaries,
    })
  test.after(async () => {
    await receiving.now.close()
  })
  return { directory, edge, clock, random, hub, gaps, net, receiving, makeReceiver, makeLink, weather }
}

/** Records of a spool from a sequence on, in the order in which a sender takes them. */
export const recordsFrom = (spool: Spool, sequence: number): Promise<SpoolRecord[]> => readAll(spool, sequence)
