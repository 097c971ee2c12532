import type { ConfigProblem } from './errors.ts'
import type { Candidate, PlanTold } from './planning.ts'
import type { Micros } from './time.ts'

/** What the file asks of a change of itself (`governance.changes`). */
export interface ChangeRule {
  /** People who must agree besides whoever proposes it; 0: nobody is asked. */
  readonly approvals: number
  /** Roles, one of which an approver has; empty: any. */
  readonly by: readonly string[]
  /** What a node does that starts with a configuration which lacks approvals: it says so everywhere, or it does not start. */
  readonly unapproved: 'care' | 'refuse'
}

/** Who asks for something. Only an account says who a person is: the command line and a token name nobody. */
export interface Asker {
  readonly who: string
  readonly isAccount: boolean
  readonly roles: readonly string[]
  readonly reason: string
}

export interface Approval {
  readonly who: string
  readonly roles: readonly string[]
  readonly reason: string
  readonly time: Micros
}

/** A configuration that somebody wants this node to run. */
export interface ConfigurationChange {
  /** SHA-256 over its files, hexadecimal (`digestOf`). */
  readonly digest: string
  /** The version that ran when it was proposed. */
  readonly before: string
  readonly proposed: Omit<Approval, 'roles'> & { readonly isAccount: boolean }
  readonly approvals: readonly Approval[]
}

/**
 * Who let a configuration run. `approved`: as many as were asked for; `not-asked`: no approval was asked for when it began; `missing`: it runs without those that are
 * asked for; `unknown`: nobody kept it.
 */
export type ApprovalState = 'approved' | 'not-asked' | 'missing' | 'unknown'

export interface ApprovalOf {
  readonly state: ApprovalState
  readonly change?: ConfigurationChange
}

/** Why a change is not taken. */
export type ChangeRefusalCode = 'unknown' | 'not-a-person' | 'own' | 'wrong-role' | 'twice' | 'too-many'

export class ChangeRefused extends Error {
  override name = 'ChangeRefused'
  readonly code: ChangeRefusalCode
  constructor(code: ChangeRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface ChangesView {
  /** What is asked of the next change: by the configuration that was last let in, not by one that waits. */
  readonly rule: ChangeRule
  /** Digest of the configuration that runs. */
  readonly digest: string
  /** Newest first. */
  list(): readonly ConfigurationChange[]
  /** How many approvals it lacks. */
  missing(change: ConfigurationChange): number
  /** Of a version of the configuration that this node ran. */
  ofVersion(version: string): ApprovalOf
  /** The files of a change; undefined: they are not there, or are not those of the digest. */
  files(digest: string): Promise<ChangeFiles | undefined>
  /** Keeps a configuration for approval, recorded first; what is there already stays as it is. Rejects with PlanRefused, ChangeRefused or AuditFull. */
  propose(candidate: Candidate, by: Asker): Promise<Proposed>
  /** Rejects with ChangeRefused or AuditFull. */
  approve(digest: string, by: Asker): Promise<ConfigurationChange>
}

export interface ChangeFiles {
  readonly entry: string
  readonly files: readonly { readonly name: string; readonly text: string }[]
}

/** `change` absent: lint refuses the files. */
export interface Proposed {
  readonly problems: readonly ConfigProblem[]
  readonly plan?: PlanTold
  readonly change?: ConfigurationChange
}

/** Nobody is asked, and nothing can be proposed: for parts and tests that run without a node's data directory. */
export const noChanges: ChangesView = {
  ...{ rule: { approvals: 0, by: [], unapproved: 'care' }, digest: '', list: () => [], missing: () => 0 },
  ...{ ofVersion: () => ({ state: 'unknown' }), files: async () => undefined },
  propose: () => Promise.reject(new ChangeRefused('unknown', 'nothing is kept here')),
  approve: () => Promise.reject(new ChangeRefused('unknown', 'nothing is kept here')),
}
