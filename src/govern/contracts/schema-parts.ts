import { z } from 'zod'

/** Pieces that the Open Data Contract Standard uses in several places. All are closed, as in the standard. */

/** For references within the contract. */
export const stableId = z.string().regex(/^[A-Za-z0-9_-]+$/, 'an id is letters, digits, - and _')
export const tags = z.array(z.string())
const single = z.union([z.string(), z.number(), z.boolean(), z.null()])

export const customProperty = z.strictObject({
  id: stableId.optional(),
  property: z.string(),
  value: z.unknown().refine((value) => value !== undefined),
  description: z.string().optional(),
})
export const customProperties = z.array(customProperty)

export const authoritativeDefinitions = z.array(
  z.strictObject({ id: stableId.optional(), url: z.string(), type: z.string(), description: z.string().optional() }),
)

export const role = z.strictObject({
  id: stableId.optional(),
  role: z.string(),
  description: z.string().optional(),
  access: z.string().optional(),
  firstLevelApprovers: z.string().optional(),
  secondLevelApprovers: z.string().optional(),
  customProperties: customProperties.optional(),
})

/** Where the data lives. Its other keys depend on the type of server, which Écluse does not speak with: they are kept and not checked. */
export const server = z.looseObject({
  id: stableId.optional(),
  server: z.string(),
  type: z.string(),
  description: z.string().optional(),
  environment: z.string().optional(),
  roles: z.array(role).optional(),
  customProperties: customProperties.optional(),
})

export const support = z.array(
  z.strictObject({
    id: stableId.optional(),
    channel: z.string(),
    url: z.string().optional(),
    description: z.string().optional(),
    tool: z.string().optional(),
    scope: z.string().optional(),
    invitationUrl: z.string().optional(),
    customProperties: customProperties.optional(),
  }),
)

export const price = z.strictObject({
  id: stableId.optional(),
  priceAmount: z.number().optional(),
  priceCurrency: z.string().optional(),
  priceUnit: z.string().optional(),
})

const teamMember = z.strictObject({
  id: stableId.optional(),
  username: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  role: z.string().optional(),
  dateIn: z.string().optional(),
  dateOut: z.string().optional(),
  replacedByUsername: z.string().optional(),
  tags: tags.optional(),
  customProperties: customProperties.optional(),
  authoritativeDefinitions: authoritativeDefinitions.optional(),
})

/** A list of members is the form of 3.0, kept by 3.1 until 4.0. */
export const team = z.union([
  z.strictObject({
    id: stableId.optional(),
    name: z.string().optional(),
    description: z.string().optional(),
    members: z.array(teamMember).optional(),
    tags: tags.optional(),
    customProperties: customProperties.optional(),
    authoritativeDefinitions: authoritativeDefinitions.optional(),
  }),
  z.array(teamMember),
])

export const slaProperty = z.strictObject({
  id: stableId.optional(),
  property: z.string(),
  value: single,
  valueExt: single.optional(),
  unit: z.string().optional(),
  element: z.string().optional(),
  driver: z.string().optional(),
  description: z.string().optional(),
  scheduler: z.string().optional(),
  schedule: z.string().optional(),
})

const pair = z.tuple([z.number(), z.number()])
/** The keys of the four types of check together; checks.ts says which of them are kept while data flows. */
export const quality = z.array(
  z.strictObject({
    id: stableId.optional(),
    authoritativeDefinitions: authoritativeDefinitions.optional(),
    businessImpact: z.string().optional(),
    customProperties: customProperties.optional(),
    description: z.string().optional(),
    dimension: z.enum(['accuracy', 'completeness', 'conformity', 'consistency', 'coverage', 'timeliness', 'uniqueness']).optional(),
    method: z.string().optional(),
    name: z.string().optional(),
    schedule: z.string().optional(),
    scheduler: z.string().optional(),
    severity: z.string().optional(),
    tags: tags.optional(),
    type: z.enum(['text', 'library', 'sql', 'custom']).optional(),
    unit: z.string().optional(),
    metric: z.string().optional(),
    rule: z.string().optional(),
    arguments: z.record(z.string(), z.unknown()).optional(),
    query: z.string().optional(),
    engine: z.string().optional(),
    implementation: z.unknown().optional(),
    mustBe: z.unknown().optional(),
    mustNotBe: z.unknown().optional(),
    mustBeGreaterThan: z.number().optional(),
    mustBeGreaterOrEqualTo: z.number().optional(),
    mustBeLessThan: z.number().optional(),
    mustBeLessOrEqualTo: z.number().optional(),
    mustBeBetween: pair.optional(),
    mustNotBeBetween: pair.optional(),
  }),
)

const ends = z.union([z.string(), z.array(z.string()).min(1)])
export const relationship = z.strictObject({
  type: z.enum(['foreignKey']).optional(),
  from: ends.optional(),
  to: ends,
  customProperties: customProperties.optional(),
})
