import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { type Answer, shown } from './http.ts'
import { REST_LIMITS } from './limits.ts'

/** An answer that is no success, and how long the server asks to be left alone. */
export class Refused extends NotConnected {
  readonly status: number
  readonly retryAfterMs: number
  constructor(answer: Answer, clock: Clock) {
    const [peer, { status }] = [shown(answer.url), answer]
    super(`${peer} answers ${status}${MEANINGS[status] ?? ''}`, {
      hint: hintOf(status),
      fault: status === 401 ? fault('not-let-in', { peer }) : fault('http-status', { peer, status }),
    })
    this.status = answer.status
    this.retryAfterMs = retryAfter(answer.headers['retry-after'], clock)
  }
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: ' (bad request)',
  401: ' (not authenticated)',
  403: ' (not allowed)',
  404: ' (not found)',
  405: ' (method not allowed)',
  406: ' (it has no JSON)',
  410: ' (gone)',
  429: ' (too many requests)',
  500: ' (it failed)',
  502: ' (bad gateway)',
  503: ' (not available)',
  504: ' (gateway time-out)',
}

function hintOf(status: number): string {
  if (status === 401) return 'check the credentials under auth: they are missing, wrong or no longer valid'
  if (status === 403) return 'the credentials are known there, but may not read this: ask for the right, or correct the path'
  if (status === 404 || status === 410) return 'correct url and path: the server has nothing there'
  if (status === 429) return 'read less often: raise `every`'
  if (status >= 500) return 'the server is in trouble; it is asked again by itself'
  return 'correct path and query: the server does not understand what is asked'
}

/** RFC 9110, 10.2.3: seconds, or a date; bounded. */
function retryAfter(header: string | undefined, clock: Clock): number {
  if (header === undefined) return 0
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - clock.now() / 1000
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), REST_LIMITS.retryAfterMs) : 0
}
