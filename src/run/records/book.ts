import { createHash } from 'node:crypto'
import type { QuarantinedRow, RecordBatch, RecordVersion } from '../../core/it-records.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'

/** Records of one source whose newest version is remembered, by a digest of its content. */
export const BOOK_RECORDS = 1_000_000
/** Rows in quarantine that are known again, the newest of them. */
export const BOOK_QUARANTINED = 100_000
const DIGEST_CHARACTERS = 16

/**
 * What one source has said so far, as far as it is durable: with it a row that says nothing new makes no version, and a snapshot shows what is gone.
 * Deleted records stay in it, so that one which comes back is a new version.
 */
export class RecordBook {
  readonly source: string
  /** By kind and key: digest of the content, or '' when it was deleted. */
  readonly #newest = new Map<string, string>()
  readonly #quarantined = new Set<string>()
  readonly #cursors = new Map<number, string>()

  constructor(source: string) {
    this.source = source
  }

  get size(): number {
    return this.#newest.size
  }

  cursor(feed: number): string | undefined {
    return this.#cursors.get(feed)
  }

  restoreCursor(feed: number, cursor: string): void {
    this.#cursors.set(feed, cursor)
  }

  /** True when the newest version known says something else. */
  isNews(version: RecordVersion): boolean {
    return this.#newest.get(place(version.kind, version.key)) !== contentDigest(version)
  }

  /** True when it is there and was not deleted. */
  has(kind: string, key: string): boolean {
    return (this.#newest.get(place(kind, key)) ?? '') !== ''
  }

  isNewsQuarantine(row: QuarantinedRow): boolean {
    return !this.#quarantined.has(quarantineDigest(row))
  }

  /** Keys of a kind that are there and not in `seen`. */
  missing(kind: string, seen: ReadonlySet<string>): string[] {
    const prefix = place(kind, '')
    const gone: string[] = []
    for (const [at, content] of this.#newest)
      if (content !== '' && at.startsWith(prefix) && !seen.has(at.slice(prefix.length))) gone.push(at.slice(prefix.length))
    return gone
  }

  /** Takes in what became durable. Throws RangeError at `BOOK_RECORDS`. */
  learn({ feed, versions, quarantined, cursor }: Pick<RecordBatch, 'feed' | 'versions' | 'quarantined' | 'cursor'>): void {
    for (const version of versions) {
      if (this.#newest.size >= BOOK_RECORDS && !this.#newest.has(place(version.kind, version.key)))
        throw new RangeError(`${this.source} has more than ${BOOK_RECORDS} records`)
      this.#newest.set(place(version.kind, version.key), contentDigest(version))
    }
    for (const row of quarantined) {
      if (this.#quarantined.size >= BOOK_QUARANTINED) for (const oldest of this.#quarantined) if (this.#quarantined.delete(oldest)) break
      this.#quarantined.add(quarantineDigest(row))
    }
    if (cursor !== undefined) this.#cursors.set(feed, cursor)
  }

  /** The same for a record of the log. */
  absorb(record: SpoolRecord): void {
    const content = parseRecord(record.kind, record.payload)
    if (content.kind === 'records' && content.records.source === this.source) this.learn(content.records)
  }
}

const place = (kind: string, key: string): string => `${kind}\u001e${key}`

/** The same for versions that say the same; '' for a deletion. */
export function contentDigest({ validFrom, validTo, isDeleted, values }: RecordVersion): string {
  if (isDeleted) return ''
  const content = JSON.stringify([validFrom, validTo, Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))])
  return short(content)
}

const quarantineDigest = ({ kind, reason, row }: QuarantinedRow): string => short(JSON.stringify([kind, reason, row]))

const short = (content: string): string => createHash('sha256').update(content).digest('base64').slice(0, DIGEST_CHARACTERS)
