import type { AuditTrail } from '../../core/audit.ts'
import type { WriteGate, WriteRefusal } from '../../core/writes.ts'

export interface WriteGateParts {
  readonly audit: AuditTrail
  /** True for the id of a signal of this node or of one below it. */
  readonly isSignal: (id: string) => boolean
}

/**
 * Every wish to write to a device ends here, and nothing leaves: the gate holds no connection, no connector has a function that writes, and no other part
 * is given the gate than the route that asks it (test/write-gate.test.ts). An attempt is in the audit log before it is answered.
 */
export function openWriteGate({ audit, isSignal }: WriteGateParts): WriteGate {
  const refused: Record<WriteRefusal, number> = { 'no-such-signal': 0, 'writes-off': 0 }
  return {
    ask: async ({ signal, value }, asker) => {
      const reason = isSignal(signal) ? 'writes-off' : 'no-such-signal'
      refused[reason]++
      await audit.note({ kind: 'write-attempt', outcome: 'refused', ...asker, what: signal, detail: { reason, value: String(value) } })
      return reason
    },
    refused: () => ({ ...refused }),
  }
}
