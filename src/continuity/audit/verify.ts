import { join } from 'node:path'
import type { DurableFiles } from '../../lib/durable-files.ts'
import { readSigned, type Verifier } from '../../lib/signed.ts'
import { type AuditLine, genesisOf, hashOf, isSignatureGood, parseLine } from './entry.ts'
import { fileName, numberOf, readLines } from './file.ts'
import { AUDIT_LIMITS } from './limits.ts'
import { AUDIT_HEAD_FILE, auditHeadContent } from './log.ts'

export interface AuditReport {
  readonly files: number
  readonly entries: number
  readonly firstEntry: number
  readonly lastEntry: number
  /** Entries after the newest signature: chained, and signed by nobody yet. */
  readonly unsignedEntries: number
  readonly tampering?: { readonly file: string; readonly entry?: number; readonly what: string }
}

export interface AuditVerifyOptions {
  readonly files: DurableFiles
  /** An entry and its hash that something else signed; it must be there. */
  readonly anchor?: { readonly entry: number; readonly hash: string } | undefined
  readonly onLine?: (line: AuditLine) => void
}

/** Holds an audit log against its chain and its signatures, in order; stops at the first thing that is wrong. */
export async function verifyAudit(directory: string, verifier: Verifier, options: AuditVerifyOptions): Promise<AuditReport> {
  const { files, anchor, onLine } = options
  const names = await files.list(directory)
  const numbers = names.flatMap((name) => numberOf(name) ?? []).sort((a, b) => a - b)
  const head = await readHead(directory, files, verifier)
  const report = { files: numbers.length, entries: 0, firstEntry: 0, lastEntry: 0, unsignedEntries: 0 }
  let hash = ''
  const wrong = (file: string, what: string, entry?: number): AuditReport => ({
    ...report,
    tampering: { file, what, ...(entry !== undefined && { entry }) },
  })
  if (typeof head === 'string') return wrong(AUDIT_HEAD_FILE, head)
  let removedTo = 0
  for (const [i, number] of numbers.entries()) {
    const name = fileName(number)
    const { lines, isTorn, size } = await read(join(directory, name), files)
    const isLast = i === numbers.length - 1
    if (size > AUDIT_LIMITS.fileBytes || (isTorn && (!isLast || head.isStopped)))
      return wrong(name, 'bytes that are no entry', report.lastEntry + 1)
    for (const line of lines) {
      const parsed = parseLine(line)
      const expected = report.lastEntry + 1
      if (!parsed) return wrong(name, `entry ${expected} is damaged`, expected)
      if (report.entries === 0) {
        report.firstEntry = parsed.n
        if (parsed.n === 1 && parsed.previous !== genesisOf(head.node)) return wrong(name, 'the log does not begin as every log does', 1)
      } else if (parsed.n !== expected) {
        return wrong(name, `entry ${parsed.n} stands where entry ${expected} should be`, expected)
      } else if (parsed.previous !== hash) {
        return wrong(name, `entry ${expected - 1} was altered: the entry after it does not fit`, expected - 1)
      }
      if (parsed.kind === 'signature') {
        if (!isSignatureGood(parsed, head.node, verifier))
          return wrong(name, `the signature in entry ${parsed.n} is not this key’s`, parsed.n)
        report.unsignedEntries = 0
      } else {
        report.unsignedEntries++
      }
      if (parsed.kind === 'removal' && typeof parsed.detail?.upTo === 'number') removedTo = Math.max(removedTo, parsed.detail.upTo)
      hash = hashOf(line)
      report.entries++
      report.lastEntry = parsed.n
      for (const [file, one] of [[AUDIT_HEAD_FILE, head] as const, ['the signed head of the spool', anchor] as const]) {
        if (one && one.entry === parsed.n && one.hash !== hash)
          return wrong(name, `entry ${parsed.n} is not the one that ${file} names`, parsed.n)
      }
      onLine?.(parsed)
    }
  }
  const known = Math.max(head.entry, anchor?.entry ?? 0)
  if (report.lastEntry < known)
    return wrong(AUDIT_HEAD_FILE, `the log ends at entry ${report.lastEntry}; entry ${known} was signed`, report.lastEntry + 1)
  if (report.entries > 0 && report.firstEntry > removedTo + 1)
    return wrong(fileName(numbers[0] ?? 1), `entries before ${report.firstEntry} are missing`, 1)
  if (head.isStopped && report.lastEntry > head.entry)
    return wrong(fileName(numbers.at(-1) ?? 1), `entries were added after the log was signed and stopped at ${head.entry}`, head.entry + 1)
  if (head.entry > 0) report.unsignedEntries = Math.min(report.unsignedEntries, report.lastEntry - head.entry)
  return report
}

async function readHead(directory: string, files: DurableFiles, verifier: Verifier) {
  if (!(await files.list(directory)).includes(AUDIT_HEAD_FILE)) return 'there is no signed head'
  const file = await files.open(join(directory, AUDIT_HEAD_FILE), 'read')
  try {
    const size = await file.size()
    if (size > AUDIT_LIMITS.headBytes) return 'it is not a signed statement to the letter'
    const bytes = new Uint8Array(size)
    const content = readSigned(bytes.subarray(0, await file.read(bytes, 0)), verifier)
    if (content === 'signature') return 'this key did not sign it, or it was altered'
    const parsed = content === 'form' ? undefined : auditHeadContent.safeParse(content.content)
    return parsed?.success ? parsed.data : 'it is not a signed statement to the letter'
  } finally {
    await file.close()
  }
}

async function read(path: string, files: DurableFiles) {
  const file = await files.open(path, 'read')
  try {
    return { ...(await readLines(file)), size: await file.size() }
  } finally {
    await file.close()
  }
}
