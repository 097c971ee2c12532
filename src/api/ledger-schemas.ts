import { z } from 'zod'
import { ACCOUNT_UNITS } from '../core/account.ts'

const count = z.int()
const byReason = z.record(z.string(), count)

export const ledgerAnswer = z.object({
  from: z.iso.datetime().optional().describe('whole hours of recorded time; absent: since the ledger began'),
  to: z.iso.datetime().optional(),
  closes: z.boolean().describe('every sum closes'),
  rows: z.array(
    z.object({
      node: z.string(),
      connection: z.string().describe('empty: lost before anybody knew whose it was'),
      unit: z.enum(ACCOUNT_UNITS).describe('samples of signals, or rows of IT records'),
      destination: z.string().describe('`historian`, or `link` for the next node'),
      read: count,
      delivered: count,
      known: count.describe('rows that said nothing new'),
      quarantined: byReason.describe('rows set aside, by kind of reason; without those released or discarded since'),
      dropped: byReason.describe('by reason'),
      pending: count,
      off: count.describe('read minus all the rest: 0 when the sum closes'),
      ownWord: z.boolean().describe('delivered is what the destination itself counted; false: what it confirmed by its place in the log'),
    }),
  ),
  truncated: z.boolean(),
})
export type LedgerAnswer = z.infer<typeof ledgerAnswer>
export type LedgerRow = LedgerAnswer['rows'][number]
