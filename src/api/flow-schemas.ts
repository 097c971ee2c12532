import { z } from 'zod'
import { FINDING_CODES, FINDING_SEVERITIES } from '../core/flows.ts'
import { CONDUIT_DIRECTIONS, PERMITTING, REFUSING } from '../core/policy.ts'

const time = z.iso.datetime().describe('RFC 3339 UTC')
const both = z.object({ en: z.string(), fr: z.string() })
const ranges = z.array(z.tuple([z.number(), z.number()])).describe('first and last, inclusive')
/** What a node can see, said with every answer, so that nobody takes silence for peace. */
const sees = both.describe('what this node can see, and what it cannot')

const flow = z.object({
  via: z.string().describe('connection, link, diode, or sensor:NAME'),
  source: z.string().describe('who opened it; self: this node'),
  destination: z.string(),
  port: z.number(),
  protocol: z.string(),
  services: z.array(
    z.object({
      ...{ service: z.string(), count: z.number(), exceptions: z.number(), firstSeen: time, lastSeen: time },
      addresses: ranges,
    }),
  ),
  units: ranges,
  ...{ sentBytes: z.number(), receivedBytes: z.number(), sent: z.number(), received: z.number(), exceptions: z.number() },
  ...{ firstSeen: time, lastSeen: time, longestGapSeconds: z.number() },
  identities: z.array(z.string()),
  clients: z.array(z.string()),
  device: z.record(z.string(), z.string()).optional(),
  capped: z.number().describe('services, ranges or names that found no room of their own'),
  crossing: z
    .object({
      ...{ from: z.string().optional(), to: z.string().optional(), direction: z.enum(CONDUIT_DIRECTIONS) },
      ...{ permitted: z.boolean(), reason: z.enum([...PERMITTING, ...REFUSING]), conduit: z.string().optional() },
    })
    .optional()
    .describe('how it stands with zones and conduits: data goes from the first zone to the second; absent where no zones are declared'),
})

const sensor = z.object({
  name: z.string(),
  state: z.enum(['running', 'ended', 'failed']),
  packets: z.number(),
  observations: z.number(),
  skipped: z.record(z.string(), z.number()),
  problem: z.string().optional(),
})

/** `GET /api/v1/flows`. */
export const flowList = z.object({
  sees,
  flows: z.array(flow),
  total: z.number(),
  refused: z.number().describe('observations and findings that found no room'),
  sensors: z.array(sensor),
})
export type FlowList = z.infer<typeof flowList>

const finding = z.object({
  id: z.string(),
  code: z.enum(FINDING_CODES),
  severity: z.enum(FINDING_SEVERITIES),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  subject: z.string(),
  owner: z.string().optional(),
  evidence: z.record(z.string(), z.union([z.string(), z.number()])),
  techniques: z.array(z.object({ id: z.string(), name: z.string() })).describe('MITRE ATT&CK for ICS: what it resembles'),
  text: both,
  advice: both,
  ...{ firstSeen: time, lastSeen: time, count: z.number() },
  acknowledged: z.object({ who: z.string(), reason: z.string(), time }).optional(),
  resolvedTime: time.optional(),
})

/** `GET /api/v1/security/findings`: worst first. */
export const findingList = z.object({
  ...{ sees, findings: z.array(finding), total: z.number(), open: z.number() },
  openByConduit: z
    .record(z.string(), z.number())
    .describe('open findings that name a conduit, or are about a flow that goes by it: all, whatever is asked for'),
})
export type FindingList = z.infer<typeof findingList>

export const acknowledged = finding
export type FindingView = z.infer<typeof finding>

/** `GET /api/v1/security/baseline`. */
export const baselineAnswer = z.object({
  state: z.enum(['learning', 'accepted', 'damaged']),
  learningSince: time.optional(),
  accepted: z.object({ who: z.string(), reason: z.string(), time, hash: z.string(), flows: z.number() }).optional(),
  changes: z.array(z.object({ change: z.enum(['added', 'removed']), flow: z.string(), what: z.string() })),
  changesTotal: z.number(),
  candidateHash: z.string().optional().describe('what would be accepted now'),
  problem: z.string().optional(),
})
export type BaselineAnswer = z.infer<typeof baselineAnswer>
