import { z } from 'zod'
import { CONTRACT_LIMITS } from './limits.ts'

/**
 * The industrial fields, which the standard has no place for: entries of `customProperties` under these names. Each says where it may stand:
 * on the contract, or on a property of its schema (some on both, the property's own going before the contract's).
 */
const text = z.string().min(1).max(4_000)
/** One text or a list of them. */
const texts = z.union([text, z.array(text).max(CONTRACT_LIMITS.states)]).transform((given) => (typeof given === 'string' ? [given] : given))
/** States are compared as they are written: `3`, `true` and `"RUNNING"` are three states. */
const states = z
  .array(z.union([text, z.number(), z.boolean()]))
  .min(1)
  .max(CONTRACT_LIMITS.states)
  .transform((given) => given.map(String))
const severity = z.enum(['Good', 'Uncertain'])

/** BCP 47, in short. */
const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a language is written as in BCP 47: en, fr, fr-CA')
  .max(35)

export const CONTRACT_FIELDS = {
  language,
  meaning: text,
  timestampRule: text,
  validStates: states,
  minimumStatus: severity,
  acceptanceEvidence: text,
  permittedUses: texts,
  forbiddenUses: texts,
  changeProcess: text,
  otOwner: text,
  itOwner: text,
} as const

export const PROPERTY_FIELDS = {
  signal: text,
  unit: z.string().min(1).max(64),
  meaning: text,
  timestampRule: text,
  validStates: states,
  minimumStatus: severity,
} as const

type Fields = Readonly<Record<string, z.ZodType>>
/** Where a field's value stands in `customProperties`, and what was expected of it. */
export interface FieldProblem {
  readonly index: number
  readonly issues: readonly z.core.$ZodIssue[]
}

/** The known fields of one `customProperties`; of a name given twice, the first. */
export function readFields<Known extends Fields>(
  known: Known,
  given: readonly { property: string; value?: unknown }[] | undefined,
): { readonly fields: { [Name in keyof Known]?: z.output<Known[Name]> }; readonly problems: readonly FieldProblem[] } {
  const fields: Record<string, unknown> = {}
  const problems: FieldProblem[] = []
  given?.forEach(({ property, value }, index) => {
    const schema = Object.hasOwn(known, property) ? known[property] : undefined
    if (!schema || Object.hasOwn(fields, property)) return
    const parsed = schema.safeParse(value, { error: () => '' })
    if (parsed.success) fields[property] = parsed.data
    else problems.push({ index, issues: parsed.error.issues })
  })
  return { fields: fields as { [Name in keyof Known]?: z.output<Known[Name]> }, problems }
}
