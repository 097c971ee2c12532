import { constants } from 'node:fs'
import { type FileHandle, open, opendir, realpath, rename, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { compileGlob } from '../../lib/glob.ts'
import { isThere } from '../../lib/is-there.ts'
import { FILES_LIMITS } from './limits.ts'
import { compareAge } from './taken.ts'

/** A file of the folder that matches. */
export interface FoundFile {
  readonly name: string
  /** Where it really is: inside the folder, links resolved. */
  readonly path: string
  readonly size: number
  readonly changedMs: number
}

export interface Found {
  /** Oldest change first. */
  readonly files: readonly FoundFile[]
  /** Names that match and are not taken, and why. */
  readonly refused: ReadonlyMap<string, 'outside-folder' | 'not-a-file' | 'too-many-files'>
}

/** What is there now. Throws NotConnected when the folder cannot be read. */
export async function lookInto(folder: string, glob: string): Promise<Found> {
  const matches = compileGlob(glob, { length: 256, alternatives: 16 })
  const files: FoundFile[] = []
  const refused = new Map<string, 'outside-folder' | 'not-a-file' | 'too-many-files'>()
  try {
    const home = await realpath(folder)
    for await (const { name } of await opendir(home)) {
      if (!matches(name)) continue
      if (files.length >= FILES_LIMITS.scannedFiles) {
        refused.set('', 'too-many-files')
        break
      }
      const found = await lookAt(home, name)
      if (typeof found === 'string') refused.set(name, found)
      else if (found) files.push(found)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const hint = code === 'ENOENT' ? 'create the folder, or correct path' : 'may this user read the folder?'
    throw new NotConnected(`the folder ${folder} cannot be read: ${message}`, {
      ...{ cause: error, hint, fault: fault('folder-unreadable', { folder, detail: message }) },
    })
  }
  files.sort(compareAge)
  return { files, refused }
}

async function lookAt(home: string, name: string): Promise<FoundFile | 'outside-folder' | 'not-a-file' | undefined> {
  try {
    const path = await realpath(join(home, name))
    if (!path.startsWith(home.endsWith(sep) ? home : `${home}${sep}`)) return 'outside-folder'
    const { size, mtimeMs, isFile } = await statOf(path)
    return isFile ? { name, path, size, changedMs: mtimeMs } : 'not-a-file'
  } catch (error) {
    // It went while we looked, or it is a link to nothing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function statOf(path: string): Promise<{ size: number; mtimeMs: number; isFile: boolean }> {
  const found = await stat(path)
  return { size: found.size, mtimeMs: found.mtimeMs, isFile: found.isFile() }
}

/** Opens a file that was found; whatever stands there meanwhile is not waited for. */
export function openFound({ path }: FoundFile): Promise<FileHandle> {
  // A link in its place, or a pipe that nobody writes, is refused by the system.
  return open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
}

/** Is it still the file that was found? */
export async function isUnchanged(handle: FileHandle, { size, changedMs }: FoundFile): Promise<boolean> {
  const now = await handle.stat()
  return now.isFile() && now.size === size && now.mtimeMs === changedMs
}

const CHUNK_BYTES = 64 * 1024

/** The bytes of an open file from its beginning, as many as it had when it was found. */
export async function* chunksOf(handle: FileHandle, size: number, stop: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < size; ) {
    stop.throwIfAborted()
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at)), 0, null, at)
    if (bytesRead === 0) return
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Moves a file that was taken. Nothing in the other folder is replaced: `hash` tells files of one name apart. Throws what the system throws. */
export async function moveAway(folder: string, target: string, file: FoundFile, hash: string): Promise<void> {
  const to = join(resolve(folder, target), basename(file.name))
  await rename(join(folder, file.name), (await isThere(to)) ? `${to}.${hash}` : to)
}
