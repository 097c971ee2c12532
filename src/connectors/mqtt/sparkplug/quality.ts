import { Status } from '../../../core/status.ts'

/** A status and the reason beside it. */
export interface Judged {
  readonly status: number
  readonly reason?: string
}

const GOOD: Judged = { status: Status.Good }

/**
 * Status of Sparkplug's `Quality` property. The specification knows 0 BAD, 192 GOOD and 500 STALE; what else devices send below 256 is the
 * OPC DA byte that the numbers come from, whose two upper bits are the quality. STALE with a value is a last known value.
 */
export function judge(quality: number | undefined): Judged {
  if (quality === undefined || quality === 192) return GOOD
  if (quality === 500) return { status: Status.UncertainNoCommunicationLastUsableValue, reason: 'sparkplug-stale' }
  if (quality === 0) return { status: Status.Bad, reason: 'sparkplug-quality-bad' }
  if (quality < 256) {
    const top = quality & 0xc0
    if (top === 0xc0) return GOOD
    return top === 0x40
      ? { status: Status.Uncertain, reason: 'sparkplug-quality-uncertain' }
      : { status: Status.Bad, reason: 'sparkplug-quality-bad' }
  }
  return { status: Status.Uncertain, reason: 'sparkplug-quality-unknown' }
}
