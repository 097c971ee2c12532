import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Another owner has the historian's directory open. */
export class HistorianInUse extends Error {
  override name = 'HistorianInUse'
}

interface Owner {
  readonly pid: number
  /** Tells two processes with the same pid apart (after a crash, or in containers where every process is 1). */
  readonly started: string
  readonly instance: string
}

/**
 * Takes the directory for one owner and returns the way to give it back.
 *
 * The engine's own file lock belongs to the process: a second instance in the same process opens the same file without complaint, and when it
 * closes, committed rows of the first are gone. So the owner is written to a file beside the data, also for owners inside one process.
 * A file left by a process that was killed is taken over. Everything here is synchronous, so that two opens in one thread cannot interleave.
 */
export function takeLock(directory: string, instance: string): () => void {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'historian.lock')
  const mine: Owner = { pid: process.pid, started: startOf(process.pid) ?? '', instance }
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' })
      return () => {
        if (read(path)?.instance === instance) rmSync(path, { force: true })
      }
    } catch (cause) {
      if (!isExists(cause)) throw new Error(`the historian's directory ${directory} cannot be written: ${text(cause)}`, { cause })
    }
    const owner = read(path)
    if (owner && isAlive(owner)) throw new HistorianInUse(describe(directory, owner))
    const aside = `${path}.${instance}`
    try {
      renameSync(path, aside)
      rmSync(aside, { force: true })
    } catch {
      // Someone else took the stale file away first: the next attempt sees who.
    }
  }
  throw new HistorianInUse(`the historian in ${directory} is being opened by someone else just now; try again`)
}

function describe(directory: string, owner: Owner): string {
  return owner.pid === process.pid
    ? `the historian in ${directory} is already open in this process; use that instance, two on one file lose committed samples`
    : `the historian in ${directory} is open in process ${owner.pid}; stop that process, or give this one another data directory`
}

function isAlive(owner: Owner): boolean {
  const started = startOf(owner.pid)
  return started !== undefined && (started === '' || owner.started === '' || started === owner.started)
}

/** When a process started, as the system tells it; empty where it runs but the system does not tell; undefined when it does not run. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EPERM')) return undefined
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // The name in parentheses may hold anything; field 22, the start in ticks since boot, is the 20th after it.
    return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return ''
  }
}

function read(path: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('started' in owner) || !('instance' in owner))
      return undefined
    const { pid, started, instance } = owner
    return typeof pid === 'number' && typeof started === 'string' && typeof instance === 'string' ? { pid, started, instance } : undefined
  } catch {
    // Absent, or cut short by a crash while it was written: nobody's.
    return undefined
  }
}

const isExists = (cause: unknown): boolean => cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
const text = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
