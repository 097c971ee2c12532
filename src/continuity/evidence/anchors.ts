import { join } from 'node:path'
import { z } from 'zod'
import type { AuditTrail } from '../../core/audit.ts'
import type { ClosedPeriod, InclusionProof, RootDifference, StatedRoot, StreamEvidence } from '../../core/evidence.ts'
import { decodeForwarded } from '../../core/forwarded.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Logger } from '../../core/log.ts'
import { parseRecord } from '../../core/record-content.ts'
import { type Spool, SpoolFull, type SpoolRecord } from '../../core/spool.ts'
import { formatTime } from '../../core/time.ts'
import { type DurableFiles, replaceTextIn } from '../../lib/durable-files.ts'
import { Leaves, leafFile } from './leaves.ts'
import { EVIDENCE_LIMITS } from './limits.ts'
import { type Period, Periods } from './periods.ts'

const STATE_FILE = 'periods.json'
const CATCH_UP_RECORDS = 512
const CATCH_UP_BYTES = 8 * 1024 * 1024
const RECENT = 48

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const sequence = z.int().min(0)
const period = { hour: z.number(), from: sequence, to: sequence }
const stored = z.object({
  version: z.literal(1),
  /** Of this node's own log: everything up to here is in the periods below. */
  epoch: z.number(),
  sequence,
  streams: z
    .array(
      z.object({
        node: z.string().max(LIMITS.nodeLength),
        epoch: z.number(),
        open: z.object({ ...period, subtrees: z.array(hash).max(53) }),
        recent: z.array(z.object({ ...period, root: hash, stated: hash.optional() })).max(RECENT),
      }),
    )
    .max(EVIDENCE_LIMITS.streams),
})

export interface AnchorParts {
  readonly spool: Spool
  readonly audit: AuditTrail
  readonly directory: string
  readonly files: DurableFiles
  readonly log: Logger
  /** Another node gets this log: it is told the roots. */
  readonly isSent?: boolean
}

interface Stream {
  readonly periods: Periods
  /** Where the hashes of the open period go, and its first sequence. */
  leaves: { from: number; file: string }
  recent: (Period & Pick<ClosedPeriod, 'stated'>)[]
}

/**
 * Computes the hours of this node's log and of all logs that arrive in it, and lays the root of each closed hour down in the audit log: `root` for its own,
 * `anchor` for others. Nothing needs to be sent for it: the hashes come with the records. Where the log goes to another node, the root is said in it, too (`root`), by whatever way it
 * goes, and each node that gets it holds it against its own.
 */
export class Anchors {
  readonly #parts: AnchorParts
  readonly #leaves: Leaves
  readonly #streams = new Map<string, Stream>()
  /** Of this node's own log. */
  #own: Stream | undefined
  #pending: Period[] = []
  /** Own roots that the log does not hold yet. */
  #unsaid: Period[] = []
  /** Differences that the audit log does not hold yet, and those that nobody was told of. */
  #different: RootDifference[] = []
  #untold: RootDifference[] = []
  #lostRoots = 0
  #sequence = 0
  /** `#sequence` as it was saved last. */
  #saved = -1
  #unfollow: () => void = () => {}
  #working: Promise<void> = Promise.resolve()

  private constructor(parts: AnchorParts, leaves: Leaves) {
    this.#parts = parts
    this.#leaves = leaves
  }

  /** Takes up where the last process was, reads what the spool holds after that, then follows. */
  static async start(parts: AnchorParts): Promise<Anchors> {
    const anchors = new Anchors(parts, await Leaves.open(join(parts.directory, 'leaves'), parts.files))
    await anchors.#restore()
    await anchors.#catchUp()
    return anchors
  }

  /** Each log: the hour that is still open, and closed ones, newest first. */
  streams(): StreamEvidence[] {
    return [...this.#streams.values()].map(({ periods, recent }) => ({
      ...{ node: periods.node, epoch: periods.epoch, open: periods.current() },
      recent: recent.toReversed(),
    }))
  }

  /** Bytes of hashes kept, and roots that were never laid down because the audit log could take none for too long. */
  get counters() {
    return { leafBytes: this.#leaves.bytes, lostRoots: this.#lostRoots, problem: this.#leaves.problem }
  }

  /** Differences found since the last call; the audit log has each. */
  takeDifferences(): readonly RootDifference[] {
    const untold = this.#untold
    this.#untold = []
    return untold
  }

  /** The period a record is in and the proof of it; undefined where either is not kept any more. */
  async prove(node: string, epoch: number, sequence: number): Promise<InclusionProof | undefined> {
    await this.tick()
    const stream = this.#streams.get(keyOf(node, epoch))
    const current = stream?.periods.current()
    const period = [...(stream?.recent ?? []), ...(current ? [current] : [])].find(({ from, to }) => from <= sequence && sequence <= to)
    const proof = period && (await this.#leaves.prove(period, sequence, period === current))
    return period && proof && { ...period, ...proof, to: period.from + proof.records - 1, isOpen: period === current }
  }

  /** Writes what waits; called about once a minute. */
  tick(): Promise<void> {
    this.#working = this.#working.then(() => this.#settle())
    return this.#working
  }

  async close(): Promise<void> {
    this.#unfollow()
    await this.tick()
  }

  #take(record: SpoolRecord): void {
    const { sequence, recordedTime, seal, kind, payload } = record
    const { node, epoch } = this.#parts.spool
    if (seal) this.#add((this.#own ??= this.#streamOf(node, epoch)), sequence, recordedTime, seal.hash)
    this.#sequence = sequence
    if (kind !== 'forwarded') return
    const forwarded = decodeForwarded(payload)
    const stream = this.#streamOf(forwarded.node, forwarded.epoch)
    for (const one of forwarded.records) {
      if (one.seal) this.#add(stream, one.sequence, one.recordedTime, one.seal.hash)
      if (one.kind === 'root') this.#compare(stream, one)
    }
  }

  /** A root covers what came before it, so that the same hour is closed here; where records are missing here the ranges differ, and nothing is compared. */
  #compare({ periods: { node, epoch }, recent }: Stream, { kind, payload }: SpoolRecord): void {
    const content = parseRecord(kind, payload)
    if (content.kind !== 'root') return
    const { from, to, root: stated } = content.root
    const at = recent.findIndex((one) => one.from === from && one.to === to)
    const own = recent[at]
    if (!own || own.stated === stated) return
    recent[at] = { ...own, stated }
    const { hour, root } = own
    if (root === stated || this.#different.length >= EVIDENCE_LIMITS.differences) return
    this.#different.push({ node, epoch, hour, from, to, root, stated })
  }

  #add(stream: Stream, sequence: number, recordedTime: number, hash: Uint8Array): void {
    const { periods, recent } = stream
    const last = periods.to
    const closed = periods.add(sequence, recordedTime, hash)
    if (periods.to === last) return
    const { from } = periods
    if (stream.leaves.from !== from) stream.leaves = { from, file: leafFile(periods.node, periods.epoch, from) }
    this.#leaves.add(stream.leaves.file, sequence - from, hash)
    if (!closed) return
    recent.push(closed)
    if (recent.length > RECENT) recent.shift()
    if (this.#pending.length >= EVIDENCE_LIMITS.pending) this.#lostRoots++
    else this.#pending.push(closed)
  }

  #streamOf(node: string, epoch: number): Stream {
    const key = keyOf(node, epoch)
    const known = this.#streams.get(key)
    if (known) return known
    if (this.#streams.size >= EVIDENCE_LIMITS.streams) {
      const own = keyOf(this.#parts.spool.node, this.#parts.spool.epoch)
      const oldest = [...this.#streams.keys()].find((one) => one !== own)
      if (oldest !== undefined) this.#streams.delete(oldest)
    }
    const stream = { periods: new Periods(node, epoch), recent: [], leaves: { from: 0, file: '' } }
    this.#streams.set(key, stream)
    return stream
  }

  async #settle(): Promise<void> {
    if (!(await this.#layDown()) || !(await this.#report())) {
      // Where the hours stand is saved when the audit log has them; what proofs need only must not stay in memory.
      if (this.#leaves.isFull) await this.#leaves.flush()
      return
    }
    await this.#say()
    if (this.#saved === this.#sequence) return
    await this.#leaves.flush()
    await this.#save()
  }

  /** False: the audit log takes nothing now. It says itself what is wrong; the roots wait. */
  async #layDown(): Promise<boolean> {
    const { audit, spool } = this.#parts
    while (this.#pending.length > 0) {
      const [{ node, epoch, hour, from, to, root }] = this.#pending as [Period]
      const kind = node === spool.node ? 'root' : 'anchor'
      const detail = { epoch, hour: formatTime(hour), from, to, root }
      try {
        await audit.record({ kind, outcome: 'done', what: node, detail })
      } catch {
        return false
      }
      this.#pending = this.#pending.slice(1)
      if (kind === 'root' && this.#parts.isSent && epoch === spool.epoch) this.#unsaid.push({ node, epoch, hour, from, to, root })
    }
    return true
  }

  /** False: as above. */
  async #report(): Promise<boolean> {
    for (; this.#different.length > 0; this.#different = this.#different.slice(1)) {
      const [difference] = this.#different as [RootDifference]
      const { node, epoch, hour, from, to, root, stated } = difference
      const what = `${node} says another root of its records ${from} to ${to} than this node has`
      const detail = { code: 'root-differs', epoch, hour: formatTime(hour), from, to, root, stated }
      try {
        await this.#parts.audit.record({ kind: 'finding', outcome: 'done', who: node, what, detail })
      } catch {
        return false
      }
      if (this.#untold.length < EVIDENCE_LIMITS.differences) this.#untold.push(difference)
    }
    return true
  }

  /** Own roots into the own log, when it has room; after the audit log has them. */
  async #say(): Promise<void> {
    for (; this.#unsaid.length > 0; this.#unsaid = this.#unsaid.slice(1)) {
      const [{ hour, from, to, root }] = this.#unsaid as [Period]
      try {
        await this.#parts.spool.appendContent({ kind: 'root', root: { hour, from, to, root } satisfies StatedRoot })
      } catch (error) {
        if (error instanceof SpoolFull) return
        throw error
      }
    }
  }

  async #save(): Promise<void> {
    const { spool, directory, files, log } = this.#parts
    const streams = [...this.#streams.values()].flatMap(({ periods, recent }) => {
      const open = periods.open()
      const { node, epoch } = periods
      return open ? [{ node, epoch, open, recent: recent.map(({ node: _node, epoch: _epoch, ...one }) => one) }] : []
    })
    const sequence = this.#sequence
    const content = { version: 1, epoch: spool.epoch, sequence, streams }
    try {
      await replaceTextIn(files, directory, STATE_FILE, `${JSON.stringify(content)}\n`)
      this.#saved = sequence
    } catch (error) {
      log.warn({ error: String(error) }, 'where the hours stand could not be saved; the next start reads it from the spool')
    }
  }

  async #restore(): Promise<void> {
    const { directory, files, spool, log } = this.#parts
    await files.makeDirectory(directory)
    if (!(await files.list(directory)).includes(STATE_FILE)) return
    const file = await files.open(join(directory, STATE_FILE), 'read')
    try {
      const bytes = new Uint8Array(Math.min(EVIDENCE_LIMITS.stateBytes, await file.size()))
      const got = await file.read(bytes, 0)
      const { epoch, sequence, streams } = stored.parse(JSON.parse(Buffer.from(bytes.subarray(0, got)).toString('utf8')))
      if (epoch !== spool.epoch || sequence > spool.stats().lastSequence) return
      this.#sequence = sequence
      for (const { node, epoch, open, recent } of streams) {
        const periods = new Periods(node, epoch, open)
        this.#streams.set(keyOf(node, epoch), {
          periods,
          recent: recent.map((one) => ({ node, epoch, ...one })),
          leaves: { from: 0, file: '' },
        })
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'where the hours stood cannot be read; they begin anew with what the spool holds')
    } finally {
      await file.close()
    }
  }

  /** Reads what the spool has after the last saved place, then follows: what comes in between is read too. */
  async #catchUp(): Promise<void> {
    const { spool } = this.#parts
    for (;;) {
      const records = await spool.read(this.#sequence + 1, CATCH_UP_RECORDS, CATCH_UP_BYTES)
      for (const record of records) this.#take(record)
      if (this.#leaves.isFull) await this.#leaves.flush()
      if (records.length === 0) break
    }
    this.#unfollow = spool.follow((records) => {
      for (const record of records) this.#take(record)
      if (this.#leaves.isFull) void this.tick()
    })
  }
}

const keyOf = (node: string, epoch: number): string => `${node}/${epoch}`
