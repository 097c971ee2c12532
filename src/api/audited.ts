import type { FastifyRequest } from 'fastify'
import { type AuditEvent, AuditFull, type AuditTrail } from '../core/audit.ts'
import type { Access } from './people/access.ts'
import { Refusal } from './problem.ts'

/** Records an act before it is done. Throws a Refusal when it cannot be recorded: then it is not done. */
export async function audited(audit: AuditTrail, event: AuditEvent): Promise<void> {
  try {
    await audit.record(event)
  } catch (error) {
    if (!(error instanceof AuditFull)) throw error
    throw new Refusal(
      503,
      'audit-full',
      'this must be recorded in the audit log, which takes nothing just now; it was not done',
      'make room on the disk of the node’s data; GET /api/v1/evidence says what is wrong',
    )
  }
}

/** Who asks, and from where. */
export function callerIn(request: FastifyRequest, access: Access): { who?: string; from: string } {
  const who = access.callerOf(request, false)?.name
  return { ...(who !== undefined && { who }), from: request.ip }
}
