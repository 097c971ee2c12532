import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isThere } from './is-there.ts'

/**
 * Makes a folder and those above it that are not there; returns the first one made. Unlike the runtime's own recursive form it ends where the system
 * refuses with ENOENT, as proc(5) does: that one then tries for ever. Throws the system's errors; ENOTDIR where a file is in the way.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let at = path; !(await isThere(at)); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) {
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      // Somebody else made it meanwhile.
      if (error.code !== 'EEXIST') throw error
    })
  }
  if (!(await stat(path)).isDirectory()) throw Object.assign(new Error(`${path} is a file, not a folder`), { code: 'ENOTDIR' })
  return missing[0]
}
