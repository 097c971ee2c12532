import { join } from 'node:path'
import type { LoadedConfig } from '../config/index.ts'
import type { SampleBatch } from '../core/batch.ts'
import type { Transport } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import type { NodeView, StatedChanges } from '../core/node-view.ts'
import type { SelfTestResult } from '../core/self-test.ts'
import type { SpoolRecord } from '../core/spool.ts'
import type { Clock } from '../core/time.ts'
import { noLedger, type RunningLedger, startLedger } from './accounting/index.ts'
import { Depth } from './depth.ts'
import { type StartedDeriving, startDeriving } from './deriving/start.ts'
import { FanOut } from './fan-out.ts'
import { Feeder } from './feeder.ts'
import { type Foundation, openFoundation } from './foundation.ts'
import { type Gateway, openGateway } from './gateway.ts'
import { createJudges, type Judges } from './judges.ts'
import { knownDependencies, startTelling, viewOf } from './node-view.ts'
import type { RecordBook } from './records/book.ts'
import { openBooks, startRecordConnections } from './records/start.ts'
import { Remotes } from './remotes.ts'
import { resume } from './resume.ts'
import { startRoutines } from './routines.ts'
import { isSampled, type Shared, startConnection } from './sampled.ts'
import { statedChanges } from './stated-changes.ts'
import { StuckLog } from './stuck-log.ts'

const DRAIN_LIMIT_MS = 10_000
const LINK_DRAIN_MS = 2_000
/** How long another node may be silent before its values here are Uncertain, and Bad. It says every second that it lives. */
const LINK_SILENCE = { uncertainAfter: 10_000, badAfter: 60_000 }

export interface NodeDependencies {
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  /** Version of the program, shown in health. */
  readonly version: string
  /** Bytes free on the disk of a directory; absent: not known. */
  readonly diskFree?: (directory: string) => Promise<number>
  /** What was found before the start; absent: nothing was looked at. */
  readonly selfTest?: readonly SelfTestResult[]
  /** Nothing is accounted for: for measuring what the ledger costs. */
  readonly isUnaccounted?: boolean
  /** Ways to other nodes; absent: this node stands alone. */
  readonly transport?: Transport
}

export interface RunningNode {
  readonly view: NodeView
  /** Resolves when the node asks to be stopped and started again: its log must begin a new epoch. */
  readonly restart: Promise<void>
  /** Stops reading, makes durable what was read, stores it, closes. Idempotent. */
  stop(): Promise<void>
}

/** Wires the parts as values and starts every connection. Rejects when the spool or the historian cannot be opened; nothing runs then. */
export async function startNode(loaded: LoadedConfig, deps: NodeDependencies): Promise<RunningNode> {
  const opened = new AsyncDisposableStack()
  const stopping = new AbortController()
  const shutdown = async () => {
    stopping.abort()
    await opened.disposeAsync()
  }
  try {
    const started = await start(loaded, deps, opened, stopping.signal)
    let stopped: Promise<void> | undefined
    return { ...started, stop: () => (stopped ??= shutdown()) }
  } catch (error) {
    await shutdown()
    throw error
  }
}

/** Each part registers with `opened` how it ends, so that the stop goes the other way: sources first, then what is computed, then what stores, then the log. */
async function start(
  loaded: LoadedConfig,
  deps: NodeDependencies,
  opened: AsyncDisposableStack,
  stop: AbortSignal,
): Promise<Omit<RunningNode, 'stop'>> {
  const { clock, log } = deps
  const foundation = await openFoundation(loaded, deps, opened)
  const { spool, historian, signals, reasons, last } = foundation
  const judges = createJudges(foundation)
  const fanOut = new FanOut<SampleBatch>(log)
  const changes = new FanOut<StatedChanges>(log)
  const shown = { signals, reasons, last, clock, silence: LINK_SILENCE, publish: (batch: SampleBatch) => fanOut.publish(batch) }
  const remotes = new Remotes(shown)
  const stuckLog = new StuckLog({ ...shown, spool, isOwn: (signal) => remotes.nodeOf(signal) === undefined })
  const { from, books } = await takeUp(foundation, judges, remotes)
  opened.defer(() => judges.memory.save())
  const ledger = await openLedger(foundation, from)
  opened.defer(() => ledger.close())

  let reached = from
  let deriving: StartedDeriving | undefined
  const feeder = new Feeder({
    ...{ ...deps, spool, historian, from, storedTo: foundation.stores.storedTo },
    commitRows: loaded.config.historian.commitRows,
    commitIntervalMs: loaded.config.historian.commitInterval,
    onStored: async (sequence, records) => {
      reached = sequence
      await ledger.stored(sequence, records)
      deriving?.stored(sequence)
      const stated = statedChanges(records)
      if (stated) changes.publish(stated)
    },
  })
  opened.defer(() => feeder.close(DRAIN_LIMIT_MS))

  const { promise: restart, resolve: onRestart } = Promise.withResolvers<void>()
  const gateway = await openWays(foundation, remotes, ledger, onRestart)
  opened.defer(() => gateway?.close(LINK_DRAIN_MS))

  const shared: Shared = { ...foundation, ...judges, fanOut, remotes, stop }
  const sampled = loaded.connections.flatMap((connection) => (isSampled(connection) ? startConnection(connection, loaded, shared) : []))
  const stored = (sequence: number, until: AbortSignal) => feeder.stored(sequence, until)
  const connections = [...sampled, ...startRecordConnections({ ...foundation, ...judges, books, history: historian, stored, stop })]
  opened.defer(async () => void (await Promise.all(connections.map((connection) => connection.finish()))))

  const depth = new Depth(loaded, spool, deps)
  const routines = startRoutines(foundation, judges, remotes, stuckLog, depth, stop)
  opened.defer(async () => void (await Promise.all(routines)))

  deriving = await openDeriving(foundation, judges, remotes, from, (batch) => {
    last.update(batch, signals.size)
    fanOut.publish(batch)
  })
  opened.defer(() => deriving?.close())
  // What was stored while it started: nothing else may come that would tell it.
  deriving?.stored(reached)

  const parts = { ...foundation, ...judges, books, ledger, feeder, remotes, depth, fanOut, changes, gateway, deriving, connections, stop }
  const dependencies = knownDependencies(foundation)
  const telling = startTelling(parts, dependencies)
  opened.defer(() => telling?.done)
  return { view: viewOf(parts, dependencies, telling), restart }
}

/** Where the node stopped: what its rules remember, what others send it, its books of IT records, its last values. `from` is the historian's place in the log. */
async function takeUp(foundation: Foundation, { memory, ruleRecords }: Judges, remotes: Remotes) {
  const { loaded, spool, historian, stores } = foundation
  await memory.restore()
  remotes.restore(await historian.writers(), spool.node)
  const books: ReadonlyMap<string, RecordBook> = await openBooks(loaded.connections, historian, spool.node)
  await ruleRecords.load(historian)
  const onRecords = (record: SpoolRecord) => {
    for (const book of books.values()) book.absorb(record)
    ruleRecords.absorb(record)
  }
  const from = await resume({ ...foundation, lastRecordedTime: stores.lastRecordedTime, remotes, onRecords })
  remotes.reached(spool.streams())
  spool.follow((records) => {
    for (const record of records) ruleRecords.absorb(record)
  })
  return { from, books }
}

function openLedger(foundation: Foundation, from: number): Promise<RunningLedger> | RunningLedger {
  if (foundation.isUnaccounted) return noLedger()
  const { loaded, stores, historian } = foundation
  const { data, node } = loaded.config
  return startLedger({
    ...{ ...foundation, storedTo: stores.storedTo, from, directory: join(data, 'ledger') },
    historian: node.role === 'relay' ? undefined : historian,
  })
}

/** The ways to other nodes; undefined where this one stands alone. */
async function openWays(
  foundation: Foundation,
  remotes: Remotes,
  ledger: RunningLedger,
  onRestart: () => void,
): Promise<Gateway | undefined> {
  const { transport, flows, stores, signals, evidence } = foundation
  if (!transport) return undefined
  return openGateway({
    ...{ ...foundation, transport: flows.observed(transport), ended: stores.ended, remotes, onRestart, audit: evidence.audit },
    signalCount: () => signals.size,
    onTaken: (records, before, over) => ledger.sent(records, before, over),
    onRelayed: (relayed, over) => ledger.relayed(relayed, over),
    onConfirmed: (sequence) => ledger.confirmed(sequence),
    onResumed: (sequence, pass) => ledger.resumed(sequence, pass),
  })
}

async function openDeriving(
  foundation: Foundation,
  judges: Judges,
  remotes: Remotes,
  storedSequence: number,
  onBatch: (batch: SampleBatch) => void,
): Promise<StartedDeriving | undefined> {
  return startDeriving({
    ...{ ...foundation, ...judges, writers: await foundation.historian.writers(), storedSequence, onBatch },
    classes: foundation.policing?.classes,
    nodeOf: (index) => remotes.nodeOf(index),
  })
}
