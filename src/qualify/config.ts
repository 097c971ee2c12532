import { z } from 'zod'
import { duration, signalId, signalModel } from '../core/config-parts.ts'

const name = z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,63}$/u, 'a name is letters, digits and _ . : -')
const author = z.string().min(1).max(128).optional().describe('Who answers for this declaration')
/** Signals one declaration may name. */
const MEMBERS = 64
export const DECLARATION_LIMITS = {
  models: 10_000,
  peers: 10_000,
  maintenance: 1_000,
  recordRules: 64,
  substitutes: 10_000,
  perSignal: 32,
} as const

/** Signals that must agree, compared in event time: `same` measure one thing, or `total` is the sum of `parts`. */
export const peerGroup = z
  .strictObject({
    same: z.array(signalId).min(2).max(MEMBERS).optional().describe('Signals that measure the same thing'),
    total: signalId.optional().describe('A signal that must equal the sum of `parts`'),
    parts: z.array(signalId).min(1).max(MEMBERS).optional(),
    tolerance: z.number().min(0).describe('How far apart they may be, in their unit'),
    relativeTolerance: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('The same as a share of the larger value: 0.05 is 5 %; the wider one holds'),
    within: duration.describe('Readings further apart in source time are not compared'),
    author,
  })
  .refine(
    ({ same, total, parts }) => (same ? !total && !parts : total !== undefined && parts !== undefined),
    'give `same`, or `total` and `parts`',
  )

/** A planned time in which readings are not to be trusted. */
export const maintenanceWindow = z
  .strictObject({
    signals: z.string().min(1).max(256).describe('Glob over ids under the site: baggage/carousel-3/**'),
    from: z.iso.datetime().describe('RFC 3339 UTC'),
    to: z.iso.datetime().describe('RFC 3339 UTC'),
    reason: z.string().max(200).optional(),
    author,
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), '`from` must be before `to`')

/** What an IT record that holds says of the readings at its equipment. */
export const recordRule = z.strictObject({
  record: z.string().min(1).max(64).describe('Kind of IT record, with validity and equipment'),
  signals: z.string().min(1).max(256).default('**').describe('Glob over what is below the record’s equipment: **, temperature, */current'),
  only: z
    .record(z.string(), z.array(z.string().max(256)).min(1).max(64))
    .optional()
    .describe('Only records whose fields have one of these values: { status: [in-progress] }'),
  author,
})
export type RecordRule = z.output<typeof recordRule>

/** A new signal that repeats another and stands in for it while it is not Good. */
export const substitute = z
  .strictObject({
    of: signalId,
    method: z.enum(['last-good', 'constant']).default('last-good'),
    value: z.number().optional().describe('For `constant`'),
    forAtMost: duration.describe('Longest time a substitute may stand in; then Bad'),
    author: z.string().min(1).max(128).describe('Who answers for the substitution'),
  })
  .refine(({ method, value }) => (method === 'constant') === (value !== undefined), '`value` belongs to the method `constant`')

/** Declarations about what good readings are, besides those of each signal. Durations arrive in milliseconds. */
export const qualifyConfig = {
  models: z.record(name, signalModel).default({}).describe('Templates that signals bind to with `model: NAME`'),
  peers: z.record(name, peerGroup).default({}).describe('Signals that must agree'),
  maintenance: z
    .array(maintenanceWindow)
    .max(DECLARATION_LIMITS.maintenance)
    .default([])
    .describe('Times in which readings are not to be trusted'),
  maintenanceRecords: z
    .array(recordRule)
    .max(DECLARATION_LIMITS.recordRules)
    .default([])
    .describe('Kinds of IT records that are maintenance: readings at their equipment are not to be trusted while one holds'),
  calibrationRecords: z
    .array(recordRule)
    .max(DECLARATION_LIMITS.recordRules)
    .default([])
    .describe(
      'Kinds of IT records that are certificates: readings at their equipment are not to be trusted while none of those known holds',
    ),
  substitutes: z.record(signalId, substitute).default({}).describe('New signals that stand in for others while those are not Good, by id'),
}
const whole = z.strictObject(qualifyConfig)
export type QualifyConfig = z.output<typeof whole>
export type PeerGroup = z.output<typeof peerGroup>
export type Substitute = z.output<typeof substitute>
