import { z } from 'zod'
import { CONTRACT_BREACHES } from '../core/contracts.ts'
import { severity } from './schemas.ts'

/** Shapes of data contracts and what broke them; `schemas.ts` hands them on. */

const time = z.iso.datetime().describe('RFC 3339 UTC')

/** `GET /api/v1/contracts?id=ID`: the data contracts with both owners, their bound signals, and what broke them since this version of each was first kept. */
export const contractViolation = z.object({
  property: z.string().describe('object.property'),
  kind: z.enum(CONTRACT_BREACHES),
  check: z
    .string()
    .optional()
    .describe('which one, of the kind `check`; an example’s value is then what the hour came to, or the sample that was one too many'),
  firstTime: time,
  lastTime: time,
  count: z.int(),
  lastHour: z.int().describe('within the hour before the answer, by the node’s clock'),
  examples: z.array(z.object({ signal: z.string(), time, value: z.union([z.number(), z.string(), z.null()]) })).describe('the newest'),
})
export const contractProperty = z.object({
  name: z.string().describe('object.property'),
  signal: z.string().optional().describe('id or pattern under the site; absent: bound to no signal'),
  signals: z.array(z.string()).describe('bound now, at most the first few'),
  signalCount: z.int(),
  type: z.string().optional(),
  unit: z.string().optional(),
  meaning: z.string().optional(),
  timestampRule: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusive: z.object({ minimum: z.boolean(), maximum: z.boolean() }).optional().describe('which limits are not valid themselves'),
  states: z.array(z.string()).optional(),
  required: z.boolean(),
  minimumStatus: severity.optional(),
  maxDelaySeconds: z.number().optional(),
  maxSilenceSeconds: z.number().optional().describe('how long its source may be silent'),
  checks: z.array(z.string()).optional().describe('of `quality`, those that are kept while data flows'),
})
export const contract = z.object({
  id: z.string(),
  version: z.string(),
  status: z.string(),
  enforced: z.boolean().describe('false: listed only (draft, proposed, retired)'),
  language: z.string().optional().describe('of its words, BCP 47'),
  name: z.string().optional(),
  file: z.string(),
  otOwner: z.string().optional(),
  itOwner: z.string().optional(),
  meaning: z.string().optional(),
  timestampRule: z.string().optional(),
  acceptanceEvidence: z.string().optional(),
  changeProcess: z.string().optional(),
  permittedUses: z.array(z.string()),
  forbiddenUses: z.array(z.string()),
  properties: z.array(contractProperty),
  service: z.array(
    z.object({
      property: z.string(),
      element: z.string(),
      value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
      unit: z.string().optional(),
    }),
  ),
  violations: z.array(contractViolation),
})
export type Contract = z.infer<typeof contract>
export const contractList = z.object({ contracts: z.array(contract) })
export type ContractList = z.infer<typeof contractList>
