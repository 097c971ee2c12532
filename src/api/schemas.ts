import { z } from 'zod'
import { AGGREGATES } from '../core/historian.ts'
import { NODE_ROLES } from '../core/node-view.ts'
import { uplink } from './node-schemas.ts'
import { PROCESSED_NAMES } from './processed-names.ts'

export type { ChangeList, ChangeView, ProposedAnswer } from './change-schemas.ts'
export type { Contract, ContractList } from './contract-schemas.ts'
export type { Definition, DefinitionList, FactList, FactView, RecomputeAnswer } from './fact-schemas.ts'
export type { BaselineAnswer, FindingList, FindingView, FlowList } from './flow-schemas.ts'
export type { LedgerAnswer, LedgerRow } from './ledger-schemas.ts'
export type { ConfigurationListView, KeptConfigurationView, Lineage, LineagePlaces, LineageThing } from './lineage-schemas.ts'
export type { GapList, NodeFinding, NodeGap, NodeList, OtherNode, OwnNode, Uplink } from './node-schemas.ts'
export { gapList, nodeList } from './node-schemas.ts'
export type { Passport, PassportHop, PassportReason, PassportVersion } from './passport-schemas.ts'
export type {
  Invitation,
  NewToken,
  OpenSession,
  Profile,
  RecoveryCodes,
  Session,
  SignInWays,
  Token,
  TokenList,
  TotpBegun,
  User,
  UserList,
} from './people-schemas.ts'
export { session } from './people-schemas.ts'
export type { Consequences, PlanAnswer } from './plan-schemas.ts'
export type { PolicyAnswer, PolicyChange, PolicyExplanation, PolicyRights } from './policy-schemas.ts'
export type { Characteristics, QualityPage, QualityRow, RuleExplanation, Why } from './quality-schemas.ts'
export type {
  DiscardAnswer,
  QuarantineList,
  RecordKindList,
  RecordKindView,
  RecordList,
  RecordView,
  ReleaseAnswer,
  UnknownEquipmentList,
} from './record-schemas.ts'

/** The shapes of the HTTP surface. Types, validation, OpenAPI and the user interface come from these alone. Times are RFC 3339 UTC. */

const time = z.iso.datetime().describe('RFC 3339 UTC')
const label = z.object({ fr: z.string().optional(), en: z.string().optional() })
export const severity = z.enum(['Good', 'Uncertain', 'Bad'])

/** One sample. `value` is null when the status allows no value. */
export const sample = z.object({
  signal: z.string(),
  time: time.describe('sourceTime: the device’s clock'),
  receivedTime: time.optional().describe('when the node received it'),
  recordedTime: time.optional().describe('when the historian’s node recorded it'),
  value: z.union([z.number(), z.boolean(), z.string(), z.null()]),
  unit: z.string().optional(),
  status: severity,
  statusCode: z.string().describe('OPC UA status code name, e.g. UncertainLastUsableValue'),
  reasons: z.array(z.string()),
})
export type Sample = z.infer<typeof sample>

export const signal = z.object({
  id: z.string(),
  connection: z.string(),
  node: z.string().optional().describe('the node that measures it; absent: this one'),
  address: z.string(),
  dataType: z.enum(['number', 'boolean', 'text']),
  unit: z.string().optional(),
  displayUnit: z.string().optional().describe('unit people see; values are in `unit`'),
  display: z
    .object({ factor: z.number(), offset: z.number() })
    .optional()
    .describe('value × factor + offset is the value in `displayUnit`; absent: shown as stored'),
  sourceUnit: z.string().optional().describe('unit the source gives, where `unit` was declared'),
  label: label.optional(),
  decimals: z.int().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  last: sample.optional().describe('absent: no sample yet'),
})
export type Signal = z.infer<typeof signal>

/** The device's clock minus ours; the true offset lies within `offsetUs` ± `uncertaintyUs`. One way, only "ahead" is certain: behind cannot be told from a slow line. */
const connectionClock = z.object({
  offsetUs: z.number(),
  uncertaintyUs: z.number(),
  driftPpm: z.number().optional(),
  driftUncertaintyPpm: z.number().optional(),
  measuredTime: time,
  method: z.enum(['round-trip', 'one-way']),
  maxOffsetUs: z.number(),
  beyondLimit: z.boolean().describe('off by more than maxOffsetUs, whatever the uncertainty'),
  finding: z.enum(['local-time']).optional().describe('a named cause'),
  findingDetail: z.string().optional().describe('the offset of the zone the device seems to be in: UTC+01:00'),
})

export const connection = z.object({
  name: z.string(),
  kind: z.string(),
  label: label.optional(),
  endpoint: z.string(),
  state: z.enum(['starting', 'connecting', 'connected', 'backing-off', 'stopped']),
  liveness: z.enum(['waiting', 'live', 'uncertain', 'bad']),
  since: time,
  lastHeardTime: time.optional(),
  lastGoodTime: time.optional(),
  latencyMs: z.number().optional(),
  clockMethod: z.enum(['round-trip', 'one-way']).optional().describe('absent: the protocol carries no time'),
  clock: connectionClock.optional().describe('absent: not measured yet, or not measurable'),
  signals: z.int(),
  attempts: z.int(),
  reconnects: z.int(),
  read: z.int(),
  stored: z.int(),
  good: z.int(),
  uncertain: z.int(),
  bad: z.int(),
  gaps: z.int(),
  dropped: z.record(z.string(), z.int()),
  ratePerSecond: z.number(),
  pending: z.int(),
  records: z
    .object({ rows: z.int(), known: z.int(), versions: z.int(), deleted: z.int(), quarantined: z.int(), blurred: z.int() })
    .optional()
    .describe(
      'of a connection that brings IT records, since the start: rows read, those that said nothing new, new versions, deletions, rows set aside, snapshots that could not tell deletions',
    ),
  lastProblem: z
    .string()
    .optional()
    .describe(
      'the last thing that went wrong without ending the connection, such as a node that is not there; in the words of the connector, in English',
    ),
  lastError: z
    .object({
      ...{ time, message: z.string(), hint: z.string().optional() },
      language: z.enum(['en', 'fr']).describe('of message and hint; that of Accept-Language where there are words for the fault'),
      fault: z.string().optional().describe('code of the fault, where it has one'),
    })
    .optional(),
})
export type Connection = z.infer<typeof connection>

/** `GET /api/v1/health`: the node at a glance. `status` is the worst of its parts. */
export const health = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  site: z.object({ id: z.string(), label: label.optional() }),
  node: z.string(),
  role: z.enum(NODE_ROLES),
  version: z.string(),
  configVersion: z.string(),
  time,
  startedTime: time,
  signals: z.object({ total: z.int(), good: z.int(), uncertain: z.int(), bad: z.int(), waiting: z.int() }),
  connections: z.array(connection),
  selfTest: z
    .object({ passed: z.int(), warnings: z.array(z.string()) })
    .optional()
    .describe('what security rests on, tested before the start; what fails keeps a node from starting'),
  openLineage: z
    .object({ sent: z.int(), refused: z.int(), lostHours: z.int(), problem: z.string().optional() })
    .optional()
    .describe('events told to others since the start; absent: nobody is told'),
  link: uplink
    .pick({ endpoint: true, state: true, downSince: true, behindRecords: true, problem: true })
    .optional()
    .describe('the way to the next node; absent: there is none'),
  nodes: z.object({ total: z.int(), silent: z.int() }).describe('nodes whose logs come here'),
  spool: z.object({
    firstSequence: z.int(),
    lastSequence: z.int(),
    bytes: z.int(),
    maxBytes: z.int(),
    oldestTime: time.optional(),
    droppedSamples: z.int(),
    corruptRecords: z.int(),
    fsyncP50Ms: z.number(),
    fsyncP99Ms: z.number(),
    problem: z.string().optional(),
  }),
  historian: z.object({
    lagRecords: z.int(),
    samples: z.int(),
    hotBytes: z.int(),
    coldBytes: z.int(),
    oldestTime: time.optional(),
    newestTime: time.optional(),
    problem: z.string().optional(),
  }),
})
export type Health = z.infer<typeof health>

/** `GET /api/v1/signals?match=GLOB&after=ID&limit=N`: definitions with last values, by id; `next` continues. */
export const signalPage = z.object({ signals: z.array(signal), total: z.int(), next: z.string().optional() })
export type SignalPage = z.infer<typeof signalPage>

/** `GET /api/v1/last?match=GLOB&limit=N` */
export const lastPage = z.object({ samples: z.array(sample), total: z.int(), truncated: z.boolean() })
export type LastPage = z.infer<typeof lastPage>

/** `GET /api/v1/samples?signal=ID&from=&to=&limit=&asKnownAt=` */
export const samplePage = z.object({ signal: z.string(), from: time, to: time, samples: z.array(sample), truncated: z.boolean() })
export type SamplePage = z.infer<typeof samplePage>

/** `GET /api/v1/trend?signal=ID&from=&to=&points=N`: columns for drawing, at most about N points; bucketed to min/max/last where there is more. */
export const trend = z.object({
  signal: z.string(),
  unit: z.string().optional(),
  from: time,
  to: time,
  bucketed: z.boolean().describe('true: one point stands for several samples'),
  /** Seconds since the epoch. */
  time: z.array(z.number()),
  value: z.array(z.number().nullable()),
  minimum: z.array(z.number().nullable()).optional(),
  maximum: z.array(z.number().nullable()).optional(),
  /** Worst severity in the point: 0 Good, 1 Uncertain, 2 Bad. */
  severity: z.array(z.int()),
})
export type Trend = z.infer<typeof trend>

/** `GET /api/v1/aggregate?signal=ID&from=&to=&interval=1h&functions=average,timeAverage` (`signal` may repeat). */
export const aggregatePage = z.object({
  rows: z.array(
    z.object({
      signal: z.string(),
      time,
      unit: z.string().optional().describe('of the values that have one'),
      values: z.partialRecord(z.enum([...AGGREGATES, ...PROCESSED_NAMES]), z.union([z.number(), z.string(), z.null()])),
      statuses: z
        .partialRecord(z.enum(PROCESSED_NAMES), z.string())
        .optional()
        .describe('by function of OPC UA Part 13: `Good, Calculated`'),
      reasons: z
        .partialRecord(z.enum(PROCESSED_NAMES), z.array(z.string()))
        .optional()
        .describe('by function: why its status is lower: `counter-reset`, `may-have-reset` of a difference over a fall'),
      times: z.partialRecord(z.enum(PROCESSED_NAMES), time).optional().describe('of the functions that return a sample: when it was'),
    }),
  ),
  truncated: z.boolean(),
})
export type AggregatePage = z.infer<typeof aggregatePage>

/** `POST /api/v1/query {sql}` */
export const sqlResult = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  truncated: z.boolean(),
})
export type SqlPage = z.infer<typeof sqlResult>

/** Every error answer. `hint` says what to do. */
export const problem = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() })
export type Problem = z.infer<typeof problem>

/**
 * `GET /api/v1/live?match=GLOB` is a stream of server-sent events:
 * `samples` with a LiveSamples, `missed` with a LiveMissed when this client was too slow, `health` with a Health every few seconds, `: keep-alive` comments.
 */
export const liveSamples = z.object({ samples: z.array(sample) })
export type LiveSamples = z.infer<typeof liveSamples>
export const liveMissed = z.object({
  samples: z.int().describe('samples skipped since the last event, because this client reads too slowly'),
})
export type LiveMissed = z.infer<typeof liveMissed>

export type { AuditEntryView, AuditList, Evidence, VerifyStateView } from './evidence-schemas.ts'
