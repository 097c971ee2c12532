import type { Micros } from './time.ts'

/** The first thing that is wrong with what is kept, and where. Texts are English, for the person who looks into it. */
export interface Tampered {
  readonly part: 'spool' | 'audit' | 'roots' | 'folder' | 'carried'
  readonly kind: string
  readonly file: string
  /** Of a record of the spool, or an entry of the audit log. */
  readonly sequence?: number
  readonly what: string
}

/** What a verification came to. */
export interface Verification {
  /** SHA-256 of the public key it was held against. */
  readonly key: string
  readonly spool?: {
    readonly node: string
    readonly epoch: number
    readonly segments: number
    readonly records: number
    readonly samples: number
    readonly firstSequence: number
    readonly lastSequence: number
    readonly signedTime: Micros
    readonly isStopped: boolean
    /** Segments signed at a later start; records after the signed head, which nobody has signed yet. */
    readonly lateSegments: number
    readonly unsignedRecords: number
  }
  readonly audit?: { readonly entries: number; readonly firstEntry: number; readonly lastEntry: number; readonly unsignedEntries: number }
  /** Hours whose root was computed again from the records and is the one in the audit log. */
  readonly roots: number
  /** Files of an exported folder that are as its signed list says. */
  readonly folderFiles?: number
  /** A file of records that was carried by hand. */
  readonly carried?: {
    readonly node: string
    readonly epoch: number
    readonly records: number
    readonly first: number
    readonly last: number
    /** Records that only a gap stands for: the policy withheld what they hold. */
    readonly withheld: number
    readonly missing: readonly { readonly from: number; readonly to: number; readonly cause: string }[]
    readonly signedTime: Micros
  }
  readonly tampered?: Tampered
}

export interface VerifyState {
  readonly startedTime: Micros
  readonly segments: number
  readonly done: number
  readonly records: number
  readonly finishedTime?: Micros
  readonly result?: Verification
  /** Why there is no result. */
  readonly problem?: string
}

export interface EvidencePeriod {
  readonly hour: Micros
  readonly from: number
  readonly to: number
  /** Hexadecimal. */
  readonly root: string
}

/** The root of a closed hour of a log as the node that writes it computed it, said in that log itself: whoever gets the log holds it against its own. */
export type StatedRoot = EvidencePeriod

/** A closed hour; of another node's log with the root that node says it has, once it has said so. */
export interface ClosedPeriod extends EvidencePeriod {
  readonly stated?: string | undefined
}

/** An hour of which the node that wrote it and this one have different roots: one of the two logs was changed. */
export interface RootDifference extends EvidencePeriod {
  readonly node: string
  readonly epoch: number
  readonly stated: string
}

export interface StreamEvidence {
  readonly node: string
  readonly epoch: number
  readonly open: EvidencePeriod | undefined
  readonly recent: readonly ClosedPeriod[]
}

/** That a record was in an hour: the nodes (RFC 6962) from its hash to the root. Hashes are hexadecimal. */
export interface InclusionProof extends EvidencePeriod {
  readonly hash: string
  readonly index: number
  readonly records: number
  readonly path: readonly string[]
  /** True while the hour goes on: its root is in no audit log yet. */
  readonly isOpen: boolean
}

/** What a node can prove of what it keeps. */
export interface EvidenceView {
  readonly key: string
  /** PEM. */
  readonly publicKey: string
  head(): { readonly sequence: number; readonly hash: string; readonly signedTime: Micros; readonly firstSequence: number } | undefined
  /** Signs what is there now, instead of within a minute. */
  sign(): Promise<void>
  /** Why nothing can be signed just now. */
  problem(): string | undefined
  /** This node's log and those that arrive here. */
  streams(): StreamEvidence[]
  readonly leafBytes: () => number
  prove(node: string, epoch: number, sequence: number): Promise<InclusionProof | undefined>
  /** Begins a verification of everything kept here, unless one runs. */
  verify(): VerifyState
  verification(): VerifyState | undefined
}
