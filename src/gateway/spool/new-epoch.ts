import { readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeBatch } from '../../core/batch-codec.ts'
import { LIMITS } from '../../core/limits.ts'
import { ReasonSets } from '../../core/reasons.ts'
import { SignalTable } from '../../core/signals.ts'
import type { EndedEpoch } from '../../core/spool.ts'
import { machineFiles, replaceIn, type SpoolFiles } from './files.ts'
import { writeIdentity } from './identity.ts'
import { openSpool, type SpoolOptions } from './open.ts'

/**
 * A log that was restored from an older copy and went on: its new records carry sequences that another node knows with other content. It goes on in a new
 * epoch, which begins with the batches that only it has; the old directory is set aside, whole.
 *
 * `new-epoch.json` in the spool's directory asks for it at the next start: `{after, theirs}`, the last sequence that both have, and the last that the other
 * node has. `continued.json` in the new one says where it comes from: `{epoch, after, storedTo, ended}`.
 */
export interface Continued {
  /** The epoch before. */
  readonly epoch: number
  readonly after: number
  /** Batches of the new epoch up to this sequence are in this node's own historian already, under the old one. */
  readonly storedTo: number
  /** How far the next node had each earlier epoch when it ended, oldest first, of the newest `LIMITS.endedEpochs`. */
  readonly ended?: readonly EndedEpoch[]
}

const ASKED = 'new-epoch.json'
const CONTINUED = 'continued.json'
const COPY_RECORDS = 256
const COPY_BYTES = 8 * 1024 * 1024

/** Asks for a new epoch at the next start; `after` is the last sequence that both logs have, `theirs` the last of the other one. */
export async function askForEpoch(directory: string, after: number, theirs: number, files: SpoolFiles = machineFiles): Promise<void> {
  await replaceIn(files, directory, ASKED, { after, theirs })
}

/** True when a new epoch was asked for, or its beginning was interrupted. */
export async function isEpochAskedFor(directory: string): Promise<boolean> {
  return (await exists(join(directory, ASKED))) || (await exists(join(`${directory}.next`, CONTINUED)))
}

/** Where the log comes from, if it continues another epoch. */
export async function continuedFrom(directory: string): Promise<Continued | undefined> {
  return (await readJson(join(directory, CONTINUED))) as Continued | undefined
}

/**
 * Begins the new epoch that was asked for; call before the spool is opened. `stored` tells up to which sequence of the old epoch this node's own
 * historian has it. A crash at any point leaves the old log as it was, or the new one whole.
 */
export async function beginEpoch(options: SpoolOptions, stored: (epoch: number) => number): Promise<void> {
  const { directory, files = machineFiles, log } = options
  const next = `${directory}.next`
  const asked = (await readJson(join(directory, ASKED))) as { after?: unknown; theirs?: unknown } | undefined
  if (typeof asked?.after === 'number') {
    await rm(next, { recursive: true, force: true })
    const copied = await copy(options, next, asked.after, stored)
    const last = typeof asked.theirs === 'number' ? asked.theirs : asked.after
    const earlier = (await continuedFrom(directory))?.ended ?? []
    const ended = [...earlier, { epoch: copied.epoch, last }].slice(-LIMITS.endedEpochs)
    const continued: Continued = { ...copied, ended }
    await replaceIn(files, next, CONTINUED, continued)
    const aside = `${directory}-${continued.epoch}`
    await rm(aside, { recursive: true, force: true })
    await rename(directory, aside)
    log.warn(
      { aside, ...continued },
      'an older copy of this log was restored: it goes on in a new epoch; the copy is set aside and can be removed',
    )
  }
  await rename(next, directory)
  await files.syncDirectory(dirname(directory))
}

async function copy(options: SpoolOptions, next: string, after: number, stored: (epoch: number) => number): Promise<Continued> {
  const { node, log, files = machineFiles } = options
  const tables = { signals: new SignalTable(), reasons: new ReasonSets() }
  const { spool: old } = await openSpool({ ...options, ...tables })
  try {
    await files.makeDirectory(next)
    // Later than the one before, wherever the clock went.
    await writeIdentity(next, { node, epoch: old.epoch }, { files, log })
    const { spool } = await openSpool({ ...options, ...tables, directory: next })
    const has = stored(old.epoch)
    let storedTo = 0
    try {
      for (let at = after + 1; ; ) {
        const records = await old.read(at, COPY_RECORDS, COPY_BYTES)
        const last = records.at(-1)
        if (!last) break
        for (const record of records) {
          if (record.kind !== 'batch') continue
          const { sequence } = await spool.append(decodeBatch(record.payload))
          if (record.sequence <= has) storedTo = sequence
        }
        at = last.sequence + 1
      }
    } finally {
      await spool.close()
    }
    return { epoch: old.epoch, after, storedTo }
  } finally {
    await old.close()
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
