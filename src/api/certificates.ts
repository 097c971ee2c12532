import type { Term } from '../core/link.ts'
import { DAY, formatTime, MINUTE, type Micros } from '../core/time.ts'

/** A certificate is a finding this long before its end: renewal is due earlier, so it does not work. */
const AHEAD = 30 * DAY
/** Renewal is due when a third of the life is left, and comes within this time. */
const RENEWAL = 20 * MINUTE

/** True from 30 days before the end; of what lives for less than 90 days, once it should have been renewed. */
export function isEnding({ notBefore, notAfter }: Term, now: Micros): boolean {
  const ahead = notBefore === undefined ? AHEAD : Math.min(AHEAD, (notAfter - notBefore) / 3 - RENEWAL)
  return notAfter - now <= ahead
}

/** Negative after its end. */
export const daysLeft = ({ notAfter }: Term, now: Micros): number => Math.floor((notAfter - now) / DAY)

export function toCertificate({ serial, ...term }: Term & { readonly serial?: string | undefined }, now: Micros) {
  const { notAfter } = term
  return {
    ...(serial !== undefined && { serial }),
    ...{ notAfter: formatTime(notAfter), daysLeft: daysLeft(term, now), isEnding: isEnding(term, now) },
  }
}
