import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { z } from 'zod'
import { replaceFile } from '../../lib/replace-file.ts'
import { lockDirectory, SpoolLocked } from '../spool/lock.ts'
import { IdentityError } from './errors.ts'
import { markOf, privateDirectory, readLimited } from './files.ts'
import { IDENTITY_LIMITS } from './limits.ts'

const LOCK_RETRY_MS = 20

/** One JSON file that several processes read and change: a running node, and the commands beside it. */
export interface StateFile<State> {
  /** As last read or written. */
  readonly state: State
  /** Reads the file again when another process replaced it; true when it did. */
  refresh(): Promise<boolean>
  /**
   * Reads, changes and replaces the file while nobody else can; durable when it resolves. `change` gives the new state; the same object changes nothing.
   * Throws what `change` throws, and IdentityError `busy`.
   */
  update(change: (state: State) => State): Promise<State>
}

/** Opens the file, whose directory is its own. Throws IdentityError `damaged` when it is there and is not one of ours: better no start than an open door. */
export async function openStateFile<State>(path: string, schema: z.ZodType<State>, empty: State): Promise<StateFile<State>> {
  const directory = dirname(path)
  await privateDirectory(directory)
  let queue: Promise<unknown> = Promise.resolve()
  let mark = ''
  let state = empty

  const read = async (): Promise<boolean> => {
    const found = await readState(path, schema)
    if (found && found.mark === mark) return false
    if (!found && mark === '') return false
    state = found?.state ?? empty
    mark = found?.mark ?? ''
    return true
  }
  const locked = async (change: (state: State) => State): Promise<State> => {
    const release = await lock(directory)
    try {
      await read()
      const next = change(state)
      if (next === state) return state
      await replaceFile(path, `${JSON.stringify(next, null, 1)}\n`)
      state = next
      mark = markOf(await stat(path))
      return state
    } finally {
      await release()
    }
  }
  await read()
  return {
    get state() {
      return state
    },
    refresh: async () => ((await markAt(path)) === mark ? false : read()),
    update: (change) => {
      const mine = queue.then(() => locked(change))
      queue = mine.catch(() => undefined) // its own caller is told
      return mine
    },
  }
}

async function markAt(path: string): Promise<string> {
  try {
    return markOf(await stat(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

async function readState<State>(path: string, schema: z.ZodType<State>): Promise<{ state: State; mark: string } | undefined> {
  try {
    const { text, mark } = await readLimited(path, IDENTITY_LIMITS.stateBytes, true)
    return { state: schema.parse(JSON.parse(text)), mark }
  } catch (error) {
    if (error instanceof IdentityError && error.code === 'absent') return undefined
    if (error instanceof IdentityError) throw error
    throw new IdentityError('damaged', path, `${path} is not one of ours, or is damaged; restore it from a backup`, { cause: error })
  }
}

async function lock(directory: string): Promise<() => Promise<void>> {
  for (const started = performance.now(); ; await delay(LOCK_RETRY_MS)) {
    try {
      return await lockDirectory(directory)
    } catch (error) {
      if (!(error instanceof SpoolLocked)) throw error
      if (performance.now() - started < IDENTITY_LIMITS.lockMs) continue
      throw new IdentityError('busy', directory, `${directory} has been in use by another process for ${IDENTITY_LIMITS.lockMs} ms`, {
        cause: error,
      })
    }
  }
}
