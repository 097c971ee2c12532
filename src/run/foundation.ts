import type { LoadedConfig } from '../config/index.ts'
import type { SampleBatch } from '../core/batch.ts'
import { LastValues } from '../core/last-values.ts'
import type { KeptConfiguration } from '../core/node-view.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import type { Micros } from '../core/time.ts'
import type { Signer } from '../lib/signed.ts'
import { keepConfiguration, keptConfigurations } from './configurations.ts'
import { openSigner, type RunningEvidence, startEvidence } from './evidence/start.ts'
import { type RunningFlows, startFlows } from './flows/start.ts'
import type { NodeDependencies } from './node.ts'
import { type Policing, policingOf, zoneOfConnections } from './policy/policing.ts'
import { openStores, type Stores } from './stores.ts'

/** What every other part of a node stands on: its tables, its log and history, its proofs, and what it sees of its peers. */
export interface Foundation extends NodeDependencies {
  readonly loaded: LoadedConfig
  readonly startedTime: Micros
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly spool: Stores['spool']
  readonly historian: Stores['historian']
  readonly stores: Stores
  readonly signer: Signer
  readonly evidence: RunningEvidence
  /** What this node ran, newest first. */
  readonly kept: readonly KeptConfiguration[]
  readonly flows: RunningFlows
  /** Absent: no zones are declared. */
  readonly policing: Policing | undefined
  /** Parts of a batch that must not share a record of the log; absent: all may. */
  readonly split: ((batch: SampleBatch) => readonly SampleBatch[]) | undefined
  /** Whether what is logged here is sent to another node. */
  readonly hasUplink: boolean
}

/** Opens them in order; `opened` closes what was opened, also where a later one refuses. Rejects when the log, the historian or the audit log cannot be opened. */
export async function openFoundation(loaded: LoadedConfig, deps: NodeDependencies, opened: AsyncDisposableStack): Promise<Foundation> {
  const { config } = loaded
  const { clock, log, transport } = deps
  const startedTime = clock.now()
  const signals = new SignalTable(zoneOfConnections(loaded))
  const policing = policingOf(loaded, signals, clock)
  const { classes } = policing ?? {}
  const outGate = policing?.gateFor('link-out')
  const reasons = new ReasonSets()
  const hasUplink = (transport?.dial ?? transport?.oneWay?.link) !== undefined
  const signer = await openSigner(loaded)
  let evidence: RunningEvidence | undefined
  // The audit log ends after the log: its last entry is that both stopped in order.
  opened.defer(() => evidence?.close())
  const stores = await openStores(loaded, signals, reasons, deps, hasUplink, {
    ...{ signer, auditHead: () => evidence?.audit.view() },
    classOf: classes && ((id: string) => classes.of(id)),
    mayLeave: classes && outGate && ((passing) => outGate.ask(passing).permitted),
  })
  const { spool, historian } = stores
  opened.defer(() => historian.close())
  opened.defer(() => spool.close())
  const isSent = hasUplink && config.node.role !== 'relay'
  evidence = await startEvidence(loaded, signer, stores, deps, policing, isSent)
  const { audit, finish, changes } = evidence
  opened.defer(finish)
  await keepConfiguration(config.data, loaded, startedTime, changes.decision.state).catch((error) =>
    log.warn({ error: String(error) }, 'the configuration could not be kept: `ecluse plan` has nothing to compare with'),
  )
  const kept = await keptConfigurations(config.data).list()
  const flows = await startFlows(loaded, signer, audit, deps, policing)
  opened.defer(() => flows.close())
  const split = classes && ((batch: SampleBatch) => classes.split(batch))
  const tables = { signals, reasons, last: new LastValues() }
  return { ...deps, loaded, startedTime, ...tables, spool, historian, stores, signer, evidence, kept, flows, policing, split, hasUplink }
}
