import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { CSV_DEFAULTS, type FilesFeed } from './config.ts'
import { readCsv } from './csv.ts'
import { chunksOf, type FoundFile } from './folder.ts'
import { readJson, readJsonl } from './jsonl.ts'
import { FILES_LIMITS } from './limits.ts'
import { readParquet } from './parquet.ts'
import { BrokenFile, type Parts } from './part.ts'
import { readXlsx } from './xlsx.ts'

/** The first 128 bits of the SHA-256 of a file, base64url. */
export async function hashOf(handle: FileHandle, size: number, stop: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(handle, size, stop)) hash.update(chunk)
  return hash.digest().subarray(0, 16).toString('base64url')
}

/** The rows of an open file. Throws BrokenFile at once when it is too large, later when it is of another kind. */
export async function openParts(handle: FileHandle, { path, size }: FoundFile, feed: FilesFeed, stop: AbortSignal): Promise<Parts> {
  const most = mostBytes(feed.format)
  if (size > most) throw new BrokenFile(`${size} bytes; at most ${most} of ${feed.format} are read`)
  if (size === 0 && feed.mode === 'snapshot') throw new BrokenFile('an empty file does not count as everything there is')
  const whole = async () => {
    const chunks: Buffer[] = []
    for await (const chunk of chunksOf(handle, size, stop)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  switch (feed.format) {
    case 'csv':
      return readCsv(chunksOf(handle, size, stop), feed.csv ?? CSV_DEFAULTS)
    case 'jsonl':
      return readJsonl(chunksOf(handle, size, stop))
    case 'json':
      return readJson(await whole())
    case 'xlsx':
      return readXlsx(await whole(), feed.sheet)
    case 'parquet':
      return readParquet(path)
  }
}

function mostBytes(format: FilesFeed['format']): number {
  if (format === 'json') return FILES_LIMITS.jsonBytes
  return format === 'xlsx' ? FILES_LIMITS.xlsxBytes : FILES_LIMITS.fileBytes
}
