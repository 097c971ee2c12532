import { NotConnected } from '../core/errors.ts'
import { LinkRefused } from '../core/link.ts'
import type { UplinkView } from '../core/node-view.ts'
import type { Micros } from '../core/time.ts'

/** Why an attempt at the link ended, as others see it: a refusal by its code, another fault by its own where it has one. */
export function problemOf(error: unknown, time: Micros): NonNullable<UplinkView['problem']> {
  const why = error instanceof NotConnected ? error.fault : undefined
  return { time, message: (error as Error).message, ...(error instanceof LinkRefused && { code: error.code }), ...(why && { fault: why }) }
}
