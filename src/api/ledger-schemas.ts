import { z } from 'zod'
import { ACCOUNT_UNITS } from '../core/account.ts'

const count = z.int()
const byReason = z.record(z.string(), count)

const signalLedger = z.object({
  match: z.string(),
  from: count.describe('first record of this node’s log that was counted'),
  to: count,
  fromTime: z.iso.datetime().optional().describe('when it was written'),
  sums: z.array(
    z.object({
      node: z.string(),
      connection: z.string(),
      signals: count,
      logged: count.describe('in these records, as they were read again'),
      delivered: count.describe('of these records, as the historian’s own rows say'),
      pending: count.describe('in records that the historian does not have yet'),
      off: count.describe('logged minus delivered and pending'),
      signalsOff: count.describe('signals of which anything is off'),
      examples: z.array(z.string()),
      droppedOfConnection: count.describe(
        'dropped since the ledger began, before the log or out of it, by the whole connection: of which signals nobody knows',
      ),
      state: z
        .enum(['closed', 'off', 'not-told-apart'])
        .describe('not-told-apart: what was dropped before the log may have been of these signals'),
    }),
  ),
})
export type SignalLedgerAnswer = z.infer<typeof signalLedger>

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
  signals: signalLedger
    .optional()
    .describe('where signals were asked for: samples in the log that is still there, on their way to the historian; `rows` is empty then'),
})
export type LedgerAnswer = z.infer<typeof ledgerAnswer>
export type LedgerRow = LedgerAnswer['rows'][number]
