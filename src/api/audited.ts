import type { FastifyRequest } from 'fastify'
import { type AuditEvent, AuditFull, type AuditTrail } from '../core/audit.ts'
import type { Access } from './people/access.ts'
import { Refusal } from './problem.ts'

/** Records an act before it is done. Throws a Refusal when it cannot be recorded: then it is not done. */
export function audited(audit: AuditTrail, event: AuditEvent): Promise<void> {
  return notFull(() => audit.record(event))
}

/** Does what records itself before it is done. Throws a Refusal when that cannot be recorded. */
export async function notFull<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof AuditFull)) throw error
    throw new Refusal(503, 'audit-full')
  }
}

/** Who asks, and from where. */
export function callerIn(request: FastifyRequest, access: Access): { who?: string; from: string } {
  const who = access.callerOf(request, false)?.name
  return { ...(who !== undefined && { who }), from: request.ip }
}
