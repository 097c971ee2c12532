import type { AuditEvent, AuditTrail } from '../../core/audit.ts'
import type { Clock } from '../../core/time.ts'
import type { Forwarding } from './forward.ts'
import { AUDIT_LIMITS } from './limits.ts'
import type { AuditLog } from './log.ts'

const MINUTE_MS = 60_000

/** What refusals of one minute came to. */
interface Minute {
  readonly sinceMs: number
  written: number
  readonly perAddress: Map<string, number>
  /** What was counted instead of written, by kind and address. */
  readonly counted: Map<string, { readonly event: AuditEvent; count: number }>
}

export interface RunningTrail extends AuditTrail {
  /** Once in a while: writes what was counted, signs, makes room, removes what is old. */
  tick(): Promise<void>
  close(): Promise<void>
}

/** The log as the parts of a node use it. Whoever is refused over and over can fill neither the log nor the disk. */
export function createTrail(log: AuditLog, clock: Clock, forwards: readonly Forwarding[] = []): RunningTrail {
  let minute = newMinute(clock)
  /** Refusals that could not even be written. */
  let unwritten = 0

  const noted = (event: AuditEvent): Promise<void> =>
    log.append(event).catch(() => {
      unwritten += event.count ?? 1
    })
  const settle = async () => {
    const { counted } = minute
    minute = newMinute(clock)
    for (const { event, count } of counted.values()) await noted({ ...event, count })
    if (unwritten === 0) return
    const missed = unwritten
    unwritten = 0
    await noted({ kind: 'finding', outcome: 'done', what: 'refusals that the log could not take', count: missed })
  }
  return {
    record: (event) => log.append(event),
    note: async (event) => {
      if (clock.monotonicMs() - minute.sinceMs >= MINUTE_MS) await settle()
      const address = event.from ?? event.who ?? ''
      const own = minute.perAddress.get(address) ?? 0
      if (own < AUDIT_LIMITS.notesPerAddress && minute.written < AUDIT_LIMITS.notesPerMinute) {
        minute.written++
        minute.perAddress.set(address, own + 1)
        await noted(event)
        return
      }
      count(minute, event, address)
    },
    read: (query) => log.read(query),
    view: () => ({ ...log.head, ...log.state, forwards: forwards.map((one) => one.view(log.head.entry)) }),
    tick: async () => {
      await settle()
      await log.tick()
    },
    close: async () => {
      await settle()
      await Promise.all(forwards.map((one) => one.close()))
      await log.close()
    },
  }
}

function count({ counted }: Minute, event: AuditEvent, address: string): void {
  // Beyond so many addresses all others are one.
  const key = counted.size < AUDIT_LIMITS.addresses ? `${event.kind} ${address}` : event.kind
  const before = counted.get(key)
  if (before) before.count++
  else {
    const { kind, outcome, from } = event
    const isOne = counted.size < AUDIT_LIMITS.addresses && from !== undefined
    counted.set(key, { event: { kind, outcome, ...(isOne && { from }), what: 'further ones of that minute' }, count: 1 })
  }
}

const newMinute = (clock: Clock): Minute => ({ sinceMs: clock.monotonicMs(), written: 0, perAddress: new Map(), counted: new Map() })
