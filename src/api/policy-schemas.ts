import { z } from 'zod'
import { CONDUIT_DIRECTIONS, FOUNDATIONAL_REQUIREMENTS, PASSING_KINDS, PERMITTING, REFUSING } from '../core/policy.ts'
import { PERMISSIONS } from '../core/roles.ts'

const label = z.object({ fr: z.string().optional(), en: z.string().optional() }).optional()
const path = z.array(z.union([z.string(), z.number()])).describe('keys and places in lists of the configuration')
const place = z.string().describe('file:line that decides')

const zone = z.object({
  ...{ name: z.string(), label, level: z.number(), impact: z.number().optional(), owner: z.string().optional() },
  target: z.record(z.enum(FOUNDATIONAL_REQUIREMENTS), z.number()),
})

const conduit = z.object({
  ...{ name: z.string(), label, from: z.string(), to: z.string(), direction: z.enum(CONDUIT_DIRECTIONS), place },
  ...{ transports: z.array(z.string()), signals: z.array(z.string()), records: z.array(z.string()), results: z.array(z.string()) },
  namesInputs: z.boolean().describe('results may name what they were computed from, also where that may not pass'),
  ...{ peers: z.array(z.string()), services: z.array(z.string()) },
  ...{ maxSamplesPerSecond: z.number().optional(), maxBytesPerDay: z.number().optional() },
  ...{ necessity: z.string(), value: z.string().optional(), impact: z.string(), dependencies: z.array(z.string()) },
  ...{ owner: z.string(), riskOwner: z.string(), reviewBy: z.string().describe('YYYY-MM-DD') },
  isolation: z.object({ by: z.array(z.string()), stops: z.array(z.string()), manual: z.array(z.string()) }),
  state: z.enum(['open', 'cut', 'expired']),
})

const decision = {
  ...{ permitted: z.boolean(), reason: z.enum([...PERMITTING, ...REFUSING]), conduit: z.string().optional(), path, place },
  until: z.string().optional().describe('RFC 3339: when the review of the conduit is due'),
}
const ends = {
  ...{ part: z.string(), name: z.string(), from: z.string().optional(), to: z.string().optional() },
  ...{ transport: z.string(), direction: z.enum(CONDUIT_DIRECTIONS) },
}

const passed = { passed: z.number(), refused: z.record(z.string(), z.number()) }
const crossing = z.object({
  ...{ ...ends, ...decision, peers: z.array(z.string()).optional() },
  conduit: z.string().optional().describe('the one that lets the most of it pass, or would by what the file says comes this way'),
  counts: z
    .object({
      ...passed,
      byConduit: z
        .array(z.object({ conduit: z.string(), ...passed }))
        .describe('by the conduit that decided; what none comes near to is in the sum alone'),
    })
    .optional()
    .describe('since the start of the process; absent where both ends are in one zone'),
})

const zoneOrLevel = z.union([z.string(), z.object({ level: z.number() }), z.object({ levels: z.tuple([z.number(), z.number()]) })])
const test = z.object({
  ...{ name: z.string().optional(), passed: z.boolean(), place },
  says: z.union([
    z.object({ conduit: z.string(), neverCarries: z.array(z.string()) }),
    z.object({ from: zoneOrLevel, to: zoneOrLevel }),
    z.object({ role: z.string(), mayNot: z.enum(PERMISSIONS), zone: zoneOrLevel }),
  ]),
  findings: z.array(z.object({ is: z.string(), place, message: z.object({ en: z.string(), fr: z.string() }) })),
})

/** `GET /api/v1/policy` */
export const policy = z.object({ zones: z.array(zone), conduits: z.array(conduit), crossings: z.array(crossing), tests: z.array(test) })
export type PolicyAnswer = z.infer<typeof policy>

/** `GET /api/v1/policy/rights` */
export const policyRights = z.object({
  rights: z.array(z.object({ role: z.string(), zone: z.string(), may: z.array(z.enum(PERMISSIONS)) })),
})
export type PolicyRights = z.infer<typeof policyRights>

const roleAnswer = z.object({
  ...{
    about: z.literal('role'),
    role: z.string(),
    permission: z.string(),
    zone: z.string().optional(),
    permitted: z.boolean(),
    path,
    place,
  },
})
/** `GET /api/v1/policy/explain`: one answer for each way that is meant. */
export const policyExplanation = z.object({
  answers: z.array(z.discriminatedUnion('about', [z.object({ about: z.literal('crossing'), ...ends, ...decision }), roleAnswer])),
})
export type PolicyExplanation = z.infer<typeof policyExplanation>

const right = z.object({ who: z.string(), permission: z.string(), zone: z.string() })
const carried = z.object({ conduit: z.string(), kind: z.enum(PASSING_KINDS), id: z.string() })
const changes = <T extends z.ZodType>(one: T) =>
  z.object({ gained: z.array(one), lost: z.array(one), gainedCount: z.number(), lostCount: z.number() })
/** `POST /api/v1/policy/simulate`: lists are cut, counts are whole. */
export const policyChange = z.object({
  rights: changes(right),
  carried: changes(carried),
  conduits: z.array(z.object({ conduit: z.string(), key: z.string(), before: z.string(), after: z.string() })),
  ways: z
    .array(z.object({ part: z.string(), name: z.string(), before: z.string().optional(), after: z.string().optional() }))
    .describe('ways of this node that would open, close or not be there, with the reason before and after'),
  unasked: z.number().describe('pairs that were not asked, because there are too many'),
  problems: z.array(z.object({ code: z.string(), message: z.string(), line: z.number() })),
})
export type PolicyChange = z.infer<typeof policyChange>
