import { z } from 'zod'
import { duration } from '../core/config-parts.ts'
import { NEVER } from '../core/it-records.ts'
import { HOUR, type Micros, parseTime } from '../core/time.ts'
import { Refusal } from './problem.ts'

/** A time in a query: RFC 3339, or a duration back from now such as `-8h`, or `now`. */
const moment = z.string().max(64).describe('RFC 3339 UTC, `now`, or a duration before now: -8h')

export const EARLIEST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000

/** The period of a query; without `from` the last hour, without `to` until now. */
export const period = { from: moment.optional(), to: moment.optional() }

export function readPeriod(query: { from?: string | undefined; to?: string | undefined }, now: Micros): { from: Micros; to: Micros } {
  // `to` is exclusive: a microsecond more, so that "until now" holds what arrived now.
  const to = query.to === undefined ? now + 1 : readMoment(query.to, now)
  const from = query.from === undefined ? to - HOUR : readMoment(query.from, now)
  if (!(from < to)) throw new Refusal(400, 'invalid-period')
  return { from, to }
}

export function readMoment(text: string, now: Micros): Micros {
  if (text === 'now') return now
  const back = text.startsWith('-') ? duration.safeParse(text.slice(1)) : undefined
  const time = back?.success ? now - back.data * 1000 : parseTime(text)
  if (Number.isNaN(time)) {
    throw new Refusal(400, 'invalid-time', text.slice(0, 64))
  }
  return time
}

/** What holds at some moment of a time that may be open at either end. */
export function readOverlap(query: { from?: string | undefined; to?: string | undefined }, now: Micros): { from: Micros; to: Micros } {
  const from = query.from === undefined ? EARLIEST : readMoment(query.from, now)
  const to = query.to === undefined ? NEVER : readMoment(query.to, now)
  if (!(from < to)) throw new Refusal(400, 'invalid-period')
  return { from, to }
}

/** The length of an interval in microseconds. */
export function readInterval(text: string): Micros {
  const read = duration.safeParse(text)
  if (!read.success || read.data < 1) {
    throw new Refusal(400, 'invalid-interval', text.slice(0, 64))
  }
  return Math.round(read.data * 1000)
}
