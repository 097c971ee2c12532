import { z } from 'zod'
import { HOP_KINDS, HOP_PROBLEMS, HOP_STATES } from '../continuity/lineage/hop.ts'
import { REASON_CODES, VERDICTS } from '../continuity/passport/verdict.ts'
import { FACT_TYPES, REVISION_CAUSES } from '../core/facts.ts'
import { factValue } from './fact-schemas.ts'
import { why } from './quality-schemas.ts'
import { severity } from './schemas.ts'

/** The shapes of passports on the HTTP surface. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })
const verdict = z.enum(VERDICTS)

const reason = z.object({
  verdict: z.enum(['with-care', 'no']),
  code: z.enum(REASON_CODES),
  about: z.string().optional().describe('a value, a connection, a contract or a hop'),
  found: z.union([z.string(), z.number()]).optional(),
  limit: z.union([z.string(), z.number()]).optional().describe('as it is declared; shares from 0 to 1, times in microseconds'),
})
export type PassportReason = z.infer<typeof reason>

const limits = z.record(z.string(), z.unknown()).describe('as it is declared; times in microseconds')
const use = z.object({
  id: z.string(),
  label: label.optional(),
  isDeclared: z.boolean().describe('false: no use was stated, and the limits for that were used'),
  contract: z.enum(['required', 'expected', 'optional']).describe('whether a contract has to permit it'),
  care: limits,
  refuse: limits,
})

const owners = z.object({ ot: z.array(z.string()), it: z.array(z.string()) })

const hop = z.object({
  id: z.string(),
  kind: z.enum(HOP_KINDS),
  name: z.string(),
  feeds: z.array(z.string()).describe('ids of the hops that it feeds'),
  state: z.enum(HOP_STATES),
  problem: z.enum(HOP_PROBLEMS).optional(),
  owners: owners.optional(),
  counts: z
    .object({ signals: z.int().optional(), samples: z.int().optional(), records: z.int().optional(), facts: z.int().optional() })
    .optional(),
  worstStatus: severity.optional(),
  oldest: time.optional(),
  newest: time.optional(),
  lastSeen: time.optional(),
  delaySeconds: z.number().optional().describe('from the hop before it to this one, of what came last'),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
  canExpand: z.boolean().describe('`expand` with its id names its members'),
})
export type PassportHop = z.infer<typeof hop>

const member = z.object({
  name: z.string(),
  samples: z.int().optional(),
  worstStatus: severity.optional(),
  newest: time.optional(),
  revision: z.int().optional(),
  reasons: z.array(z.string()).optional(),
  problem: z.enum(HOP_PROBLEMS).optional(),
})

export const SAMPLE_CAUSES = ['first', 'correction', 'repeat', 'duplicate', 'computed'] as const
const version = z.object({
  revision: z.int(),
  isShown: z.boolean().describe('the one that this passport is of'),
  knownTime: time.optional().describe('absent: it is not stored yet'),
  receivedTime: time.optional(),
  lateSeconds: z.number().optional().describe('received after its own time'),
  cause: z.enum([...REVISION_CAUSES, ...SAMPLE_CAUSES]),
  changed: z.array(z.string()).optional().describe('values that differ from the version before'),
  isWithdrawn: z.boolean(),
  values: z.record(z.string(), factValue).describe('by name; of a sample `value`'),
  verdict: verdict.describe('on its values alone, by the limits of the same use'),
})
export type PassportVersion = z.infer<typeof version>

/** `GET /api/v1/passport?signal=ID|definition=NAME&key=KEY[&value=NAME]&at=&use=&asKnownAt=&expand=HOP&after=N` */
export const passport = z.object({
  subject: z.object({
    kind: z.enum(['sample', 'fact']),
    signal: z.string().optional(),
    definition: z.string().optional(),
    type: z.enum(FACT_TYPES).optional(),
    key: z.string().optional(),
    value: z.string().optional().describe('the one value of the fact; absent: all of them'),
    label: label.optional(),
    equipment: z.string().optional(),
  }),
  use,
  uses: z.array(z.object({ id: z.string(), label: label.optional() })).describe('those that are declared'),
  verdict,
  reasons: z.array(reason).describe('what keeps it from a plain yes, the worst first'),
  values: z.record(z.string(), factValue).describe('by name; of a sample `value`'),
  times: z.object({
    source: time.optional().describe('of a fact its beginning'),
    to: time.nullable().optional().describe('end of a fact; null: it goes on'),
    received: time.optional(),
    recorded: time.optional().describe('stored; of a fact when it was known'),
  }),
  clocks: z.array(
    z.object({
      connection: z.string(),
      method: z.enum(['round-trip', 'one-way', 'own', 'unknown']).describe('own: the protocol carries no time, the times are this node’s'),
      uncertaintySeconds: z.number().optional().describe('absent: it can be measured and was not'),
      offsetSeconds: z.number().optional(),
    }),
  ),
  ageSeconds: z.number().optional(),
  knowledge: z.object({
    asKnownAt: time.optional(),
    knownTime: time.optional(),
    revision: z.int().optional(),
    revisions: z.int(),
    isNewest: z.boolean().describe('false: it is said otherwise now'),
    isWithdrawn: z.boolean(),
  }),
  owners,
  contracts: z.array(
    z.object({
      contract: z.string(),
      version: z.string(),
      state: z.string(),
      says: z.enum(['permits', 'forbids', 'nothing']),
      clause: z.string().optional(),
      signals: z.int(),
      otOwner: z.string().optional(),
      itOwner: z.string().optional(),
    }),
  ),
  total: z.object({ signals: z.int(), samples: z.int(), facts: z.int(), records: z.int() }).describe('below the value'),
  isCut: z.boolean().describe('there is more below it than one passport reads'),
  chain: z.array(hop).describe('from the value to the devices'),
  members: z.object({ hop: z.string(), members: z.array(member), total: z.int(), next: z.int().optional() }).optional(),
  versions: z.array(version).describe('newest first: how it has changed'),
  why: why.optional().describe('of a sample: the reading and its rules, as `GET /api/v1/why` tells them'),
})
export type Passport = z.infer<typeof passport>
