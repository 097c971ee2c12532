import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Verifier } from '../../lib/signed.ts'
import { machineFiles, type SpoolFile, type SpoolFiles } from './files.ts'
import {
  type Chain,
  claimedBytes,
  decodeSegmentHeader,
  type Frame,
  genesis,
  RECORD_HEADER,
  SEGMENT_HEADER,
  type SegmentHeader,
  samplesIn,
} from './layout.ts'
import { follows, frameAt, isChained, sameBytes } from './resync.ts'
import { HEAD_FILE, type HeadContent, readHead, readStatement, type SealContent, sealContent, sealedOrdinal, sealName } from './seals.ts'
import { ordinalOf, segmentName } from './segments.ts'
import { Found, found, type Tampering, wrongStatement } from './tampering.ts'
import { Window } from './window.ts'

export interface SignedReport {
  readonly node: string
  readonly epoch: number
  readonly segments: number
  readonly records: number
  readonly samples: number
  readonly firstSequence: number
  readonly lastSequence: number
  /** When the head was signed, and whether the node had stopped. */
  readonly headTime: number
  readonly isStopped: boolean
  /** Segments signed at a later start instead of when they were closed. */
  readonly lateSegments: number
  /** Records after the signed head: chained, and signed by nobody yet. */
  readonly unsignedRecords: number
  readonly head: HeadContent | undefined
  readonly tampering?: Tampering
}

export interface VerifyProgress {
  readonly segments: number
  readonly done: number
  readonly records: number
}

interface Walked {
  readonly record: Frame
  readonly offset: number
}

export interface VerifyOptions {
  readonly files?: SpoolFiles
  readonly onProgress?: (progress: VerifyProgress) => void
  /** Called with the signed head, once it holds. */
  readonly onHead?: (head: HeadContent) => void
  /** Called with each record that holds, in order. */
  readonly onRecord?: (record: { sequence: number; recordedTime: number; hash: Uint8Array }) => void
  readonly stop?: AbortSignal
}

/**
 * Holds every byte of a log against its signatures, in order, and stops at the first thing that is wrong. Changes nothing, needs nothing but the files and
 * the public key; memory is bounded by the largest record, whatever the files claim.
 */
export async function verifySigned(directory: string, verifier: Verifier, options: VerifyOptions = {}): Promise<SignedReport> {
  const { files = machineFiles } = options
  const walk = new SignedWalk(directory, verifier, files, options)
  try {
    await walk.run()
    return walk.report(undefined)
  } catch (error) {
    if (!(error instanceof Found)) throw error
    return walk.report(error.tampering)
  }
}

class SignedWalk {
  readonly #directory: string
  readonly #verifier: Verifier
  readonly #files: SpoolFiles
  readonly #options: VerifyOptions
  #head: HeadContent | undefined
  #firstSequence = 0
  #chain: Chain | undefined
  #records = 0
  #samples = 0
  #segments = 0
  #late = 0
  #hasHeadRecord = false

  constructor(directory: string, verifier: Verifier, files: SpoolFiles, options: VerifyOptions) {
    this.#directory = directory
    this.#verifier = verifier
    this.#files = files
    this.#options = options
  }

  report(tampering: Tampering | undefined): SignedReport {
    const head = this.#head
    const last = this.#chain?.sequence ?? 0
    return {
      ...{ node: head?.node ?? '', epoch: head?.epoch ?? 0 },
      ...{ segments: this.#segments, records: this.#records, samples: this.#samples, lateSegments: this.#late },
      ...{ firstSequence: this.#firstSequence, lastSequence: last },
      ...{ headTime: head?.time ?? 0, isStopped: head?.isStopped ?? false, head },
      unsignedRecords: head ? Math.max(0, last - head.last.sequence) : 0,
      ...(tampering && { tampering }),
    }
  }

  async run(): Promise<void> {
    const names = await this.#files.list(this.#directory)
    const head = await this.#readHead()
    const segments = numbers(names, ordinalOf)
    const seals = numbers(names, sealedOrdinal)
    for (const [i, ordinal] of segments.entries()) {
      this.#options.stop?.throwIfAborted()
      // A signature whose segment is gone stands where the segment was.
      const orphan = seals.find((one) => one < ordinal && one >= head.first.ordinal && one > (segments[i - 1] ?? 0))
      if (orphan !== undefined) throw this.#gone(orphan)
      await this.#segment(ordinal, segments[i + 1], head)
      this.#options.onProgress?.({ segments: segments.length, done: i + 1, records: this.#records })
    }
    const orphan = seals.find((one) => one >= head.first.ordinal && one > (segments.at(-1) ?? 0))
    if (orphan !== undefined) throw this.#gone(orphan)
    this.#end(head)
  }

  #gone(ordinal: number): Found {
    const sequence = this.#chain && this.#chain.sequence + 1
    return found('missing', segmentName(ordinal), 'the segment is gone, its signature is there', sequence)
  }

  async #readHead(): Promise<HeadContent> {
    const read = await readHead(this.#directory, this.#verifier, this.#files)
    if (read === 'missing') throw found('unsigned', HEAD_FILE, 'there is no signed head')
    if (typeof read === 'string') throw found('forged', HEAD_FILE, wrongStatement(read))
    this.#head = read
    this.#options.onHead?.(read)
    return read
  }

  #end(head: HeadContent): void {
    const { sequence } = head.last
    const last = this.#chain?.sequence ?? head.first.sequence - 1
    if (last < sequence) throw found('missing', HEAD_FILE, `the log ends at record ${last}; record ${sequence} was signed`, last + 1)
    if (this.#firstSequence > head.first.sequence) throw this.#missingStart(head)
    if (sequence >= head.first.sequence && !this.#hasHeadRecord)
      throw found('forged', HEAD_FILE, `record ${sequence} is not the one that was signed last`, sequence)
    if (head.isStopped && last > sequence)
      throw found('forged', HEAD_FILE, `records were added after the log was signed and stopped at ${sequence}`, sequence + 1)
  }

  #missingStart(head: HeadContent): Found {
    return found(
      'missing',
      segmentName(head.first.ordinal),
      `records from ${head.first.sequence} on were there when it was signed`,
      head.first.sequence,
    )
  }

  async #segment(ordinal: number, next: number | undefined, head: HeadContent): Promise<void> {
    const name = segmentName(ordinal)
    const seal = await readStatement(join(this.#directory, sealName(ordinal)), sealContent, this.#verifier, this.#files)
    if (typeof seal === 'string' && seal !== 'missing') throw found('forged', sealName(ordinal), wrongStatement(seal))
    const file = await this.#files.open(join(this.#directory, name), 'read')
    try {
      const size = await file.size()
      const header = await this.#header(file, name, ordinal, head)
      const after = next === undefined ? undefined : await this.#claimedStart(next)
      if (seal === 'missing') {
        // The one being written is signed by the head alone. A file whose records were all written again in the next one never counted.
        if (after !== undefined && after <= header.firstSequence) return
        if (head.isStopped || ordinal < head.last.ordinal)
          throw found('unsigned', name, 'the segment has no signature', header.firstSequence)
      }
      const signed = seal === 'missing' ? undefined : seal
      if (signed) this.#matches(signed, header, name, await headerHash(file))
      this.#joins(header, name, head)
      this.#segments++
      if (signed?.isLate) this.#late++
      await this.#walk(file, name, { header, size, signed, until: after })
    } finally {
      await file.close()
    }
  }

  /** The first sequence the next segment's header claims; undefined where it has none. */
  async #claimedStart(ordinal: number): Promise<number | undefined> {
    const file = await this.#files.open(join(this.#directory, segmentName(ordinal)), 'read')
    try {
      const decoded = decodeSegmentHeader(await firstBytes(file))
      return typeof decoded === 'string' ? undefined : decoded.firstSequence
    } finally {
      await file.close()
    }
  }

  async #header(file: SpoolFile, name: string, ordinal: number, head: HeadContent): Promise<SegmentHeader> {
    const header = decodeSegmentHeader(await firstBytes(file))
    const sequence = this.#chain && this.#chain.sequence + 1
    if (header === 'unknown-format') throw found('unreadable', name, 'the segment says it is of another format version', sequence)
    if (header === 'corrupt') throw found('altered', name, 'the header of the segment is damaged', sequence)
    if (header.ordinal !== ordinal)
      throw found('reordered', name, `it is segment ${header.ordinal} under another name`, header.firstSequence)
    if (header.node !== head.node || header.epoch !== head.epoch)
      throw found('forged', name, 'the segment is of another log', header.firstSequence)
    return header
  }

  #matches(seal: SealContent, header: SegmentHeader, name: string, hash: string): void {
    const isOurs = seal.ordinal === header.ordinal && seal.node === header.node && seal.epoch === header.epoch
    if (!isOurs)
      throw found('reordered', sealName(header.ordinal), `the signature is that of segment ${seal.ordinal}`, header.firstSequence)
    if (seal.header !== hash || seal.firstSequence !== header.firstSequence)
      throw found('forged', name, 'the header of the segment is not the one that was signed', header.firstSequence)
  }

  /** Does the segment go on where the one before ended? */
  #joins(header: SegmentHeader, name: string, head: HeadContent): void {
    const before = this.#chain
    if (!before) {
      if (header.firstSequence > head.first.sequence) throw this.#missingStart(head)
      this.#firstSequence = header.firstSequence
      if (header.firstSequence === 1 && !sameBytes(header.previousHash, genesis(header.node, header.epoch).hash))
        throw found('forged', name, 'the log does not begin as every log does', 1)
      this.#chain = { sequence: header.firstSequence - 1, samples: header.samples, hash: header.previousHash }
      return
    }
    const { firstSequence } = header
    if (firstSequence > before.sequence + 1)
      throw found(
        'missing',
        name,
        `records ${before.sequence + 1} to ${firstSequence - 1} are missing before this segment`,
        before.sequence + 1,
      )
    if (firstSequence <= before.sequence)
      throw found('reordered', name, `the segment begins again at record ${firstSequence}`, firstSequence)
    if (!before.hash || !sameBytes(before.hash, header.previousHash))
      throw found('forged', name, 'the segment is not chained to the one before it', firstSequence)
  }

  async #walk(
    file: SpoolFile,
    name: string,
    range: { header: SegmentHeader; size: number; signed: SealContent | undefined; until: number | undefined },
  ): Promise<void> {
    const { header, size, signed, until = Number.POSITIVE_INFINITY } = range
    const last = signed?.lastSequence ?? until - 1
    const end = signed?.end ?? size
    if (end > size)
      throw found('missing', name, `the file ends at byte ${size}; ${end} bytes were signed`, await this.#lastWhole(file, header, size))
    const window = new Window(file, end)
    let offset = SEGMENT_HEADER
    while (this.#sequence < last && (signed !== undefined || offset < end)) {
      const walked = await this.#next(window, name, offset, header.salt, signed === undefined)
      if (!walked) break
      this.#take(walked.record)
      offset = walked.offset
    }
    if (!signed) return
    if (this.#sequence !== signed.lastSequence || Buffer.from(this.#chain?.hash ?? []).toString('hex') !== signed.lastHash)
      throw found(
        'forged',
        name,
        `its records are not those that were signed: all checksums are right, and the last is another`,
        header.firstSequence,
      )
    if (signed.end !== undefined && offset !== end)
      throw found('altered', name, `bytes that are no record before its signed end`, this.#sequence + 1)
    if (signed.isCut && size !== end) throw found('altered', name, `${size - end} bytes after its signed end`, this.#sequence + 1)
  }

  get #sequence(): number {
    return this.#chain?.sequence ?? 0
  }

  /** For naming the first record that a cut file lacks. */
  async #lastWhole(file: SpoolFile, header: SegmentHeader, size: number): Promise<number> {
    const window = new Window(file, size)
    let next = header.firstSequence
    for (let offset = SEGMENT_HEADER; ; ) {
      const frame = await frameAt(window, offset, header.salt)
      if (!frame) return next
      next = frame.sequence + 1
      offset += frame.bytes
    }
  }

  /** The record at `offset`; undefined at the torn end of what nobody has signed yet. */
  async #next(window: Window, name: string, offset: number, salt: number, isOpen: boolean): Promise<Walked | undefined> {
    const chain = this.#chain as Chain
    const expected = chain.sequence + 1
    const frame = await frameAt(window, offset, salt)
    if (!frame) {
      const isSigned = expected <= (this.#head?.last.sequence ?? 0)
      if (isOpen && !isSigned && !(await this.#hasLater(window, offset, salt))) return undefined
      throw found('altered', name, `record ${expected} is damaged: its checksum or its header is wrong`, expected)
    }
    if (!follows(chain, frame)) {
      const kind = frame.sequence > expected ? 'missing' : 'reordered'
      throw found(kind, name, `record ${frame.sequence} stands where record ${expected} should be`, expected)
    }
    if (!isChained(chain, frame))
      throw found(
        'altered',
        name,
        `record ${expected} was altered or is not chained to the one before it; its checksum was made anew`,
        expected,
      )
    if (!isPadded(frame, window, offset))
      throw found('altered', name, `record ${expected} is followed by bytes that are not its own`, expected)
    return { record: frame, offset: offset + frame.bytes }
  }

  /** Damage in the middle of the open segment is no torn end: something valid follows. */
  async #hasLater(window: Window, offset: number, salt: number): Promise<boolean> {
    const at = await window.load(offset, RECORD_HEADER)
    const size = at === undefined ? undefined : claimedBytes(window.view, at, salt)
    return size !== undefined && (await frameAt(window, offset + size, salt)) !== undefined
  }

  #take(frame: Frame): void {
    this.#records++
    this.#samples += samplesIn(frame.kind, frame.payload)
    const hash = frame.hash.slice()
    this.#chain = { sequence: frame.sequence, samples: frame.samples, hash }
    const last = this.#head?.last
    if (last && last.sequence === frame.sequence) {
      if (Buffer.from(hash).toString('hex') !== last.hash)
        throw found('forged', HEAD_FILE, `record ${frame.sequence} is not the one that was signed last`, frame.sequence)
      this.#hasHeadRecord = true
    }
    this.#options.onRecord?.({ sequence: frame.sequence, recordedTime: frame.recordedTime, hash })
  }
}

function isPadded(frame: Frame, window: Window, offset: number): boolean {
  const at = window.held(offset, frame.bytes)
  if (at === undefined) return false
  const start = at + frame.bytes - (frame.bytes - RECORD_HEADER - frame.payload.length)
  return window.bytes.subarray(start, at + frame.bytes).every((byte) => byte === 0)
}

function numbers(names: readonly string[], of: (name: string) => number | undefined): number[] {
  return names
    .map(of)
    .filter((one) => one !== undefined)
    .sort((a, b) => a - b)
}

async function firstBytes(file: SpoolFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(SEGMENT_HEADER)
  return bytes.subarray(0, await file.read(bytes, 0))
}

async function headerHash(file: SpoolFile): Promise<string> {
  return createHash('sha256')
    .update(await firstBytes(file))
    .digest('hex')
}
