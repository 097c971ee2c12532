import { copyFile, open } from 'node:fs/promises'
import type { Logger } from '../../core/log.ts'

/** The engine says where the bytes of an entry begin; its size and checksum, 8 bytes each, stand before them. */
const CORRUPT = /Corrupt WAL file: entry at byte position (\d+) computed checksum/
const ENTRY_HEADER = 16
/** Each attempt cuts more; an entry is behind another that is right, so that one cut is enough unless the disk goes on failing. */
const ATTEMPTS = 3

/**
 * Opens the database; where its write-ahead log ends in bytes that a power cut left half written, cuts it there and opens again. The engine itself forgives
 * an end that is missing, not one whose blocks are zeros or old. What is cut was either never committed, or the historian's place in the log of
 * the node is cut with it: those records come again from the spool, or are declared as a gap. The whole log stays beside as `.torn`.
 */
export async function openPastTornLog<T>(database: string, log: Logger, create: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await create()
    } catch (error) {
      const at = CORRUPT.exec(error instanceof Error ? error.message : String(error))?.[1]
      if (at === undefined || attempt > ATTEMPTS) throw error
      await cut(`${database}.wal`, Number(at) - ENTRY_HEADER, log)
    }
  }
}

async function cut(path: string, bytes: number, log: Logger): Promise<void> {
  const kept = `${path}.torn`
  await copyFile(path, kept)
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    await file.truncate(bytes)
    await file.sync()
    log.error(
      { path, kept, at: bytes, cut: size - bytes },
      'The end of the historian’s log was not written whole, as after a power cut; it is cut there',
    )
  } finally {
    await file.close()
  }
}
