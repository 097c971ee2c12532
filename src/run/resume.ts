import { BatchBuilder, type SampleBatch } from '../core/batch.ts'
import { decodeBatch } from '../core/batch-codec.ts'
import type { Historian } from '../core/historian.ts'
import type { LastValues } from '../core/last-values.ts'
import type { ReasonSets } from '../core/reasons.ts'
import type { SignalTable } from '../core/signals.ts'
import { type Spool, SpoolFull, type SpoolRecord } from '../core/spool.ts'
import { rank, Status } from '../core/status.ts'
import type { Clock, Micros } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import type { Remotes } from './remotes.ts'

const READ_RECORDS = 4_096
const READ_BYTES = 16 * 1024 * 1024
const RETRY_FIRST_MS = 100
const RETRY_LIMIT_MS = 5_000

export interface ResumeParts {
  readonly historian: Pick<Historian, 'checkpoints' | 'lastAll'>
  readonly spool: Spool
  /** When the last record of the log was written. */
  readonly lastRecordedTime: Micros | undefined
  readonly signals: SignalTable
  readonly reasons: ReasonSets
  readonly last: LastValues
  readonly clock: Clock
  readonly random: () => number
  readonly remotes: Pick<Remotes, 'nodeOf' | 'absorb'>
  /** Parts of a batch that must not share a record of the log; absent: all may. */
  readonly split?: ((batch: SampleBatch) => readonly SampleBatch[]) | undefined
  /** Takes in IT records that the historian does not have yet. */
  readonly onRecords?: (record: SpoolRecord) => void
}

/**
 * Takes up where the node stopped: last values from the historian and from what the spool holds beyond it, then one sample for every signal
 * that was not Bad: BadNoCommunication just after the last record written, because from there on nobody measured. Returns the historian's checkpoint.
 * Throws when the spool is older than the historian (a restored backup), since its sequences would pass for duplicates.
 */
export async function resume(parts: ResumeParts): Promise<number> {
  const { historian, spool } = parts
  const checkpoints = await historian.checkpoints()
  const from = checkpoints.find(({ node, epoch }) => node === spool.node && epoch === spool.epoch)?.sequence ?? 0
  const end = spool.stats().lastSequence
  if (from > end) {
    throw new Error(
      `the spool ends at ${end} but the historian already holds record ${from} of the same epoch: an older copy of the spool was restored. ` +
        'Move the spool folder away to start a new epoch; what the historian holds stays.',
    )
  }
  await seed(parts, from)
  await declareStop(parts)
  return from
}

async function seed({ historian, spool, signals, reasons, last, remotes, onRecords }: ResumeParts, from: number): Promise<void> {
  const rows = (await historian.lastAll()).filter((row) => signals.indexOf(row.signal) !== undefined)
  for (const row of rows) {
    const builder = new BatchBuilder(1)
    builder.push(signals.indexOf(row.signal) as number, row.sourceTime, row.value, row.status, reasons.of(...row.reasons))
    if (row.text !== undefined) builder.setText(0, row.text)
    last.update(builder.build(row.receivedTime), signals.size)
  }
  for (let next = from + 1; ; ) {
    const records = await spool.read(next, READ_RECORDS, READ_BYTES)
    if (records.length === 0) return
    for (const record of records) {
      if (record.kind === 'batch') last.update(decodeBatch(record.payload), signals.size)
      else if (record.kind === 'forwarded') remotes.absorb(record)
      else if (record.kind === 'records') onRecords?.(record)
    }
    next = (records.at(-1)?.sequence ?? next) + 1
  }
}

async function declareStop({ spool, split, lastRecordedTime, signals, reasons, last, clock, random, remotes }: ResumeParts): Promise<void> {
  const now = clock.now()
  const since = Math.min(now, (lastRecordedTime ?? now) + 1)
  const reason = reasons.of('node-stopped')
  const builder = new BatchBuilder()
  for (let index = 0; index < signals.size; index++) {
    // Who measures what comes from another node did not stop with us.
    if (!last.has(index) || rank(last.status[index] as number) === 2 || remotes.nodeOf(index) !== undefined) continue
    builder.push(index, Math.max(since, (last.sourceTime[index] as number) + 1), Number.NaN, Status.BadNoCommunication, reason)
  }
  if (builder.count === 0) return
  const batch = builder.build(now)
  last.update(batch, signals.size)
  for (const part of split?.(batch) ?? [batch])
    try {
      await spool.append(part)
    } catch (error) {
      if (!(error instanceof SpoolFull)) throw error
      // A full spool must not keep the node from starting: only a node that runs can bring away what fills it.
      void appendLater(spool, part, clock, new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random))
    }
}

/** Tries until there is room or the spool is closed; then the next start declares the stop. */
async function appendLater(spool: Spool, batch: SampleBatch, clock: Clock, backOff: BackOff): Promise<void> {
  for (let isFull = true; isFull; ) {
    await clock.sleep(backOff.next())
    isFull = await spool.append(batch).then(
      () => false,
      (error: unknown) => error instanceof SpoolFull,
    )
  }
}
