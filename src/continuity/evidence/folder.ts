import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { readSigned, type Signer, signedText, type Verifier } from '../../lib/signed.ts'
import { EVIDENCE_LIMITS } from './limits.ts'

export const MANIFEST = 'manifest.sig'

const manifest = z.strictObject({
  format: z.literal('ecluse-evidence'),
  version: z.literal(1),
  node: z.string().max(128),
  from: z.string().max(64),
  to: z.string().max(64),
  time: z.string().max(64),
  key: z.string().max(64),
  files: z
    .array(z.strictObject({ path: z.string().max(512), bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(EVIDENCE_LIMITS.folderFiles),
})

interface Bounds {
  readonly folderFiles: number
  readonly documentBytes: number
}

/** What the folder is of. */
export interface FolderSubject {
  readonly node: string
  /** RFC 3339. */
  readonly from: string
  readonly to: string
  readonly time: string
}

/** Writes an evidence folder, and at the end the signed list of what is in it. The folder is new: rejects with EEXIST where there is one. */
export class EvidenceFolder {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async create(directory: string): Promise<EvidenceFolder> {
    await mkdir(directory, { mode: 0o700 })
    return new EvidenceFolder(directory)
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.#make(path)
    await writeFile(join(this.#directory, path), content, { flag: 'wx', mode: 0o600 })
  }

  json(path: string, content: unknown): Promise<void> {
    return this.write(path, `${JSON.stringify(content, null, 2)}\n`)
  }

  /** Copies a file as it is now; `end`: its first bytes only. */
  async copy(from: string, path: string, end?: number): Promise<void> {
    if (end === 0) return this.write(path, '')
    await this.#make(path)
    const source = createReadStream(from, end === undefined ? {} : { end: end - 1 })
    await pipeline(source, createWriteStream(join(this.#directory, path), { flags: 'wx', mode: 0o600 }))
  }

  /** Rejects with RangeError when there are more files than who verifies it would read. */
  async finish(subject: FolderSubject, signer: Signer, { folderFiles }: Pick<Bounds, 'folderFiles'> = EVIDENCE_LIMITS): Promise<number> {
    const files = []
    for (const path of await filesIn(this.#directory, folderFiles)) files.push(await described(this.#directory, path))
    const content = { format: 'ecluse-evidence', version: 1, ...subject, key: signer.key, files }
    await this.write(MANIFEST, signedText(content, signer))
    const file = await open(join(this.#directory, MANIFEST), 'r')
    await file.sync()
    await file.close()
    return files.length
  }

  async #make(path: string): Promise<void> {
    await mkdir(dirname(join(this.#directory, path)), { recursive: true, mode: 0o700 })
    await chmod(this.#directory, 0o700)
  }
}

export interface FolderReport {
  readonly subject: FolderSubject | undefined
  readonly files: number
  readonly tampered?: { readonly kind: string; readonly file: string; readonly what: string }
}

/** Holds the files of a folder against its signed list: none altered, none missing, none added. */
export async function verifyFolder(
  directory: string,
  verifier: Verifier,
  { folderFiles, documentBytes }: Bounds = EVIDENCE_LIMITS,
): Promise<FolderReport> {
  const wrong = (kind: string, file: string, what: string): FolderReport => ({
    subject: undefined,
    files: 0,
    tampered: { kind, file, what },
  })
  const path = join(directory, MANIFEST)
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isFile()) return wrong('unsigned', MANIFEST, 'there is no signed list of files')
  if (found.size > documentBytes) return wrong('forged', MANIFEST, 'the list of files is too long to be one of ours')
  const read = readSigned(await readFile(path), verifier)
  const parsed = typeof read === 'string' ? undefined : manifest.safeParse(read.content)
  if (read === 'signature') return wrong('forged', MANIFEST, 'this key did not sign the list of files, or it was altered')
  if (!parsed?.success) return wrong('forged', MANIFEST, 'the list of files is not a signed statement to the letter')
  const { files, node, from, to, time } = parsed.data
  const listed = new Map(files.map((file) => [file.path, file]))
  const present = new Set(await filesIn(directory, folderFiles + 1))
  present.delete(MANIFEST)
  for (const file of files) {
    if (!present.has(file.path)) return wrong('missing', file.path, 'the file is in the signed list and not in the folder')
    const { bytes, sha256 } = await described(directory, file.path)
    if (bytes !== file.bytes || sha256 !== file.sha256) return wrong('altered', file.path, 'the file is not the one in the signed list')
  }
  for (const path of present) if (!listed.has(path)) return wrong('forged', path, 'the file is not in the signed list')
  return { subject: { node, from, to, time }, files: files.length }
}

async function described(directory: string, path: string): Promise<{ path: string; bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(join(directory, path)) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { path, bytes, sha256: hash.digest('hex') }
}

/** Paths with `/`, in order. What is neither file nor folder counts as a file, so that it is found not to be listed. */
async function filesIn(directory: string, most: number): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && depth < 8) await visit(path, depth + 1)
      else if (found.push(relative(directory, path).split(sep).join('/')) > most)
        throw new RangeError(`more than ${most} files in ${directory}`)
    }
  }
  await visit(directory, 0)
  return found.sort()
}
