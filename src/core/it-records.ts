import type { Label } from './signals.ts'
import type { Micros } from './time.ts'

/** What a field of an IT record holds. Times are microseconds since the epoch, UTC, like all times here. */
export const FIELD_TYPES = ['text', 'number', 'boolean', 'time'] as const
export type FieldType = (typeof FIELD_TYPES)[number]
export type FieldValue = string | number | boolean | null

/** A kind of IT record as the file declares it: flights, work orders, batches, shifts. */
export interface RecordKind {
  readonly name: string
  readonly label?: Label
  /** Fields that together name one record, in this order. */
  readonly key: readonly string[]
  readonly fields: Readonly<Record<string, RecordField>>
  /** Fields that say when a record holds: from inclusive, to exclusive. Absent: it holds at all times. */
  readonly validity?: { readonly from: string; readonly to?: string }
  /**
   * The field that names the equipment, and whose names they are (`aliases` of the equipment): by `systems` those of some connections, by `system` those of all others; without it they
   * are paths under the site.
   */
  readonly equipment?: { readonly field: string; readonly system?: string; readonly systems?: Readonly<Record<string, string>> }
  /** Connections by falling authority, per use (`default` for any other). A source that is not listed comes after those that are, by name. */
  readonly authority: Readonly<Record<string, readonly string[]>>
}

/** The start of a record whose source does not say yet when it begins: after everything that can be asked for. */
export const NEVER: Micros = Date.parse('9999-12-31T00:00:00Z') * 1000

export interface RecordField {
  readonly type: FieldType
  readonly required: boolean
  /** UCUM, of a number. */
  readonly unit?: string
  /** Values a text may take. */
  readonly values?: readonly string[]
  /** Zone of times that come without one, e.g. Europe/Paris; absent: such times are malformed. */
  readonly zone?: string
  /** Times that come as a number count these since 1970; absent: a number is malformed. */
  readonly epoch?: 's' | 'ms' | 'us'
}

/** What one source says of one record. The same key from two sources is two facts, both kept. */
export interface RecordVersion {
  readonly kind: string
  /** The key fields, `\u001f` between them. */
  readonly key: string
  /** The connection it came by. */
  readonly source: string
  /** Null: since ever. `NEVER`: its kind says when it begins, but not this record. */
  readonly validFrom: Micros | null
  /** Exclusive. Null: for ever, as far as is known. */
  readonly validTo: Micros | null
  /** The source says that it is no more; the values are the last ones known. */
  readonly isDeleted: boolean
  /** Every declared field; null where the source says nothing. */
  readonly values: Readonly<Record<string, FieldValue>>
}

/** A version as it is stored. */
export interface StoredVersion extends RecordVersion {
  /** 1, 2, 3 ... of this key from this source. */
  readonly revision: number
  /** When this node learnt it; a version holds from there until the next one of its key and source is known. */
  readonly knownTime: Micros
  readonly ingest: number
}

/** A row that is no record of its kind: kept as it came, with the reason, until somebody releases it. */
export interface QuarantinedRow {
  readonly kind: string
  readonly source: string
  /** What keeps it out, for people: field, what was found, what was expected. */
  readonly reason: string
  /** The row as JSON, cut at `LIMITS.quarantinedRow` characters. */
  readonly row: string
}

/** Who decided about rows in quarantine, and why. */
export interface Decision {
  readonly by: string
  readonly reason: string
}

export const QUARANTINE_STATES = ['waiting', 'released', 'discarded'] as const
export type QuarantineState = (typeof QUARANTINE_STATES)[number]

export interface StoredQuarantine extends QuarantinedRow {
  /** `ingest.number`: names it to `ecluse records release`. */
  readonly id: string
  readonly knownTime: Micros
  readonly releasedTime: Micros | undefined
  readonly discardedTime: Micros | undefined
  /** Of what was released or discarded; undefined for rows of before this was asked. */
  readonly settled: Decision | undefined
}

/** The content of a spool record `records`: what one reading of a source came to, and where to go on from. */
export interface RecordBatch {
  readonly source: string
  /** Which of the connection's feeds, by its place in the file's list. */
  readonly feed: number
  readonly versions: readonly RecordVersion[]
  readonly quarantined: readonly QuarantinedRow[]
  /** Ids of quarantined rows that these versions replace. */
  readonly released?: readonly string[] | undefined
  /** Ids of quarantined rows that somebody has decided not to take. */
  readonly discarded?: readonly string[] | undefined
  /** Who released or discarded them, and why. */
  readonly settled?: Decision | undefined
  /** Why each of the released and discarded rows was set aside, as counted; see `reasonClass`. */
  readonly wereAside?: Readonly<Record<string, number>> | undefined
  /** Opaque to everybody but the source: handed to it at the next start. */
  readonly cursor?: string | undefined
}
