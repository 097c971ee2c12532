import { z } from 'zod'
import { FINDING_CODES, type FlowView, type JudgedFlow, type SecurityFinding } from '../core/flows.ts'
import { formatTime, SECOND } from '../core/time.ts'
import { callerIn, notFull } from './audited.ts'
import { acknowledged, baselineAnswer, type FindingView, type FlowList, findingList, flowList } from './flow-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

/** Said with every answer: a list that is empty must not be taken for a network that is quiet. */
const SEES = {
  en: 'A node sees its own traffic and what is mirrored to it by a sensor; of everything else on the network it knows nothing.',
  fr: 'Un nœud voit son propre trafic et ce qu’un capteur reçoit en copie ; du reste du réseau il ne sait rien.',
}

const reason = z.string().trim().min(1).max(API_LIMITS.reasonLength)
const done = z.object({ done: z.literal(true) })

/** Who talked to whom, what should not have been, and what was learned. */
export function flowRoutes(server: Server, { view, access }: Resources): void {
  const { flows } = view
  server.get(
    '/api/v1/flows',
    {
      config: { permission: 'read', scope: 'every' },
      schema: {
        summary: 'Observed flows: who talked to whom, with which services, newest first',
        querystring: z.strictObject({
          via: z.string().max(128).optional().describe('connection, link, diode, or sensor:NAME'),
          conduit: z.string().max(64).optional().describe('the conduit that permits it, or that comes nearest'),
          limit: z.coerce.number().int().min(1).max(API_LIMITS.flows).default(1_000),
        }),
        response: { 200: flowList },
      },
    },
    async ({ query: { via, conduit, limit } }) => {
      const all = flows
        .flows()
        .filter((flow) => (via === undefined || flow.via === via) && (conduit === undefined || flows.judge(flow)?.conduit === conduit))
      const newest = all.toSorted((a, b) => b.lastSeen - a.lastSeen).slice(0, limit)
      return {
        sees: SEES,
        flows: newest.map((flow) => toFlow(flow, flows.judge(flow))),
        total: all.length,
        refused: flows.refused(),
        sensors: flows.sensors().map((one) => ({ ...one, skipped: { ...one.skipped } })),
      }
    },
  )
  server.get(
    '/api/v1/security/findings',
    {
      config: { permission: 'read', scope: 'every' },
      schema: {
        summary:
          'What should not be: flows that no conduit permits, that were never seen before, and values that cannot be true; worst first',
        querystring: z.strictObject({
          state: z.enum(['open', 'acknowledged', 'resolved']).optional(),
          code: z.enum(FINDING_CODES).optional(),
          conduit: z.string().max(64).optional().describe('only those that name it, or are about a flow that goes by it'),
          limit: z.coerce.number().int().min(1).max(API_LIMITS.securityFindings).default(200),
        }),
        response: { 200: findingList },
      },
    },
    async ({ query: { state, code, conduit, limit } }) => {
      const all = flows.findings()
      const conduits = flows.conduitsOf(all)
      const isAsked = (one: SecurityFinding, of: string | undefined) =>
        (state === undefined || one.state === state) &&
        (code === undefined || one.code === code) &&
        (conduit === undefined || of === conduit)
      const asked = all.filter((one, i) => isAsked(one, conduits[i]))
      const open = all.filter((one) => one.state === 'open').length
      const openByConduit: Record<string, number> = {}
      for (const [i, name] of conduits.entries())
        if (name !== undefined && all[i]?.state === 'open') openByConduit[name] = (openByConduit[name] ?? 0) + 1
      return { sees: SEES, findings: asked.slice(0, limit).map(toFinding), total: asked.length, open, openByConduit }
    },
  )
  server.post(
    '/api/v1/security/findings/:id/acknowledgement',
    {
      config: { permission: 'operate', scope: 'every' },
      schema: {
        summary: 'Somebody knows of it, and says why it is left',
        params: z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) }),
        body: z.strictObject({ reason }),
        response: { 200: acknowledged },
      },
    },
    async (request) => {
      const { who = 'local' } = callerIn(request, access)
      const finding = await notFull(() => flows.acknowledge(request.params.id, who, request.body.reason))
      if (!finding) throw new Refusal(404, 'no-finding')
      return toFinding(finding)
    },
  )
  server.get(
    '/api/v1/security/baseline',
    {
      config: { permission: 'read', scope: 'every' },
      schema: { summary: 'What is taken for usual, and what was learned since', response: { 200: baselineAnswer } },
    },
    async () => {
      const { learningSince, accepted, changes, ...rest } = flows.baseline()
      return {
        ...rest,
        changes: [...changes],
        ...(learningSince !== undefined && { learningSince: formatTime(learningSince) }),
        ...(accepted && { accepted: { ...accepted, time: formatTime(accepted.time) } }),
      }
    },
  )
  server.post(
    '/api/v1/security/baseline/learning',
    {
      config: { permission: 'operate', scope: 'every' },
      schema: { summary: 'Learn anew; what is in force stays in force', body: z.strictObject({}), response: { 200: done } },
    },
    async (request) => {
      await notFull(() => flows.learn(callerIn(request, access).who ?? 'local'))
      return { done: true as const }
    },
  )
  server.post(
    '/api/v1/security/baseline/acceptance',
    {
      config: { permission: 'operate', scope: 'every' },
      schema: {
        summary: 'Freeze what was learned: the hash says what was reviewed',
        body: z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/), reason }),
        response: { 200: done },
      },
    },
    async (request) => {
      const { hash, reason: why } = request.body
      const { who = 'local' } = callerIn(request, access)
      if (await notFull(() => flows.accept(hash, who, why))) return { done: true as const }
      throw new Refusal(409, 'baseline-changed')
    },
  )
}

/** Tells the watch which signals were named by whoever asked, for those that nobody should ask for. Before the routes, so that all of them are heard. */
export function hearTouches(server: Server, { view, access }: Resources): void {
  server.addHook('preHandler', async (request) => {
    const asked = request.body === undefined || request.body === null ? request.url : `${request.url} ${JSON.stringify(request.body)}`
    view.flows.touched(decoded(asked), callerIn(request, access).who ?? request.ip)
  })
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}

function toFlow(
  { firstSeen, lastSeen, longestGap, services, units, identities, clients, device, ...flow }: FlowView,
  judged: JudgedFlow | undefined,
): FlowList['flows'][number] {
  const pairs = (ranges: readonly (readonly [number, number])[]) => ranges.map(([a, b]): [number, number] => [a, b])
  return {
    ...flow,
    services: services.map((one) => ({
      ...{ ...one, firstSeen: formatTime(one.firstSeen), lastSeen: formatTime(one.lastSeen), addresses: pairs(one.addresses) },
    })),
    ...{ units: pairs(units), identities: [...identities], clients: [...clients] },
    ...{ firstSeen: formatTime(firstSeen), lastSeen: formatTime(lastSeen), longestGapSeconds: longestGap / SECOND },
    ...(device && { device: { ...device } }),
    ...(judged && { crossing: crossingOf(judged) }),
  }
}

const crossingOf = ({ from, to, ...judged }: JudgedFlow) => ({
  ...judged,
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
})

function toFinding({
  firstSeen,
  lastSeen,
  acknowledged: known,
  resolvedTime,
  evidence,
  techniques,
  ...finding
}: SecurityFinding): FindingView {
  return {
    ...finding,
    ...{ evidence: { ...evidence }, techniques: techniques.map((one) => ({ ...one })) },
    ...{ firstSeen: formatTime(firstSeen), lastSeen: formatTime(lastSeen) },
    ...(known && { acknowledged: { ...known, time: formatTime(known.time) } }),
    ...(resolvedTime !== undefined && { resolvedTime: formatTime(resolvedTime) }),
  }
}
