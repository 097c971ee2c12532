import { join } from 'node:path'
import type { LoadedConfig, LoadedConnection } from '../config/index.ts'
import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import type { SampleConnector } from '../core/connector.ts'
import type { LastValues } from '../core/last-values.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Delivery } from '../core/source.ts'
import type { Spool } from '../core/spool.ts'
import type { ContractWatch } from '../govern/contracts/index.ts'
import { BackOff } from '../lib/back-off.ts'
import type { ClocksOff, Qualify } from '../qualify/index.ts'
import { ClockWatch } from './clock-watch.ts'
import { runConnection } from './connection.ts'
import { Drops } from './drops.ts'
import { endpointOf } from './endpoint.ts'
import type { FanOut } from './fan-out.ts'
import type { RunningFlows } from './flows/start.ts'
import { HealthRecord } from './health.ts'
import { Lane } from './lane.ts'
import { Liveness } from './liveness.ts'
import type { NodeDependencies } from './node.ts'
import { aboutPermitted, throughConduit } from './policy/collecting.ts'
import type { Policing } from './policy/policing.ts'
import { receiptsOf } from './receipts.ts'
import type { Remotes } from './remotes.ts'
import { repeatedly } from './repeatedly.ts'
import type { RuleMemory } from './rule-memory.ts'
import { scoped } from './scoped.ts'

const BACK_OFF_FIRST_MS = 500
const BACK_OFF_LIMIT_MS = 30_000
const DRAIN_LIMIT_MS = 10_000

/** The node's state that all its connections share. */
export interface Shared extends NodeDependencies {
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly fanOut: FanOut<SampleBatch>
  readonly qualify: Qualify
  readonly contracts: ContractWatch
  readonly memory: RuleMemory
  readonly clocksOff: ClocksOff
  readonly remotes: Remotes
  readonly spool: Spool
  readonly flows: RunningFlows
  /** Absent: no zones are declared. */
  readonly policing: Policing | undefined
  readonly stop: AbortSignal
}

type Sampled = LoadedConnection & { readonly connector: SampleConnector }

export const isSampled = (connection: LoadedConnection): connection is Sampled => connection.connector.source !== undefined

/** Starts one connection that brings samples. */
export function startConnection(connection: Sampled, loaded: LoadedConfig, shared: Shared) {
  const { clock, random, signals, reasons, last, fanOut, qualify, contracts, memory, clocksOff, remotes, spool, stop } = shared
  const { name } = connection
  const log = scoped(shared.log, name)
  const endpoint = endpointOf(connection.config)
  const health = new HealthRecord({ name, kind: connection.kind, endpoint, ...(connection.label && { label: connection.label }) }, clock)
  const receipts = () => receiptsOf(spool, signals, name)
  const context = {
    connection: name,
    site: loaded.config.site.id,
    signals,
    reasons,
    clock,
    log,
    random,
    receipts,
    onExchange: shared.flows.exchangesOf(connection),
  }
  const gate = shared.policing?.gateOf(name)
  const device = connection.connector.source(connection.config, { ...context, directory: join(loaded.config.data, 'connections', name) })
  const source = gate ? throughConduit(device, gate) : device
  const liveness = new Liveness({ connection: name, limits: connection.silence, signals, reasons, last, clock, health })
  const onStored = (batch: SampleBatch) => {
    last.update(batch, signals.size)
    remotes.measuredHere(batch, spool.node)
    fanOut.publish(batch)
  }
  const { classes } = shared.policing ?? {}
  const split = classes && ((batch: SampleBatch) => classes.split(batch))
  const lane = new Lane({ spool, health, clock, random, onStored, split })
  const drops = new Drops(name, 'samples', () => source.counters.dropped)
  /** Counts what was dropped while nothing came that it could go with. */
  const account = async () => {
    const account = drops.take()
    if (account) await lane.put({ batch: new BatchBuilder(0).build(clock.now()), account })
  }
  // What the node measures itself is not counted as the device's.
  const ownLane = new Lane({
    spool,
    health: new HealthRecord({ name, kind: connection.kind, endpoint }, clock),
    clock,
    random,
    onStored,
    split,
  })
  const backOff = new BackOff(BACK_OFF_FIRST_MS, BACK_OFF_LIMIT_MS, random)
  const clockWatch = new ClockWatch({ ...context, settings: connection.clock, source, onLimit: (isOff) => clocksOff.set(name, isOff) })
  const running = runConnection({
    source,
    health,
    liveness,
    lane,
    drops,
    qualify,
    contracts,
    memory,
    clockWatch,
    onJudged: shared.flows.batchesOf(connection, signals),
    backOff,
    clock,
    log,
    stop,
  })
  const mark = async ({ batch: all, ack }: Delivery) => {
    const batch = gate ? aboutPermitted(all, gate) : all
    if (batch.count === 0) {
      ack?.()
      return
    }
    const settled = await memory.enter()
    contracts.silence(batch)
    await lane.put({ batch, ack: () => [settled(), ack?.()] })
  }
  const watching = repeatedly(clock, liveness.tickMs, stop, async () => {
    const marks = liveness.check()
    if (marks) await mark(marks)
    const measured = clockWatch.measure()
    if (measured) await ownLane.put(measured)
    await account()
  })
  return {
    health: () => {
      const { dropped, latencyMs, lastProblem } = source.counters
      const measured = clockWatch.view()
      const clockView = { ...(source.clock && { clockMethod: source.clock.method }), ...(measured && { clock: measured }) }
      return health.view({
        signals: liveness.members().size - clockWatch.ownSignals,
        dropped,
        latencyMs,
        ...(lastProblem && { lastProblem }),
        ...clockView,
      })
    },
    finish: async () => {
      await Promise.all([running, watching])
      await account()
      await Promise.all([lane.close(DRAIN_LIMIT_MS), ownLane.close(DRAIN_LIMIT_MS)])
    },
  }
}
