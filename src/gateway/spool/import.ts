import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { z } from 'zod'
import { readBlock } from '../../core/forwarded.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { isStandIn } from '../../core/withheld.ts'
import { expectedHash, genesis } from './layout.ts'
import {
  PART_HEADER,
  PART_KINDS,
  type PartKind,
  PORTABLE_LIMITS,
  type PortableHeader,
  type PortableMissing,
  paddingOf,
  portableHeader,
  portableMissing,
  portableRun,
} from './portable.ts'

/** The file is damaged, was changed, or does not belong to what is here; nothing of it was used. */
export class ImportRefused extends Error {
  override name = 'ImportRefused'
  readonly code: 'not-records' | 'damaged' | 'chain-broken' | 'foreign'
  constructor(code: ImportRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** What is here of a stream, to hold a file against: the record at a sequence, if it is here with its seal. */
export type Anchor = (sequence: number) => Promise<SpoolRecord | undefined>

export interface Checked {
  readonly header: PortableHeader
  readonly records: number
  readonly missing: readonly PortableMissing[]
  /** Ends of runs that were held against a record that is here; of `ends` in all. */
  readonly anchored: number
  readonly ends: number
  /** Its first and last record; 0 where it holds none. */
  readonly first: number
  readonly last: number
  /** Records that only a gap stands for. */
  readonly withheld: number
  /** Over everything before its end, hexadecimal, and what is signed of it, where it is. */
  readonly sha256: string
  readonly signature: Uint8Array | undefined
}

/**
 * Reads a file to its end without using any of it: its checksum, every record's place in the chain of its run, and both ends of each run against the records
 * beside them where `anchor` has these. Throws ImportRefused.
 */
export async function checkImport(path: string, anchor: Anchor = async () => undefined): Promise<Checked> {
  const checking = new Check(path, anchor)
  await eachPart(path, (kind, bytes) => checking.part(kind, bytes))
  return checking.done()
}

/** The records of a file that was checked, in pieces. */
export async function readImport(path: string, onRecords: (records: readonly SpoolRecord[]) => Promise<void>): Promise<void> {
  let header: PortableHeader | undefined
  await eachPart(path, async (kind, bytes) => {
    if (kind === 'header') header = parse(portableHeader, bytes, path)
    if (kind === 'records' && header) await onRecords(blockOf(bytes, header, path))
  })
}

class Check {
  readonly #path: string
  readonly #anchor: Anchor
  #header: PortableHeader | undefined
  #last: SpoolRecord | undefined
  #previous: Uint8Array | undefined
  #runFrom: number | undefined
  #records = 0
  #anchored = 0
  #ends = 0
  #first = 0
  #withheld = 0
  #sha256 = ''
  #signature: Uint8Array | undefined
  readonly #missing: PortableMissing[] = []

  constructor(path: string, anchor: Anchor) {
    this.#path = path
    this.#anchor = anchor
  }

  async part(kind: PartKind, bytes: Uint8Array): Promise<void> {
    if (kind === 'header') {
      if (this.#header) throw this.#damaged('two headers')
      this.#header = parse(portableHeader, bytes, this.#path)
      return
    }
    if (!this.#header) throw new ImportRefused('not-records', `${this.#path} does not begin as a file of records`)
    if (kind === 'run') await this.#begin(parse(portableRun, bytes, this.#path))
    if (kind === 'records') for (const record of blockOf(bytes, this.#header, this.#path)) this.#follow(record)
    if (kind === 'missing') this.#missing.push(parse(portableMissing, bytes, this.#path))
    if (kind === 'end') this.#sha256 = Buffer.from(bytes).toString('hex')
    if (kind === 'signature') this.#signature = bytes
  }

  async done(): Promise<Checked> {
    await this.#end()
    if (!this.#header) throw new ImportRefused('not-records', `${this.#path} holds nothing`)
    return {
      ...{ header: this.#header, records: this.#records, missing: this.#missing, anchored: this.#anchored, ends: this.#ends },
      ...{
        first: this.#first,
        last: this.#last?.sequence ?? 0,
        withheld: this.#withheld,
        sha256: this.#sha256,
        signature: this.#signature,
      },
    }
  }

  async #begin({ from, previousHash }: z.infer<typeof portableRun>): Promise<void> {
    await this.#end()
    if (this.#last && from <= this.#last.sequence) throw this.#damaged('runs are not in order')
    const { node, epoch } = this.#header as PortableHeader
    const before = from === 1 ? genesis(node, epoch).hash : (await this.#anchor(from - 1))?.seal?.hash
    this.#ends++
    if (before) {
      this.#anchored++
      if (previousHash && Buffer.from(before).toString('hex') !== previousHash) throw this.#foreign(from, from - 1)
    }
    this.#previous = before ?? (previousHash === undefined ? undefined : new Uint8Array(Buffer.from(previousHash, 'hex')))
    this.#runFrom = from
  }

  #follow(record: SpoolRecord): void {
    const { sequence, seal } = record
    const expected = this.#runFrom ?? (this.#last ? this.#last.sequence + 1 : 0)
    if (sequence !== expected || !seal) throw this.#damaged(`record ${sequence} where ${expected} should be`)
    if (this.#previous && !isStandIn(record) && Buffer.compare(expectedHash(record, this.#previous), seal.hash) !== 0)
      throw new ImportRefused('chain-broken', `${this.#path}: record ${sequence} is not chained to the one before it: it was changed`)
    this.#previous = seal.hash
    if (this.#records === 0) this.#first = sequence
    if (isStandIn(record)) this.#withheld++
    this.#last = record
    this.#runFrom = undefined
    this.#records++
  }

  /** The record behind a run, where it is here, must be chained to the run's last. */
  async #end(): Promise<void> {
    if (!this.#last || !this.#previous || this.#runFrom !== undefined) return
    const after = await this.#anchor(this.#last.sequence + 1)
    this.#ends++
    if (after?.seal) {
      this.#anchored++
      if (!isStandIn(after) && Buffer.compare(expectedHash(after, this.#previous), after.seal.hash) !== 0)
        throw this.#foreign(this.#last.sequence, after.sequence)
    }
    this.#previous = undefined
  }

  #damaged(what: string): ImportRefused {
    return new ImportRefused('damaged', `${this.#path} contradicts itself: ${what}`)
  }

  #foreign(sequence: number, here: number): ImportRefused {
    const text = `${this.#path}: record ${sequence} does not continue record ${here} as it is here: it is of another log, or was changed`
    return new ImportRefused('foreign', text)
  }
}

/** Reads part by part; the checksum at the end is checked before this resolves. */
async function eachPart(path: string, onPart: (kind: PartKind, bytes: Uint8Array) => Promise<void>): Promise<void> {
  const file = await open(path, 'r')
  const damaged = (what: string) => new ImportRefused('damaged', `${path} is damaged or was cut: ${what}`)
  const hash = createHash('sha256')
  try {
    for (let isFirst = true; ; isFirst = false) {
      const head = await exactly(file, PART_HEADER)
      const view = head && new DataView(head.buffer, head.byteOffset)
      const kind = view && PART_KINDS[view.getUint32(0, true)]
      const length = view?.getUint32(4, true) ?? 0
      if (isFirst && kind !== 'header') throw new ImportRefused('not-records', `${path} does not begin as a file of records`)
      if (!head) throw damaged('it has no end')
      if (!kind || length > (kind === 'records' ? PORTABLE_LIMITS.partBytes : PORTABLE_LIMITS.jsonBytes))
        throw damaged('a part of unknown kind or length')
      const bytes = await exactly(file, length + paddingOf(length))
      if (!bytes) throw damaged('a part is cut')
      if (kind === 'end') {
        if (length !== 32 || Buffer.compare(hash.digest(), bytes) !== 0) throw damaged('its checksum is wrong')
        await onPart(kind, bytes)
        const signature = await signatureIn(file)
        if (signature) await onPart('signature', signature)
        return
      }
      if (kind === 'signature') throw damaged('a signature before its end')
      hash.update(head).update(bytes)
      await onPart(kind, bytes.subarray(0, length))
    }
  } finally {
    await file.close()
  }
}

/** What stands behind the end; what is no signature there is nobody's, and not read. */
async function signatureIn(file: FileHandle): Promise<Uint8Array | undefined> {
  const head = await exactly(file, PART_HEADER)
  const view = head && new DataView(head.buffer, head.byteOffset)
  const length = view?.getUint32(4, true) ?? 0
  if (!view || PART_KINDS[view.getUint32(0, true)] !== 'signature' || length > PORTABLE_LIMITS.signatureBytes) return undefined
  return (await exactly(file, length + paddingOf(length)))?.subarray(0, length)
}

/** The next bytes, in memory of their own; undefined when there are fewer. A length that the file does not have is not allocated. */
async function exactly(file: FileHandle, length: number): Promise<Uint8Array | undefined> {
  if (length > PORTABLE_LIMITS.gatherBytes && length > (await file.stat()).size) return undefined
  const bytes = new Uint8Array(length)
  for (let got = 0; got < length; ) {
    const { bytesRead } = await file.read(bytes, got, length - got)
    if (bytesRead === 0) return undefined
    got += bytesRead
  }
  return bytes
}

function parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, path: string): T {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new ImportRefused('damaged', `${path}: a part that should be JSON is none`)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new ImportRefused('damaged', `${path}: a part is not as it should be`)
}

function blockOf(bytes: Uint8Array, { node, epoch }: PortableHeader, path: string): SpoolRecord[] {
  try {
    return readBlock(bytes, node, epoch)
  } catch (error) {
    if (error instanceof RangeError) throw new ImportRefused('damaged', `${path}: ${error.message}`)
    throw error
  }
}
