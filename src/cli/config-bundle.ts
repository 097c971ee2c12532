import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Replacement, replaceFiles } from '../lib/replace-files.ts'
import { readSigned, type Signer, signedText, type Verifier } from '../lib/signed.ts'

/** Limits of a configuration that travels. */
export const BUNDLE_LIMITS = { files: 512, pathLength: 200, characters: 4 * 1024 * 1024, bytes: 16 * 1024 * 1024 } as const

/** Files of a configuration are data: these kinds alone, in plain folders beneath one place. */
const PATH = /^(?:[\p{L}\p{N}_-][\p{L}\p{N}_.-]*\/){0,8}[\p{L}\p{N}_-][\p{L}\p{N}_.-]*\.ya?ml$/u

const bundle = z.strictObject({
  format: z.literal('ecluse-config/1'),
  site: z.string().max(64),
  /** Grows with every export: a smaller one than the last that was taken is an older configuration. */
  counter: z.int().min(1),
  entry: z.string().max(BUNDLE_LIMITS.pathLength),
  files: z
    .array(
      z.strictObject({
        path: z.string().max(BUNDLE_LIMITS.pathLength).regex(PATH),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        text: z.string().max(BUNDLE_LIMITS.characters),
      }),
    )
    .min(1)
    .max(BUNDLE_LIMITS.files),
})
export type Bundle = z.output<typeof bundle>

/** Why a bundle is refused. `form`: not one to the letter; `key`: not signed by this key; `content`: a hash, path, size or entry is wrong; `older`; `link`: a place is no plain file. */
export type BundleProblem = 'form' | 'key' | 'content' | 'older' | 'link'

export class BundleRefused extends Error {
  override name = 'BundleRefused'
  readonly problem: BundleProblem
  readonly subject: string
  constructor(problem: BundleProblem, subject = '') {
    super(`${problem}: ${subject}`)
    this.problem = problem
    this.subject = subject
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The text of a bundle: a line of JSON and its signature (Ed25519). Throws BundleRefused for what no reader would take. */
export function writeBundle(
  content: Omit<Bundle, 'format' | 'files'> & { files: readonly { path: string; text: string }[] },
  signer: Signer,
): string {
  const files = content.files.map(({ path, text }) => ({ path, sha256: hashOf(text), text }))
  const whole = bundle.safeParse({ format: 'ecluse-config/1', ...content, files })
  if (!whole.success) throw new BundleRefused('content', whole.error.issues[0]?.path.join('.'))
  return signedText(whole.data, signer)
}

/** Reads a bundle and looks at everything before anything of it is used. Throws BundleRefused. */
export function readBundle(bytes: Uint8Array, verifier: Verifier, least: number): Bundle {
  if (bytes.length > BUNDLE_LIMITS.bytes) throw new BundleRefused('content', `${bytes.length} bytes`)
  const signed = readSigned(bytes, verifier)
  if (signed === 'form') throw new BundleRefused('form')
  if (signed === 'signature') throw new BundleRefused('key', verifier.key)
  const parsed = bundle.safeParse(signed.content)
  if (!parsed.success) throw new BundleRefused('content', parsed.error.issues[0]?.path.join('.'))
  const { counter, entry, files } = parsed.data
  if (counter <= least) throw new BundleRefused('older', `${counter} ≤ ${least}`)
  const paths = new Set(files.map(({ path }) => path.toLowerCase()))
  if (paths.size !== files.length) throw new BundleRefused('content', 'a path twice')
  if (entry !== '.' && !files.some(({ path }) => path === entry || path.startsWith(`${entry}/`))) throw new BundleRefused('content', entry)
  if (files.reduce((sum, { text }) => sum + text.length, 0) > BUNDLE_LIMITS.characters) throw new BundleRefused('content', 'too long')
  for (const { path, sha256, text } of files) if (hashOf(text) !== sha256) throw new BundleRefused('content', path)
  return parsed.data
}

export interface Change {
  readonly path: string
  readonly change: 'added' | 'changed' | 'same'
}

/** What laying the files down would do. Throws BundleRefused where a file or folder of the place is a link or of another kind: nothing is written through those. */
export async function compareFiles(directory: string, { files }: Pick<Bundle, 'files'>): Promise<Change[]> {
  const changes: Change[] = []
  for (const { path, text } of files) {
    const segments = path.split('/')
    let kind: 'file' | 'directory' | undefined
    for (let depth = 0; depth <= segments.length; depth++) {
      kind = await kindOf(join(directory, ...segments.slice(0, depth)))
      if (kind === undefined) break
      if (kind !== (depth === segments.length ? 'file' : 'directory')) throw new BundleRefused('link', path)
    }
    const before = kind === 'file' ? await readFile(join(directory, path), 'utf8') : undefined
    changes.push({ path, change: before === undefined ? 'added' : before === text ? 'same' : 'changed' })
  }
  return changes
}

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    const found = await lstat(path)
    if (found.isFile()) return 'file'
    if (found.isDirectory()) return 'directory'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  throw new BundleRefused('link', path)
}

/** Lays down what changes, and `more` with it, all or nothing: what is cut off is undone, or ended at the next start or import. */
export async function layDown(
  directory: string,
  { files }: Pick<Bundle, 'files'>,
  changes: readonly Change[],
  more: readonly Replacement[] = [],
): Promise<void> {
  const wanted = new Set(changes.filter(({ change }) => change !== 'same').map(({ path }) => path))
  await replaceFiles(directory, [...files.filter(({ path }) => wanted.has(path)), ...more])
}
