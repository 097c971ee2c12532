import type { LoadedConfig } from '../../config/index.ts'
import { digestOf } from '../../config/index.ts'
import { CHANGE_LIMITS, decideStart, missingApprovals, type StartDecision, startedDetail, startedUnder } from '../../continuity/index.ts'
import type { AuditEntry, AuditEvent, AuditTrail } from '../../core/audit.ts'
import { type ApprovalOf, type Asker, ChangeRefused, type ChangesView, type ConfigurationChange } from '../../core/changes.ts'
import type { KeptConfiguration, KeptConfigurations } from '../../core/node-view.ts'
import { type Candidate, type Offered, PlanRefused } from '../../core/planning.ts'
import type { Clock } from '../../core/time.ts'
import type { Signer } from '../../lib/signed.ts'
import { composed } from '../planning/offered.ts'
import { inTurn } from '../repeatedly.ts'
import { type ChangeStore, openChangeStore } from './store.ts'

/** The file that was to run lacks its approvals, and the one before it says that it must not run then. */
export class NotApproved extends Error {
  override name = 'NotApproved'
  readonly digest: string
  readonly missing: number
  constructor(digest: string, missing: number) {
    super(`the configuration ${digest} lacks ${missing} approval(s)`)
    this.digest = digest
    this.missing = missing
  }
}

/** How this start stands with approvals, and the changes that are kept. */
export interface StartedChanges {
  readonly store: ChangeStore
  readonly decision: StartDecision
  /** For the entry of the start in the audit log. */
  readonly detail: Record<string, string | number>
}

/** Holds the configuration against what the last start left in the audit log. Throws NotApproved, recorded, where it must not run. */
export async function startChanges(
  loaded: LoadedConfig,
  signer: Signer,
  audit: Pick<AuditTrail, 'note'>,
  lastStart: AuditEntry | undefined,
): Promise<StartedChanges> {
  const store = await openChangeStore(loaded.config.data, signer)
  for (const name of store.foreign)
    await audit.note({ kind: 'finding', outcome: 'done', what: `the record of a change was not signed by this node: ${name}` })
  const digest = digestOf(loaded)
  const change = store.list().find((one) => one.digest === digest)
  const before = startedUnder(lastStart)
  const decision = decideStart(before, { digest, rule: loaded.config.governance.changes }, change)
  const missing = decision.state === 'missing' ? missingApprovals(change, decision.rule) : 0
  if (missing > 0) {
    const outcome = decision.isRefused ? 'refused' : 'done'
    await audit.note({ kind: 'approval', outcome, what: digest, detail: { step: 'start', missing, configuration: loaded.version } })
  }
  if (decision.isRefused) throw new NotApproved(digest, missing)
  return { store, decision, detail: startedDetail(decision) }
}

export interface ChangesParts extends StartedChanges {
  readonly loaded: LoadedConfig
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly configurations: KeptConfigurations
  /** What this node ran, newest first. */
  readonly kept: readonly KeptConfiguration[]
  readonly plan: (candidate: Candidate) => Promise<Offered>
}

/** Proposals and approvals while the node runs: recorded before they are kept, one at a time. */
export function changesView({ store, decision, loaded, audit, clock, configurations, kept, plan }: ChangesParts): ChangesView {
  const own = loaded.config.governance.changes
  const changeOf = (digest: string) => store.list().find((one) => one.digest === digest)
  const isStillMissing = () => decision.state === 'missing' && missingApprovals(changeOf(decision.digest), decision.rule) > 0
  // Once the running file has its approvals, what it asks for is asked of the next.
  const rule = () => (decision.state === 'missing' && !isStillMissing() ? own : decision.rule)
  const missing = (change: ConfigurationChange) => missingApprovals(change, rule())
  const record = (step: string, what: string, { who, reason }: Asker, detail: Record<string, string | number>) => {
    const event: AuditEvent = { kind: 'approval', outcome: 'done', who, what, detail: { step, reason, ...detail } }
    return audit.record(event)
  }
  const oneAtATime = inTurn()

  const ofVersion = (version: string): ApprovalOf => {
    const { digest, approval } =
      version === loaded.version
        ? { digest: decision.digest, approval: decision.state }
        : (kept.find((one) => one.version === version) ?? {})
    const change = digest === undefined ? undefined : changeOf(digest)
    const isApproved = approval === 'missing' && (version === loaded.version ? !isStillMissing() : change && missing(change) === 0)
    return { state: isApproved ? 'approved' : (approval ?? 'unknown'), ...(change && { change }) }
  }
  return {
    get rule() {
      return rule()
    },
    digest: decision.digest,
    list: () => store.list(),
    missing,
    ofVersion,
    files: (digest) => store.files(digest),
    propose: (candidate, by) =>
      oneAtATime(async () => {
        const { problems, plan: told, digest } = await plan(candidate)
        if (!told?.ok || digest === undefined) return { problems, ...(told && { plan: told }) }
        const known = changeOf(digest)
        if (known) return { problems, plan: told, change: known }
        const running = await configurations.read(loaded.version)
        if (!running) throw new PlanRefused('not-kept', 'the running configuration was not kept')
        const files = composed({ files: running.files.map((name, i) => ({ name, text: running.texts[i] ?? '' })) }, candidate)
        const { who, isAccount, reason } = by
        const change = { digest, before: told.before, proposed: { who, isAccount, reason, time: clock.now() }, approvals: [] }
        await record('proposed', digest, by, { before: told.before, after: told.after, breaks: told.breaks.length })
        await store.put(change, { entry: running.entry, files })
        return { problems, plan: told, change }
      }),
    approve: (digest, by) =>
      oneAtATime(async () => {
        const change = changeOf(digest)
        if (!change) throw new ChangeRefused('unknown', 'no such change')
        check(change, by, rule().by)
        const { who, roles, reason } = by
        await record('approved', digest, by, { roles: roles.join(','), proposedBy: change.proposed.who })
        const approved = { ...change, approvals: [...change.approvals, { who, roles, reason, time: clock.now() }] }
        await store.put(approved)
        return approved
      }),
  }
}

/** Throws ChangeRefused where an approval would not count. */
function check({ proposed, approvals }: ConfigurationChange, { who, isAccount, roles }: Asker, asked: readonly string[]): void {
  if (!isAccount) throw new ChangeRefused('not-a-person', 'an approval is of somebody who signed in')
  if (proposed.isAccount && proposed.who === who) throw new ChangeRefused('own', 'a change is approved by others than who proposed it')
  if (asked.length > 0 && !roles.some((role) => asked.includes(role)))
    throw new ChangeRefused('wrong-role', `one of these roles approves: ${asked.join(', ')}`)
  if (approvals.some((one) => one.who === who)) throw new ChangeRefused('twice', 'approved already')
  if (approvals.length >= CHANGE_LIMITS.approvals) throw new ChangeRefused('too-many', `${CHANGE_LIMITS.approvals} have approved`)
}
