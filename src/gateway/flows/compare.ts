import type { FlowEnds, FlowView } from '../../core/flows.ts'
import type { Conduit, Crossing, PolicyDecision, Zone } from '../../core/policy.ts'
import { DAY, formatTime, MINUTE, type Micros } from '../../core/time.ts'
import { flowName } from './baseline.ts'
import type { Raised } from './findings.ts'
import { flowKey } from './table.ts'

export interface Declared {
  readonly policy: { readonly zones: readonly Zone[]; readonly conduits: readonly Conduit[] }
  /** Which zone its data comes from, which it goes to, and whether the way may be open; of several conduits, the one that what the flow carries goes by. */
  judge(ends: FlowEnds, time: Micros): { readonly crossing: Crossing; readonly decision: PolicyDecision }
}

export const COMPARED = [
  'undeclared-flow',
  'wrong-direction',
  'expired-conduit',
  'silent-conduit',
  'over-volume',
  'undeclared-service',
] as const

/** A flow that went on within this time is going on. */
const PRESENT = 10 * MINUTE
/** A conduit that something went through is silent after this. */
const CONDUIT_SILENT = 15 * MINUTE

/** Bytes of a flow when the day began; kept over restarts. */
export interface DayStart {
  readonly day: number
  readonly bytes: ReadonlyMap<string, number>
}

export const bytesOf = ({ sentBytes, receivedBytes }: FlowView): number => sentBytes + receivedBytes

/** The day's beginning, taken again when another one (UTC) has begun. */
export function dayStart(before: DayStart | undefined, flows: readonly FlowView[], now: Micros): DayStart {
  const day = Math.floor(now / DAY)
  if (before?.day === day) return before
  return { day, bytes: new Map(flows.map((flow) => [flowKey(flow), bytesOf(flow)])) }
}

/** What was seen and what is declared, where the two differ. Without zones nothing is declared that could be compared. */
export function compare(flows: readonly FlowView[], declared: Declared, start: DayStart, started: Micros, now: Micros): Raised[] {
  const { zones, conduits } = declared.policy
  if (zones.length === 0) return []
  const raised: Raised[] = []
  const today = new Map<string, number>()
  const lastSeen = new Map<string, Micros>()
  for (const flow of flows) {
    // As it stood when it was last seen: what was permitted then is no finding because the conduit was cut, or became overdue, since.
    const { crossing, decision: decided } = declared.judge(flow, flow.lastSeen)
    const conduit = conduits.find(({ name }) => name === decided.conduit)
    if (conduit) {
      today.set(conduit.name, (today.get(conduit.name) ?? 0) + bytesOf(flow) - (start.bytes.get(flowKey(flow)) ?? 0))
      lastSeen.set(conduit.name, Math.max(lastSeen.get(conduit.name) ?? 0, flow.lastSeen))
    }
    // What was seen before this start was under the file of that time.
    if (now - flow.lastSeen > PRESENT || flow.lastSeen < started) continue
    const found = ofFlow(flow, crossing, decided, conduit, zones)
    if (found) raised.push(found)
    if (conduit) raised.push(...ofServices(flow, conduit))
  }
  for (const conduit of conduits) raised.push(...ofConduit(conduit, today.get(conduit.name) ?? 0, lastSeen.get(conduit.name), started, now))
  return raised
}

function ofFlow(
  flow: FlowView,
  crossing: Crossing,
  { permitted, reason, conduit: name = '' }: PolicyDecision,
  conduit: Conduit | undefined,
  zones: Declared['policy']['zones'],
): Raised | undefined {
  if (permitted) return undefined
  const subject = flowName(flow)
  const { from = '', to = '', direction, transport } = crossing
  const owner = conduit?.owner ?? zones.find((zone) => zone.name === crossing.from)?.owner ?? zones.find((zone) => zone.name === to)?.owner
  const evidence = { from, to, transport, conduit: name, sentBytes: flow.sentBytes, receivedBytes: flow.receivedBytes }
  if (reason === 'expired' && conduit)
    return { code: 'expired-conduit', severity: 'medium', subject, owner, evidence: { ...evidence, reviewBy: conduit.reviewBy } }
  if (reason === 'direction' && conduit)
    return {
      code: 'wrong-direction',
      severity: 'high',
      subject,
      owner,
      evidence: { ...evidence, declared: conduit.direction, seen: direction },
    }
  return { code: 'undeclared-flow', severity: 'high', subject, owner, evidence: { ...evidence, reason } }
}

/** What any use of a protocol begins and ends with, and keeps its line alive: it carries no data, so no conduit has to name it. */
const OF_THE_LINE: ReadonlySet<string> = new Set([
  ...['FindServers', 'GetEndpoints', 'OpenSecureChannel', 'CloseSecureChannel', 'CreateSession', 'ActivateSession', 'CloseSession'],
  ...['CONNECT', 'CONNACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT'],
])

function ofServices(flow: FlowView, { name, services, owner }: Conduit): Raised[] {
  if (services.length === 0) return []
  const subject = flowName(flow)
  return flow.services
    .filter(({ service }) => !services.includes(service) && !OF_THE_LINE.has(service))
    .map(({ service, count }) => ({
      ...{ code: 'undeclared-service', severity: 'high', subject, key: `${subject} ${service}`, owner },
      evidence: { service, conduit: name, count },
    }))
}

function ofConduit(conduit: Conduit, bytes: number, lastSeen: Micros | undefined, started: Micros, now: Micros): Raised[] {
  const { name, owner, maxBytesPerDay, isCut } = conduit
  const raised: Raised[] = []
  if (maxBytesPerDay !== undefined && bytes > maxBytesPerDay)
    raised.push({ code: 'over-volume', severity: 'medium', subject: name, owner, evidence: { bytes, limit: maxBytesPerDay } })
  // What never passed is no news; while this program did not run, nothing could be seen.
  if (!isCut && lastSeen !== undefined && now - Math.max(lastSeen, started) > CONDUIT_SILENT)
    raised.push({ code: 'silent-conduit', severity: 'medium', subject: name, owner, evidence: { lastSeen: formatTime(lastSeen) } })
  return raised
}
