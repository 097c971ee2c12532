import { z } from 'zod'
import type { WriteRefusal } from '../core/writes.ts'
import { callerIn } from './audited.ts'
import { API_LIMITS } from './limits.ts'
import { Refusal } from './problem.ts'
import type { Resources, Server } from './route.ts'

const STATUS: Record<WriteRefusal, number> = { 'writes-off': 403, 'no-such-signal': 404 }

/** The one address under which a write can be asked for; the gate behind it refuses. */
export function writeRoutes(server: Server, { view, access }: Resources): void {
  server.post(
    '/api/v1/writes',
    {
      config: { permission: 'write', scope: 'node' },
      schema: {
        summary: 'Ask for a value to be written to a device: always refused, and recorded',
        body: z.strictObject({
          signal: z.string().min(1).max(API_LIMITS.targetLength),
          value: z.union([z.number(), z.boolean(), z.string().max(API_LIMITS.writtenLength)]),
        }),
      },
    },
    async (request) => {
      const reason = await view.writes.ask(request.body, callerIn(request, access))
      throw new Refusal(STATUS[reason], reason)
    },
  )
}
