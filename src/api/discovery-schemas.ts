import { z } from 'zod'
import { DISCOVERY_FEATURES, MOMENTS_LEFT_OUT, NOT_JUDGED_REASONS } from '../core/discovery.ts'

/** The shapes of `GET /api/v1/discover`, a stream of server-sent events: `progress`, then `result` or `problem`. */

const time = z.iso.datetime().describe('RFC 3339 UTC')

const finding = z.object({
  signal: z.string().describe('whole id; ./NAME: under each moment’s own equipment'),
  ids: z.array(z.string()).describe('whole ids behind it, at most the first few'),
  unit: z.string().optional(),
  feature: z.enum(DISCOVERY_FEATURES).describe('what moved: level, slope (per second), share of the time in `state`, transitions per hour'),
  state: z.string().optional(),
  lead: z.object({ fromSeconds: z.number(), toSeconds: z.number() }).describe('the stretch before the moment that says most'),
  earliestSeconds: z.number().describe('the stretch furthest back that is convincing by itself begins so long before'),
  effect: z.number().describe('events: Cliff’s delta against matched controls; numbers: Spearman’s correlation; -1 to 1'),
  p: z.number().describe('of that comparison alone'),
  q: z.number().describe('false discovery rate at which it just is a finding, over all signals'),
  moments: z.int(),
  controls: z.int(),
  effective: z.number().optional().describe('of numbers: independent observations that the moments are worth'),
  typical: z
    .object({ before: z.number(), otherwise: z.number() })
    .describe('medians of the feature; of numbers where they are high, and low'),
  coverage: z.number().describe('share of the time looked at that usable readings cover'),
  windowsLeftOut: z.int().describe('windows with too little coverage'),
  isInput: z.boolean().describe('the target is itself computed from it'),
  sameAs: z.array(z.string()).describe('signals that say the same'),
  says: z.string(),
})
export type FindingView = z.infer<typeof finding>

export const discovery = z.object({
  target: z.string(),
  ...{ from: time, to: time, leadSeconds: z.number(), fdr: z.number(), seed: z.int() },
  found: z.int().describe('moments of the target in the period'),
  moments: z.int().describe('those that were looked at'),
  controls: z.int(),
  leftOut: z.record(z.enum(MOMENTS_LEFT_OUT), z.int()).describe('moments that were not, by reason'),
  matching: z.enum(['same-hour', 'any-hour']).describe('any-hour: the period is too short to tell daily rhythms from what is looked for'),
  signals: z.int(),
  signalsLeftOut: z.int().describe('beyond the limit'),
  tests: z.int(),
  samples: z.number(),
  stopped: z.enum(['time', 'samples']).optional().describe('the limit that ended the reading early'),
  truncated: z.boolean().describe('only the newest facts were read; the period is shorter than asked'),
  findings: z.array(finding),
  notJudged: z.array(z.object({ signal: z.string(), reason: z.enum(NOT_JUDGED_REASONS), moments: z.int(), coverage: z.number() })),
  note: z.string(),
})
export type DiscoveryView = z.infer<typeof discovery>

export const discoveryProgress = z.object({ phase: z.enum(['reading', 'judging']), done: z.int(), of: z.int(), samples: z.number() })
