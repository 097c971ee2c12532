import { join } from 'node:path'
import { type DurableFiles, machineFiles } from '../../lib/durable-files.ts'
import { inclusionProof, MerkleFrontier } from '../../lib/merkle.ts'
import { EVIDENCE_LIMITS } from './limits.ts'

const HASH_BYTES = 32

/** That a record is one of a period, by the nodes that lead from its hash to the period's root. Hashes are hexadecimal. */
interface Proof {
  readonly hash: string
  /** Place of the record in the period, from 0, and records in it. */
  readonly index: number
  readonly records: number
  readonly path: readonly string[]
  readonly root: string
}

interface LeafFile {
  readonly name: string
  bytes: number
}

/** A name that is safe in every file system and one for each node. */
const safe = (node: string): string => Buffer.from(node, 'utf8').toString('base64url')
/** The file of a period. */
export const leafFile = (node: string, epoch: number, from: number): string =>
  `${safe(node)}.${epoch}.${String(from).padStart(16, '0')}.leaves`

/**
 * The hashes of the records of each period, 32 bytes each, a file per period: what a proof is made from after the spool has let the records go. Written beside
 * the hot path, in the order they came; what a crash takes is written again from the spool.
 */
export class Leaves {
  readonly #directory: string
  readonly #files: DurableFiles
  readonly #waiting = new Map<string, { at: number; hashes: Uint8Array[] }>()
  /** Oldest first. */
  #kept: LeafFile[] = []
  #unwritten = 0
  #problem: string | undefined

  private constructor(directory: string, files: DurableFiles) {
    this.#directory = directory
    this.#files = files
  }

  static async open(directory: string, files: DurableFiles = machineFiles): Promise<Leaves> {
    const leaves = new Leaves(directory, files)
    await files.makeDirectory(directory)
    for (const name of await files.list(directory)) {
      if (!name.endsWith('.leaves')) continue
      const file = await files.open(join(directory, name), 'read')
      leaves.#kept.push({ name, bytes: await file.size() })
      await file.close()
    }
    // By the first sequence in the name, which is as near to age as names tell across nodes.
    leaves.#kept.sort((a, b) => (a.name.slice(-23) < b.name.slice(-23) ? -1 : 1))
    return leaves
  }

  get bytes(): number {
    return this.#kept.reduce((sum, { bytes }) => sum + bytes, 0)
  }
  get problem(): string | undefined {
    return this.#problem
  }
  /** True when what waits should be written. */
  get isFull(): boolean {
    return this.#unwritten >= EVIDENCE_LIMITS.unwrittenLeaves
  }

  /** `index`: place of the record in the period that the file is of. */
  add(name: string, index: number, hash: Uint8Array): void {
    let waiting = this.#waiting.get(name)
    if (!waiting) this.#waiting.set(name, (waiting = { at: index, hashes: [] }))
    waiting.hashes.push(hash.slice())
    this.#unwritten++
  }

  /** Writes what waits and removes what is over the limit. What the disk does not take now is counted as lost to proofs, and said. */
  async flush(): Promise<void> {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    this.#unwritten = 0
    try {
      for (const [name, { at, hashes }] of waiting) await this.#write(name, at, hashes)
      while (this.bytes > EVIDENCE_LIMITS.leafBytes && this.#kept.length > 1) {
        const [oldest] = this.#kept
        if (oldest) await this.#files.remove(join(this.#directory, oldest.name))
        this.#kept = this.#kept.slice(1)
      }
      this.#problem = undefined
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error)
    }
  }

  async #write(name: string, at: number, hashes: readonly Uint8Array[]): Promise<void> {
    let kept = this.#kept.find((one) => one.name === name)
    const file = await this.#files.open(join(this.#directory, name), kept ? 'repair' : 'create')
    try {
      if (!kept) this.#kept.push((kept = { name, bytes: 0 }))
      await file.write([Buffer.concat(hashes)], at * HASH_BYTES)
      await file.sync()
      kept.bytes = Math.max(kept.bytes, (at + hashes.length) * HASH_BYTES)
    } finally {
      await file.close()
    }
  }

  /** From what was flushed. Undefined where the hashes of the period are not kept, or not all. */
  async prove(
    period: { node: string; epoch: number; from: number; to: number },
    sequence: number,
    isOpen: boolean,
  ): Promise<Proof | undefined> {
    const { node, epoch, from, to } = period
    const name = leafFile(node, epoch, from)
    const kept = this.#kept.find((one) => one.name === name)
    const whole = to - from + 1
    // An hour that goes on is proven as far as it is written.
    const records = isOpen ? Math.min(whole, (kept?.bytes ?? 0) / HASH_BYTES) : whole
    if (!kept || kept.bytes < records * HASH_BYTES || sequence - from >= records || records > EVIDENCE_LIMITS.provableRecords)
      return undefined
    const file = await this.#files.open(join(this.#directory, name), 'read')
    try {
      const bytes = new Uint8Array(records * HASH_BYTES)
      if ((await file.read(bytes, 0)) < bytes.length) return undefined
      const hashes = Array.from({ length: records }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
      const index = sequence - from
      const path = inclusionProof(hashes, index).map((node) => node.toString('hex'))
      const tree = new MerkleFrontier()
      for (const hash of hashes) tree.append(hash)
      return { root: tree.root().toString('hex'), hash: Buffer.from(hashes[index] as Uint8Array).toString('hex'), index, records, path }
    } finally {
      await file.close()
    }
  }
}
