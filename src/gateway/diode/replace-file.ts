import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { machineFiles } from '../spool/files.ts'

/** Puts a file in the place of another: after a crash it is the one or the other, whole. Readable by the node's own account only. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await machineFiles.syncDirectory(dirname(path))
}
