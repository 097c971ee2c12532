import type { DataValue, Variant } from 'node-opcua'
import type { ClockExchange, Instant } from '../../core/clock-offset.ts'
import type { SourceContext } from '../../core/connector.ts'
import type { Session } from './services.ts'

/** Server_ServerStatus_CurrentTime (OPC 10000-6, annex A). */
const CURRENT_TIME = 'ns=0;i=2258'
/** What the server says it is (OPC 10000-5, 12.10): its state, and of its BuildInfo the product and the versions. */
const DEVICE = { state: 'ns=0;i=2259', product: 'ns=0;i=2261', version: 'ns=0;i=2264', build: 'ns=0;i=2265' }
const FIELD_LENGTH = 128
const VALUE = 13
const DATE_TIME = 13
/** How often the server is asked what time it is; the first time when the session opens. */
const EVERY_MS = 30_000
/** Answers kept until the runner takes them. */
export const HELD_EXCHANGES = 16
/** The library's dates are whole milliseconds; servers may count in coarser steps. */
const STEPS_MS = [1_000, 100, 10, 1]
/** A server's CurrentTime is not older than this. */
const RENEWED_WITHIN_MS = 10_000

/**
 * Asks the server for its time and what it is at once and every 30 s, one request at a time beside the publish requests, until stopped. A server that does not
 * tell is asked again: whether the line still stands is for the subscription to find out.
 */
export async function watchServer(
  session: Session,
  { clock, connection, log }: SourceContext,
  stop: AbortSignal,
  into: ClockExchange[],
  onDevice?: (device: Readonly<Record<string, string>>) => void,
): Promise<void> {
  const instant = (): Instant => ({ wallUs: clock.now(), monotonicMs: clock.monotonicMs() })
  while (!stop.aborted) {
    try {
      const sent = instant()
      const { answer, sentMs } = await session.readTimed({ nodeId: CURRENT_TIME, attributeId: VALUE })
      const received = instant()
      const ms = newest(timeOf(answer), sentMs)
      if (ms !== undefined && !stop.aborted) {
        into.push({ sent, received, deviceTime: ms * 1000, resolutionUs: resolutionMs(ms) * 1000 })
        if (into.length > HELD_EXCHANGES) into.shift()
      }
      if (onDevice) await tellDevice(session, onDevice)
    } catch (error) {
      log.debug({ connection, error: String(error) }, 'the server did not tell its time')
    }
    await clock.sleep(EVERY_MS, stop)
  }
}

/** Beside the time, so that its round trip stays short. A server that hides what it is tells nothing. */
async function tellDevice(session: Session, onDevice: (device: Readonly<Record<string, string>>) => void): Promise<void> {
  const answers = await session.read(Object.values(DEVICE).map((nodeId) => ({ nodeId, attributeId: VALUE })))
  const fields = Object.keys(DEVICE).flatMap((name, i) => {
    const value: unknown = answers[i]?.statusCode.value === 0 ? answers[i]?.value?.value : undefined
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value).slice(0, FIELD_LENGTH)]] : []
  })
  if (fields.length > 0) onDevice(Object.fromEntries(fields))
}

/**
 * Many servers renew CurrentTime once a second only, at any moment of it, which its digits do not show; when the answer was sent is told exactly. Both are
 * cut downwards, so the later one is nearer. A header far from it is no clock (1601, another machine's), and does not count.
 */
function newest(currentMs: number | undefined, sentMs: number | undefined): number | undefined {
  if (currentMs === undefined || sentMs === undefined) return currentMs
  return sentMs > currentMs && sentMs - currentMs <= RENEWED_WITHIN_MS ? sentMs : currentMs
}

/** The coarsest step the time is a whole number of: taken too coarse now and then, never too fine. */
function resolutionMs(ms: number): number {
  return STEPS_MS.find((step) => ms % step === 0) ?? 1
}

function timeOf(answer: DataValue | undefined): number | undefined {
  const variant = answer?.value as Variant | null | undefined
  if (!answer || answer.statusCode.value >>> 30 !== 0 || variant?.dataType !== DATE_TIME || variant.arrayType !== 0) return undefined
  const ms = (variant.value as Date | null)?.getTime?.()
  return ms !== undefined && Number.isFinite(ms) ? ms : undefined
}
