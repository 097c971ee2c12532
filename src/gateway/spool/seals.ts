import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { readSigned, type Signer, signedText, type Verifier, verifierOf } from '../../lib/signed.ts'
import { replaceTextIn, type SpoolFiles } from './files.ts'
import { type Chain, SEGMENT_HEADER } from './layout.ts'
import { SPOOL_LIMITS } from './limits.ts'
import type { Catalogue, Segment } from './segments.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)

/** `0000000042.sig`, beside the segment of that number: what the segment was when it was closed. A line of JSON and its signature (`lib/signed.ts`). */
export const sealContent = z.strictObject({
  format: z.literal('ecluse-seal'),
  version: z.literal(1),
  node: z.string().max(LIMITS.nodeLength),
  epoch: z.number(),
  ordinal: count,
  /** SHA-256 of the segment's header. */
  header: hash,
  firstSequence: count,
  lastSequence: count,
  /** Hash of the last record; the chain in it covers every record before. */
  lastHash: hash,
  /** Where the last record ends; absent where nobody knew. `isCut`: the file ends there. */
  end: count.optional(),
  isCut: z.boolean(),
  /** True when it was signed at a later start: the process that wrote the segment did not live to close it. */
  isLate: z.boolean(),
  time: z.number(),
  key: hash,
})
export type SealContent = z.infer<typeof sealContent>

/** `head.sig`: where the log began and ended when it was signed. Replaced as the log goes on, before old segments go, and at the stop. */
export const headContent = z.strictObject({
  format: z.literal('ecluse-head'),
  version: z.literal(1),
  node: z.string().max(LIMITS.nodeLength),
  epoch: z.number(),
  /** The oldest segment still kept. */
  first: z.strictObject({ ordinal: count, sequence: count }),
  last: z.strictObject({ ordinal: count, sequence: count, hash }),
  /** True when nothing was written after it. */
  isStopped: z.boolean(),
  /** How far the node's audit log had come. */
  audit: z.strictObject({ entry: count, hash }).optional(),
  time: z.number(),
  key: hash,
})
export type HeadContent = z.infer<typeof headContent>

export const HEAD_FILE = 'head.sig'
export const sealName = (ordinal: number): string => `${String(ordinal).padStart(10, '0')}.sig`
export function sealedOrdinal(name: string): number | undefined {
  const digits = /^(\d{10})\.sig$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** What a start found to contradict what had been signed. */
export interface SealFinding {
  readonly code: 'head-missing' | 'head-forged' | 'log-shorter' | 'log-longer' | 'log-changed'
  readonly message: string
}

export interface SealOptions {
  readonly directory: string
  readonly node: string
  readonly epoch: number
  readonly files: SpoolFiles
  readonly clock: Clock
  readonly log: Logger
  readonly signer: Signer
  readonly catalogue: Catalogue
  /** Goes into every signed head. */
  readonly auditHead?: (() => { entry: number; hash: string } | undefined) | undefined
}

interface Closed {
  readonly segment: Segment
  readonly lastHash: Uint8Array
  readonly isCut: boolean
  readonly isLate: boolean
  /** Whether `segment.end` is known. */
  readonly hasEnd: boolean
}

/** Signs each segment when it is closed, and the log's head. Never keeps the log from going on: what cannot be written now is tried again. */
export class Seals {
  readonly #options: SealOptions
  readonly #waiting = new Map<number, Closed>()
  #chain: Chain & { readonly hash: Uint8Array }
  #working: Promise<void> = Promise.resolve()
  #head: HeadContent | undefined
  #problem: string | undefined

  constructor(options: SealOptions, chain: Chain & { readonly hash: Uint8Array }) {
    this.#options = options
    this.#chain = chain
  }

  get head(): HeadContent | undefined {
    return this.#head
  }
  get problem(): string | undefined {
    return this.#problem
  }
  get key(): string {
    return this.#options.signer.key
  }

  /** The log's last durable record, whenever it changes. */
  reached(chain: Chain & { readonly hash: Uint8Array }): void {
    this.#chain = chain
  }

  /** Holds the log as found at a start against its signed head, then signs segments that nobody lived to sign, and a new head. */
  async begin(recordHash: (sequence: number) => Promise<Uint8Array | undefined>): Promise<SealFinding[]> {
    const { directory, files, catalogue } = this.#options
    const names = new Set(await files.list(directory))
    const findings = await this.#compare(names, recordHash)
    catalogue.sealed.forEach((segment, i) => {
      const next = catalogue.sealed[i + 1]
      const lastHash = next ? next.points[0]?.chain.hash : this.#chain.hash
      if (names.has(sealName(segment.ordinal)) || !lastHash) return
      // Where an older segment ends in its file, only reading all of it would tell.
      this.#waiting.set(segment.ordinal, {
        segment,
        lastHash,
        isCut: next === undefined && segment.bytes === segment.end,
        ...{ isLate: true, hasEnd: !next },
      })
    })
    await this.sign()
    return findings
  }

  sealed(segment: Segment, lastHash: Uint8Array, isCut: boolean): void {
    this.#waiting.set(segment.ordinal, { segment, lastHash, isCut, isLate: false, hasEnd: true })
    void this.sign()
  }

  /** Signs what waits, and the head as it is now. Resolves when it is on disk, or `problem` says why not. */
  sign(isStopped = false): Promise<void> {
    this.#working = this.#working.then(() => this.#attempt(isStopped))
    return this.#working
  }

  /** Signs when there is something new: a node at rest writes nothing. */
  async refresh(): Promise<void> {
    if (this.#head?.last.sequence !== this.#chain.sequence || this.#waiting.size > 0 || this.#problem !== undefined) await this.sign()
  }

  async #attempt(isStopped: boolean): Promise<void> {
    try {
      for (const [ordinal, one] of this.#waiting) {
        if (this.#options.catalogue.all.includes(one.segment)) await this.#writeSeal(one)
        this.#waiting.delete(ordinal)
      }
      await this.#writeHead(isStopped)
      this.#problem = undefined
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      if (text !== this.#problem) this.#options.log.error({ error }, 'Cannot sign the spool just now; it is tried again')
      this.#problem = text
    }
  }

  async #writeSeal({ segment, lastHash, isCut, isLate, hasEnd }: Closed): Promise<void> {
    const { directory, node, epoch, files, clock, signer } = this.#options
    const { ordinal, firstSequence, lastSequence, end } = segment
    const header = await readHeader(files, segment.path)
    const content: SealContent = {
      ...{ format: 'ecluse-seal', version: 1, node, epoch, ordinal, firstSequence, lastSequence, isCut, isLate },
      header: createHash('sha256').update(header).digest('hex'),
      lastHash: Buffer.from(lastHash).toString('hex'),
      ...(hasEnd && { end }),
      ...{ time: clock.now(), key: signer.key },
    }
    await replaceTextIn(files, directory, sealName(ordinal), signedText(content, signer))
  }

  async #writeHead(isStopped: boolean): Promise<void> {
    const { directory, node, epoch, files, clock, signer, catalogue, auditHead } = this.#options
    const [first, last] = [catalogue.all[0], catalogue.all.at(-1)]
    const { sequence } = this.#chain
    const audit = auditHead?.()
    const content: HeadContent = {
      ...{ format: 'ecluse-head', version: 1, node, epoch },
      first: { ordinal: first?.ordinal ?? 0, sequence: first?.firstSequence ?? sequence + 1 },
      last: { ordinal: last?.ordinal ?? 0, sequence, hash: Buffer.from(this.#chain.hash).toString('hex') },
      isStopped,
      ...(audit && { audit: { entry: audit.entry, hash: audit.hash } }),
      ...{ time: clock.now(), key: signer.key },
    }
    await replaceTextIn(files, directory, HEAD_FILE, signedText(content, signer))
    this.#head = content
  }

  async #compare(names: ReadonlySet<string>, recordHash: (sequence: number) => Promise<Uint8Array | undefined>): Promise<SealFinding[]> {
    const { directory, files, node, epoch, signer } = this.#options
    if (!names.has(HEAD_FILE)) {
      const wasSigned = [...names].some((name) => sealedOrdinal(name) !== undefined)
      return wasSigned ? [{ code: 'head-missing', message: `${join(directory, HEAD_FILE)} is not there, although the log was signed` }] : []
    }
    const read = await readHead(directory, verifierOf(signer.publicKey), files)
    if (typeof read === 'string' || read.node !== node || read.epoch > epoch)
      return [{ code: 'head-forged', message: `${join(directory, HEAD_FILE)} was not signed by this node for this log` }]
    const { last, isStopped } = read
    const { sequence } = this.#chain
    // A start without a readable segment begins a new epoch: after a log that nobody wrote to, nothing is missing.
    if (read.epoch < epoch)
      return last.sequence === 0
        ? []
        : [
            {
              code: 'log-shorter',
              message: `the log of epoch ${read.epoch}, signed up to record ${last.sequence}, is gone: a new one begins`,
            },
          ]
    if (last.sequence > sequence)
      return [{ code: 'log-shorter', message: `the log ends at record ${sequence}, and record ${last.sequence} was signed` }]
    const found = last.sequence === sequence ? this.#chain.hash : await recordHash(last.sequence)
    if (last.sequence > 0 && found && Buffer.from(found).toString('hex') !== last.hash)
      return [{ code: 'log-changed', message: `record ${last.sequence} is not the one that was signed` }]
    if (isStopped && sequence > last.sequence)
      return [
        { code: 'log-longer', message: `records ${last.sequence + 1} to ${sequence} were written after the log was signed and stopped` },
      ]
    return []
  }
}

async function readHeader(files: SpoolFiles, path: string): Promise<Uint8Array> {
  const file = await files.open(path, 'read')
  try {
    const header = new Uint8Array(SEGMENT_HEADER)
    await file.read(header, 0)
    return header
  } finally {
    await file.close()
  }
}

/** The signed head of a log; `missing`, `form` or `signature` where it is none. */
export async function readHead(
  directory: string,
  verifier: Verifier,
  files: SpoolFiles,
): Promise<HeadContent | 'missing' | 'form' | 'signature'> {
  return readStatement(join(directory, HEAD_FILE), headContent, verifier, files)
}

/** A signed text of a folder, of at most `SPOOL_LIMITS.statementBytes`. */
export async function readStatement<T>(
  path: string,
  schema: z.ZodType<T>,
  verifier: Verifier,
  files: SpoolFiles,
): Promise<T | 'missing' | 'form' | 'signature'> {
  const file = await files.open(path, 'read').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return 'missing'
  try {
    const size = await file.size()
    if (size > SPOOL_LIMITS.statementBytes) return 'form'
    const bytes = new Uint8Array(size)
    const read = readSigned(bytes.subarray(0, await file.read(bytes, 0)), verifier)
    if (typeof read === 'string') return read
    const parsed = schema.safeParse(read.content)
    return parsed.success ? parsed.data : 'form'
  } finally {
    await file.close()
  }
}
