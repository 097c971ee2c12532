import { z } from 'zod'
import { label, unitText } from './config-parts.ts'
import { FIELD_TYPES, type RecordKind } from './it-records.ts'
import { LIMITS } from './limits.ts'
import type { Label } from './signals.ts'
import { isZone } from './zone.ts'

/** A name that stands in expressions: no more than letters, digits and _. */
export const fieldName = z
  .string()
  .regex(/^[\p{L}_][\p{L}\p{N}_]{0,63}$/u, '@badField')
  .describe('Letters, digits and _; at most 64')

const field = z.strictObject({
  type: z.enum(FIELD_TYPES).default('text'),
  required: z.boolean().default(false).describe('A row without it goes to quarantine; key fields always are'),
  unit: unitText.optional(),
  values: z.array(z.string().min(1).max(128)).min(1).max(1_000).optional().describe('What a text may be; anything else goes to quarantine'),
  zone: z.string().max(64).refine(isZone, '@badZone').optional().describe('Zone of times that come without one, e.g. Europe/Paris'),
  epoch: z.enum(['s', 'ms', 'us']).optional().describe('Times that come as a number count these since 1970'),
})

const validity = z
  .strictObject({
    from: fieldName.describe('Field; inclusive'),
    to: fieldName.optional().describe('Field; exclusive. Empty: it still holds'),
  })
  .describe('When a record holds')

/** A kind of IT record: `records:` in the file. */
export const recordKind = z
  .strictObject({
    label: label.optional(),
    key: z.array(fieldName).min(1).max(8).describe('Fields that together name one record'),
    fields: z
      .record(fieldName, field)
      .refine((fields) => Object.keys(fields).length <= LIMITS.recordFields, `more than ${LIMITS.recordFields} fields`),
    validity: validity.optional(),
    equipment: z
      .strictObject({
        field: fieldName.describe('Field that names the equipment'),
        system: z
          .string()
          .min(1)
          .max(64)
          .optional()
          .describe('Whose names they are: `aliases` of the equipment; absent: paths under the site'),
        systems: z
          .record(z.string().min(1).max(64), z.string().min(1).max(64))
          .refine((systems) => Object.keys(systems).length <= LIMITS.recordSystems, `more than ${LIMITS.recordSystems} connections`)
          .optional()
          .describe('By connection, where one does not use the names of `system`'),
      })
      .optional()
      .describe('The equipment a record is about'),
    authority: z
      .record(z.string().min(1).max(64), z.array(z.string()).min(1).max(64))
      .default({})
      .describe('By use (`default` for any other): connections by falling authority, where several tell the same record'),
  })
  .describe('A kind of IT record: flights, work orders, batches, shifts')

export const recordKindsConfig = z.record(fieldName, recordKind).default({}).describe('Kinds of IT records by name')
export type RecordKindsConfig = z.output<typeof recordKindsConfig>

/** Keys of every feed, whatever the connector; extended by each with where its rows come from. */
export const feedBase = z.strictObject({
  record: fieldName.describe('Kind of the records these rows are'),
  map: z
    .record(fieldName, z.string().min(1).max(256))
    .optional()
    .describe(
      'Fields of the record, and the columns (or paths: a.b[0]) of the source they come from; fields that are not named come from columns of their own name',
    ),
})
export type Feed = z.output<typeof feedBase>

/** The kinds as the program uses them. */
export function toRecordKinds(declared: RecordKindsConfig): Map<string, RecordKind> {
  return new Map(
    Object.entries(declared).map(([name, { label: text, validity: valid, equipment, fields, ...kind }]) => [
      name,
      {
        ...kind,
        name,
        ...(text && { label: text as Label }),
        fields: fields as RecordKind['fields'],
        ...(valid && { validity: valid as NonNullable<RecordKind['validity']> }),
        ...(equipment && { equipment: equipment as NonNullable<RecordKind['equipment']> }),
      },
    ]),
  )
}
