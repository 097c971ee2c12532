import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises'
import { IdentityError } from './errors.ts'

const DIRECTORY_MODE = 0o700
/** Group and others. */
const OTHERS = 0o077

/** Makes a directory that only its owner may enter. */
export async function privateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: DIRECTORY_MODE })
  await chmod(path, DIRECTORY_MODE)
}

export interface ReadFile {
  readonly text: string
  /** Differs when the file was replaced or written. */
  readonly mark: string
}

/** Throws IdentityError: absent, unreadable, damaged (longer than `limit` bytes), and too-open where it `isSecret` and others may read it. */
export async function readLimited(path: string, limit: number, isSecret: boolean): Promise<ReadFile> {
  const handle = await openToRead(path)
  try {
    const { mode, size, mtimeMs, ino } = await handle.stat()
    if (isSecret && process.platform !== 'win32' && (mode & OTHERS) !== 0)
      throw new IdentityError('too-open', path, `${path} may be read by others (mode ${(mode & 0o777).toString(8)}); it must be 600`)
    if (size > limit) throw new IdentityError('damaged', path, `${path} has ${size} bytes, the limit is ${limit}`)
    return { text: await handle.readFile('utf8'), mark: markOf({ size, mtimeMs, ino }) }
  } finally {
    await handle.close()
  }
}

export const markOf = ({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): string => `${ino}:${size}:${mtimeMs}`

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT'
      ? new IdentityError('absent', path, `${path} is not there`, { cause: error })
      : new IdentityError('unreadable', path, `${path} cannot be read: ${code}`, { cause: error })
  }
}
