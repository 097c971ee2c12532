import { z } from 'zod'
import { ACCOUNT_UNITS } from './account.ts'
import { FACT_TYPES, REVISION_CAUSES } from './facts.ts'
import { LIMITS } from './limits.ts'
import type { AppendedContent } from './spool.ts'

/** What IT records and facts look like in a log, checked on reading: it may be another node's. */

const name = z.string().min(1).max(LIMITS.nodeLength)
const key = z.string().max(LIMITS.keyLength)
const micros = z.number().refine(Number.isFinite)
const fieldValue = z.union([z.string().max(LIMITS.fieldText), z.number(), z.boolean(), z.null()])
const bounded = <T>(values: z.ZodType<T>, most: number) =>
  z
    .record(z.string().min(1).max(LIMITS.nodeLength), values)
    .refine((record) => Object.keys(record).length <= most, `more than ${most} values`)

const version = z.object({
  kind: name,
  key,
  source: name,
  validFrom: micros.nullable(),
  validTo: micros.nullable(),
  isDeleted: z.boolean(),
  values: bounded(fieldValue, LIMITS.recordFields),
})

export const recordBatch = z.object({
  source: name,
  feed: z.int().min(0),
  versions: z.array(version).max(2 * LIMITS.deliveryRows),
  quarantined: z
    .array(z.object({ kind: name, source: name, reason: z.string().max(1_000), row: z.string().max(LIMITS.quarantinedRow) }))
    .max(2 * LIMITS.deliveryRows),
  released: z.array(z.string().max(64)).max(LIMITS.deliveryRows).optional(),
  discarded: z.array(z.string().max(64)).max(LIMITS.deliveryRows).optional(),
  settled: z.object({ by: z.string().max(LIMITS.settledText), reason: z.string().max(LIMITS.settledText) }).optional(),
  wereAside: bounded(z.int().min(0), LIMITS.accountReasons).optional(),
  cursor: z.string().max(LIMITS.cursorLength).optional(),
})

const factValue = z.object({
  value: fieldValue,
  unit: z.string().max(64).optional(),
  status: z.int().min(0).max(0xffffffff),
  coverage: z.number().min(0).max(1).nullable(),
  reasons: z.array(z.string().max(128)).max(64).optional(),
})

const input = z.union([
  z.object({ signal: z.string().max(LIMITS.idLength), from: micros, to: micros, samples: z.int().min(0), newestIngest: z.number().min(0) }),
  z.object({ record: name, key, source: name, revision: z.int().min(1) }),
  z.object({ fact: name, key, revision: z.int().min(1) }),
])

const fact = z.object({
  definition: name,
  type: z.enum(FACT_TYPES),
  version: z.string().max(64),
  key,
  equipment: z.string().max(LIMITS.idLength).optional(),
  from: micros,
  to: micros.nullable(),
  isWithdrawn: z.boolean().optional(),
  toleranceUs: micros.optional(),
  values: bounded(factValue, LIMITS.factValues),
  inputs: z.array(input).max(LIMITS.factInputs),
  cause: z.enum(REVISION_CAUSES),
})
export const facts = z.array(fact).max(10_000)

const count = z.int().min(0)
export const account = z.object({
  connection: z.string().min(1).max(LIMITS.nodeLength),
  unit: z.enum(ACCOUNT_UNITS),
  dropped: bounded(count, LIMITS.accountReasons).optional(),
  known: count.optional(),
})

export const root = z.object({
  hour: micros,
  from: z.int().min(1),
  to: z.int().min(1),
  root: z.string().regex(/^[0-9a-f]{64}$/),
})

/** The payload of a spool record. Throws RangeError when the content is beyond its limits: nothing that nobody could read is written. */
export function encodeContent(content: AppendedContent): Uint8Array {
  const [stated, schema] = statedIn(content)
  const checked = schema.safeParse(stated)
  if (!checked.success) throw new RangeError(`${content.kind}: ${z.prettifyError(checked.error)}`)
  return Buffer.from(JSON.stringify(stated))
}

function statedIn(content: AppendedContent): [unknown, z.ZodType] {
  if (content.kind === 'records') return [content.records, recordBatch]
  if (content.kind === 'root') return [content.root, root]
  return content.kind === 'facts' ? [content.facts, facts] : [content.account, account]
}
