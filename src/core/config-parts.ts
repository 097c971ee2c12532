import { z } from 'zod'
import { isSignalId } from './names.ts'
import type { SignalDefinition } from './signals.ts'

/** Pieces of schema that several parts of the file share. All objects are strict: an unknown key is an error. */

const UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }
const UNITS_BYTES: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
}

/** `500ms`, `5s`, `2min`, `1h`, `7d` as milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(us|ms|s|min|h|d)$/, 'a duration is a number with us, ms, s, min, h or d, e.g. 500ms')
  .transform((text) => quantity(text, UNITS_MS))
  .describe('Duration: 500ms, 5s, 2min, 1h, 7d')

/** `64MiB`, `2GB` as bytes. */
export const byteSize = z
  .string()
  .regex(/^\d+(\.\d+)?([KMGT]iB|[kMGT]?B)$/, 'a size is a number with B, KiB, MiB, GiB, TiB, kB, MB, GB or TB, e.g. 64MiB')
  .transform((text) => Math.round(quantity(text, UNITS_BYTES)))
  .describe('Size: 64MiB, 2GiB')

function quantity(text: string, units: Record<string, number>): number {
  const split = text.search(/[A-Za-z]/)
  return Number(text.slice(0, split)) * (units[text.slice(split)] as number)
}

/** Text per language. */
export const label = z
  .strictObject({ fr: z.string().min(1).max(200).optional(), en: z.string().min(1).max(200).optional() })
  .describe('Text per language')

/**
 * A secret. In the file only `${env:NAME}` or `${file:/path}`; the loader replaces it before the schema sees it, and lint refuses a literal.
 * The mark `secret: true` in the JSON Schema is how lint and the UI know it.
 */
export const secret = z.string().min(1).meta({ secret: true, description: 'Secret: ${env:NAME} or ${file:/path}, never a literal' })

export const signalId = z
  .string()
  .refine(isSignalId, 'an id is segments of letters, digits, _ . : - joined by /')
  .describe('Equipment path and name under the site, e.g. baggage/carousel-3/motor/current')

/** Keys every configured signal may have, whatever the connector; extended with the address by each. */
export const signalBase = z.strictObject({
  id: signalId,
  label: label.optional(),
  unit: z.string().min(1).max(64).optional().describe('UCUM code, e.g. A, Cel, kW.h'),
  decimals: z.int().min(0).max(12).optional().describe('Digits after the decimal point when shown'),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'the lower limit must be below the upper one')
    .optional()
    .describe('What a sound reading may be, in the unit'),
  expectedPeriod: duration.optional().describe('Longest time between samples when all is well'),
  maxRatePerSecond: z.number().positive().optional().describe('Largest plausible change per second, in the unit'),
  flatLine: duration.optional().describe('A value that does not change at all for longer than this is suspect'),
})
export type SignalBase = z.infer<typeof signalBase>

/** The definition of a configured signal; the connector adds what it knows. */
export function toDefinition(
  declared: SignalBase,
  known: Pick<SignalDefinition, 'id' | 'connection' | 'address' | 'dataType'>,
): SignalDefinition {
  const { label, unit, decimals, range, maxRatePerSecond } = declared
  return {
    ...known,
    ...(label && { label }),
    ...(unit !== undefined && { unit }),
    ...(decimals !== undefined && { decimals }),
    ...(range && { range }),
    ...(maxRatePerSecond !== undefined && { maxRatePerSecond }),
    ...(declared.expectedPeriod !== undefined && { expectedPeriodUs: declared.expectedPeriod * 1000 }),
    ...(declared.flatLine !== undefined && { flatLineUs: declared.flatLine * 1000 }),
  }
}
