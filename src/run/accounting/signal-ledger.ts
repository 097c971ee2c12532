import { decodeBatch } from '../../core/batch-codec.ts'
import { decodeForwarded } from '../../core/forwarded.ts'
import type { Historian } from '../../core/historian.ts'
import type { SignalLedger, SignalSum } from '../../core/ledger.ts'
import type { SignalTable } from '../../core/signals.ts'
import type { Spool, SpoolRecord } from '../../core/spool.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import { HISTORIAN } from './counting.ts'
import { type RunningLedger, wholeHours } from './index.ts'

/** What one question about a group of signals may read. */
export const SIGNAL_LEDGER_LIMITS = {
  /** Bytes of the newest part of the log; what is older is not counted, and the answer says where it begins. */
  bytes: 128 * 1024 * 1024,
  /** Signals that the historian is asked about. */
  signals: 100_000,
} as const
const READ_RECORDS = 4_096
const READ_BYTES = 8 * 1024 * 1024
const QUERY_MS = 10_000
/** The clock of another node may be so far ahead of ours: what it recorded came here before that, by our clock. */
const BEFORE_US = HOUR

export interface SignalLedgerParts {
  readonly spool: Pick<Spool, 'node' | 'epoch' | 'read' | 'stats'>
  readonly historian: Pick<Historian, 'accounts' | 'writers' | 'sql'>
  readonly signals: SignalTable
  /** What the ledger knows by connection: drops that nobody told apart by signal. */
  readonly droppedBefore: (
    period?: Period,
  ) => Promise<readonly { readonly node: string; readonly connection: string; readonly dropped: number }[]>
  readonly limits?: { readonly bytes: number; readonly signals: number }
}

/** Of recorded time, whole hours; `to` is exclusive. */
type Period = { readonly from: Micros; readonly to: Micros }

/** A log as far as it was read. */
interface Stream {
  readonly node: string
  readonly epoch: number
  /** What the historian has of it. */
  readonly stored: number
  readonly idOf: (index: number) => string | undefined
  low: number
  high: number
  /** Of records up to `stored`, and of those beyond, by signal. */
  readonly passed: Map<string, number>
  readonly pending: Map<string, number>
}

/**
 * Counts the samples of some signals twice: in the log's own records as they lie on disk, and among what the historian has of the same records. Nothing is kept for it. What was
 * dropped before the log is known by connection only, so a sum over a connection with such drops is never said to close.
 */
export async function ledgerOfSignals(parts: SignalLedgerParts, isAsked: (id: string) => boolean, asked?: Period): Promise<SignalLedger> {
  const period = asked && wholeHours(asked)
  const { spool, historian, limits = SIGNAL_LEDGER_LIMITS } = parts
  const streams = await streamsOf(parts)
  const range = await countLog(spool, limits.bytes, streams, isAsked, period)
  const connectionOf = (id: string) => parts.signals.at(parts.signals.indexOf(id) ?? -1)?.connection ?? ''
  const dropped = await parts.droppedBefore(period)
  const sums: SignalSum[] = []
  for (const stream of streams.values()) {
    const stored = await storedOf(stream, historian, limits.signals, period)
    const ids = new Set([...stream.passed.keys(), ...stream.pending.keys()])
    for (const [connection, some] of Map.groupBy(ids, connectionOf)) {
      const sum = (counts: ReadonlyMap<string, number>) => some.reduce((all, id) => all + (counts.get(id) ?? 0), 0)
      const [passed, pending, delivered] = [sum(stream.passed), sum(stream.pending), sum(stored)]
      const off = some.filter((id) => (stream.passed.get(id) ?? 0) !== (stored.get(id) ?? 0)).sort()
      const before = dropped.filter((one) => one.node === stream.node && (one.connection === connection || one.connection === ''))
      const droppedOfConnection = before.reduce((all, one) => all + one.dropped, 0)
      sums.push({
        ...{ node: stream.node, connection, signals: some.length, logged: passed + pending, delivered, pending },
        ...{ off: passed - delivered, signalsOff: off.length, examples: off.slice(0, 5), droppedOfConnection },
        state: off.length > 0 ? 'off' : droppedOfConnection > 0 ? 'not-told-apart' : 'closed',
      })
    }
  }
  return { ...range, ...(period && { period }), sums }
}

async function streamsOf({ spool, historian, signals }: SignalLedgerParts): Promise<Map<string, Stream>> {
  // The place first: what is committed up to it stays as it is, whatever comes while we count.
  const { checkpoints } = await historian.accounts({ from: 0, to: 0 })
  const writers = await historian.writers()
  const known = [
    ...new Map([...checkpoints, { node: spool.node, epoch: spool.epoch, sequence: 0 }].reverse().map((one) => [keyOf(one), one])).values(),
  ]
  return new Map(
    known.map(({ node, epoch, sequence }) => {
      const isOwn = node === spool.node && epoch === spool.epoch
      const table = new Map(writers.find((one) => one.node === node && one.epoch === epoch)?.signals ?? [])
      const idOf = (index: number) => (isOwn ? signals.at(index)?.id : table.get(index))
      const counted = { low: Number.POSITIVE_INFINITY, high: 0, passed: new Map<string, number>(), pending: new Map<string, number>() }
      return [keyOf({ node, epoch }), { node, epoch, stored: sequence, idOf, ...counted }]
    }),
  )
}

const keyOf = ({ node, epoch }: { readonly node: string; readonly epoch: number }): string => `${epoch} ${node}`

async function countLog(
  spool: SignalLedgerParts['spool'],
  bytes: number,
  streams: ReadonlyMap<string, Stream>,
  isAsked: (id: string) => boolean,
  period: Period | undefined,
): Promise<Pick<SignalLedger, 'from' | 'to' | 'fromTime'>> {
  const { firstSequence, lastSequence, bytes: all } = spool.stats()
  const share = Math.min(1, bytes / Math.max(1, all))
  const from = period ? await firstSince(spool, period.from - BEFORE_US) : lastSequence - Math.floor((lastSequence - firstSequence) * share)
  let fromTime: number | undefined
  let next = from
  let read = 0
  // What other nodes recorded in the period may have come long after it: the rest of the log is read, as far as there is room.
  while (next <= lastSequence && !(period && read >= bytes)) {
    const records = await spool.read(next, READ_RECORDS, READ_BYTES)
    if (records.length === 0) break
    for (const record of records) {
      if (record.sequence > lastSequence) break
      fromTime ??= record.recordedTime
      read += record.payload.length
      const inner = record.kind === 'forwarded' && record.payload.length > 0 ? decodeForwarded(record.payload).records : [record]
      for (const one of inner) count(one, streams.get(keyOf(one)), isAsked, period)
    }
    next = (records.at(-1) as SpoolRecord).sequence + 1
  }
  return { from, to: Math.max(from, Math.min(lastSequence, next - 1)), ...(fromTime !== undefined && { fromTime }) }
}

/** The first record written since a time; where the clock was set back, one before. */
async function firstSince(spool: SignalLedgerParts['spool'], time: Micros): Promise<number> {
  const { firstSequence, lastSequence } = spool.stats()
  let [low, high] = [firstSequence, lastSequence]
  while (low < high) {
    const middle = (low + high) >> 1
    const [record] = await spool.read(middle, 1, READ_BYTES)
    if (!record || record.recordedTime >= time) high = middle
    else low = middle + 1
  }
  return low
}

function count(
  { kind, sequence, payload, recordedTime }: SpoolRecord,
  stream: Stream | undefined,
  isAsked: (id: string) => boolean,
  period: Period | undefined,
): void {
  if (!stream) return
  stream.low = Math.min(stream.low, sequence)
  stream.high = Math.max(stream.high, sequence)
  if (kind !== 'batch' || (period && (recordedTime < period.from || recordedTime >= period.to))) return
  const into = sequence <= stream.stored ? stream.passed : stream.pending
  const { signal } = decodeBatch(payload)
  const counts = new Map<number, number>()
  for (const index of signal) counts.set(index, (counts.get(index) ?? 0) + 1)
  for (const [index, samples] of counts) {
    const id = stream.idOf(index)
    if (id !== undefined && isAsked(id)) into.set(id, (into.get(id) ?? 0) + samples)
  }
}

/** Samples by signal that the historian has of the records that were counted. */
async function storedOf(
  { node, epoch, low, high, stored }: Stream,
  historian: Pick<Historian, 'sql'>,
  most: number,
  period: Period | undefined,
): Promise<Map<string, number>> {
  if (low > stored) return new Map()
  const within = period ? `AND i.recorded_time >= make_timestamp(${period.from}) AND i.recorded_time < make_timestamp(${period.to})` : ''
  const { rows, truncated } = await historian.sql(
    `SELECT s.signal, count(*) FROM samples s JOIN ingests i USING (ingest) WHERE i.node = '${node.replaceAll("'", "''")}' AND i.epoch = ${epoch}
     AND i.sequence BETWEEN ${low} AND ${Math.min(stored, high)} ${within} GROUP BY 1`,
    { maxRows: most, timeoutMs: QUERY_MS },
  )
  if (truncated) throw new RangeError(`more than ${most} signals`)
  return new Map(rows.map(([signal, samples]) => [String(signal), Number(samples)]))
}

/** Drops before the log by connection, as every destination is told of them. */
export async function droppedBefore(
  ledger: Pick<RunningLedger, 'view'>,
  period?: Period,
): Promise<{ node: string; connection: string; dropped: number }[]> {
  const { lines } = await ledger.view(period)
  return lines.flatMap(({ node, connection, unit, destinations }) => {
    const dropped = destinations
      .filter(({ destination }) => destination === HISTORIAN)
      .flatMap((one) => Object.values(one.dropped))
      .reduce((sum, count) => sum + count, 0)
    return unit === 'samples' && dropped > 0 ? [{ node, connection, dropped }] : []
  })
}
