import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Asker, type ChangeRefusalCode, ChangeRefused, type ChangesView, type ConfigurationChange } from '../core/changes.ts'
import { formatTime } from '../core/time.ts'
import { notFull } from './audited.ts'
import { type ChangeView, changeDetail, changeList, configurationChange, proposedAnswer } from './change-schemas.ts'
import { API_LIMITS } from './limits.ts'
import { answerOf, planBody, refusePlan } from './plan.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

const reason = z.string().trim().min(1).max(API_LIMITS.changeReason)
const params = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) })
const operateEverywhere = { permission: 'operate', scope: 'every' } as const

/** Changes of the configuration: who proposed them, who approved them, and what is still missing. */
export function changeRoutes(server: Server, { view, callerOf }: Resources): void {
  server.get(
    '/api/v1/changes',
    {
      config: operateEverywhere,
      schema: { summary: 'Changes of the configuration, who proposed and who approved them', response: { 200: changeList } },
    },
    async () => {
      const { rule, digest, list, ofVersion } = view.changes
      return {
        rule: { ...rule, by: [...rule.by] },
        running: { version: view.configVersion, digest, state: ofVersion(view.configVersion).state },
        changes: list().map((one) => told(one, view.changes)),
      }
    },
  )
  server.get(
    '/api/v1/changes/:digest',
    {
      config: operateEverywhere,
      schema: { summary: 'The files of a change, secrets as references only', params, response: { 200: changeDetail } },
    },
    async ({ params: { digest } }) => {
      const change = view.changes.list().find((one) => one.digest === digest)
      const kept = await view.changes.files(digest)
      if (!change || !kept) throw new Refusal(404, 'change-unknown')
      return { change: told(change, view.changes), entry: kept.entry, files: kept.files.map((file) => ({ ...file })) }
    },
  )
  server.post(
    '/api/v1/changes',
    {
      bodyLimit: API_LIMITS.planBodyBytes,
      config: operateEverywhere,
      schema: {
        summary: 'Propose a changed configuration. It is compared and kept for approval, not carried out',
        body: planBody.extend({ reason, user: z.string().max(64).optional().describe('who works at the command line, by its own word') }),
        response: { 200: proposedAnswer },
      },
    },
    async (request) => {
      const { files, whole, language, user } = request.body
      const by = askerOf(request, request.body.reason, user)
      const { change, ...offered } = await refusing(() => view.changes.propose({ files, isWhole: whole, language }, by))
      return {
        ...answerOf({ ...offered, ...(change && { digest: change.digest }) }),
        ...(change && { change: told(change, view.changes) }),
      }
    },
  )
  server.post(
    '/api/v1/changes/:digest/approvals',
    {
      config: operateEverywhere,
      schema: {
        summary: 'Approve a change that somebody else proposed',
        params,
        body: z.strictObject({ reason }),
        response: { 200: configurationChange },
      },
    },
    async (request) => {
      const by = askerOf(request, request.body.reason)
      return told(await refusing(() => view.changes.approve(request.params.digest, by)), view.changes)
    },
  )

  function askerOf(request: FastifyRequest, why: string, user?: string): Asker {
    const { name, kind, account } = callerOf(request)
    const who = kind === 'local' && user !== undefined ? `${name}/${user}` : name
    return { who, isAccount: kind === 'person', roles: account?.roles ?? [], reason: why }
  }
}

const STATUS: Readonly<Record<ChangeRefusalCode, number>> = {
  ...{ unknown: 404, 'not-a-person': 403, own: 403, 'wrong-role': 403, twice: 409, 'too-many': 409 },
}

async function refusing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await notFull(act)
  } catch (error) {
    if (!(error instanceof ChangeRefused)) return refusePlan(error)
    throw Object.assign(new Refusal(STATUS[error.code], `change-${error.code}`), { cause: error })
  }
}

function told({ proposed, approvals, ...change }: ConfigurationChange, changes: ChangesView): ChangeView {
  return {
    ...change,
    proposed: { ...proposed, time: formatTime(proposed.time) },
    approvals: approvals.map(({ time, roles, ...one }) => ({ ...one, roles: [...roles], time: formatTime(time) })),
    missing: changes.missing({ proposed, approvals, ...change }),
    isRunning: change.digest === changes.digest,
  }
}
