import { z } from 'zod'
import { AUDIT_KINDS } from '../core/audit.ts'
import { formatTime } from '../core/time.ts'
import { audited } from './audited.ts'
import { auditList } from './evidence-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import { readMoment } from './query-times.ts'
import type { Resources, Server } from './route.ts'

const kind = z.enum(AUDIT_KINDS)
/** What commands on this machine do without the API, and leave word of. */
const TOLD_KINDS = ['enrolment', 'revocation', 'export', 'evidence-export', 'approval'] as const
const text = z.string().max(256)

const listQuery = z.object({
  from: z.string().max(64).optional().describe('RFC 3339, or a duration before now: -8h'),
  to: z.string().max(64).optional(),
  kind: z
    .union([kind, z.array(kind).max(AUDIT_KINDS.length)])
    .optional()
    .describe('may repeat'),
  before: z.coerce.number().int().min(1).optional().describe('entries before this one'),
  limit: z.coerce.number().int().min(1).max(API_LIMITS.auditRows).default(200),
})

/** Who did what here. */
export function auditRoutes(server: Server, { view, access }: Resources): void {
  server.get(
    '/api/v1/audit',
    {
      config: { permission: 'audit', scope: 'node' },
      schema: { summary: 'Who did what here', querystring: listQuery, response: { 200: auditList } },
    },
    async ({ query }) => {
      const now = view.clock.now()
      const { entries, truncated } = await view.audit.read({
        ...(query.from !== undefined && { from: readMoment(query.from, now) }),
        ...(query.to !== undefined && { to: readMoment(query.to, now) }),
        ...(query.kind !== undefined && { kinds: [query.kind].flat() }),
        ...(query.before !== undefined && { before: query.before }),
        limit: query.limit,
      })
      return { entries: entries.map(({ time, ...entry }) => ({ ...entry, time: formatTime(time) })), truncated }
    },
  )
  server.post(
    '/api/v1/audit',
    {
      config: { permission: 'operate', scope: 'node' },
      schema: {
        summary: 'What a command on this machine does, recorded before it does it',
        body: z.strictObject({
          kind: z.enum(TOLD_KINDS),
          outcome: z.enum(['done', 'refused']).default('done'),
          user: text.optional(),
          what: text.optional(),
          detail: z.record(z.string().max(64), z.union([text, z.number()])).optional(),
        }),
        response: { 200: z.object({ done: z.literal(true) }) },
      },
    },
    async (request) => {
      const { name, kind } = access.callerOf(request, false) ?? {}
      if (kind !== 'local' || name === undefined) throw new Refusal(403, 'local-only')
      const { user, what, detail, ...event } = request.body
      const who = user === undefined ? name : `${name}/${user}`
      await audited(view.audit, { ...event, who, ...(what !== undefined && { what }), ...(detail && { detail }) })
      return { done: true as const }
    },
  )
}
