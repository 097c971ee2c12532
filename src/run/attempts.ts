import { ConfigurationError, EndOfInput, NotConnected } from '../core/errors.ts'
import type { Logger } from '../core/log.ts'
import { fault } from '../core/peer-faults.ts'
import type { Source } from '../core/source.ts'
import type { Clock } from '../core/time.ts'
import type { BackOff } from '../lib/back-off.ts'
import type { HealthRecord } from './health.ts'

/** An attempt that has not connected by then is given up. */
const CONNECT_LIMIT_MS = 30_000

export interface AttemptParts {
  readonly source: Pick<Source, 'connect' | 'close' | 'nextReadMs'>
  readonly health: HealthRecord
  readonly backOff: BackOff
  readonly clock: Clock
  readonly log: Logger
  readonly stop: AbortSignal
}

/**
 * The life of one connection: connect, `readOnce` again and again until the line drops, wait, again. It alone decides when to try; sources never loop or sleep.
 * Resolves when stopped, at the end of input, or when the configuration makes another attempt pointless.
 */
export async function keepConnected(parts: AttemptParts, readOnce: () => Promise<void>): Promise<void> {
  const { source, health, backOff, clock, stop } = parts
  while (!stop.aborted) {
    health.enter('connecting')
    health.attempts++
    let final = false
    try {
      await connectWithin(source, clock, stop)
      health.enter('connected')
      while (!stop.aborted) {
        const due = source.nextReadMs?.()
        if (due !== undefined) await clock.sleep(Math.max(0, due - clock.monotonicMs()), stop)
        if (!stop.aborted) await readOnce()
      }
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

async function connectWithin(source: Pick<Source, 'connect'>, clock: Clock, stop: AbortSignal): Promise<void> {
  const limit = new AbortController()
  const done = new AbortController()
  const either = AbortSignal.any([stop, limit.signal])
  void clock.sleep(CONNECT_LIMIT_MS, AbortSignal.any([done.signal, stop])).then(() => {
    const seconds = CONNECT_LIMIT_MS / 1000
    const late = () => new NotConnected(`no connection within ${seconds} s`, { fault: fault('no-connection-within', { seconds }) })
    if (!done.signal.aborted) limit.abort(late())
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
function report(error: unknown, { health, log }: AttemptParts): boolean {
  if (error instanceof EndOfInput) return true
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof NotConnected) {
    // Said once for each new reason; a device that stays away must not fill the log.
    const level = health.lastError?.message === message ? 'debug' : 'warn'
    health.failed(message, error.hint, error.fault)
    log[level]({ reason: message, ...(error.hint && { hint: error.hint }) }, 'not connected')
    return false
  }
  if (error instanceof ConfigurationError) {
    health.failed(message, 'correct the configuration and start again', fault('configuration-refused', { detail: message }))
    log.error({ reason: message }, 'the configuration of this connection is refused; it stays stopped')
    return true
  }
  const hint = 'this is a defect of Écluse: report it with the log; the connection is tried again'
  health.failed(`internal error: ${message}`, hint, fault('defect', { detail: message }))
  log.error({ error: error instanceof Error ? error.stack : message }, 'internal error in a connection')
  return false
}
