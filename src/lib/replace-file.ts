import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Readable by the program's own account only. */
const FILE_MODE = 0o600

/** Puts a file in the place of another: after a crash it is the one or the other, whole. One writer of a path at a time. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.new`
  const file = await open(draft, 'w', FILE_MODE)
  try {
    // A draft that a crash left behind keeps the mode it was made with.
    if (process.platform !== 'win32') await file.chmod(FILE_MODE)
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  await syncDirectory(dirname(path))
}

/** Makes creations and renames in the directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no way to sync a directory and does not need one.
  if (process.platform === 'win32') return
  const directory: FileHandle = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
