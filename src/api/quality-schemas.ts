import { z } from 'zod'
import { EQUIPMENT_LEVELS } from '../core/equipment.ts'
import { sample } from './schemas.ts'

/** Shapes of quality over time, and of why a status is what it is; `schemas.ts` hands them on. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })

/** The rule behind a reason, as it was declared for the signal at that time. Reasons no rule gives (the device's own, liveness) have none. */
export const ruleExplanation = z.object({
  reason: z.string(),
  rule: z.string(),
  version: z.int(),
  parameters: z.record(z.string(), z.unknown()).describe('what was declared; times in seconds'),
  model: z.string().optional(),
  author: z.string().optional(),
})
export type RuleExplanation = z.infer<typeof ruleExplanation>

/** Shares from 0 to 1 of one signal over a period; null where they cannot be known. Named after ISO/IEC 25012 and ISO 8000-210; `docs/rules.md` says how each is computed. */
export const characteristics = z.object({
  completeness: z.number().nullable(),
  timeliness: z.number().nullable(),
  accuracy: z.number().nullable(),
  precision: z.number().nullable(),
  consistency: z.number().nullable(),
})
export type Characteristics = z.infer<typeof characteristics>

/** Quality of one signal over a period, or over one of its hours. */
export const qualityRow = z.object({
  signal: z.string(),
  time: time.describe('begin of the period or hour'),
  samples: z.int(),
  good: z.int(),
  uncertain: z.int(),
  bad: z.int(),
  /** Shares of the time. */
  covered: z.object({ good: z.number(), uncertain: z.number(), bad: z.number(), unknown: z.number() }),
  characteristics,
  score: z.number().nullable().describe('the worst of the characteristics and of the share of time covered by Good readings'),
  anomalies: z.record(z.string(), z.int()).describe('readings by kind of anomaly'),
  reasons: z.record(z.string(), z.int()).describe('readings by reason'),
  delayMs: z.object({ p50: z.number(), p95: z.number() }).optional(),
})
export type QualityRow = z.infer<typeof qualityRow>

/** `GET /api/v1/quality?match=GLOB&from=&to=&limit=N`: a row per signal, worst first. `GET /api/v1/quality/hours?signal=ID&from=&to=`: a row per hour, oldest first. */
export const qualityPage = z.object({ from: time, to: time, rows: z.array(qualityRow), total: z.int(), truncated: z.boolean() })
export type QualityPage = z.infer<typeof qualityPage>

/** A place of the equipment hierarchy (ISA-95) above a signal, and the physical asset that stood in it at the time. */
export const place = z.object({
  path: z.string(),
  level: z.enum(EQUIPMENT_LEVELS),
  label: label.optional(),
  asset: z.object({ serial: z.string(), since: time, type: z.string().optional(), note: z.string().optional() }).optional(),
})

/** `GET /api/v1/why?signal=ID&at=TIME`: the reading in force, why its status is what it is, and the quality of the hour. */
export const why = z.object({
  signal: z.string(),
  at: time,
  sample: sample.optional().describe('absent: there was none'),
  equipment: z.array(place).describe('outermost first'),
  rules: z.array(ruleExplanation),
  declaration: z
    .object({ since: time.optional(), configVersion: z.string().optional(), model: z.string().optional(), author: z.string().optional() })
    .optional(),
  applied: z.array(ruleExplanation).describe('every rule that judges the signal, whether it fired or not'),
  quality: qualityRow.optional().describe('of the hour'),
})
export type Why = z.infer<typeof why>
