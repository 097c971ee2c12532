import { readFile } from 'node:fs/promises'
import type { Clock } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'

/**
 * The number of this start, larger than that of every start before: the time, or one more than the last where the clock went back. Kept in the
 * file at `path`; a receiver refuses datagrams of boots before the newest, so that recorded ones cannot be played again.
 */
export async function nextBoot(path: string, clock: Clock): Promise<number> {
  const before = Number(await readFile(path, 'utf8').catch(() => '0'))
  const boot = Math.max(Math.floor(clock.now()), Number.isSafeInteger(before) ? before + 1 : 0)
  await replaceFile(path, `${boot}\n`)
  return boot
}
