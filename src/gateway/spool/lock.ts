import * as fsp from 'node:fs/promises'
import { join } from 'node:path'

/** Another process writes this spool. */
export class SpoolLocked extends Error {
  override name = 'SpoolLocked'
}

/** Who holds a lock: a process id alone may have been given to somebody else since, so its start counts too. */
interface Holder {
  readonly pid: number
  /** Boot and start of the process where the system tells (Linux), else empty. */
  readonly started: string
}

/**
 * Takes the directory for this process; the result gives it back. A lock whose process is gone (kill -9, power cut) is taken over.
 * Throws SpoolLocked while its process lives, this very process included. Processes that cannot see each other (two containers
 * on one volume) are not kept apart: give each its own directory.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock')
  const mine: Holder = { pid: process.pid, started: await startOf(process.pid) }
  const text = JSON.stringify(mine)
  const draft = join(directory, `lock.${process.pid}.${performance.now()}`)
  await fsp.writeFile(draft, text, { mode: 0o600 })
  try {
    while (!(await isTaken(draft, path))) await clearStale(path, draft)
  } finally {
    await fsp.unlink(draft)
  }
  return async () => {
    if ((await readOr(path, '')) === text) await fsp.unlink(path)
  }
}

/** A link is made whole or not at all, and only once. */
async function isTaken(draft: string, path: string): Promise<boolean> {
  try {
    await fsp.link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes a lock whose process is gone. Only who holds the second file may, so that nobody removes the lock of one who was quicker. */
async function clearStale(path: string, draft: string): Promise<void> {
  await refuseIfAlive(path, path)
  const takeover = `${path}.takeover`
  if (!(await isTaken(draft, takeover))) {
    await refuseIfAlive(takeover, path)
    return remove(takeover) // its process died in these few lines
  }
  try {
    await refuseIfAlive(path, path)
    await remove(path)
  } finally {
    await remove(takeover)
  }
}

async function refuseIfAlive(file: string, path: string): Promise<void> {
  const holder = parse(await readOr(file, ''))
  if (!holder || !(await isAlive(holder))) return
  throw new SpoolLocked(`${path}: process ${holder.pid} writes this spool. Stop it, or give this node a data directory of its own`)
}

async function remove(path: string): Promise<void> {
  await fsp.rm(path, { force: true })
}

async function readOr<T>(path: string, otherwise: T): Promise<string | T> {
  try {
    return await fsp.readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
}

/** Undefined for a file cut by a power failure. */
function parse(text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && pid > 0 && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined // nobody's: the process that wrote it did not live to finish
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return (await startOf(holder.pid)) === holder.started
}

/** Boot id and start in clock ticks; a zombie counts as gone. */
async function startOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return ''
  const stat = await readOr(`/proc/${pid}/stat`, '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (stat === '' || fields[0] === 'Z' || fields[0] === 'X') return 'gone'
  return `${(await readOr('/proc/sys/kernel/random/boot_id', '')).trim()}/${fields[19]}`
}
