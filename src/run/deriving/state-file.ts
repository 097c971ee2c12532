import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Logger } from '../../core/log.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import type { SavedEngine } from './engine.ts'
import { DERIVING_LIMITS } from './limits.ts'

/** Where in this node's log the saved state stands. */
export interface SavedState {
  readonly node: string
  readonly epoch: number
  readonly sequence: number
  readonly engine: SavedEngine
}

const range = z.tuple([z.number(), z.number(), z.int(), z.number()])
const state = z.object({
  ...{ node: z.string(), epoch: z.number(), sequence: z.int().min(0) },
  engine: z.record(
    z.string(),
    z.object({
      ...{ version: z.string(), isStopped: z.boolean() },
      units: z.array(z.tuple([z.string(), z.number(), z.number(), z.int(), z.number(), z.number()])).max(2 * DERIVING_LIMITS.units),
      ranges: z.array(range).max(DERIVING_LIMITS.ranges),
      late: z.object({
        count: z.int().min(0),
        ranges: z
          .array(z.union([range, z.tuple([z.number(), z.number(), z.int(), z.number(), z.string()])]))
          .max(DERIVING_LIMITS.ranges + DERIVING_LIMITS.lateUnits),
      }),
    }),
  ),
})

/** False when the state is too large to be kept: the next start computes everything within the horizon anew. */
export async function writeState(file: string, saved: SavedState): Promise<boolean> {
  const body = JSON.stringify(saved)
  if (body.length > DERIVING_LIMITS.stateBytes) return false
  await mkdir(dirname(file), { recursive: true })
  await replaceFile(file, `${crc32(body)}\n${body}`)
  return true
}

/** Undefined when there is none, or none that can be trusted. */
export async function readState(file: string, log: Logger): Promise<SavedState | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT')
      log.warn({ error: error.message }, 'what is left to compute cannot be read; everything within the horizon is')
    return undefined
  })
  if (!handle) return undefined
  try {
    if ((await handle.stat()).size > 2 * DERIVING_LIMITS.stateBytes) throw new RangeError('larger than it can be')
    const text = await handle.readFile('utf8')
    const [crc, body] = [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]
    if (Number(crc) !== crc32(body)) throw new RangeError('checksum')
    return state.parse(JSON.parse(body)) as SavedState
  } catch (error) {
    log.warn({ error: String(error) }, 'what is left to compute was saved wrong; everything within the horizon is')
    return undefined
  } finally {
    await handle.close()
  }
}
