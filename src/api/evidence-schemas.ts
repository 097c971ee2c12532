import { z } from 'zod'
import { AUDIT_KINDS } from '../core/audit.ts'

const time = z.string().describe('RFC 3339')
const hash = z.string().describe('hexadecimal')

const auditEntry = z.object({
  n: z.number(),
  time,
  kind: z.enum(AUDIT_KINDS),
  outcome: z.enum(['done', 'refused']),
  who: z.string().optional(),
  from: z.string().optional().describe('network address'),
  what: z.string().optional(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  count: z.number().optional(),
})
export type AuditEntryView = z.infer<typeof auditEntry>

/** `GET /api/v1/audit`: newest first. */
export const auditList = z.object({ entries: z.array(auditEntry), truncated: z.boolean() })
export type AuditList = z.infer<typeof auditList>

const tampered = z.object({
  part: z.enum(['spool', 'audit', 'roots', 'folder', 'carried']),
  kind: z.string(),
  file: z.string(),
  sequence: z.number().optional(),
  what: z.string(),
})

const verification = z.object({
  key: hash,
  spool: z
    .object({
      ...{ node: z.string(), epoch: z.number(), segments: z.number(), records: z.number(), samples: z.number() },
      ...{ firstSequence: z.number(), lastSequence: z.number(), signedTime: z.number(), isStopped: z.boolean() },
      ...{ lateSegments: z.number(), unsignedRecords: z.number() },
    })
    .optional(),
  audit: z.object({ entries: z.number(), firstEntry: z.number(), lastEntry: z.number(), unsignedEntries: z.number() }).optional(),
  roots: z.number(),
  folderFiles: z.number().optional(),
  tampered: tampered.optional(),
})
export type VerificationView = z.infer<typeof verification>

/** `POST` and `GET /api/v1/evidence/verification`. */
export const verifyState = z.object({
  startedTime: time,
  finishedTime: time.optional(),
  segments: z.number(),
  done: z.number(),
  records: z.number(),
  result: verification.optional(),
  problem: z.string().optional(),
})
export type VerifyStateView = z.infer<typeof verifyState>

const period = z.object({ hour: time, from: z.number(), to: z.number(), root: hash })
const closed = period.extend({
  statedRoot: hash
    .optional()
    .describe('of another node’s log: the root that node says in it; absent: it has not said one of exactly these records'),
  isDifferent: z.boolean().optional().describe('the two roots differ: one of the two logs was changed'),
})
const forwardView = z.object({
  ...{ to: z.string(), format: z.enum(['syslog', 'cef']), sent: z.number(), waiting: z.number(), lost: z.number() },
  problem: z.string().optional(),
})

/** `GET /api/v1/evidence` */
export const evidence = z.object({
  node: z.string(),
  key: hash.describe('SHA-256 of the public key'),
  publicKey: z.string().describe('PEM'),
  head: z.object({ sequence: z.number(), hash, signedTime: time, firstSequence: z.number() }).optional(),
  problem: z.string().optional(),
  leafBytes: z.number().describe('bytes of record hashes kept for proofs'),
  streams: z.array(z.object({ node: z.string(), epoch: z.number(), open: period.optional(), recent: z.array(closed) })),
  audit: z.object({
    ...{ entry: z.number(), hash, signedEntry: z.number(), signedTime: time.optional(), reservedBytes: z.number() },
    problem: z.string().optional(),
    forwards: z.array(forwardView),
  }),
})
export type Evidence = z.infer<typeof evidence>

/** `GET /api/v1/evidence/proof`: how RFC 6962 leads from a record’s hash to the root of its hour. */
export const inclusionProof = z.object({
  ...period.shape,
  hash,
  index: z.number(),
  records: z.number(),
  path: z.array(hash),
  isOpen: z.boolean(),
})
