import type { Micros } from './time.ts'

/**
 * What a node keeps a record of, whoever does it. `configuration`: a start with another version of the file. `release`: rows or data out of quarantine.
 * `root`: the Merkle root of an hour of this node's log; `anchor`: that of a node below, computed from what arrived here. `finding`: something here
 * contradicts what had been signed. `signature`: the chain up to here, signed. `account`, `role`, `token`, `mfa`, `session`: people, what they may do, how they show who they are, and sessions ended. `removal`: entries older than they are kept for.
 */
export const AUDIT_KINDS = [
  'start',
  'stop',
  'sign-in',
  'sign-out',
  'denial',
  'account',
  'role',
  'token',
  'mfa',
  'session',
  'configuration',
  'approval',
  'release',
  'discard',
  'recompute',
  'export',
  'evidence-export',
  'enrolment',
  'revocation',
  'node-refusal',
  'write-attempt',
  'root',
  'anchor',
  'finding',
  'removal',
  'signature',
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

export interface AuditEvent {
  readonly kind: AuditKind
  readonly outcome: 'done' | 'refused'
  /** Name of the account, `local` for the command line of the machine's owner, or a node's name. */
  readonly who?: string
  /** Network address it came from. */
  readonly from?: string
  /** What it was about: a route, a definition, a node, a version. */
  readonly what?: string
  readonly detail?: Readonly<Record<string, string | number>>
  /** Of a group that was counted instead of written one by one: how many. */
  readonly count?: number
}

export interface AuditEntry extends AuditEvent {
  /** 1, 2, 3 ... without holes. */
  readonly n: number
  readonly time: Micros
}

export interface AuditQuery {
  /** Inclusive. */
  readonly from?: Micros
  /** Exclusive. */
  readonly to?: Micros
  readonly kinds?: readonly AuditKind[]
  /** Entries before this one only. */
  readonly before?: number
  readonly limit: number
}

/** What one forwarding destination has. */
export interface AuditForwardView {
  readonly to: string
  readonly format: 'syslog' | 'cef'
  /** The last entry handed to the network, and how many wait in the file behind it. */
  readonly sent: number
  readonly waiting: number
  /** Entries that were removed from the file before they could be sent. */
  readonly lost: number
  readonly problem: string | undefined
}

export interface AuditView {
  /** The newest entry and its hash, hexadecimal. */
  readonly entry: number
  readonly hash: string
  /** The newest entry that a signature covers, and when it was signed. */
  readonly signedEntry: number
  readonly signedTime: Micros | undefined
  /** Bytes that are reserved on disk for entries to come. */
  readonly reservedBytes: number
  readonly problem: string | undefined
  readonly forwards: readonly AuditForwardView[]
}

/** Append-only, chained, on disk before what it tells of is confirmed. */
export interface AuditTrail {
  /** Resolves when the entry is on disk. Rejects with AuditFull: then what it tells of must not be done. */
  record(event: AuditEvent): Promise<void>
  /** For what happens anyhow (refusals): never rejects, counts what comes too often, and says so in one entry a minute. */
  note(event: AuditEvent): Promise<void>
  /** Newest first. */
  read(query: AuditQuery): Promise<{ entries: AuditEntry[]; truncated: boolean }>
  view(): AuditView
}

/** The audit log cannot take an entry: what must be recorded must not be done. */
export class AuditFull extends Error {
  override name = 'AuditFull'
}

/** Keeps nothing; for parts and tests that run without a node's data directory. */
export const noAudit: AuditTrail = {
  record: async () => {},
  note: async () => {},
  read: async () => ({ entries: [], truncated: false }),
  view: () => ({ entry: 0, hash: '', signedEntry: 0, signedTime: undefined, reservedBytes: 0, problem: undefined, forwards: [] }),
}
