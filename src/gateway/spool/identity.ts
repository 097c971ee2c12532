import { join } from 'node:path'
import type { Logger } from '../../core/log.ts'
import type { Clock } from '../../core/time.ts'
import { replaceIn, type SpoolFiles } from './files.ts'

/** `spool.json`: whose log this is. The segments say it too; this is the copy for the day when their headers are damaged. */
export interface Identity {
  readonly node: string
  readonly epoch: number
}

/** The longest `spool.json` that is ours; more is not read. */
const IDENTITY_BYTES = 4096

export async function readIdentity(directory: string, files: SpoolFiles): Promise<Identity | undefined> {
  if (!(await files.list(directory)).includes('spool.json')) return undefined
  const file = await files.open(join(directory, 'spool.json'), 'read')
  const bytes = new Uint8Array(IDENTITY_BYTES)
  try {
    const got = await file.read(bytes, 0)
    const { node, epoch } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, got))) as Partial<Identity>
    return typeof node === 'string' && typeof epoch === 'number' ? { node, epoch } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined // damaged: the segment headers tell
    throw error
  } finally {
    await file.close()
  }
}

/** A new epoch: the clock's microseconds, and always later than the one before, wherever the clock went. */
export function nextEpoch(clock: Clock, before: number | undefined): number {
  return Math.max(clock.now(), (before ?? 0) + 1)
}

/** Replaces `spool.json` in one step. A disk that cannot take it is reported and keeps nobody from starting: the segments carry the epoch too. */
export async function writeIdentity(
  directory: string,
  identity: Identity,
  { files, log }: { files: SpoolFiles; log: Logger },
): Promise<void> {
  try {
    await replaceIn(files, directory, 'spool.json', identity)
  } catch (error) {
    log.error({ directory, error }, 'Cannot write spool.json; the next start tries again')
  }
}
