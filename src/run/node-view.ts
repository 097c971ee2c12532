import { feedsOf } from '../config/index.ts'
import { toUses } from '../continuity/config.ts'
import type { SampleBatch } from '../core/batch.ts'
import type { ConnectionHealth, NodeView, StatedChanges } from '../core/node-view.ts'
import { openWriteGate } from '../gateway/index.ts'
import type { RunningLedger } from './accounting/index.ts'
import { droppedBefore, ledgerOfSignals } from './accounting/signal-ledger.ts'
import { changesView } from './changes/start.ts'
import { keptConfigurations } from './configurations.ts'
import { dependenciesOf } from './dependencies.ts'
import type { Depth } from './depth.ts'
import type { StartedDeriving } from './deriving/start.ts'
import { discovering } from './discovering.ts'
import type { FanOut } from './fan-out.ts'
import type { Feeder } from './feeder.ts'
import type { Foundation } from './foundation.ts'
import type { Gateway } from './gateway.ts'
import type { Judges } from './judges.ts'
import { tellOpenLineage } from './open-lineage.ts'
import { planning } from './planning/start.ts'
import { tellingThrough } from './policy/telling.ts'
import { policyView } from './policy/view.ts'
import type { RecordBook } from './records/book.ts'
import { discardQuarantined, releaseQuarantined } from './records/release.ts'
import type { Remotes } from './remotes.ts'
import { inTurn, whileSame } from './repeatedly.ts'
import { within } from './within.ts'

/** A decision about quarantine is answered after this long, whether the historian has it or not. */
const STORED_LIMIT_MS = 5_000

/** The parts of a node that runs. */
export interface Running extends Foundation, Judges {
  readonly books: ReadonlyMap<string, RecordBook>
  readonly ledger: RunningLedger
  readonly feeder: Feeder
  readonly remotes: Remotes
  readonly depth: Depth
  readonly fanOut: FanOut<SampleBatch>
  readonly changes: FanOut<StatedChanges>
  /** Absent: this node stands alone. */
  readonly gateway: Gateway | undefined
  /** Absent: nothing is computed here. */
  readonly deriving: StartedDeriving | undefined
  readonly connections: readonly { health(): ConnectionHealth }[]
  readonly stop: AbortSignal
}

/** What tells other systems of lineage, hour by hour; undefined when the file declares none. */
export function startTelling(running: Running, dependencies: NodeView['dependencies']): ReturnType<typeof tellOpenLineage> | undefined {
  const { loaded, policing, contracts, clock, historian, signals } = running
  const { config } = loaded
  if (!config.openLineage) return undefined
  const gate = policing?.gateFor('openlineage')
  return tellOpenLineage({
    ...{ clock, log: running.log, random: running.random, config: config.openLineage, directory: config.data, stop: running.stop },
    ...(gate && { policy: tellingThrough(gate, config.site.id) }),
    teller: { site: config.site.id, node: config.node.id, version: running.version, configVersion: loaded.version },
    source: () => ({
      ...{ site: config.site.id, graph: dependencies(), contracts: contracts.findings(clock.now()), historian },
      signalAt: (index) => signals.at(index)?.id,
    }),
  })
}

/** What depends on what, as long as no signal changes. */
export function knownDependencies({ loaded, signals }: Foundation): NodeView['dependencies'] {
  return whileSame(signals, () => dependenciesOf(loaded, signals.all()))
}

/** A running node as the API and the commands see it. */
export function viewOf(running: Running, dependencies: NodeView['dependencies'], telling: ReturnType<typeof startTelling>): NodeView {
  const { loaded, clock, spool, historian, signals, reasons, policing, transport, gateway, remotes, flows, evidence, feeder } = running
  const { config } = loaded
  const configurations = keptConfigurations(config.data)
  const plan = planning({ configurations, version: loaded.version, signals: () => signals.all() })
  const audit = flows.watched(evidence.audit)
  return {
    site: config.site,
    node: config.node.id,
    role: config.node.role,
    epoch: spool.epoch,
    version: running.version,
    configVersion: loaded.version,
    ...{ startedTime: running.startedTime, clock, signals, reasons, last: running.last, historian },
    connections: () => running.connections.map((connection) => connection.health()),
    contracts: running.contracts.findings,
    equipment: config.equipment,
    equipmentNames: running.equipmentNames,
    uses: toUses(config.uses),
    recordKinds: running.kinds,
    recordSources: (kind) => loaded.connections.filter((one) => feedsOf(one).some(({ record }) => record === kind)).map(({ name }) => name),
    ...computedBy(running),
    dependencies,
    ...(telling && { openLineage: () => telling.view() }),
    configurations,
    plan,
    changes: changesView({ ...evidence.changes, loaded, audit, clock, configurations, kept: running.kept, plan }),
    discover: discovering({ historian, signals, site: config.site.id, equipment: config.equipment, clock }),
    ...decidedBy(running),
    ...accountedBy(running),
    spool: () => spool.stats(),
    outlook: () => running.depth.view(),
    uplink: () => gateway?.uplink?.view(),
    remotes: () => remotes.view(),
    nodeOf: (signal) => remotes.nodeOf(signal),
    contested: () => remotes.contested(),
    linkAddress: () => gateway?.address,
    connectedNodes: () => gateway?.connected() ?? [],
    ...(transport?.identity && { identity: transport.identity }),
    refusals: () => gateway?.refusals() ?? [],
    refusedFiles: () => transport?.oneWay?.refusedFiles?.() ?? [],
    policy: policyView(loaded, policing, signals, clock),
    writes: openWriteGate({ audit, isSignal: (id) => signals.indexOf(id) !== undefined }),
    audit,
    flows: flows.view,
    evidence: evidence.view,
    ...(running.selfTest && { selfTest: running.selfTest }),
    historianLag: () => ({ records: feeder.lag, problem: feeder.problem }),
    subscribe: (onBatch) => running.fanOut.subscribe(onBatch),
    onChanges: (listener) => running.changes.subscribe(listener),
  }
}

function computedBy({ deriving }: Running): Pick<NodeView, 'originOf' | 'behind' | 'derivations' | 'recompute'> {
  return {
    originOf: (signal, at) => deriving?.originOf(signal, at),
    behind: (definition, from, to, key) => deriving?.behind(definition, from, to, key),
    derivations: () => deriving?.view() ?? [],
    recompute: async (query) => (await deriving?.recompute(query)) ?? [],
  }
}

/** Quarantined rows are decided about one after the other. */
function decidedBy(running: Running): Pick<NodeView, 'releaseQuarantined' | 'discardQuarantined'> {
  const { historian, spool, kinds, books, feeder, stop, clock } = running
  const deciding = {
    ...{ historian, spool, connections: running.loaded.connections, kinds, books, settling: new Set<string>() },
    stored: (sequence: number) => within(feeder.stored(sequence, stop), STORED_LIMIT_MS, clock),
  }
  const oneAtATime = inTurn()
  return {
    releaseQuarantined: (ids, decision) => oneAtATime(() => releaseQuarantined(ids, decision, deciding)),
    discardQuarantined: (ids, decision) => oneAtATime(() => discardQuarantined(ids, decision, deciding)),
  }
}

/** The sums; a question about a group of signals reads the log, so that there is one at a time. */
function accountedBy({ ledger, spool, historian, signals }: Running): Pick<NodeView, 'ledger' | 'ledgerOfSignals'> {
  const oneGroup = inTurn()
  const parts = {
    spool,
    historian,
    signals,
    droppedBefore: (period?: Parameters<typeof droppedBefore>[1]) => droppedBefore(ledger, period),
  }
  return {
    ledger: (period) => ledger.view(period),
    ledgerOfSignals: (isAsked, period) => oneGroup(() => ledgerOfSignals(parts, isAsked, period)),
  }
}
