import type { RecordQuery } from '../../core/history.ts'
import type { QuarantinedRow, RecordBatch, RecordKind, RecordVersion, StoredVersion } from '../../core/it-records.ts'
import { LIMITS } from '../../core/limits.ts'
import type { RecordCounts } from '../../core/node-view.ts'
import type { Feed } from '../../core/record-kinds.ts'
import type { RecordDelivery, RecordSource } from '../../core/record-source.ts'
import { type Spool, SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import { BackOff } from '../../lib/back-off.ts'
import { type AttemptParts, keepConnected } from '../attempts.ts'
import type { Drops } from '../drops.ts'
import type { RecordBook } from './book.ts'
import { type Snapshot, type Taken, takeDelivery } from './take.ts'

/** Rows that say nothing new are lost to nobody: their number may wait. */
const ACCOUNT_EVERY_MS = 10_000
const RETRY_FIRST_MS = 50
const RETRY_LIMIT_MS = 2_000

export interface RecordRunParts extends AttemptParts {
  readonly source: RecordSource
  readonly feeds: readonly Feed[]
  readonly kinds: ReadonlyMap<string, RecordKind>
  readonly book: RecordBook
  /** What the source dropped, and rows that said nothing new. */
  readonly drops: Drops
  readonly counts: { -readonly [K in keyof RecordCounts]: number }
  readonly spool: Pick<Spool, 'appendContent'>
  readonly random: () => number
  /** Told of the rows of each delivery. */
  readonly onDelivered?: (rows: number) => void
  /** What is known of records, everything durable included. */
  readonly lastVersions: (query: Pick<RecordQuery, 'kind' | 'keys' | 'source'>, stop: AbortSignal) => Promise<readonly StoredVersion[]>
}

/**
 * One connection's IT records, from the source to the log: rows become versions or go to quarantine, what says nothing new is left out, what is gone is said to
 * be gone; only when all of it is durable is the source told so and read again. Resolves when there will be no more.
 */
export async function runRecords(parts: RecordRunParts): Promise<void> {
  // A snapshot that breaks off with its connection deletes nothing: the next one begins anew.
  let snapshots = new Map<number, Snapshot>()
  let accountedMs = parts.clock.monotonicMs()
  const source: AttemptParts['source'] = {
    connect: (stop) => {
      snapshots = new Map()
      return parts.source.connect(stop)
    },
    close: () => parts.source.close(),
    nextReadMs: () => parts.source.nextReadMs?.() ?? 0,
  }
  await keepConnected({ ...parts, source }, async () => {
    const { health, backOff, clock, stop } = parts
    const delivery = await parts.source.read(stop)
    health.lastHeardTime = clock.now()
    parts.onDelivered?.(delivery.rows.length + (delivery.deleted?.length ?? 0))
    health.liveness = 'live'
    backOff.reset()
    if (delivery.snapshot && !snapshots.has(delivery.feed)) snapshots.set(delivery.feed, { seen: new Set(), isBlurred: false })
    await take(delivery, delivery.snapshot && snapshots.get(delivery.feed), parts)
    if (delivery.snapshot?.last) snapshots.delete(delivery.feed)
    if (clock.monotonicMs() - accountedMs >= ACCOUNT_EVERY_MS) {
      accountedMs = clock.monotonicMs()
      await accountFor(parts)
    }
    delivery.ack?.()
  })
  await accountFor(parts).catch((error: unknown) => parts.log.warn({ error: String(error) }, 'what was read last is not accounted for'))
}

/** Puts what made no version into the log's account. */
async function accountFor({ drops, spool }: Pick<RecordRunParts, 'drops' | 'spool'>): Promise<void> {
  const account = drops.take()
  if (account) await spool.appendContent({ kind: 'account', account })
}

async function take(delivery: RecordDelivery, snapshot: Snapshot | undefined, parts: RecordRunParts): Promise<void> {
  const { feeds, kinds, book, counts, health, log, stop } = parts
  const feed = feeds[delivery.feed]
  const kind = feed && kinds.get(feed.record)
  if (!feed || !kind) throw new Error(`the source speaks of feed ${delivery.feed}, there are ${feeds.length}`)
  if (delivery.rows.length > LIMITS.deliveryRows)
    throw new Error(`the source handed over ${delivery.rows.length} rows at once, the limit is ${LIMITS.deliveryRows}`)
  const taken = takeDelivery(delivery, kind, feed, book, snapshot)
  if (taken.isBlurred)
    log.warn({ feed: delivery.feed, kind: kind.name }, 'a row without a readable key: this snapshot cannot tell what was deleted')
  const gone = taken.gone.length > 0 ? await deletions(kind, taken, parts) : []
  if (stop.aborted) throw new Error('stopped before the rows were stored')
  const { cursor } = delivery
  const batch: RecordBatch = {
    ...{ source: book.source, feed: delivery.feed, versions: [...taken.versions, ...gone], quarantined: taken.quarantined },
    ...(cursor !== undefined && cursor !== book.cursor(delivery.feed) && { cursor }),
  }
  await store(batch, parts)
  counts.rows += delivery.rows.length
  counts.known += taken.known
  parts.drops.addKnown(taken.known)
  counts.versions += taken.versions.length
  counts.deleted += gone.length
  counts.quarantined += taken.quarantined.length
  if (taken.isBlurred) counts.blurred++
  if (taken.quarantined.length > 0) {
    const first = taken.quarantined[0] as QuarantinedRow
    health.failed(`${taken.quarantined.length} rows went to quarantine: ${first.reason}`, 'see `ecluse records --quarantine`')
  }
}

/** What is gone keeps its last values and validity, so that whatever was computed from it is found. */
async function deletions(
  kind: RecordKind,
  { gone, versions }: Taken,
  { book, lastVersions, stop }: RecordRunParts,
): Promise<RecordVersion[]> {
  const found: RecordVersion[] = []
  const latest = new Map(versions.map((version) => [version.key, version]))
  for (let at = 0; at < gone.length; at += LIMITS.deliveryRows) {
    const some = gone.slice(at, at + LIMITS.deliveryRows)
    const last = new Map(
      (await lastVersions({ kind: kind.name, keys: some, source: book.source }, stop)).map((version) => [version.key, version]),
    )
    for (const key of some) {
      const { validFrom = null, validTo = null, values = {} } = latest.get(key) ?? last.get(key) ?? {}
      found.push({ kind: kind.name, key, source: book.source, validFrom, validTo, isDeleted: true, values })
    }
  }
  return found
}

/** Writes a batch, in pieces where it is too large for one record, and tries until there is room for it. */
async function store(batch: RecordBatch, parts: RecordRunParts): Promise<void> {
  const { book, spool, health, clock, random, stop } = parts
  const { versions, quarantined, cursor } = batch
  if (versions.length + quarantined.length === 0 && cursor === undefined) return
  if (versions.length > 2 * LIMITS.deliveryRows) return storeHalves(batch, parts)
  const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, random)
  let record: SpoolRecord | undefined
  while (!record) {
    try {
      record = await spool.appendContent({ kind: 'records', records: batch })
    } catch (error) {
      if (error instanceof RangeError && versions.length + quarantined.length > 1) return storeHalves(batch, parts)
      if (!(error instanceof SpoolFull)) throw error
      health.failed(`the spool does not take records: ${error.message}`)
      if (stop.aborted) throw error
      await clock.sleep(backOff.next(), stop)
    }
  }
  book.learn(batch)
}

/** The cursor comes with the last piece: what a crash leaves out is read again. */
async function storeHalves({ cursor, ...batch }: RecordBatch, parts: RecordRunParts): Promise<void> {
  const half = <T>(list: readonly T[]) => [list.slice(0, list.length >> 1), list.slice(list.length >> 1)] as const
  const [firstVersions, otherVersions] = half(batch.versions)
  const [firstRows, otherRows] = half(batch.quarantined)
  await store({ ...batch, versions: firstVersions, quarantined: firstRows }, parts)
  await store({ ...batch, versions: otherVersions, quarantined: otherRows, ...(cursor !== undefined && { cursor }) }, parts)
}
