import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AUDIT_KINDS, type AuditEntry, type AuditEvent } from '../../core/audit.ts'
import type { Micros } from '../../core/time.ts'
import type { Signer, Verifier } from '../../lib/signed.ts'
import { AUDIT_LIMITS } from './limits.ts'

/**
 * A line of the log is an entry as JSON with, as its last member, `previous`: SHA-256 of the line before without its line end (of `genesis` for the first).
 * Anybody can check it with sha256sum. A line of kind `signature` carries `key` and `signature` over `ecluse-audit/NODE/N/PREVIOUS`.
 */
const text = z.string().max(AUDIT_LIMITS.textLength)
const hash = z.string().regex(/^[0-9a-f]{64}$/)
export const auditLine = z.strictObject({
  n: z.int().min(1),
  time: z.number(),
  kind: z.enum(AUDIT_KINDS),
  outcome: z.enum(['done', 'refused']),
  who: text.optional(),
  from: text.optional(),
  what: text.optional(),
  detail: z.record(z.string().max(64), z.union([text, z.number()])).optional(),
  count: z.int().optional(),
  key: hash.optional(),
  signature: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
  previous: hash,
})
export type AuditLine = z.infer<typeof auditLine>

export function genesisOf(node: string): string {
  return hashOf(`ecluse-audit/${node}`)
}

export function hashOf(line: string): string {
  return createHash('sha256').update(line).digest('hex')
}

/** Where the chain stands. */
export interface AuditHead {
  readonly entry: number
  readonly hash: string
}

export function lineOf(event: AuditEvent, head: AuditHead, time: Micros): string {
  const line = written(event, head, time)
  return Buffer.byteLength(line) <= AUDIT_LIMITS.lineBytes
    ? line
    : written({ ...event, detail: { clipped: 'detail too long' } }, head, time)
}

function written({ kind, outcome, who, from, what, detail, count }: AuditEvent, head: AuditHead, time: Micros): string {
  return JSON.stringify({
    ...{ n: head.entry + 1, time, kind, outcome },
    ...(who !== undefined && { who: clipped(who) }),
    ...(from !== undefined && { from: clipped(from) }),
    ...(what !== undefined && { what: clipped(what) }),
    ...(detail && { detail: clippedDetail(detail) }),
    ...(count !== undefined && { count }),
    previous: head.hash,
  })
}

export function signatureLine(head: AuditHead, node: string, signer: Signer, time: Micros): string {
  const n = head.entry + 1
  const signature = Buffer.from(signer.sign(signedBytes(node, n, head.hash))).toString('hex')
  return JSON.stringify({ n, time, kind: 'signature', outcome: 'done', key: signer.key, signature, previous: head.hash })
}

export function isSignatureGood({ n, signature, previous, key }: AuditLine, node: string, verifier: Verifier): boolean {
  return key === verifier.key && signature !== undefined && verifier.verify(signedBytes(node, n, previous), Buffer.from(signature, 'hex'))
}

const signedBytes = (node: string, n: number, previous: string): Buffer => Buffer.from(`ecluse-audit/${node}/${n}/${previous}`)

/** Undefined where the line is none of ours. */
export function parseLine(line: string): AuditLine | undefined {
  try {
    const parsed = auditLine.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined // damage: the caller says where
  }
}

export function toEntry({ previous: _previous, key: _key, signature: _signature, ...entry }: AuditLine): AuditEntry {
  return entry as AuditEntry
}

/** Texts come from outside: bounded, and without what would start a new line or a colour on a terminal. */
function clipped(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
  return clean.length <= AUDIT_LIMITS.textLength ? clean : `${clean.slice(0, AUDIT_LIMITS.textLength - 1)}…`
}

function clippedDetail(detail: NonNullable<AuditEvent['detail']>): Record<string, string | number> {
  const fields = Object.entries(detail).slice(0, AUDIT_LIMITS.detailFields)
  return Object.fromEntries(fields.map(([name, value]) => [name.slice(0, 64), typeof value === 'string' ? clipped(value) : value]))
}
