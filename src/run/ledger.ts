import { type Beginning, defineSignals, Ledger, newStream } from '../continuity/ledger/index.ts'
import { LEDGER_LIMITS } from '../continuity/ledger/limits.ts'
import type { DeliveredRow } from '../core/account.ts'
import type { Historian } from '../core/historian.ts'
import type { LedgerView } from '../core/ledger.ts'
import type { Logger } from '../core/log.ts'
import { parseRecord } from '../core/record-content.ts'
import type { SignalTable } from '../core/signals.ts'
import type { Spool, SpoolRecord } from '../core/spool.ts'
import { type Clock, HOUR, type Micros } from '../core/time.ts'
import { isStandIn } from '../core/withheld.ts'
import { type HoleFound, holesIn } from './holes.ts'
import { Tail } from './tail.ts'
import type { Relayed } from './uplink-parts.ts'

/** The log keeps what was written since the ledger was last saved, under this name. */
export const LEDGER_CONSUMER = 'ledger'
export const HISTORIAN = 'historian'
export const LINK = 'link'
const TAKE_ROWS = 200_000
const TAIL_BYTES = 16 * 1024 * 1024
const TICK_MS = 1_000
const SAVE_EVERY_MS = 30_000
const RETRY_MS = 1_000
/** Saved earlier when more than this share of the spool's room is held for it. */
const SHARE = 1 / 8
/** Each may be a hole. */
const RESUMED_RECORDS = LEDGER_LIMITS.missed / 2
/** How long a link is held back for the places of what it did not get; then they are joined. */
const ROOM_MS = 10_000
const ROOM_LOOK_MS = 20
const GAPS_READ = 2_048
const QUERY_MS = 10_000
const ALL = { from: 0, to: 8_640_000_000_000_000 }

export interface LedgerRunParts {
  readonly spool: Spool
  /** Absent on a relay: it keeps no history. */
  readonly historian: Pick<Historian, 'accounts' | 'writers' | 'sql'> | undefined
  /** The last sequence the historian has at the start. */
  readonly from: number
  readonly hasUplink: boolean
  /** Records up to this sequence the historian has under an earlier epoch of this log. */
  readonly storedTo: number
  readonly signals: SignalTable
  /** See `LedgerParts.blocks`. */
  readonly blocks?: number
  readonly directory: string
  readonly clock: Clock
  readonly log: Logger
}

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
  const { spool, historian, clock, log } = parts
  const destinations = [...(historian ? [HISTORIAN] : []), ...(parts.hasUplink ? [LINK] : [])]
  const ledger = await Ledger.open({
    ...{ node: spool.node, epoch: spool.epoch, destinations, directory: parts.directory, log, blocks: parts.blocks },
    read: (...range) => spool.read(...range),
    begin: () => beginning(parts),
  })
  const tail = new Tail(spool, clock, ledger.sequence + 1, TAIL_BYTES)
  spool.release(LEDGER_CONSUMER, ledger.needed)
  const stop = new AbortController()
  /** How far each destination says it is. */
  const said = new Map<string, number>()
  let mustSave = false
  let savedMs = clock.monotonicMs()
  let turn: Promise<unknown> = Promise.resolve()
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }

  /** Counts what is durable up to a sequence. */
  const countTo = async (sequence: number) => {
    while (ledger.sequence < sequence) {
      const records = await tail.take(TAKE_ROWS)
      if (records.length === 0) break
      await ledger.take(records)
    }
  }
  const advance = async () => {
    for (const [name, sequence] of said) {
      await countTo(sequence)
      await ledger.advance(name, sequence)
    }
  }
  const passed = (name: string, to: number) =>
    exclusive(async () => {
      await countTo(to)
      await ledger.advance(name, to)
    })
  /** Holes of a destination that has what lies between them: where too many are kept by their places, it is brought past them first. */
  const missed = async (name: string, holes: readonly HoleFound[]) => {
    for (const hole of holes) {
      if (!ledger.hasRoom(name, 1)) await passed(name, hole.from - 1)
      ledger.miss(name, hole)
    }
  }
  /** What lies between is on its way still, and settles soon. Not waited for without end: a ledger that cannot go on holds no link back. */
  const room = async (more: number, over: AbortSignal) => {
    const end = clock.monotonicMs() + ROOM_MS
    while (!ledger.hasRoom(LINK, more) && !over.aborted && clock.monotonicMs() < end) await clock.sleep(ROOM_LOOK_MS, over)
  }
  let savedAt = ''
  const save = async () => {
    savedMs = clock.monotonicMs()
    const at = [ledger.sequence, ...destinations.map((name) => ledger.reached(name))].join(' ')
    if (at === savedAt && !mustSave) return
    savedAt = ''
    mustSave = false
    spool.release(LEDGER_CONSUMER, await ledger.save(clock.now()))
    savedAt = at
  }
  const round = async () => {
    await countTo(tail.durable)
    await advance()
    const { held, maxBytes } = spool.stats()
    const heldBytes = held.find(({ consumer }) => consumer === LEDGER_CONSUMER)?.bytes ?? 0
    if (mustSave || clock.monotonicMs() - savedMs >= SAVE_EVERY_MS || heldBytes > maxBytes * SHARE) await save()
  }
  const run = async () => {
    while (!stop.signal.aborted) {
      try {
        await exclusive(round)
        if (!stop.signal.aborted) await tail.wait(TICK_MS)
      } catch (error) {
        log.error({ error: String(error) }, 'the ledger cannot go on; it is tried again, and the log keeps what it needs')
        await clock.sleep(RETRY_MS, stop.signal)
      }
    }
  }
  if (historian) await missedBefore(ledger.reached(HISTORIAN), historian, spool, (holes) => missed(HISTORIAN, holes))
  const running = run()
  spool.beforeDrop((sequence) =>
    exclusive(async () => {
      await countTo(sequence)
      await advance()
      // Once they are dropped nothing tells any more which of them the next node had.
      await ledger.tellApart()
      await save()
    }),
  )
  return {
    stored: async (sequence, records) => {
      if (!historian) return
      const own = records.filter(({ node, epoch }) => node === spool.node && epoch === spool.epoch)
      await missed(HISTORIAN, holesIn(own, said.get(HISTORIAN) ?? parts.from))
      said.set(HISTORIAN, sequence)
      tail.wake()
    },
    sent: async (records, before, over) => {
      ledger.handedOver(LINK, records.at(-1)?.sequence ?? before)
      if (ledger.isMixed) await exclusive(() => ledger.tellApart(records))
      const holes = holesIn(records, before)
      // Saved before the next node is past it: after a crash its place alone would not tell whether it has what is gone here.
      if (holes.length === 0) return
      await room(holes.length, over)
      if (over.aborted) return
      for (const hole of holes) ledger.miss(LINK, hole)
      mustSave = true
      tail.wake()
    },
    resumed: async (sequence, pass) => {
      for (let next = Math.max(ledger.reached(LINK), said.get(LINK) ?? 0, spool.stats().firstSequence - 1) + 1; next <= sequence; ) {
        const records = await spool.read(next, RESUMED_RECORDS, TAIL_BYTES)
        if (records.length === 0) return
        await missed(LINK, holesIn(pass(records.filter((record) => record.sequence <= sequence)), next - 1))
        next = (records.at(-1) as SpoolRecord).sequence + 1
      }
    },
    relayed: async ({ record, inner, passed, isSent }, over) => {
      const causes = withheldIn(inner, passed)
      const isKnown = ledger.isWithheld(LINK, record.sequence)
      // Of what the next node has already, what was said when it was sent holds.
      if (isKnown ? !isSent : causes.size === 0) return
      await room(causes.size, over)
      if (over.aborted) return
      await exclusive(async () => {
        await countTo(record.sequence)
        ledger.withhold(LINK, record, causes)
        mustSave = true
      })
      tail.wake()
    },
    confirmed: (sequence) => {
      said.set(LINK, Math.max(sequence, said.get(LINK) ?? 0))
      tail.wake()
    },
    view: (period) =>
      exclusive(async () => {
        const words = new Map<string, readonly DeliveredRow[]>()
        const hours = period && wholeHours(period)
        if (historian) {
          const { checkpoints, rows } = await historian.accounts(hours)
          words.set(HISTORIAN, rows)
          const at = checkpoints.find(({ node, epoch }) => node === spool.node && epoch === spool.epoch)?.sequence ?? 0
          await countTo(Math.max(at, tail.durable))
          await ledger.advance(HISTORIAN, at)
        }
        await countTo(tail.durable)
        const link = said.get(LINK)
        if (link !== undefined) await ledger.advance(LINK, link)
        return { period: hours, lines: await ledger.lines(hours, words) }
      }),
    close: async () => {
      stop.abort()
      tail.wake()
      await running
      await exclusive(async () => {
        await round()
        await save()
      }).catch((error: unknown) => log.error({ error: String(error) }, 'the ledger is not saved; the next start counts again from the log'))
      tail.close()
    },
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

/** Without a ledger of before: what the historian has is taken as delivered, and counting begins behind it. */
async function beginning({ spool, historian, storedTo, signals }: LedgerRunParts): Promise<Beginning> {
  const own = newStream(spool.node, spool.epoch)
  for (let index = 0; index < signals.size; index++) {
    const definition = signals.at(index)
    if (definition) defineSignals(own, [[index, definition]])
  }
  const { checkpoints, rows } = historian ? await historian.accounts(ALL) : { checkpoints: [], rows: [] }
  const stored = checkpoints.find(({ node, epoch }) => node === spool.node && epoch === spool.epoch)?.sequence
  const writers = historian ? await historian.writers() : []
  const others = spool.streams().map(({ node, epoch, sequence }) => {
    const stream = newStream(node, epoch, checkpoints.find((one) => one.node === node && one.epoch === epoch)?.sequence ?? sequence)
    for (const [index, id] of writers.find((one) => one.node === node && one.epoch === epoch)?.signals ?? []) {
      const known = signals.indexOf(id)
      const definition = known === undefined ? undefined : signals.at(known)
      if (definition) defineSignals(stream, [[index, definition]])
    }
    return stream
  })
  const sequence = Math.max(stored ?? spool.stats().firstSequence - 1, storedTo)
  return { sequence, own, others, delivered: rows }
}

/** What the historian missed between the last save and a crash: it has noted that itself. */
async function missedBefore(
  reached: number,
  historian: Pick<Historian, 'sql'>,
  { node, epoch }: Spool,
  missed: (holes: readonly HoleFound[]) => Promise<void>,
): Promise<void> {
  for (let after = '(0, 0)'; ; ) {
    const { rows } = await historian.sql(
      `SELECT first_sequence, last_sequence, cause FROM gaps WHERE node = '${node.replaceAll("'", "''")}' AND epoch = ${epoch}
       AND last_sequence > ${reached} AND cause <> 'signals without a definition' AND (first_sequence, last_sequence) > ${after} ORDER BY 1, 2`,
      { maxRows: GAPS_READ, timeoutMs: QUERY_MS },
    )
    await missed(rows.map(([from, to, cause]) => ({ from: Number(from), to: Number(to), cause: String(cause) })))
    if (rows.length < GAPS_READ) return
    const [from, to] = rows.at(-1) as unknown[]
    after = `(${Number(from)}, ${Number(to)})`
  }
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
