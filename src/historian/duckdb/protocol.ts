import type { DeliveredRow } from '../../core/account.ts'
import type { StoredFact } from '../../core/facts.ts'
import type {
  AggregateQuery,
  AggregateRow,
  Checkpoint,
  DefinitionRow,
  HeldDays,
  HistorianStats,
  IngestRow,
  LastRow,
  MeasureQuery,
  MeasureRow,
  QuarantineQuery,
  RecordCount,
  RecordCursor,
  SampleColumns,
  SampleQuery,
  SqlResult,
  TallyQuery,
  TallyRow,
  WriterTables,
} from '../../core/historian.ts'
import type { FactQuery, RecordQuery, Series, SeriesQuery } from '../../core/history.ts'
import type { StoredQuarantine, StoredVersion } from '../../core/it-records.ts'
import type { Declared } from '../../core/record-content.ts'
import type { RecordKind } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'
import type { StoreLimits } from './limits.ts'

/** What the owner thread is told when it starts. */
export interface StoreOptions {
  readonly directory: string
  readonly memoryLimitBytes: number
  readonly threads: number
  readonly compactAfterMs: number
  readonly retentionMs: number | undefined
  readonly queryTimeoutMs: number
  readonly limits: StoreLimits
}

/** A record whose payload lies in `PackedRecords.bytes`, at a multiple of 8 so that its columns are read in place. */
export interface PackedRecord {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly kind: RecordKind
  readonly recordedTime: Micros
  readonly at: number
  readonly length: number
}

/** The records of one commit. The payloads are copied once into one buffer, which is handed over: other readers of the payloads keep theirs. */
export interface PackedRecords {
  readonly records: readonly PackedRecord[]
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What the owner thread does. Each call is one message there and one back. */
export interface Operations {
  checkpoints(): Promise<Checkpoint[]>
  write(packed: PackedRecords, now: Micros): Promise<void>
  samples(query: SampleQuery): Promise<SampleColumns>
  series(query: SeriesQuery): Promise<Series[]>
  records(query: RecordQuery): Promise<{ versions: StoredVersion[]; truncated: boolean }>
  facts(query: FactQuery): Promise<{ facts: StoredFact[]; truncated: boolean }>
  recordCursors(): Promise<RecordCursor[]>
  accounts(period: { readonly from: Micros; readonly to: Micros } | undefined): Promise<{ checkpoints: Checkpoint[]; rows: DeliveredRow[] }>
  recordCounts(): Promise<RecordCount[]>
  quarantine(query: QuarantineQuery): Promise<{ rows: StoredQuarantine[]; truncated: boolean }>
  aggregate(query: AggregateQuery): Promise<{ rows: AggregateRow[]; truncated: boolean }>
  tally(query: TallyQuery): Promise<{ rows: TallyRow[]; truncated: boolean }>
  lastAll(): Promise<LastRow[]>
  sql(text: string, limits: { maxRows: number; timeoutMs: number }): Promise<SqlResult>
  ingests(ids: readonly number[]): Promise<IngestRow[]>
  writers(): Promise<WriterTables[]>
  declared(configVersion: string): Promise<Declared | undefined>
  definitions(signal: string): Promise<DefinitionRow[]>
  measures(query: MeasureQuery, now: Micros): Promise<{ rows: MeasureRow[]; truncated: boolean }>
  compact(now: Micros, settled?: Micros): Promise<CompactResult>
  stats(): Promise<HistorianStats>
  days(): Promise<HeldDays>
  close(): Promise<void>
}

export interface CompactResult {
  days: number
  samples: number
  bytes: number
  removedDays: number
}

export type Operation = keyof Operations

export interface Call {
  readonly id: number
  readonly op: Operation
  readonly args: readonly unknown[]
}

export type Level = 'debug' | 'info' | 'warn' | 'error'

export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly refused: boolean; readonly isBusy: boolean; readonly message: string }
  | { readonly type: 'log'; readonly level: Level; readonly fields: object; readonly message: string }
