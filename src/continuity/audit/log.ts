import { join } from 'node:path'
import { z } from 'zod'
import { type AuditEntry, type AuditEvent, AuditFull, type AuditQuery } from '../../core/audit.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { type DurableFile, type DurableFiles, replaceTextIn } from '../../lib/durable-files.ts'
import { readSigned, type Signer, signedText, verifierOf } from '../../lib/signed.ts'
import { type AuditHead, genesisOf, hashOf, lineOf, parseLine, signatureLine, toEntry } from './entry.ts'
import { fileName, reserve, SPARE } from './file.ts'
import { AUDIT_LIMITS } from './limits.ts'
import { findEnd, firstEntry, linesOf, readAll, sorted } from './read.ts'

export interface AuditLogOptions {
  readonly directory: string
  readonly node: string
  readonly signer: Signer
  readonly files: DurableFiles
  readonly clock: Clock
  readonly log: Logger
  /** Closed files whose newest entry is older are removed. */
  readonly keepMs: number
}

export const AUDIT_HEAD_FILE = 'head.sig'
export const auditHeadContent = z.strictObject({
  format: z.literal('ecluse-audit-head'),
  version: z.literal(1),
  node: z.string().max(128),
  entry: z.int().min(0),
  hash: z.string(),
  isStopped: z.boolean(),
  time: z.number(),
  key: z.string(),
})

interface Waiting {
  readonly event: AuditEvent
  readonly resolve: () => void
  readonly reject: (error: AuditFull) => void
}

/** The file in use. */
interface Open {
  readonly number: number
  readonly file: DurableFile
  end: number
}

/** The log of one node; one process has it open. See `entry.ts` for a line and `file.ts` for the files. */
export class AuditLog {
  readonly #options: AuditLogOptions
  readonly #waiting: Waiting[] = []
  #open: Open | undefined
  #lastNumber: number
  #head: AuditHead
  #signed: { entry: number; time: Micros | undefined } = { entry: 0, time: undefined }
  #hasSpare = false
  #problem: string | undefined
  /** Why no room could be made ahead: entries go on for as long as what is reserved lasts. */
  #spareProblem: string | undefined
  #running: Promise<void> | undefined
  #isClosed = false

  private constructor(options: AuditLogOptions, head: AuditHead, lastNumber: number, open: Open | undefined) {
    this.#options = options
    this.#head = head
    this.#lastNumber = lastNumber
    this.#open = open
  }

  /** Goes on where the log ended. What contradicts its signed head is recorded as a `finding`. Rejects when there is no room for a first file. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    const { directory, files, node } = options
    await files.makeDirectory(directory)
    const names = await files.list(directory)
    const numbers = sorted(names)
    const found = await findEnd(options, numbers)
    const log = new AuditLog(options, found.head ?? { entry: 0, hash: genesisOf(node) }, numbers.at(-1) ?? 0, found.open)
    log.#hasSpare = names.includes(SPARE)
    await log.#begin(found.problems)
    return log
  }

  get head(): AuditHead {
    return this.#head
  }

  get state() {
    const reserved = (this.#open ? AUDIT_LIMITS.fileBytes - this.#open.end : 0) + (this.#hasSpare ? AUDIT_LIMITS.fileBytes : 0)
    return {
      reservedBytes: reserved,
      signedEntry: this.#signed.entry,
      signedTime: this.#signed.time,
      problem: this.#problem ?? this.#spareProblem,
    }
  }

  /** Resolves when the entry is on disk, with one fsync for all that wait. Rejects with AuditFull. */
  append(event: AuditEvent): Promise<void> {
    if (this.#isClosed) return Promise.reject(new AuditFull('the audit log is closed'))
    if (this.#waiting.length >= AUDIT_LIMITS.waiting)
      return Promise.reject(new AuditFull(`${AUDIT_LIMITS.waiting} entries wait for the disk already`))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject })
      this.#kick()
    })
  }

  /** Signs what is new, makes room ahead, removes what is old. Called about once a minute. */
  async tick(): Promise<void> {
    while (this.#running) await this.#running
    if (this.#isClosed) return
    await this.#exclusively(async () => {
      if (this.#head.entry > this.#signed.entry) await this.#sign(false)
      await this.#makeSpare()
      await this.#removeOld()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    while (this.#running) await this.#running
    await this.#sign(true).catch((error: unknown) => this.#fail(error))
    await this.#open?.file.close()
  }

  /** Newest first; at most `AUDIT_LIMITS.answerEntries`. */
  async read({ from, to, kinds, before, limit }: AuditQuery): Promise<{ entries: AuditEntry[]; truncated: boolean }> {
    const { directory, files } = this.#options
    const entries: AuditEntry[] = []
    const most = Math.min(limit, AUDIT_LIMITS.answerEntries)
    for (const number of sorted(await files.list(directory)).reverse()) {
      for (const line of (await linesOf(this.#options, number)).reverse()) {
        const parsed = parseLine(line)
        if (!parsed || parsed.n > this.#head.entry || (before !== undefined && parsed.n >= before)) continue
        if ((to !== undefined && parsed.time >= to) || (from !== undefined && parsed.time < from)) continue
        if (kinds && !kinds.includes(parsed.kind)) continue
        if (entries.length === most) return { entries, truncated: true }
        entries.push(toEntry(parsed))
      }
    }
    return { entries, truncated: false }
  }

  /** Entries after `after`, oldest first, for handing them on: at most `AUDIT_LIMITS.forwardEntries`. `first`: the oldest that is still there. */
  async after(after: number): Promise<{ entries: AuditEntry[]; first: number }> {
    const { directory, files } = this.#options
    const numbers = sorted(await files.list(directory))
    const starts = await Promise.all(numbers.map(async (number) => ({ number, first: await firstEntry(this.#options, number) })))
    const entries: AuditEntry[] = []
    for (const [i, { number }] of starts.entries()) {
      if ((starts[i + 1]?.first ?? Number.POSITIVE_INFINITY) <= after + 1) continue
      for (const line of await linesOf(this.#options, number)) {
        const parsed = parseLine(line)
        if (!parsed || parsed.n <= after || parsed.n > this.#head.entry) continue
        entries.push(toEntry(parsed))
        if (entries.length === AUDIT_LIMITS.forwardEntries) return { entries, first: starts[0]?.first ?? 1 }
      }
    }
    return { entries, first: starts[0]?.first ?? 1 }
  }

  async #begin(problems: readonly string[]): Promise<void> {
    await this.#exclusively(async () => {
      if (!this.#open) await this.#next()
      else await reserve(this.#open.file, this.#open.end)
      await this.#makeSpare()
      const wrong = [...(await this.#againstHead()), ...problems]
      // It goes on from here: a head that says it stopped would call the next entry an addition.
      await this.#writeHead(false).catch((error: unknown) => this.#fail(error))
      for (const what of wrong) {
        this.#options.log.error({ directory: this.#options.directory }, `audit log: ${what}`)
        await this.#write([lineOf({ kind: 'finding', outcome: 'done', what }, this.#head, this.#options.clock.now())])
      }
    })
  }

  /** What contradicts the signed head; the head of an older key or another node is said too. */
  async #againstHead(): Promise<string[]> {
    const { directory, files, signer, node } = this.#options
    if (!(await files.list(directory)).includes(AUDIT_HEAD_FILE))
      return this.#head.entry > 1 ? ['the signed head of the audit log is not there'] : []
    const bytes = await readAll(files, join(directory, AUDIT_HEAD_FILE))
    const read = readSigned(bytes, verifierOf(signer.publicKey))
    const parsed = typeof read === 'string' ? undefined : auditHeadContent.safeParse(read.content)
    if (!parsed?.success || parsed.data.node !== node) return ['the head of the audit log was not signed by this node']
    const { entry, hash, isStopped } = parsed.data
    if (entry > this.#head.entry) return [`the audit log ends at entry ${this.#head.entry}, and entry ${entry} was signed`]
    if (entry === this.#head.entry && hash !== this.#head.hash) return [`entry ${entry} of the audit log is not the one that was signed`]
    if (isStopped && entry < this.#head.entry) return [`entries were added to the audit log after it was signed at ${entry} and stopped`]
    return []
  }

  #kick(): void {
    if (this.#running || this.#waiting.length === 0) return
    void this.#exclusively(() => this.#drain()).then(() => this.#kick())
  }

  /** One at a time: whoever comes second waits in `tick` and `close`. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const running = work()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running = undefined
        this.#kick()
      })
    this.#running = running
    return running
  }

  async #drain(): Promise<void> {
    await null // what is appended in one turn shares the fsync
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, AUDIT_LIMITS.waiting)
      try {
        await this.#write(this.#composed(group.map(({ event }) => event)))
        for (const { resolve } of group) resolve()
      } catch (error) {
        this.#fail(error)
        for (const { reject } of group) reject(new AuditFull(`the audit log cannot be written: ${this.#problem}`, { cause: error }))
      }
    }
  }

  #composed(events: readonly AuditEvent[]): string[] {
    const time = this.#options.clock.now()
    let head = this.#head
    return events.map((event) => {
      const line = lineOf(event, head, time)
      head = { entry: head.entry + 1, hash: hashOf(line) }
      return line
    })
  }

  /** Lines that follow each other, on disk when it resolves. */
  async #write(lines: readonly string[], keep: number = AUDIT_LIMITS.signatureBytes): Promise<void> {
    let rest = lines
    while (rest.length > 0) {
      const open = (this.#open ??= await this.#next())
      const room = AUDIT_LIMITS.fileBytes - keep - open.end
      let size = 0
      let count = 0
      for (const line of rest) {
        const bytes = Buffer.byteLength(line) + 1
        if (size + bytes > room) break
        size += bytes
        count++
      }
      if (count === 0) {
        // A new number and hash come between when the signature closes the file.
        await this.#rotate()
        rest = this.#rechained(rest)
        continue
      }
      const now = rest.slice(0, count)
      await this.#put(open, `${now.join('\n')}\n`)
      const last = now.at(-1) as string
      this.#head = { entry: this.#head.entry + count, hash: hashOf(last) }
      this.#problem = undefined
      rest = rest.slice(count)
    }
  }

  #rechained(lines: readonly string[]): string[] {
    let head = this.#head
    return lines.map((line) => {
      const { n: _n, previous: _previous, ...rest } = JSON.parse(line) as { n: number; previous: string }
      const text = JSON.stringify({ n: head.entry + 1, ...rest, previous: head.hash })
      head = { entry: head.entry + 1, hash: hashOf(text) }
      return text
    })
  }

  async #put(open: Open, text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      await open.file.write([bytes], open.end)
      await open.file.sync()
      open.end += bytes.length
    } catch (error) {
      // Nothing is known of this file any more: it ends where it was durable, and the next entry begins another one.
      this.#open = undefined
      await open.file.truncate(open.end).catch(() => undefined) // the next start finds what is behind the end not chained, and says so
      await open.file.close().catch(() => undefined)
      throw error
    }
  }

  /** Closes the file in use with a signature. */
  async #rotate(): Promise<void> {
    const open = this.#open
    if (!open) return
    if (!this.#hasSpare) await this.#makeSpare()
    if (!this.#hasSpare) throw new AuditFull('the reserve of the audit log is used up, and the disk has no room for more')
    await this.#writeSignature()
    await open.file.truncate(open.end)
    await open.file.sync()
    await open.file.close()
    this.#open = await this.#next()
  }

  /** The next file: the one made ahead, or a new one. */
  async #next(): Promise<Open> {
    const { directory, files } = this.#options
    if (!this.#hasSpare) await this.#makeSpare(true)
    const number = ++this.#lastNumber
    await files.rename(join(directory, SPARE), join(directory, fileName(number)))
    await files.syncDirectory(directory)
    this.#hasSpare = false
    this.#open = { number, file: await files.open(join(directory, fileName(number)), 'repair'), end: 0 }
    return this.#open
  }

  async #makeSpare(isNeeded = false): Promise<void> {
    if (this.#hasSpare) return
    const { directory, files } = this.#options
    const path = join(directory, SPARE)
    try {
      await files.remove(path).catch(() => undefined) // one that was not finished; there may be none
      const file = await files.open(path, 'create')
      try {
        await reserve(file)
      } catch (error) {
        await file.truncate(0).catch(() => undefined) // gives back what it took; the error itself is thrown
        throw error
      } finally {
        await file.close()
      }
      await files.syncDirectory(directory)
      this.#hasSpare = true
      this.#spareProblem = undefined
    } catch (error) {
      this.#fail(error)
      this.#spareProblem = this.#problem
      if (isNeeded) throw error
    }
  }

  async #writeSignature(): Promise<void> {
    const { node, signer, clock } = this.#options
    await this.#write([signatureLine(this.#head, node, signer, clock.now())], 0)
    this.#signed = { entry: this.#head.entry, time: clock.now() }
  }

  /** A signature in the log itself, whose room is reserved; and the head beside it, which a full disk may not take. */
  async #sign(isStopped: boolean): Promise<void> {
    if (this.#open && AUDIT_LIMITS.fileBytes - this.#open.end < 2 * AUDIT_LIMITS.signatureBytes) await this.#rotate()
    else if (this.#head.entry > this.#signed.entry) await this.#writeSignature()
    await this.#writeHead(isStopped)
  }

  async #writeHead(isStopped: boolean): Promise<void> {
    const { directory, files, node, signer, clock } = this.#options
    const content = { format: 'ecluse-audit-head', version: 1, node, entry: this.#head.entry, hash: this.#head.hash, isStopped }
    const text = signedText({ ...content, time: clock.now(), key: signer.key }, signer)
    await replaceTextIn(files, directory, AUDIT_HEAD_FILE, text)
  }

  async #removeOld(): Promise<void> {
    const { directory, files, clock, keepMs } = this.#options
    const closed = sorted(await files.list(directory)).filter((number) => number !== this.#open?.number)
    for (const number of closed) {
      const lines = await linesOf(this.#options, number)
      const last = parseLine(lines.at(-1) ?? '')
      if (!last || last.time >= clock.now() - keepMs * 1000) return
      const event: AuditEvent = { kind: 'removal', outcome: 'done', what: fileName(number), detail: { upTo: last.n } }
      await this.#write(this.#composed([event]))
      await files.remove(join(directory, fileName(number)))
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (text !== this.#problem) this.#options.log.error({ error: text }, 'The audit log has no room or cannot be written')
    this.#problem = text
  }
}
