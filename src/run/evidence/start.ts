import { join } from 'node:path'
import type { LoadedConfig } from '../../config/index.ts'
import { Anchors, AuditLog, createTrail, type ForwardParts, type RunningTrail, startForwarding } from '../../continuity/index.ts'
import { type AuditEvent, AuditFull } from '../../core/audit.ts'
import type { EvidenceView, RootDifference, VerifyState } from '../../core/evidence.ts'
import { identityDirectory, lockDirectory, openSigningKey } from '../../gateway/index.ts'
import { machineFiles } from '../../lib/durable-files.ts'
import { type Signer, verifierOf } from '../../lib/signed.ts'
import { type StartedChanges, startChanges } from '../changes/start.ts'
import type { NodeDependencies } from '../node.ts'
import type { Policing } from '../policy/policing.ts'
import { forwardingUnder } from '../policy/telling.ts'
import type { Stores } from '../stores.ts'
import { verifyEvidence } from './verify.ts'

export const AUDIT_DIRECTORY = 'audit'
const EVIDENCE_DIRECTORY = 'evidence'

/** The key is opened before the stores, which sign with it; the rest after them, when this process has the directory for itself. */
export function openSigner({ config }: LoadedConfig): Promise<Signer> {
  return openSigningKey(identityDirectory(config.data), config.link?.passphrase)
}

export interface RunningEvidence {
  readonly audit: RunningTrail
  readonly view: EvidenceView
  readonly changes: StartedChanges
  /** Once a minute. */
  tick(): Promise<void>
  /** See `Anchors.takeDifferences`. */
  takeDifferences(): readonly RootDifference[]
  /** Lays down the open hours, before the spool is closed. */
  finish(): Promise<void>
  /** The last entry and its signature, after it. */
  close(): Promise<void>
}

/** The audit log of a data directory, for this process alone. Rejects with SpoolLocked while another has it. */
export async function openAudit(
  { data, node, keepMs, forward = [], policy }: AuditPlace,
  signer: Signer,
  { clock, log, random, version }: NodeDependencies,
): Promise<RunningTrail> {
  const directory = join(data, AUDIT_DIRECTORY)
  await machineFiles.makeDirectory(directory)
  const unlock = await lockDirectory(directory)
  try {
    const audit = await AuditLog.open({ directory, node, signer, files: machineFiles, clock, log, keepMs })
    const sender = { node, version }
    const after = audit.after.bind(audit)
    const forwards = forward.map((config) =>
      startForwarding({
        config,
        sender,
        directory,
        files: machineFiles,
        after,
        clock,
        log,
        random,
        ...(policy && { policy }),
      }),
    )
    const trail = createTrail(audit, clock, forwards)
    return {
      ...trail,
      close: async () => {
        await trail.close()
        await unlock()
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

export interface AuditPlace {
  readonly data: string
  readonly node: string
  readonly keepMs: number
  readonly forward?: LoadedConfig['config']['audit']['forward']
  readonly policy?: ForwardParts['policy']
}

export async function startEvidence(
  loaded: LoadedConfig,
  signer: Signer,
  { spool, seals, findings }: Pick<Stores, 'spool' | 'seals' | 'findings'>,
  deps: NodeDependencies,
  policing?: Policing,
  isSent = false,
): Promise<RunningEvidence> {
  const { config } = loaded
  const { log } = deps
  const { keep, forward } = config.audit
  const audit = await openAudit(
    { data: config.data, node: config.node.id, keepMs: keep, forward, ...(policing && { policy: forwardingUnder(policing) }) },
    signer,
    deps,
  )
  try {
    for (const { code, message } of findings) {
      log.error({ code }, message)
      await note(audit, { kind: 'finding', outcome: 'done', what: message, detail: { code } })
    }
    const changes = await announce(audit, loaded, signer, deps)
    const anchors = await Anchors.start({
      ...{ spool, audit, directory: join(config.data, EVIDENCE_DIRECTORY), files: machineFiles, log, isSent },
    })
    const certificates = certificateWatch(audit, deps)
    const tick = async () => {
      await certificates()
      await anchors.tick()
      await audit.tick()
      // Last: the head of the spool names that of the audit log.
      await seals?.refresh()
    }
    return {
      audit,
      changes,
      view: viewOf({ loaded, signer, seals, anchors, deps, sign: tick }),
      tick,
      takeDifferences: () => anchors.takeDifferences(),
      finish: () => anchors.close(),
      close: async () => {
        await note(audit, { kind: 'stop', outcome: 'done' })
        await audit.close()
      },
    }
  } catch (error) {
    await audit.close()
    throw error
  }
}

/** Certificates that this node gave to others over a link since the last look. Admitting a node is recorded before it is done, by the command that does it. */
function certificateWatch(audit: RunningTrail, { transport }: NodeDependencies): () => Promise<void> {
  const now = () => new Map((transport?.identity?.().nodes ?? []).map(({ node, serial }) => [node, serial]))
  let known = now()
  return async () => {
    const seen = now()
    for (const [node, serial] of seen)
      if (serial !== undefined && known.get(node) !== serial)
        await audit.note({ kind: 'enrolment', outcome: 'done', who: node, what: serial })
    known = seen
  }
}

/** Which program and configuration began, how that stands with approvals, and whether the file is another than before. Throws NotApproved. */
async function announce(audit: RunningTrail, loaded: LoadedConfig, signer: Signer, deps: NodeDependencies): Promise<StartedChanges> {
  const { version } = loaded
  const { entries } = await audit.read({ kinds: ['start'], limit: 1 })
  const before = entries[0]?.detail?.configuration
  const changes = await startChanges(loaded, signer, audit, entries[0])
  await note(audit, { kind: 'start', outcome: 'done', detail: { program: deps.version, configuration: version, ...changes.detail } })
  if (before !== undefined && before !== version)
    await note(audit, { kind: 'configuration', outcome: 'done', what: version, detail: { before: String(before), after: version } })
  return changes
}

/** A start or stop that cannot be recorded happens all the same: measuring goes on, and the log says for itself that it has no room. */
async function note(audit: RunningTrail, event: AuditEvent): Promise<void> {
  await audit.record(event).catch((error: unknown) => {
    if (!(error instanceof AuditFull)) throw error
  })
}

interface ViewParts {
  readonly loaded: LoadedConfig
  readonly signer: Signer
  readonly seals: Stores['seals']
  readonly anchors: Anchors
  readonly sign: () => Promise<void>
  readonly deps: NodeDependencies
}

function viewOf({ loaded, signer, seals, anchors, deps, sign }: ViewParts): EvidenceView {
  const { data } = loaded.config
  const places = { spool: join(data, 'spool'), audit: join(data, AUDIT_DIRECTORY) }
  let state: VerifyState | undefined
  const run = async (began: VerifyState) => {
    const onProgress = (progress: Pick<VerifyState, 'segments' | 'done' | 'records'>) => {
      state = { ...began, ...progress }
    }
    try {
      const result = await verifyEvidence(places, verifierOf(signer.publicKey), { onProgress })
      state = { ...(state ?? began), finishedTime: deps.clock.now(), result }
    } catch (error) {
      state = { ...(state ?? began), finishedTime: deps.clock.now(), problem: error instanceof Error ? error.message : String(error) }
    }
  }
  return {
    key: signer.key,
    publicKey: signer.publicKey,
    head: () => {
      const head = seals?.head
      return head && { sequence: head.last.sequence, hash: head.last.hash, signedTime: head.time, firstSequence: head.first.sequence }
    },
    sign,
    problem: () => seals?.problem ?? anchors.counters.problem,
    streams: () => anchors.streams(),
    leafBytes: () => anchors.counters.leafBytes,
    prove: (node, epoch, sequence) => anchors.prove(node, epoch, sequence),
    verify: () => {
      if (state && state.finishedTime === undefined) return state
      state = { startedTime: deps.clock.now(), segments: 0, done: 0, records: 0 }
      void run(state)
      return state
    },
    verification: () => state,
  }
}
