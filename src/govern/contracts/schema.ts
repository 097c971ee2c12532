import { z } from 'zod'
import {
  authoritativeDefinitions,
  customProperties,
  price,
  quality,
  relationship,
  role,
  server,
  slaProperty,
  stableId,
  support,
  tags,
  team,
} from './schema-parts.ts'

/**
 * The Open Data Contract Standard 3.1.0 (LF AI & Data, Bitol) as a zod schema: the fields of its JSON schema, written again so that a
 * mistake is found at its place and said in the person's language. Unknown fields are refused, as the standard asks.
 */

const LOGICAL_TYPES = ['string', 'date', 'timestamp', 'time', 'number', 'integer', 'object', 'array', 'boolean'] as const
const LIMITS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'format'] as const
/** Which options each type has; a property without a type may have any. */
const OPTIONS: Readonly<Record<(typeof LOGICAL_TYPES)[number], readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  date: LIMITS,
  timestamp: [...LIMITS, 'timezone', 'defaultTimezone'],
  time: [...LIMITS, 'timezone', 'defaultTimezone'],
  number: [...LIMITS, 'multipleOf'],
  integer: [...LIMITS, 'multipleOf'],
  object: ['minProperties', 'maxProperties', 'required'],
  array: ['minItems', 'maxItems', 'uniqueItems'],
  boolean: [],
}

/** A number for numbers, a text for dates. */
const limit = z.union([z.number(), z.string()]).optional()
const count = z.int().min(0).optional()
const logicalTypeOptions = z.strictObject({
  minimum: limit,
  maximum: limit,
  exclusiveMinimum: limit,
  exclusiveMaximum: limit,
  format: z.string().optional(),
  multipleOf: z.number().positive().optional(),
  minLength: count,
  maxLength: count,
  pattern: z.string().optional(),
  timezone: z.boolean().optional(),
  defaultTimezone: z.string().optional(),
  minProperties: count,
  maxProperties: count,
  required: z.array(z.string()).min(1).optional(),
  minItems: count,
  maxItems: count,
  uniqueItems: z.boolean().optional(),
})

const element = {
  id: stableId.optional(),
  physicalType: z.string().optional(),
  physicalName: z.string().optional(),
  description: z.string().optional(),
  businessName: z.string().optional(),
  authoritativeDefinitions: authoritativeDefinitions.optional(),
  tags: tags.optional(),
  customProperties: customProperties.optional(),
  relationships: z.array(relationship).optional(),
  quality: quality.optional(),
}

const value = {
  ...element,
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: z.int().optional(),
  logicalType: z.enum(LOGICAL_TYPES).optional(),
  logicalTypeOptions: logicalTypeOptions.optional(),
  required: z.boolean().optional(),
  unique: z.boolean().optional(),
  partitioned: z.boolean().optional(),
  partitionKeyPosition: z.int().optional(),
  classification: z.string().optional(),
  encryptedName: z.string().optional(),
  transformSourceObjects: z.array(z.string()).optional(),
  transformLogic: z.string().optional(),
  transformDescription: z.string().optional(),
  examples: z.array(z.unknown()).optional(),
  criticalDataElement: z.boolean().optional(),
}

/** Options that the logical type does not have, such as a length of a number. */
export function foreignOptions(type: string | undefined, options: object | undefined): string[] {
  const own = OPTIONS[type as keyof typeof OPTIONS]
  return own ? Object.keys(options ?? {}).filter((key) => !own.includes(key)) : []
}

/** The options of a type, for a hint. */
export function optionsOf(type: string | undefined): readonly string[] {
  return OPTIONS[type as keyof typeof OPTIONS] ?? []
}

/** A limit of a number must be a number, one of a date a text. */
function limitsOfType(
  given: { logicalType?: string | undefined; logicalTypeOptions?: Record<string, unknown> | undefined },
  context: z.RefinementCtx,
): void {
  const { logicalType, logicalTypeOptions: options = {} } = given
  if (!logicalType) return
  const wanted = logicalType === 'number' || logicalType === 'integer' ? 'number' : 'string'
  const own = optionsOf(logicalType)
  for (const key of LIMITS.slice(0, 4)) {
    if (options[key] !== undefined && own.includes(key) && typeof options[key] !== wanted)
      context.addIssue({ code: 'invalid_type', expected: wanted, path: ['logicalTypeOptions', key], input: options[key], message: '' })
  }
}

const item = z.strictObject({
  ...value,
  name: z.string().optional(),
  get properties(): z.ZodOptional<z.ZodArray<z.ZodType>> {
    return z.array(property as z.ZodType).optional()
  },
})

const property = z
  .strictObject({
    ...value,
    name: z.string().min(1),
    items: item.optional(),
    get properties(): z.ZodOptional<z.ZodArray<z.ZodType>> {
      return z.array(property as z.ZodType).optional()
    },
  })
  .superRefine(limitsOfType)

const schemaObject = z.strictObject({
  ...element,
  name: z.string().min(1),
  logicalType: z.literal('object').optional(),
  dataGranularityDescription: z.string().optional(),
  properties: z.array(property).optional(),
})

/** 3.0 differs from 3.1 in what it lacks; its files are read with a warning. */
export const API_VERSIONS = ['v3.1.0', 'v3.0.2', 'v3.0.1', 'v3.0.0'] as const

export const odcs = z.strictObject({
  version: z.string().min(1),
  kind: z.literal('DataContract'),
  apiVersion: z.enum(API_VERSIONS),
  id: z.string().min(1).max(256),
  name: z.string().optional(),
  tenant: z.string().optional(),
  tags: tags.optional(),
  status: z.string().min(1),
  servers: z.array(server).optional(),
  dataProduct: z.string().optional(),
  // The standard leaves this one open.
  description: z
    .looseObject({
      usage: z.string().optional(),
      purpose: z.string().optional(),
      limitations: z.string().optional(),
      authoritativeDefinitions: authoritativeDefinitions.optional(),
      customProperties: customProperties.optional(),
    })
    .optional(),
  domain: z.string().optional(),
  schema: z.array(schemaObject).optional(),
  support: support.optional(),
  price: price.optional(),
  team: team.optional(),
  roles: z.array(role).optional(),
  slaDefaultElement: z.string().optional(),
  slaProperties: z.array(slaProperty).optional(),
  authoritativeDefinitions: authoritativeDefinitions.optional(),
  customProperties: customProperties.optional(),
  contractCreatedTs: z.iso.datetime({ offset: true }).optional(),
})
export type Odcs = z.output<typeof odcs>
