import { stat } from 'node:fs/promises'

/** Whether a file or folder is there. Throws the system's errors, except the one that says it is not. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
