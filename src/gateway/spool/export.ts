import { createHash } from 'node:crypto'
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { blockBytes, writeBlock } from '../../core/forwarded.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import type { Micros } from '../../core/time.ts'
import { syncDirectory } from '../../lib/replace-file.ts'
import { type Signer, signedText } from '../../lib/signed.ts'
import {
  MAGIC,
  type PartKind,
  PORTABLE_LIMITS,
  type PortableHeader,
  type PortableMissing,
  type PortableRun,
  type PortableSignature,
  paddingOf,
  partHeader,
} from './portable.ts'
import { type Log, walk } from './walk.ts'

export interface SequenceRange {
  readonly from: number
  /** Inclusive. */
  readonly to: number
}

type Pass = (record: SpoolRecord) => SpoolRecord

export interface Exported {
  readonly records: number
  readonly bytes: number
  /** Asked for, and not there. */
  readonly missing: readonly PortableMissing[]
  /** Records that only a gap stands for: the policy withholds what they hold. */
  readonly withheld: number
}

/**
 * Writes the records of these ranges, which lie in order and apart, to a new file; it has its name only when it is whole and on disk. The log is only read, also
 * while a node writes to it. `pass` gives each as it may leave; `signer` signs the file: that of the node whose log it is. Rejects with EEXIST when a file of that name is there, with RangeError when the ranges are too many.
 */
export async function exportRecords(
  log: Log,
  ranges: readonly SequenceRange[],
  path: string,
  now: Micros,
  { pass = (record) => record, signer }: { readonly pass?: Pass | undefined; readonly signer?: Signer | undefined } = {},
): Promise<Exported> {
  if (ranges.length > PORTABLE_LIMITS.ranges)
    throw new RangeError(`${ranges.length} ranges, of at most ${PORTABLE_LIMITS.ranges} in one file`)
  // Rename would put it in the place of the other; a link, which would not, is unknown to the file systems of memory sticks.
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw Object.assign(new Error(`${path} is there already`), { code: 'EEXIST' })
  const temporary = `${path}.part`
  const file = await open(temporary, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  const write = async (kind: PartKind, content: Uint8Array) => {
    for (const piece of [partHeader(kind, content.length), content, new Uint8Array(paddingOf(content.length))]) {
      hash.update(piece)
      await file.writeFile(piece)
      bytes += piece.length
    }
  }
  const json = (kind: PartKind, content: PortableHeader | PortableRun | PortableMissing) =>
    write(kind, new TextEncoder().encode(JSON.stringify(content)))
  let records = 0
  let withheld = 0
  const missing: PortableMissing[] = []
  try {
    const { node, epoch } = log
    await json('header', { format: MAGIC, version: 1, node, epoch, createdTime: now, ranges: ranges.map(({ from, to }) => ({ from, to })) })
    const block = new Block((content) => write('records', content))
    for (const { from, to } of ranges) {
      let next = from
      let isRun = false
      for await (const step of walk(log, from, to)) {
        if (step.what === 'missing') {
          await block.flush()
          missing.push(step)
          isRun = false
          next = step.to + 1
          continue
        }
        const { record, previousHash } = step
        if (!isRun) {
          await block.flush()
          await json('run', { from: record.sequence, ...(previousHash && { previousHash: Buffer.from(previousHash).toString('hex') }) })
          isRun = true
        }
        const passed = pass(record)
        if (passed !== record) withheld++
        await block.add(passed)
        records++
        next = record.sequence + 1
      }
      await block.flush()
      if (next <= to) missing.push({ from: next, to, cause: 'not written yet' })
    }
    for (const { from, to, cause } of missing) await json('missing', { from, to, cause })
    const digest = hash.digest()
    const { length } = await append(file, 'end', digest)
    const said = signer && signature({ node, epoch, time: now, sha256: digest.toString('hex') }, signer)
    const more = said === undefined ? 0 : (await append(file, 'signature', new TextEncoder().encode(said))).length
    await file.sync()
    await file.close()
    await rename(temporary, path)
    await syncDirectory(dirname(path))
    return { records, withheld, bytes: bytes + length + more, missing: missing.map(({ from, to, cause }) => ({ from, to, cause })) }
  } catch (error) {
    await file.close()
    await rm(temporary, { force: true })
    throw error
  }
}

async function append(file: FileHandle, kind: PartKind, content: Uint8Array): Promise<Uint8Array> {
  const part = Buffer.concat([partHeader(kind, content.length), content, new Uint8Array(paddingOf(content.length))])
  await file.writeFile(part)
  return part
}

function signature(of: Pick<PortableSignature, 'node' | 'epoch' | 'time' | 'sha256'>, signer: Signer): string {
  const content: PortableSignature = { format: 'ecluse-records-signature', version: 1, ...of, key: signer.key }
  return signedText(content, signer)
}

/** Gathers records into parts. */
class Block {
  readonly #write: (content: Uint8Array) => Promise<void>
  #records: SpoolRecord[] = []
  #bytes = 0

  constructor(write: (content: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  async add(record: SpoolRecord): Promise<void> {
    const bytes = blockBytes([record])
    if (this.#bytes + bytes > PORTABLE_LIMITS.gatherBytes) await this.flush()
    this.#records.push(record)
    this.#bytes += bytes
  }

  async flush(): Promise<void> {
    if (this.#records.length === 0) return
    const content = new Uint8Array(this.#bytes)
    writeBlock(this.#records, content, 0)
    this.#records = []
    this.#bytes = 0
    await this.#write(content)
  }
}
