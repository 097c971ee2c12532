import { createHash } from 'node:crypto'
import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { replaceFile, syncDirectory } from './replace-file.ts'

/** Says, in the folder that all are beneath, which drafts are about to take their places; gone when all have. */
const JOURNAL = '.ecluse-replacing.json'
const DRAFT = '.draft'
const FILE_MODE = 0o600
/** What a journal may hold: as many files as ever come at once, with their names. */
export const REPLACE_LIMITS = { files: 1_024, journalBytes: 1024 * 1024, depth: 12 } as const

export interface Replacement {
  /** Beneath the folder, with `/`. */
  readonly path: string
  readonly text: string
}
interface Planned {
  readonly path: string
  readonly sha256: string
}

const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/**
 * Puts all files in their places or none: drafts beside them, on disk; then the journal, which decides; then the renames. What was cut off before the
 * journal has changed nothing; after it, `finishReplacing` ends it. `at` hears of each step, for the test that kills there.
 */
export async function replaceFiles(directory: string, files: readonly Replacement[], at: (step: string) => void = () => {}): Promise<void> {
  if (files.length > REPLACE_LIMITS.files) throw new RangeError(`more than ${REPLACE_LIMITS.files} files`)
  await finishReplacing(directory)
  for (const { path, text } of files) {
    const place = join(directory, path)
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    // Nothing of an earlier draft, and nothing through a link that stands in its place.
    await rm(place + DRAFT, { force: true })
    const file = await open(place + DRAFT, 'wx', FILE_MODE)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    at(`draft ${path}`)
  }
  for (const folder of foldersOf(directory, files)) await syncDirectory(folder)
  const planned: Planned[] = files.map(({ path, text }) => ({ path, sha256: hashOf(text) }))
  at('before the journal')
  await replaceFile(join(directory, JOURNAL), `${JSON.stringify({ files: planned })}\n`)
  at('journal')
  await take(directory, planned, at)
}

/** Ends what was decided and cut off; true when there was something. Throws when a draft is not the one that was decided on. */
export async function finishReplacing(directory: string): Promise<boolean> {
  const journal = join(directory, JOURNAL)
  const found = await lstat(journal).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  // In a folder that others may write to, only our own word counts.
  if (!found?.isFile() || (process.getuid && found.uid !== process.getuid())) return false
  if (found.size > REPLACE_LIMITS.journalBytes) throw new RangeError(`${journal} is longer than ${REPLACE_LIMITS.journalBytes} bytes`)
  await take(directory, plannedIn(await readFile(journal, 'utf8'), journal), () => {})
  return true
}

/** The same for a place and the folders it is in: a configuration may be one of several beneath the folder that was replaced. */
export async function finishReplacingAbove(place: string): Promise<void> {
  let folder = resolve(place)
  for (let depth = 0; depth <= REPLACE_LIMITS.depth; depth++) {
    await finishReplacing(folder)
    if (dirname(folder) === folder) return
    folder = dirname(folder)
  }
}

async function take(directory: string, planned: readonly Planned[], at: (step: string) => void): Promise<void> {
  for (const { path, sha256 } of planned) {
    const place = join(directory, path)
    const draft = await readFile(place + DRAFT).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    // Taken already, before it was cut off.
    if (draft === undefined) continue
    if (hashOf(draft) !== sha256)
      throw new Error(`${place}${DRAFT} is not what was decided on: remove it and ${JOURNAL}, then import again`)
    await rename(place + DRAFT, place)
    at(`rename ${path}`)
  }
  for (const folder of foldersOf(directory, planned)) await syncDirectory(folder)
  at('renamed')
  await rm(join(directory, JOURNAL), { force: true })
  await syncDirectory(directory)
  at('done')
}

const foldersOf = (directory: string, files: readonly { readonly path: string }[]): Set<string> =>
  new Set(files.map(({ path }) => dirname(join(directory, path))))

function plannedIn(text: string, journal: string): readonly Planned[] {
  const read = JSON.parse(text) as { files?: unknown }
  const isPlanned = (one: unknown): one is Planned => {
    const { path, sha256 } = (one ?? {}) as Record<string, unknown>
    const isBeneath =
      typeof path === 'string' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\\'))
    return isBeneath && typeof sha256 === 'string'
  }
  if (!Array.isArray(read.files) || read.files.length > REPLACE_LIMITS.files || !read.files.every(isPlanned))
    throw new Error(`${journal} is not a list of files; remove it, then import again`)
  return read.files
}
