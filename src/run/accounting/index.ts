import { LEDGER_LIMITS } from '../../continuity/ledger/limits.ts'
import type { DeliveredRow } from '../../core/account.ts'
import type { LedgerView } from '../../core/ledger.ts'
import { parseRecord } from '../../core/record-content.ts'
import type { SpoolRecord } from '../../core/spool.ts'
import { HOUR, type Micros } from '../../core/time.ts'
import { isStandIn } from '../../core/withheld.ts'
import { holesIn } from '../holes.ts'
import type { Relayed } from '../uplink-parts.ts'
import { Counting, HISTORIAN, type LedgerRunParts, LINK } from './counting.ts'

/** Each may be a hole. */
const RESUMED_RECORDS = LEDGER_LIMITS.missed / 2
const RESUMED_BYTES = 16 * 1024 * 1024

/** The ledger of a running node. */
export interface RunningLedger {
  /** The historian has everything up to a sequence; with what it was given. */
  stored(sequence: number, records: readonly SpoolRecord[]): Promise<void>
  /** Records that are about to be handed to the link, in order, behind the record `before`. Waits while too many holes on their way to it are not settled, until it is `over`. */
  sent(records: readonly SpoolRecord[], before: number, over: AbortSignal): Promise<void>
  /** The next node turns out to have more than is counted here: what it was sent before this start is looked at again, by what may be sent now. */
  resumed(sequence: number, pass: (records: readonly SpoolRecord[]) => readonly SpoolRecord[]): Promise<void>
  /** At a relay: what of a record of other nodes' records goes to the link, before it does. */
  relayed(relayed: Relayed, over: AbortSignal): Promise<void>
  /** The next node has everything up to a sequence. */
  confirmed(sequence: number): void
  /** The sums, in whole hours where a period is asked for. Rejects with RangeError for a period that is too long. */
  view(period?: { readonly from: Micros; readonly to: Micros }): Promise<LedgerView>
  /** Counts what is durable, saves, stops; while the spool is open still. */
  close(): Promise<void>
}

/** Follows the log and its destinations, and answers with sums that were all taken at one place of the log. */
export async function startLedger(parts: LedgerRunParts): Promise<RunningLedger> {
  const { spool, historian } = parts
  const counting = await Counting.start(parts)
  const { ledger } = counting
  const isOwn = ({ node, epoch }: { readonly node: string; readonly epoch: number }) => node === spool.node && epoch === spool.epoch
  return {
    stored: async (sequence, records) => {
      if (!historian) return
      await counting.missed(HISTORIAN, holesIn(records.filter(isOwn), counting.said(HISTORIAN) ?? parts.from))
      counting.reached(HISTORIAN, sequence)
    },
    sent: async (records, before, over) => {
      ledger.handedOver(LINK, records.at(-1)?.sequence ?? before)
      if (ledger.isMixed) await counting.exclusive(() => ledger.tellApart(records))
      const holes = holesIn(records, before)
      // Saved before the next node is past it: after a crash its place alone would not tell whether it has what is gone here.
      if (holes.length === 0 || !(await counting.room(holes.length, over))) return
      for (const hole of holes) ledger.miss(LINK, hole)
      counting.saveSoon()
    },
    resumed: async (sequence, pass) => {
      const known = Math.max(ledger.reached(LINK), counting.said(LINK) ?? 0, spool.stats().firstSequence - 1)
      for (let next = known + 1; next <= sequence; ) {
        const records = await spool.read(next, RESUMED_RECORDS, RESUMED_BYTES)
        if (records.length === 0) return
        await counting.missed(LINK, holesIn(pass(records.filter((record) => record.sequence <= sequence)), next - 1))
        next = (records.at(-1) as SpoolRecord).sequence + 1
      }
    },
    relayed: async ({ record, inner, passed, isSent }, over) => {
      const causes = withheldIn(inner, passed)
      const isKnown = ledger.isWithheld(LINK, record.sequence)
      // Of what the next node has already, what was said when it was sent holds.
      if (isKnown ? !isSent : causes.size === 0) return
      if (!(await counting.room(causes.size, over))) return
      await counting.exclusive(async () => {
        await counting.countTo(record.sequence)
        ledger.withhold(LINK, record, causes)
        counting.saveSoon()
      })
    },
    confirmed: (sequence) => counting.reached(LINK, Math.max(sequence, counting.said(LINK) ?? 0)),
    view: (period) =>
      counting.exclusive(async () => {
        const words = new Map<string, readonly DeliveredRow[]>()
        const hours = period && wholeHours(period)
        if (historian) {
          const { checkpoints, rows } = await historian.accounts(hours)
          words.set(HISTORIAN, rows)
          const at = checkpoints.find(isOwn)?.sequence ?? 0
          await counting.countTo(Math.max(at, counting.durable))
          await ledger.advance(HISTORIAN, at)
        }
        await counting.countTo(counting.durable)
        const link = counting.said(LINK)
        if (link !== undefined) await ledger.advance(LINK, link)
        return { period: hours, lines: await ledger.lines(hours, words) }
      }),
    close: () => counting.close(),
  }
}

/** The records that a stand-in goes for, by its cause. */
function withheldIn(inner: readonly SpoolRecord[], passed: readonly SpoolRecord[]): Map<string, SpoolRecord[]> {
  const causes = new Map<string, SpoolRecord[]>()
  inner.forEach((record, i) => {
    const sent = passed[i]
    if (sent === undefined || sent === record || !isStandIn(sent)) return
    const gap = parseRecord('gap', sent.payload)
    if (gap.kind === 'gap') causes.set(gap.cause, [...(causes.get(gap.cause) ?? []), record])
  })
  return causes
}

export function wholeHours({ from, to }: { readonly from: Micros; readonly to: Micros }): { from: Micros; to: Micros } {
  return { from: Math.floor(from / HOUR) * HOUR, to: Math.ceil(to / HOUR) * HOUR }
}

/** For measuring what a ledger costs. */
export function noLedger(): RunningLedger {
  return {
    stored: async () => {},
    sent: async () => {},
    resumed: async () => {},
    relayed: async () => {},
    confirmed: () => {},
    view: async () => ({ period: undefined, lines: [] }),
    close: async () => {},
  }
}
