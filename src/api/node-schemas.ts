import { z } from 'zod'
import { CARRIED_REFUSALS, REFUSAL_CODES } from '../core/link.ts'
import { NODE_ROLES } from '../core/node-view.ts'

/** Shapes of what is known of nodes and the ways between them; `schemas.ts` hands them on. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const seconds = z.number().describe('seconds')

export const uplink = z.object({
  endpoint: z.string(),
  peer: z.string().describe('what the other end calls itself; empty before the first connection'),
  state: z.enum(['connecting', 'connected', 'waiting', 'refused', 'stopped']),
  since: time,
  downSince: time.optional().describe('not connected since then, however many attempts were made'),
  attempts: z.int(),
  problem: z
    .object({
      ...{ time, message: z.string(), hint: z.string().optional(), language: z.enum(['en', 'fr']), fault: z.string().optional() },
      code: z.enum(REFUSAL_CODES).optional().describe('refused, not merely unreachable'),
    })
    .optional(),
  confirmedSequence: z.int().describe('last record of this node’s log that the other end has on its disk'),
  behindRecords: z.int(),
  sentBytes: z.int(),
  sentSamples: z.int(),
  roundTripMs: z.number().optional(),
})
export type Uplink = z.infer<typeof uplink>

export const timeLeft = z.object({
  seconds,
  limit: z.enum(['size', 'disk', 'age']).describe('what ends it: spool.maxBytes, the disk, or spool.maxAge'),
  effect: z.enum(['block', 'drop-oldest']).describe('what happens then'),
})

const certificate = z.object({
  ...{ serial: z.string().optional(), notAfter: time, daysLeft: z.int().describe('negative after its end') },
  isEnding: z.boolean().describe('it ends within 30 days, or should have been renewed: that is a finding'),
})

/** This node. `held` is what the next node, or where there is none the historian, has not taken yet. */
export const ownNode = z.object({
  node: z.string(),
  role: z.enum(NODE_ROLES),
  epoch: z.int().describe('microseconds when the spool was created'),
  version: z.string(),
  startedTime: time,
  linkAddress: z.string().optional().describe('where other nodes reach this one'),
  spool: z.object({
    bytes: z.int(),
    maxBytes: z.int(),
    lastSequence: z.int(),
    held: z.object({ consumer: z.string().optional(), records: z.int(), bytes: z.int(), oldestTime: time.optional() }),
    growthBytesPerSecond: z.number().optional().describe('absent: not measured yet'),
    diskFreeBytes: z.number().optional(),
    overflow: z.enum(['block', 'drop-oldest']),
    maxAgeSeconds: seconds,
    timeLeft: timeLeft.optional().describe('how long nothing is given up when nothing is delivered from now on; absent: not measured yet'),
    droppedSamples: z.int(),
    corruptRecords: z.int(),
    problem: z.string().optional(),
  }),
  uplink: uplink.optional().describe('absent: nothing is sent on'),
  certificate: certificate.optional(),
})
export type OwnNode = z.infer<typeof ownNode>

/** Another node. Without a stream (`expected`, mostly) it was let in and has sent nothing yet. */
export const otherNode = z.object({
  node: z.string(),
  state: z.enum(['live', 'uncertain', 'bad', 'expected', 'revoked']),
  epoch: z.int().optional(),
  signals: z.int(),
  unseenSignals: z.int().optional().describe('signals that found no room in the table here: stored, and not seen live; absent: none'),
  sequence: z.int().describe('last record of its log that is durable here'),
  behindRecords: z.int().describe('records it has beyond, as far as it has said'),
  lagSeconds: seconds.optional().describe('age of its newest record here while more is to come; 0 with nothing to come'),
  lostRecords: z.int(),
  gaps: z.int().optional().describe('absent: this node keeps no history'),
  lastHeardTime: time.optional(),
  lastRecordedTime: time.optional(),
  certificate: certificate.optional(),
  revoked: z.object({ time, by: z.string(), reason: z.string() }).optional(),
})
export type OtherNode = z.infer<typeof otherNode>

export const NODE_FINDINGS = [
  'link-down',
  'link-refused',
  'spool-problem',
  'spool-short',
  'data-dropped',
  'nodes-silent',
  'sender-refused',
  'import-refused',
  'signals-contested',
  'signals-unseen',
  'certificate-expiring',
  'certificate-expired',
  'no-zones',
  'review-due',
  'review-overdue',
  'not-approved',
] as const

/** Something about nodes that somebody should look at. `message` and `hint` say it in English; the other fields say it to programs. */
export const nodeFinding = z.object({
  code: z.enum(NODE_FINDINGS),
  severity: z.enum(['warning', 'error']),
  node: z.string().describe('whom it is about; both nodes where two are; of a review, the conduit; of approvals, the configuration'),
  what: z.enum(['node', 'authority', 'listener']).optional().describe('whose certificate'),
  refusal: z.enum(REFUSAL_CODES).optional(),
  carried: z.enum(CARRIED_REFUSALS).optional().describe('why a file carried by hand was refused'),
  file: z.string().optional().describe('that file, in imports/refused of the data directory'),
  owner: z.string().optional().describe('who answers for it'),
  address: z.string().optional().describe('where it came from'),
  count: z.int().optional(),
  seconds: seconds.optional().describe('how long it has lasted, or how long is left'),
  days: z.int().optional().describe('days left'),
  message: z.string(),
  hint: z.string(),
})
export type NodeFinding = z.infer<typeof nodeFinding>

/** `GET /api/v1/nodes`: this node, and those whose logs come here, worst first. */
export const nodeList = z.object({
  time,
  self: ownNode,
  nodes: z.array(otherNode),
  findings: z.array(nodeFinding).describe('errors first, at most the first hundred'),
  findingsTotal: z.int(),
})
export type NodeList = z.infer<typeof nodeList>

/** Records that are gone for good, as they were declared. */
export const nodeGap = z.object({
  node: z.string(),
  epoch: z.int(),
  first: z.int(),
  last: z.int(),
  cause: z.string().describe('overflow, age, torn-tail, ...'),
  samples: z.int().optional().describe('absent: nobody counted them'),
  recordedTime: time.describe('when the gap was declared'),
})
export type NodeGap = z.infer<typeof nodeGap>

/** `GET /api/v1/nodes/gaps?node=ID&limit=N`: newest first. A relay keeps no history: `kept` is false, ask the hub. */
export const gapList = z.object({ kept: z.boolean(), gaps: z.array(nodeGap), truncated: z.boolean() })
export type GapList = z.infer<typeof gapList>
