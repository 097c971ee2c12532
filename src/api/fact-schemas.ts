import { z } from 'zod'
import { FACT_TYPES, REVISION_CAUSES } from '../core/facts.ts'

/** The shapes of results on the HTTP surface: event frames, joins, KPIs. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })

export const factValue = z.object({
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  unit: z.string().optional(),
  status: z.enum(['Good', 'Uncertain', 'Bad']),
  statusCode: z.string(),
  coverage: z.number().nullable().describe('share of the time asked for that inputs really covered; null where time plays no part'),
  reasons: z.array(z.string()),
})

const factInput = z.union([
  z.object({ signal: z.string(), from: time, to: time, samples: z.int(), newestIngest: z.number() }),
  z.object({ record: z.string(), key: z.array(z.string()), source: z.string(), revision: z.int() }),
  z.object({ fact: z.string(), key: z.string(), revision: z.int() }),
])

const fact = z.object({
  definition: z.string(),
  type: z.enum(FACT_TYPES),
  key: z.string(),
  revision: z.int(),
  cause: z.enum(REVISION_CAUSES).describe('what made this revision'),
  changed: z.array(z.string()).optional().describe('values that differ from the revision before, where that is in the answer'),
  knownTime: time.describe('when this node knew it'),
  equipment: z.string().optional(),
  from: time,
  to: time.nullable().describe('null: it goes on'),
  isWithdrawn: z.boolean().describe('it was published and does not hold any more'),
  tolerance: z.string().optional().describe('how far times may be apart and still count as the same: 5s'),
  values: z.record(z.string(), factValue),
  inputs: z.array(factInput),
})
export type FactView = z.infer<typeof fact>
export const factList = z.object({ facts: z.array(fact), truncated: z.boolean() })
export type FactList = z.infer<typeof factList>

const definition = z.object({
  name: z.string(),
  type: z.enum(['signal', ...FACT_TYPES]).describe('signal: it writes samples of derived signals'),
  label: label.optional(),
  declaration: z.unknown().describe('as the file has it'),
  version: z.string(),
  watermark: time.nullable().describe('everything up to there is stored'),
  waiting: z.int().describe('units that something touched and that are not computed yet'),
  lagSeconds: z.number(),
  computed: z.number(),
  published: z.number(),
  withdrawn: z.number(),
  late: z.number().describe('changes later than the horizon: `ecluse recompute` takes them in'),
  isStopped: z.boolean().describe('it failed and computes no more until the next start'),
  problem: z.string().optional(),
})
export type Definition = z.infer<typeof definition>
export const definitionList = z.object({ definitions: z.array(definition) })
export type DefinitionList = z.infer<typeof definitionList>

export const recomputeAnswer = z.object({
  definitions: z.array(z.string()).describe('those that compute anew; results come as they are ready'),
})
export type RecomputeAnswer = z.infer<typeof recomputeAnswer>
