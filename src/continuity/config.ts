import { z } from 'zod'
import { duration, label } from '../core/config-parts.ts'
import type { Severity } from '../core/status.ts'
import type { Use, UseLimits } from '../core/uses.ts'
import { compileGlob, GlobError } from '../lib/glob.ts'
import { CONTINUITY_LIMITS } from './limits.ts'

const text = z.string().min(1).max(CONTINUITY_LIMITS.textLength)

const limits = z
  .strictObject({
    minimumCoverage: z.number().min(0).max(1).optional().describe('Least share of the time that is really covered, 0 to 1'),
    worstStatus: z.enum(['Good', 'Uncertain', 'Bad']).optional().describe('Worst status that is still within'),
    maximumClockUncertainty: duration.optional().describe('How uncertain the device’s clock may be'),
    maximumAge: duration
      .optional()
      .describe('How old a value may be when it is asked for; of what is computed, how far the computing may be behind'),
    contractStates: z
      .array(text)
      .max(CONTINUITY_LIMITS.patterns)
      .optional()
      .describe('States of contracts that are accepted: active, deprecated'),
    reasons: z
      .array(text)
      .max(CONTINUITY_LIMITS.patterns)
      .optional()
      .describe('Patterns of reasons that no sample below the value may have: spike@*, clock-*'),
    wholeChain: z.boolean().optional().describe('No hop between the value and its sources may be dead'),
  })
  .prefault({})

const use = z.strictObject({
  label: label.optional(),
  names: z.array(text).max(CONTINUITY_LIMITS.names).default([]).describe('What data contracts call it, besides its name and label here'),
  contract: z
    .enum(['required', 'expected', 'optional'])
    .default('expected')
    .describe('required: refused unless a contract permits it; expected: with care; optional: only what forbids it counts'),
  care: limits.describe('Beyond these limits: with care'),
  refuse: limits.describe('Beyond these limits: no'),
})

/** Key `uses` of `ecluse.yaml`. */
export const usesConfig = z
  .record(z.string().regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,63}$/u, '@badName'), use)
  .refine((all) => Object.keys(all).length <= CONTINUITY_LIMITS.uses, `more than ${CONTINUITY_LIMITS.uses}`)
  .default({})
  .describe('What values are used for, and how good they must be for that: passports are asked for one of these')
export type UsesConfig = z.output<typeof usesConfig>

/** Declared uses by their ids; durations in microseconds. */
export function toUses(declared: UsesConfig): ReadonlyMap<string, Use> {
  return new Map(
    Object.entries(declared).map(([id, { label: named, names, contract, care, refuse }]) => [
      id,
      { id, ...(named && { label: named as NonNullable<Use['label']> }), names, contract, care: toLimits(care), refuse: toLimits(refuse) },
    ]),
  )
}

function toLimits({ maximumClockUncertainty, maximumAge, ...rest }: z.output<typeof limits>): UseLimits {
  const all = {
    ...rest,
    maximumClockUncertaintyUs: maximumClockUncertainty === undefined ? undefined : maximumClockUncertainty * 1000,
    maximumAgeUs: maximumAge === undefined ? undefined : maximumAge * 1000,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as UseLimits
}

/** What a reader of the file is told of its uses. */
export interface UseFinding {
  /** `stricter`: what is refused would not even ask for care; `pattern`: nobody can read it; `named-twice`: two uses are called so. */
  readonly is: 'stricter' | 'pattern' | 'named-twice'
  readonly path: readonly (string | number)[]
  /** Of `named-twice`: the other use. */
  readonly other?: string
}

const ORDER: Readonly<Record<Severity, number>> = { Good: 0, Uncertain: 1, Bad: 2 }

export function checkUses(uses: UsesConfig): UseFinding[] {
  const findings: UseFinding[] = []
  const called = new Map<string, string>()
  for (const [id, { label: named, names, care, refuse }] of Object.entries(uses)) {
    const stricter = (key: keyof typeof care, isStricter: boolean | undefined) => {
      if (isStricter) findings.push({ is: 'stricter', path: ['uses', id, 'refuse', key] })
    }
    stricter('minimumCoverage', (refuse.minimumCoverage ?? 0) > (care.minimumCoverage ?? refuse.minimumCoverage ?? 0))
    stricter('worstStatus', refuse.worstStatus && care.worstStatus && ORDER[refuse.worstStatus] < ORDER[care.worstStatus])
    for (const key of ['maximumClockUncertainty', 'maximumAge'] as const)
      stricter(key, (refuse[key] ?? Number.POSITIVE_INFINITY) < (care[key] ?? refuse[key] ?? 0))
    for (const [part, { reasons = [] }] of [['care', care] as const, ['refuse', refuse] as const]) {
      reasons.forEach((pattern, i) => {
        if (!isPattern(pattern)) findings.push({ is: 'pattern', path: ['uses', id, part, 'reasons', i] })
      })
    }
    for (const name of new Set([id, ...Object.values(named ?? {}), ...names].map(foldedName))) {
      const other = called.get(name)
      if (other !== undefined) findings.push({ is: 'named-twice', path: ['uses', id], other })
      called.set(name, id)
    }
  }
  return findings
}

/** Names of uses are words of people: case and blanks are no difference. */
export const foldedName = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')

export const GLOB_LIMITS = { length: CONTINUITY_LIMITS.textLength, alternatives: CONTINUITY_LIMITS.alternatives }

function isPattern(pattern: string): boolean {
  try {
    compileGlob(pattern, GLOB_LIMITS)
    return true
  } catch (error) {
    if (error instanceof GlobError) return false
    throw error
  }
}

export { auditConfig, type ForwardConfig } from './audit/config.ts'
export { governanceConfig } from './changes/config.ts'
export { type OpenLineageConfig, openLineageConfig } from './openlineage/config.ts'
