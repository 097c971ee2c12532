import { join } from 'node:path'
import type { Logger } from '../../core/log.ts'
import type { DurableFiles } from '../../lib/durable-files.ts'
import { hashOf, parseLine } from './entry.ts'
import { fileName, numberOf, readLines } from './file.ts'
import { AUDIT_LIMITS } from './limits.ts'

/** Where an audit log lies. */
export interface AuditFiles {
  readonly directory: string
  readonly files: DurableFiles
}

/** The end of the newest file that holds a line, open for going on; and what is wrong there. */
export async function findEnd(options: AuditFiles & { readonly log: Logger }, numbers: readonly number[]) {
  const problems: string[] = []
  for (const [i, number] of numbers.toReversed().entries()) {
    const path = join(options.directory, fileName(number))
    const file = await options.files.open(path, 'repair')
    const { lines, end, isTorn } = await readLines(file)
    const last = lines.at(-1)
    // Only the newest is gone on with; one that is empty was begun and never written to.
    if (last === undefined && i === 0 && numbers.length > 1) {
      await file.close()
      await options.files.remove(path)
      continue
    }
    if (isTorn) options.log.warn({ path, end }, 'the audit log had an unfinished entry, which was never confirmed; it is written over')
    let previous = lines[0] === undefined ? undefined : parseLine(lines[0])?.previous
    for (const [at, line] of lines.entries()) {
      if (parseLine(line)?.previous !== previous)
        problems.push(`${fileName(number)} line ${at + 1} is damaged or not chained to the one before it`)
      previous = hashOf(line)
      if (problems.length > 0) break
    }
    const entry = last === undefined ? undefined : (parseLine(last)?.n ?? lines.length)
    const head = last === undefined || entry === undefined ? undefined : { entry, hash: hashOf(last) }
    return { head, open: { number, file, end }, problems }
  }
  return { head: undefined, open: undefined, problems }
}

/** The whole lines of a file. */
export async function linesOf({ directory, files }: AuditFiles, number: number): Promise<string[]> {
  const file = await files.open(join(directory, fileName(number)), 'read')
  try {
    return (await readLines(file)).lines
  } finally {
    await file.close()
  }
}

/** The number of a file's first entry; infinite where it has none. */
export async function firstEntry({ directory, files }: AuditFiles, number: number): Promise<number> {
  const file = await files.open(join(directory, fileName(number)), 'read')
  try {
    const bytes = new Uint8Array(AUDIT_LIMITS.lineBytes + 1)
    const got = Buffer.from(bytes.subarray(0, await file.read(bytes, 0)))
    return parseLine(got.subarray(0, Math.max(0, got.indexOf(10))).toString('utf8'))?.n ?? Number.POSITIVE_INFINITY
  } finally {
    await file.close()
  }
}

/** A signed head: what is longer is none. */
export async function readAll(files: DurableFiles, path: string): Promise<Uint8Array> {
  const file = await files.open(path, 'read')
  try {
    const bytes = new Uint8Array(Math.min(AUDIT_LIMITS.headBytes, await file.size()))
    return bytes.subarray(0, await file.read(bytes, 0))
  } finally {
    await file.close()
  }
}

/** Numbers of the files among these names, in order. */
export const sorted = (names: readonly string[]): number[] =>
  names
    .map(numberOf)
    .filter((number) => number !== undefined)
    .sort((a, b) => a - b)
