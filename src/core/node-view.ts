import type { AuditTrail } from './audit.ts'
import type { SampleBatch } from './batch.ts'
import type { ChangesView } from './changes.ts'
import type { ClockFinding } from './clock-finding.ts'
import type { ClockMethod, ClockReading } from './clock-offset.ts'
import type { ContractFindings } from './contracts.ts'
import type { DependencyGraph } from './dependencies.ts'
import type { InputSpan } from './derivation.ts'
import type { Discover } from './discovery.ts'
import type { EquipmentConfig, EquipmentNames } from './equipment.ts'
import type { EvidenceView } from './evidence.ts'
import type { FactType } from './facts.ts'
import type { FlowsView } from './flows.ts'
import type { Historian } from './historian.ts'
import type { Decision, RecordKind } from './it-records.ts'
import type { LastValues } from './last-values.ts'
import type { LedgerView, SignalLedger } from './ledger.ts'
import type { IdentityView, RefusalCode, RefusedFile, StreamId } from './link.ts'
import type { PeerFault } from './peer-faults.ts'
import type { Candidate, Offered } from './planning.ts'
import type { PolicyView } from './policy.ts'
import type { ReasonSets } from './reasons.ts'
import type { SelfTestResult } from './self-test.ts'
import type { KnownSignals, Label } from './signals.ts'
import type { SpoolStats } from './spool.ts'
import type { Clock, Micros } from './time.ts'
import type { Use } from './uses.ts'
import type { WriteGate } from './writes.ts'

/** What a node is to the others. `edge`: collects and sends on; `relay`: passes on; `hub`: receives; `all`: everything in one. */
export const NODE_ROLES = ['all', 'edge', 'relay', 'hub'] as const
export type NodeRole = (typeof NODE_ROLES)[number]

/** `starting` before the first success; `backing-off` between attempts; `stopped` by configuration error, end of input or shutdown. */
export type ConnectionState = 'starting' | 'connecting' | 'connected' | 'backing-off' | 'stopped'

/** What is known of a device's clock. */
export interface ConnectionClock extends ClockReading {
  readonly maxOffsetUs: number
  /** Off by more than the limit for certain, whatever the uncertainty. */
  readonly beyondLimit: boolean
  readonly finding?: ClockFinding
  /** `UTC+01:00`: the offset of the zone the device seems to be in. */
  readonly findingDetail?: string
}

/** What became of the rows of a source of IT records. */
export interface RecordCounts {
  readonly rows: number
  /** Rows that said nothing new. */
  readonly known: number
  /** New versions, those that say "deleted" apart. */
  readonly versions: number
  readonly deleted: number
  readonly quarantined: number
  /** Snapshots that could not say what is gone, because a row had no readable key. */
  readonly blurred: number
}

/** How one connection is doing; plain numbers, read by the API, the metrics and the commands. */
export interface ConnectionHealth {
  readonly name: string
  readonly kind: string
  readonly label?: Label
  readonly endpoint: string
  readonly state: ConnectionState
  /** What the silence limits make of it: how its signals stand. */
  readonly liveness: 'waiting' | 'live' | 'uncertain' | 'bad'
  readonly since: Micros
  /** Last word from the device, keep-alives included. */
  readonly lastHeardTime: Micros | undefined
  readonly lastGoodTime: Micros | undefined
  readonly latencyMs: number | undefined
  /** How the clock can be compared with ours; absent: not measurable. */
  readonly clockMethod?: ClockMethod
  readonly clock?: ConnectionClock
  readonly signals: number
  readonly attempts: number
  readonly reconnects: number
  /** Samples read from the device, made durable, and by severity of their status when stored. */
  readonly read: number
  readonly stored: number
  readonly good: number
  readonly uncertain: number
  readonly bad: number
  /** Times the liveness limits or the device declared a gap. */
  readonly gaps: number
  readonly dropped: Readonly<Record<string, number>>
  /** Samples per second over the last 10 s. */
  readonly ratePerSecond: number
  /** Read but not yet durable. */
  readonly pending: number
  /** Of a connection that brings IT records, since the start. */
  readonly records?: RecordCounts
  /** The last thing that went wrong without ending the connection, in the connector's own words: a node that is not there, an undecodable message. */
  readonly lastProblem?: string
  readonly lastError: { readonly time: Micros; readonly message: string; readonly hint?: string; readonly fault?: PeerFault } | undefined
}

/** How the way to the next node is doing. */
export interface UplinkView {
  readonly endpoint: string
  /** What the other end calls itself. */
  readonly peer: string
  readonly state: 'connecting' | 'connected' | 'waiting' | 'refused' | 'stopped'
  readonly since: Micros
  /** Not connected since then, however many attempts were made; undefined while connected. */
  readonly downSince: Micros | undefined
  readonly attempts: number
  readonly problem: { readonly time: Micros; readonly message: string; readonly code?: RefusalCode; readonly fault?: PeerFault } | undefined
  /** The last record of this node's log that the other end has on its disk. */
  readonly confirmedSequence: number
  readonly behindRecords: number
  readonly sentBytes: number
  readonly sentSamples: number
  readonly roundTripMs: number | undefined
}

/** A node whose log comes here. */
export interface RemoteNode extends StreamId {
  readonly liveness: 'live' | 'uncertain' | 'bad'
  readonly signals: number
  /** The last record of its log that is durable here. */
  readonly sequence: number
  /** Records it has beyond, as far as it has said. */
  readonly behindRecords: number
  /** Records it declared as gone for good. */
  readonly lostRecords: number
  /** Signals that found no room in this node's table: they are stored as far as the historian has room, and not seen live. */
  readonly unseenSignals: number
  readonly lastHeardTime: Micros | undefined
  readonly lastRecordedTime: Micros | undefined
  /** When that record was durable here, by this node's clock. */
  readonly lastArrivedTime: Micros | undefined
  /** Who handed it over, and the serial number of the certificate it proved itself with; undefined before the first since the start. */
  readonly via: string | undefined
  readonly certificate: string | undefined
}

/** A sender that was turned away, by its name. */
export interface SenderRefusal {
  readonly node: string
  readonly address: string
  readonly code: RefusalCode
  readonly message: string
  readonly time: Micros
  /** Times since the start. */
  readonly count: number
}

/** A signal that two nodes measure at once: its values are of two origins. */
export interface ContestedSignal {
  readonly signal: string
  readonly nodes: readonly [string, string]
  /** When it was last seen. */
  readonly time: Micros
}

/** How long the spool lasts when nothing is delivered from now on. */
export interface SpoolOutlook {
  /** Smoothed over the last minutes; undefined until it has been measured. */
  readonly growthBytesPerSecond: number | undefined
  readonly overflow: 'block' | 'drop-oldest'
  readonly maxAgeMs: number
  /** Bytes free on its disk, where that is known. */
  readonly diskFreeBytes: number | undefined
  readonly timeLeft: TimeLeft | undefined
}

export interface TimeLeft {
  readonly seconds: number
  /** What ends it: `maxBytes`, the disk, or the age of the oldest record that is held. */
  readonly limit: 'size' | 'disk' | 'age'
  /** What happens then: sources that can wait are made to, or the oldest data goes, counted and declared. */
  readonly effect: 'block' | 'drop-oldest'
}

/** IT records and facts that can be read now in a new version. */
export interface StatedChanges {
  readonly records: readonly { readonly kind: string; readonly key: string }[]
  readonly facts: readonly { readonly definition: string; readonly key: string }[]
  /** There were more than are named. */
  readonly more: boolean
}

/** How one derivation is doing. */
export interface DerivationView {
  readonly name: string
  readonly type: 'signal' | FactType
  readonly label?: Label
  /** As the file has it. */
  readonly declaration: unknown
  readonly version: string
  /** Units that wait, those of ranges not counted. */
  readonly dirty: number
  /** Since when the oldest waits that could be computed; 0 when none does. */
  readonly lagSeconds: number
  readonly watermark: Micros
  /** Since the start. */
  readonly computed: number
  readonly published: number
  readonly withdrawn: number
  /** Changes that came later than the horizon. */
  readonly late: number
  /** It threw and computes no more until the next start. */
  readonly isStopped: boolean
  readonly problem: string | undefined
}

/** Something changed that results do not know of, later than the horizon or after their computing stopped. */
export interface Behind {
  /** What changed is samples: whose, is told by the samples that are stored now and were not when a result was computed. Otherwise it may be any record or result. */
  readonly bySamplesAlone: boolean
}

/** Where samples of a derived signal come from. */
export interface SignalOrigin {
  /** Name of its derivation. */
  readonly definition: string
  readonly inputs: readonly InputSpan[]
}

/** A configuration that this node was started with. */
export interface KeptConfiguration {
  readonly version: string
  readonly keptTime: Micros
  /** The file, or the folder, to be loaded: among `files`, or above them. */
  readonly entry: string
  /** Paths of its files, relative to one another. */
  readonly files: readonly string[]
  /** Of its files (`digestOf`), and how it stood with approvals when it began; absent: kept by an older program. */
  readonly digest?: string | undefined
  readonly approval?: 'approved' | 'not-asked' | 'missing' | undefined
}

export interface KeptConfigurations {
  /** Newest first. */
  list(): Promise<readonly KeptConfiguration[]>
  /** Its files as they were read, secrets as references only; undefined: it was not kept. */
  read(version: string): Promise<(KeptConfiguration & { readonly texts: readonly string[] }) | undefined>
}

export interface Released {
  readonly released: string[]
  readonly refused: { id: string; reason: string }[]
}

export interface Discarded {
  readonly discarded: string[]
  readonly refused: { id: string; reason: string }[]
}

/** What the API and the commands see of a running node. */
export interface NodeView {
  readonly site: { readonly id: string; readonly label?: Label }
  readonly node: string
  readonly role: NodeRole
  readonly epoch: number
  readonly version: string
  readonly configVersion: string
  readonly startedTime: Micros
  readonly clock: Clock
  readonly signals: KnownSignals
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly historian: Historian
  connections(): ConnectionHealth[]
  /** The contracts of the configuration, their signals, and what broke them since the start. */
  readonly contracts: ContractFindings
  /** Places of the equipment hierarchy by path under the site, and what stands in them. */
  readonly equipment: EquipmentConfig
  readonly equipmentNames: EquipmentNames
  /** What values may be used for, by id. */
  readonly uses: ReadonlyMap<string, Use>
  readonly recordKinds: ReadonlyMap<string, RecordKind>
  /** Connections that bring records of a kind. */
  recordSources(kind: string): readonly string[]
  /** Which declaration writes a derived signal, and what a sample of it came of; undefined where no declaration does (any more). */
  originOf(signal: string, at: Micros): SignalOrigin | undefined
  /** Whether results of a definition in [from, to], or the one of a key, miss something that changed since they were computed. */
  behind(definition: string, from: Micros, to: Micros, key?: string): Behind | undefined
  /** What depends on what, by the configuration and the signals known now. */
  dependencies(): DependencyGraph
  readonly configurations: KeptConfigurations
  /** Who let configurations run, and what waits for approval. */
  readonly changes: ChangesView
  /** What offered files would change of what runs; nothing of them is carried out. Rejects with PlanRefused. */
  plan(candidate: Candidate): Promise<Offered>
  /** How telling others by OpenLineage goes; absent: nobody is told. */
  openLineage?(): { readonly sent: number; readonly refused: number; readonly lostHours: number; readonly problem: string | undefined }
  /** What is computed from history. */
  derivations(): readonly DerivationView[]
  /** Has a period computed anew, by one derivation or all; resolves with the names of those that do. */
  recompute(query: { readonly definition?: string; readonly from: Micros; readonly to: Micros }): Promise<readonly string[]>
  /** Which signals moved before something: one search at a time, as long as it takes or until it is stopped. */
  discover: Discover
  /** Judges rows in quarantine again; those that are records now are stored as such. The decision is kept. */
  releaseQuarantined(ids: readonly string[], decision: Decision): Promise<Released>
  /** Rows in quarantine that nobody wants: they stay visible, as discarded. */
  discardQuarantined(ids: readonly string[], decision: Decision): Promise<Discarded>
  /** What became of all that was read: in whole hours of recorded time, or since the ledger began. Rejects with RangeError for a period that is too long. */
  ledger(period?: { readonly from: Micros; readonly to: Micros }): Promise<LedgerView>
  /** The sums of some signals, over the part of the log that is still there. Rejects with RangeError for too many of them. */
  ledgerOfSignals(isAsked: (id: string) => boolean, period?: { readonly from: Micros; readonly to: Micros }): Promise<SignalLedger>
  spool(): SpoolStats
  /** How long this node works alone. */
  outlook(): SpoolOutlook
  /** The way to the next node; undefined where there is none. */
  uplink(): UplinkView | undefined
  /** Nodes whose logs come here. */
  remotes(): RemoteNode[]
  /** The node that measures a signal; undefined for this one. */
  nodeOf(signal: number): string | undefined
  /** Signals that two nodes send, the newest found first. */
  contested(): ContestedSignal[]
  /** Where other nodes reach this one, `host:port`; undefined where none do. */
  linkAddress(): string | undefined
  /** Names of the nodes that are connected here just now. */
  connectedNodes(): string[]
  /** Senders turned away, newest first. */
  refusals(): SenderRefusal[]
  /** Files carried by hand that were refused and still lie there, newest first. */
  refusedFiles(): readonly RefusedFile[]
  /** Absent: nodes are not told apart by certificates. */
  identity?(): IdentityView
  /** Zones, conduits, and what passed them. */
  readonly policy: PolicyView
  /** Who did what here. */
  readonly audit: AuditTrail
  /** Who talked to whom, and what should not have been. */
  readonly flows: FlowsView
  /** Every wish to write to a device, refused. */
  readonly writes: WriteGate
  /** Absent: nothing is signed. */
  readonly evidence?: EvidenceView
  /** What was looked at before the start; absent: nothing was. */
  readonly selfTest?: readonly SelfTestResult[]
  /** Records durable but not yet in the historian. */
  historianLag(): { records: number; problem: string | undefined }
  /** Every batch once it is durable, in order. The callback must be quick and must not throw; batches are shared, never changed. */
  subscribe(onBatch: (batch: SampleBatch) => void): () => void
  /** The same for IT records and facts, once they can be read. */
  onChanges(listener: (changes: StatedChanges) => void): () => void
}
