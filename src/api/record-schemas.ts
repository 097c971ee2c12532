import { z } from 'zod'
import { FIELD_TYPES } from '../core/it-records.ts'

/** The shapes of IT records on the HTTP surface. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })
const value = z.union([z.string(), z.number(), z.boolean(), z.null()])

const recordKindView = z.object({
  name: z.string(),
  label: label.optional(),
  key: z.array(z.string()),
  fields: z.array(z.object({ name: z.string(), type: z.enum(FIELD_TYPES), required: z.boolean(), unit: z.string().optional() })),
  validity: z.object({ from: z.string(), to: z.string().optional() }).optional(),
  equipment: z
    .object({ field: z.string(), system: z.string().optional(), systems: z.record(z.string(), z.string()).optional() })
    .optional(),
  sources: z.array(z.string()).describe('connections that bring records of this kind, by falling authority for the default use'),
  counts: z
    .array(
      z.object({
        source: z.string(),
        records: z.int().describe('without those that the source calls deleted'),
        changedTime: time.optional().describe('when its newest version became known; absent: there is none'),
        quarantined: z.int().describe('rows that wait for their release'),
      }),
    )
    .describe('what is stored, by source; sources that are no longer declared included'),
})
export const recordKindList = z.object({ kinds: z.array(recordKindView) })
export type RecordKindView = z.infer<typeof recordKindView>
export type RecordKindList = z.infer<typeof recordKindList>

const recordView = z.object({
  kind: z.string(),
  key: z.array(z.string()).describe('the values of the key fields, in their order'),
  source: z.string(),
  revision: z.int(),
  knownTime: time.describe('when this node learnt it'),
  validFrom: time.nullable().describe('null: since ever, or not said yet'),
  validTo: time.nullable().describe('null: for ever, as far as is known'),
  isDeleted: z.boolean(),
  values: z.record(z.string(), value).describe('times as RFC 3339 UTC'),
  equipment: z.string().nullable().optional().describe('path of the equipment it is about; null: nobody has declared that name'),
  authoritative: z.boolean().optional().describe('of several sources of the same record, the one that counts for the default use'),
  disagrees: z.array(z.string()).optional().describe('fields in which the authoritative source says something else'),
})
export const recordList = z.object({
  records: z.array(recordView),
  truncated: z.boolean(),
  next: z.string().optional().describe('`after` of the next page'),
})
export type RecordList = z.infer<typeof recordList>
export type RecordView = z.infer<typeof recordView>

export const quarantineList = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      source: z.string(),
      reason: z.string(),
      row: z.string().describe('as it came, in JSON; long ones are cut'),
      knownTime: time,
      releasedTime: time.optional(),
      discardedTime: time.optional(),
      settledBy: z.string().optional().describe('who released or discarded it'),
      settledReason: z.string().optional(),
    }),
  ),
  truncated: z.boolean(),
})
export type QuarantineList = z.infer<typeof quarantineList>

export const releaseAnswer = z.object({
  released: z.array(z.string()),
  refused: z
    .array(z.object({ id: z.string(), reason: z.string() }))
    .describe('still malformed under the present declaration, or not there'),
})
export type ReleaseAnswer = z.infer<typeof releaseAnswer>

export const discardAnswer = z.object({
  discarded: z.array(z.string()),
  refused: z.array(z.object({ id: z.string(), reason: z.string() })),
})
export type DiscardAnswer = z.infer<typeof discardAnswer>

export const unknownEquipmentList = z.object({
  names: z.array(
    z.object({
      kind: z.string(),
      source: z.string(),
      system: z.string().optional(),
      name: z.string(),
      records: z.int(),
      suggestions: z.array(z.object({ name: z.string(), path: z.string() })),
    }),
  ),
  truncated: z.boolean(),
})
export type UnknownEquipmentList = z.infer<typeof unknownEquipmentList>
