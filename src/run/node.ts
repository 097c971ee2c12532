import { join } from 'node:path'
import { feedsOf, type LoadedConfig } from '../config/index.ts'
import { toUses } from '../continuity/config.ts'
import type { SampleBatch } from '../core/batch.ts'
import { EquipmentNames } from '../core/equipment.ts'
import { LastValues } from '../core/last-values.ts'
import type { Transport } from '../core/link.ts'
import type { Logger } from '../core/log.ts'
import type { NodeView, StatedChanges } from '../core/node-view.ts'
import { ReasonSets } from '../core/reasons.ts'
import { toRecordKinds } from '../core/record-kinds.ts'
import { placeOfRecord } from '../core/record-place.ts'
import type { SelfTestResult } from '../core/self-test.ts'
import { SignalTable } from '../core/signals.ts'
import type { SpoolRecord } from '../core/spool.ts'
import { type Clock, DAY } from '../core/time.ts'
import { openWriteGate } from '../gateway/index.ts'
import { type ContractWatch, createContractWatch } from '../govern/contracts/index.ts'
import { byRecord, ClocksOff, clockOffset, Qualify, RecordWindows } from '../qualify/index.ts'
import { changesView } from './changes/start.ts'
import { keepConfiguration, keptConfigurations } from './configurations.ts'
import { dependenciesOf } from './dependencies.ts'
import { Depth } from './depth.ts'
import { type StartedDeriving, startDeriving } from './deriving/start.ts'
import { discovering } from './discovering.ts'
import { openSigner, type RunningEvidence, startEvidence } from './evidence/start.ts'
import { FanOut } from './fan-out.ts'
import { Feeder } from './feeder.ts'
import { startFlows } from './flows/start.ts'
import { openGateway } from './gateway.ts'
import { noLedger, startLedger } from './ledger.ts'
import { tellOpenLineage } from './open-lineage.ts'
import { planning } from './planning/start.ts'
import { policingOf, zoneOfConnections } from './policy/policing.ts'
import { tellingThrough } from './policy/telling.ts'
import { policyView } from './policy/view.ts'
import type { RecordBook } from './records/book.ts'
import { discardQuarantined, releaseQuarantined } from './records/release.ts'
import { openBooks, startRecordConnections } from './records/start.ts'
import { Remotes } from './remotes.ts'
import { inTurn, repeatedly, whileSame } from './repeatedly.ts'
import { resume } from './resume.ts'
import { type Memory, RuleMemory } from './rule-memory.ts'
import { RuleRecords } from './rule-records.ts'
import { isSampled, type Shared, startConnection } from './sampled.ts'
import { settledTime } from './settled.ts'
import { droppedBefore, ledgerOfSignals } from './signal-ledger.ts'
import { statedChanges } from './stated-changes.ts'
import { openStores } from './stores.ts'
import { within } from './within.ts'

const DRAIN_LIMIT_MS = 10_000
/** A decision about quarantine is answered after this long, whether the historian has it or not. */
const STORED_LIMIT_MS = 5_000
const LINK_DRAIN_MS = 2_000
const GROWTH_EVERY_MS = 5_000
const SIGN_EVERY_MS = 60_000
const FLOWS_EVERY_MS = 1_000
const COMPACT_EVERY_MS = 3_600_000
const MEASURE_ROWS = 250_000
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
  const { config } = loaded
  const { clock, log } = deps
  const signals = new SignalTable(zoneOfConnections(loaded))
  const policing = policingOf(loaded, signals, clock)
  const { classes } = policing ?? {}
  const outGate = policing?.gateFor('link-out')
  const split = classes && ((batch: SampleBatch) => classes.split(batch))
  const reasons = new ReasonSets()
  const last = new LastValues()
  const startedTime = clock.now()
  const { transport } = deps
  const hasUplink = (transport?.dial ?? transport?.oneWay?.link) !== undefined
  const signer = await openSigner(loaded)
  let evidence: RunningEvidence | undefined
  const stores = await openStores(loaded, signals, reasons, deps, hasUplink, {
    ...{ signer, auditHead: () => evidence?.audit.view() },
    classOf: classes && ((id: string) => classes.of(id)),
    mayLeave: classes && outGate && ((passing) => outGate.ask(passing).permitted),
  })
  const { spool, historian, lastRecordedTime, storedTo, ended } = stores
  evidence = await startEvidence(loaded, signer, stores, deps, policing, hasUplink && config.node.role !== 'relay').catch(async (error) => {
    await Promise.all([spool.close(), historian.close()])
    throw error
  })
  const proof = evidence
  await keepConfiguration(config.data, loaded, startedTime, proof.changes.decision.state).catch((error) =>
    log.warn({ error: String(error) }, 'the configuration could not be kept: `ecluse plan` has nothing to compare with'),
  )
  const flows = await startFlows(loaded, signer, evidence.audit, deps, policing).catch(async (error) => {
    await Promise.all([spool.close(), historian.close()])
    await evidence?.close()
    throw error
  })
  const { peers, maintenance, substitutes, site } = config
  const clocksOff = new ClocksOff()
  const windows = new RecordWindows(site.id, { maintenance: config.maintenanceRecords, calibration: config.calibrationRecords })
  const others = [clockOffset(reasons, clocksOff), byRecord(reasons, windows)]
  const qualify = new Qualify(signals, reasons, { peers, maintenance, substitutes, site: site.id, others })
  const contracts = createContractWatch({ contracts: loaded.contracts, site: site.id, signals, reasons, since: startedTime })
  const memory = new RuleMemory({ memories: memoriesOf(config.data, qualify, contracts), spool, clock, log })
  const fanOut = new FanOut<SampleBatch>(log)
  const changes = new FanOut<StatedChanges>(log)
  const remotes = new Remotes({ signals, reasons, last, clock, silence: LINK_SILENCE, publish: (batch) => fanOut.publish(batch) })
  const kinds = toRecordKinds(config.records)
  const equipmentNames = new EquipmentNames(config.equipment)
  const ruleRecords = new RuleRecords({
    ...{ windows, kinds, placeOf: placeOfRecord(kinds, equipmentNames, () => clock.now()), now: () => clock.now() },
  })
  let deriving: StartedDeriving | undefined
  let books: ReadonlyMap<string, RecordBook> = new Map()
  const resumed = async () => {
    await memory.restore()
    remotes.restore(await historian.writers(), spool.node)
    books = await openBooks(loaded.connections, historian, spool.node)
    await ruleRecords.load(historian)
    const onRecords = (record: SpoolRecord) => {
      for (const book of books.values()) book.absorb(record)
      ruleRecords.absorb(record)
    }
    const seeding = { historian, spool, lastRecordedTime, signals, reasons, last, clock, random: deps.random, remotes, onRecords, split }
    const sequence = await resume(seeding)
    remotes.reached(spool.streams())
    return sequence
  }
  const from = await resumed().catch(async (error) => {
    await Promise.all([spool.close(), historian.close()])
    await evidence.close()
    throw error
  })
  spool.follow((records) => {
    for (const record of records) ruleRecords.absorb(record)
  })
  const start = deps.isUnaccounted ? async () => noLedger() : startLedger
  const ledger = await start({
    ...{ ...deps, spool, storedTo, signals, from, directory: join(config.data, 'ledger') },
    historian: config.node.role === 'relay' ? undefined : historian,
    hasUplink,
  }).catch(async (error) => {
    await Promise.all([spool.close(), historian.close()])
    await evidence.close()
    throw error
  })
  const feeder = new Feeder({
    ...deps,
    spool,
    historian,
    from,
    storedTo,
    onStored: async (sequence, records) => {
      reached = sequence
      await ledger.stored(sequence, records)
      deriving?.stored(sequence)
      const stated = statedChanges(records)
      if (stated) changes.publish(stated)
    },
    commitRows: config.historian.commitRows,
    commitIntervalMs: config.historian.commitInterval,
  })
  let reached = from
  const stopping = new AbortController()
  const publish = (batch: SampleBatch) => {
    last.update(batch, signals.size)
    fanOut.publish(batch)
  }
  let onRestart = () => {}
  const restart = new Promise<void>((resolve) => {
    onRestart = resolve
  })
  const gateway =
    transport &&
    (await openGateway({
      ...{
        ...deps,
        loaded,
        transport: flows.observed(transport),
        spool,
        ended,
        last,
        remotes,
        signalCount: () => signals.size,
        onRestart,
        audit: evidence.audit,
      },
      policing,
      onTaken: (records, before, over) => ledger.sent(records, before, over),
      onRelayed: (relayed, over) => ledger.relayed(relayed, over),
      onConfirmed: (sequence) => ledger.confirmed(sequence),
      onResumed: (sequence, pass) => ledger.resumed(sequence, pass),
    }).catch(async (error) => {
      stopping.abort()
      await feeder.close(DRAIN_LIMIT_MS)
      await ledger.close()
      await Promise.all([spool.close(), historian.close()])
      await evidence.close()
      throw error
    }))
  const judges = { qualify, contracts, memory, clocksOff }
  const shared: Shared = { ...deps, ...judges, signals, reasons, last, fanOut, remotes, spool, policing, flows, stop: stopping.signal }
  const sampled = loaded.connections.flatMap((connection) => (isSampled(connection) ? startConnection(connection, loaded, shared) : []))
  const stored = (sequence: number, stop: AbortSignal) => feeder.stored(sequence, stop)
  const recorded = { ...deps, loaded, books, kinds, spool, policing, history: historian, stored, flows, stop: stopping.signal }
  const connections = [...sampled, ...startRecordConnections(recorded)]
  const watching = repeatedly(clock, FLOWS_EVERY_MS, stopping.signal, () => flows.tick(proof.takeDifferences()))
  const settled = settledTime(clock, lastRecordedTime)
  const compacting = repeatedly(clock, COMPACT_EVERY_MS, stopping.signal, async () => {
    await historian
      .compact(clock.now(), settled())
      .catch((error) => log.error({ error: String(error) }, 'compaction failed; it is tried again'))
    // Measured once an hour, so that the scoreboard of a day finds its closed hours ready.
    const day = { from: clock.now() - DAY, to: clock.now(), limit: MEASURE_ROWS }
    await historian
      .measures(day)
      .catch((error) => log.warn({ error: String(error) }, 'the hours could not be measured; they are when asked for'))
  })

  const depth = new Depth(loaded, spool, deps)
  const measuring = repeatedly(clock, GROWTH_EVERY_MS, stopping.signal, () => depth.measure())
  const signing = repeatedly(clock, SIGN_EVERY_MS, stopping.signal, () => evidence.tick())
  const listening = repeatedly(clock, remotes.tickMs, stopping.signal, async () => remotes.tick())
  const remembering = repeatedly(clock, memory.tickMs, stopping.signal, () => {
    contracts.tick(clock.now())
    return memory.tick()
  })

  deriving = await startDeriving({
    ...{
      ...deps,
      loaded,
      kinds,
      equipmentNames,
      historian,
      writers: await historian.writers(),
      spool,
      split,
      classes,
      storedSequence: from,
      signals,
      reasons,
    },
    nodeOf: (index) => remotes.nodeOf(index),
    onBatch: publish,
  })
  // What was stored while it started: nothing else may come that would tell it.
  deriving?.stored(reached)

  const deciding = {
    ...{ historian, spool, connections: loaded.connections, kinds, books, settling: new Set<string>() },
    stored: (sequence: number) => within(feeder.stored(sequence, stopping.signal), STORED_LIMIT_MS, clock),
  }
  const oneAtATime = inTurn()
  const oneGroup = inTurn()

  const dependencies = whileSame(signals, () => dependenciesOf(loaded, signals.all()))
  const lineageGate = policing?.gateFor('openlineage')
  const telling =
    config.openLineage &&
    tellOpenLineage({
      ...{ ...deps, config: config.openLineage, directory: config.data, stop: stopping.signal },
      ...(lineageGate && { policy: tellingThrough(lineageGate, site.id) }),
      teller: { site: config.site.id, node: config.node.id, version: deps.version, configVersion: loaded.version },
      source: () => ({
        ...{ site: config.site.id, graph: dependencies(), contracts: contracts.findings(clock.now()), historian },
        signalAt: (index) => signals.at(index)?.id,
      }),
    })

  const configurations = keptConfigurations(config.data)
  const kept = await configurations.list()
  const plan = planning({ configurations, version: loaded.version, signals: () => signals.all() })
  const changing = { ...proof.changes, loaded, audit: evidence.audit, clock, configurations, kept, plan }
  const view: NodeView = {
    site: config.site,
    node: config.node.id,
    role: config.node.role,
    epoch: spool.epoch,
    version: deps.version,
    configVersion: loaded.version,
    startedTime,
    clock,
    signals,
    reasons,
    last,
    historian,
    connections: () => connections.map((connection) => connection.health()),
    contracts: contracts.findings,
    equipment: config.equipment,
    equipmentNames,
    uses: toUses(config.uses),
    recordKinds: kinds,
    recordSources: (kind) => loaded.connections.filter((one) => feedsOf(one).some(({ record }) => record === kind)).map(({ name }) => name),
    originOf: (signal, at) => deriving?.originOf(signal, at),
    behind: (definition, from, to) => deriving?.behind(definition, from, to),
    dependencies,
    ...(telling && { openLineage: () => telling.view() }),
    configurations,
    plan,
    changes: changesView(changing),
    derivations: () => deriving?.view() ?? [],
    recompute: async (query) => (await deriving?.recompute(query)) ?? [],
    discover: discovering({ historian, signals, site: config.site.id, equipment: config.equipment, clock }),
    releaseQuarantined: (ids, decision) => oneAtATime(() => releaseQuarantined(ids, decision, deciding)),
    discardQuarantined: (ids, decision) => oneAtATime(() => discardQuarantined(ids, decision, deciding)),
    ledger: (period) => ledger.view(period),
    ledgerOfSignals: (isAsked) =>
      oneGroup(() => ledgerOfSignals({ spool, historian, signals, droppedBefore: () => droppedBefore(ledger) }, isAsked)),
    spool: () => spool.stats(),
    outlook: () => depth.view(),
    uplink: () => gateway?.uplink?.view(),
    remotes: () => remotes.view(),
    nodeOf: (signal) => remotes.nodeOf(signal),
    contested: () => remotes.contested(),
    linkAddress: () => gateway?.address,
    connectedNodes: () => gateway?.connected() ?? [],
    ...(transport?.identity && { identity: transport.identity }),
    refusals: () => gateway?.refusals() ?? [],
    policy: policyView(loaded, policing, signals, clock),
    writes: openWriteGate({ audit: flows.watched(evidence.audit), isSignal: (id) => signals.indexOf(id) !== undefined }),
    audit: flows.watched(evidence.audit),
    flows: flows.view,
    evidence: evidence.view,
    ...(deps.selfTest && { selfTest: deps.selfTest }),
    historianLag: () => ({ records: feeder.lag, problem: feeder.problem }),
    subscribe: (onBatch) => fanOut.subscribe(onBatch),
    onChanges: (listener) => changes.subscribe(listener),
  }
  const shutdown = async () => {
    stopping.abort()
    await Promise.all(connections.map((connection) => connection.finish()))
    await Promise.all([telling?.done, watching, compacting, remembering, listening, measuring, signing, gateway?.close(LINK_DRAIN_MS)])
    await flows.close()
    await memory.save()
    await deriving?.close()
    await feeder.close(DRAIN_LIMIT_MS)
    await ledger.close()
    await evidence.finish()
    await spool.close()
    await historian.close()
    await evidence.close()
  }
  let stopped: Promise<void> | undefined
  return { view, restart, stop: () => (stopped ??= shutdown()) }
}

/** What survives a restart besides the samples themselves. */
function memoriesOf(data: string, qualify: Qualify, contracts: ContractWatch): Memory[] {
  const rules: Memory = {
    ...{ name: 'the rules', file: join(data, 'qualify', 'memory') },
    save: () => qualify.save(),
    restore: (bytes) => qualify.restore(bytes),
    learn: (batch) => qualify.learn(batch),
  }
  const { save, restore, learn } = contracts
  return [rules, { name: 'the contracts', file: join(data, 'contracts', 'findings'), outlivesEpoch: true, save, restore, learn }]
}
