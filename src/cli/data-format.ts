import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { replaceFile } from '../lib/replace-file.ts'

/** The form of what a data directory holds. Raised by a change that an earlier version of the program cannot read; docs/running.md says when that was. */
export const DATA_FORMAT = 1
const FILE = 'format.json'

const formatFile = z.object({ format: z.int().min(1), version: z.string().max(64) })
export type DataFormat = z.infer<typeof formatFile>

/**
 * Writes into the data directory which form it has and which version wrote last. What a newer version left there is not touched: then it returns what that
 * was, and undefined else. Data from before there was this file has form 1. Throws where the file cannot be read.
 */
export async function claimData(directory: string, version: string): Promise<DataFormat | undefined> {
  const file = join(directory, FILE)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const found = text === undefined ? undefined : formatFile.safeParse(toJson(text)).data
  if (text !== undefined && !found) throw new Error(`${file} is damaged`)
  if (found && found.format > DATA_FORMAT) return found
  if (found?.format !== DATA_FORMAT || found.version !== version) {
    await replaceFile(file, `${JSON.stringify({ format: DATA_FORMAT, version } satisfies DataFormat)}\n`)
  }
  return undefined
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
