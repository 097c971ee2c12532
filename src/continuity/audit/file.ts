import type { DurableFile } from '../../lib/durable-files.ts'
import { AUDIT_LIMITS } from './limits.ts'

/** `audit-0000000001.jsonl`: lines, then zeros up to the size that is reserved; a closed one has no zeros. */
export const fileName = (number: number): string => `audit-${String(number).padStart(10, '0')}.jsonl`
export function numberOf(name: string): number | undefined {
  const digits = /^audit-(\d{10})\.jsonl$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
/** The file after the one in use, made ahead. */
export const SPARE = 'audit-next.reserved'

export interface Lines {
  readonly lines: string[]
  /** Where the next line goes. */
  readonly end: number
  /** True when something that is no whole line follows. */
  readonly isTorn: boolean
}

/** The whole lines of a file, of which no more than `AUDIT_LIMITS.fileBytes` is read. */
export async function readLines(file: DurableFile): Promise<Lines> {
  const bytes = new Uint8Array(Math.min(AUDIT_LIMITS.fileBytes, await file.size()))
  const got = await file.read(bytes, 0)
  const zeros = bytes.indexOf(0)
  const content = Buffer.from(bytes.buffer, 0, zeros < 0 ? got : zeros)
  const end = content.lastIndexOf(10) + 1
  const lines = content.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
  const isTorn = end < content.length || (zeros >= 0 && bytes.subarray(zeros, got).some((byte) => byte !== 0))
  return { lines, end, isTorn }
}

/** Writes zeros, so that the blocks are the file's own: a hole would be found missing when the disk is full. */
export async function reserve(file: DurableFile, from = 0): Promise<void> {
  const zeros = new Uint8Array(64 * 1024)
  for (let at = from; at < AUDIT_LIMITS.fileBytes; at += zeros.length)
    await file.write([zeros.subarray(0, Math.min(zeros.length, AUDIT_LIMITS.fileBytes - at))], at)
  await file.sync()
}
