import { ConfigurationError, EndOfInput, NotConnected } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import type { Source } from '../core/source.ts'
import type { Clock } from '../core/time.ts'
import type { ContractWatch } from '../govern/contracts/index.ts'
import type { BackOff } from '../lib/back-off.ts'
import type { Qualify } from '../qualify/index.ts'
import type { ClockWatch } from './clock-watch.ts'
import type { HealthRecord } from './health.ts'
import type { Lane } from './lane.ts'
import type { Liveness } from './liveness.ts'
import type { RuleMemory } from './rule-memory.ts'

/** An attempt that has not connected by then is given up. */
const CONNECT_LIMIT_MS = 30_000

export interface ConnectionParts {
  readonly source: Source
  readonly health: HealthRecord
  readonly liveness: Liveness
  readonly lane: Lane
  readonly qualify: Qualify
  /** Judges after the rules, what the substitutes added too. */
  readonly contracts: Pick<ContractWatch, 'judge'>
  readonly memory: Pick<RuleMemory, 'enter'>
  /** Absent: times are taken as they are. */
  readonly clockWatch?: Pick<ClockWatch, 'take'>
  readonly backOff: BackOff
  readonly clock: Clock
  readonly log: Logger
  readonly stop: AbortSignal
}

/**
 * The life of one connection: connect, read until the line drops, wait, again. It alone decides when to try; sources never loop or sleep.
 * Resolves when stopped, at the end of input, or when the configuration makes another attempt pointless; liveness goes on telling.
 */
export async function runConnection(parts: ConnectionParts): Promise<void> {
  const { source, health, backOff, clock, stop } = parts
  while (!stop.aborted) {
    health.enter('connecting')
    health.attempts++
    let final = false
    try {
      await attempt(parts)
    } catch (error) {
      final = !stop.aborted && report(error, parts)
    } finally {
      await source.close()
    }
    if (final || stop.aborted) break
    health.enter('backing-off')
    await clock.sleep(backOff.next(), stop)
  }
  health.enter('stopped')
}

async function attempt(parts: ConnectionParts): Promise<void> {
  const { source, health, liveness, lane, qualify, contracts, memory, clockWatch, backOff, clock, stop } = parts
  await connectWithin(source, clock, stop)
  health.enter('connected')
  while (!stop.aborted) {
    const due = source.nextReadMs?.()
    if (due !== undefined) await clock.sleep(Math.max(0, due - clock.monotonicMs()), stop)
    if (stop.aborted) return
    const delivery = await source.read(stop)
    liveness.heard()
    backOff.reset()
    if (delivery.batch.count === 0) {
      delivery.ack?.()
      continue
    }
    health.countRead(delivery.batch.count)
    const settled = await memory.enter()
    clockWatch?.take(delivery.batch)
    const { receipt } = delivery.batch
    const { batch: judged, flooded } = qualify.judge(delivery.batch)
    // A batch made shorter or longer still answers for the same messages of the peer.
    const batch = receipt && !judged.receipt ? { ...judged, receipt } : judged
    contracts.judge(batch)
    if (flooded > 0) source.counters.dropped.flood = (source.counters.dropped.flood ?? 0) + flooded
    const ack = () => {
      settled()
      delivery.ack?.()
    }
    if (batch.count > 0) await lane.put({ batch, ack })
    else ack()
  }
}

async function connectWithin(source: Source, clock: Clock, stop: AbortSignal): Promise<void> {
  const limit = new AbortController()
  const done = new AbortController()
  const either = AbortSignal.any([stop, limit.signal])
  void clock.sleep(CONNECT_LIMIT_MS, AbortSignal.any([done.signal, stop])).then(() => {
    if (!done.signal.aborted) limit.abort(new NotConnected(`no connection within ${CONNECT_LIMIT_MS / 1000} s`))
  })
  try {
    await source.connect(either)
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error
  } finally {
    done.abort()
  }
}

/** Records why an attempt ended; true when there is no point in another. */
function report(error: unknown, { health, log }: ConnectionParts): boolean {
  if (error instanceof EndOfInput) return true
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof NotConnected) {
    // Said once for each new reason; a device that stays away must not fill the log.
    const level = health.lastError?.message === message ? 'debug' : 'warn'
    health.failed(message, error.hint)
    log[level]({ reason: message, ...(error.hint && { hint: error.hint }) }, 'not connected')
    return false
  }
  if (error instanceof ConfigurationError) {
    health.failed(message, 'correct the configuration and start again')
    log.error({ reason: message }, 'the configuration of this connection is refused; it stays stopped')
    return true
  }
  health.failed(`internal error: ${message}`, 'this is a defect of Écluse: report it with the log; the connection is tried again')
  log.error({ error: error instanceof Error ? error.stack : message }, 'internal error in a connection')
  return false
}
