const two = (number: number): string => String(number).padStart(2, '0')

/** An instant as `<input type="datetime-local">` wants it: in the reader's zone, to the second. */
export function localInput(time: string): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return ''
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** The instant that the reader meant, RFC 3339 UTC; undefined for what is no time. */
export function utcOf(local: string): string | undefined {
  const ms = Date.parse(local)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}

/** Spans of time that a list may be narrowed to, in milliseconds around now: so much before, so much after. */
export const SPANS = { '24h': [86_400_000, 86_400_000], '7d': [7 * 86_400_000, 7 * 86_400_000], all: undefined } as const
export type Span = keyof typeof SPANS
export const isSpan = (text: string): text is Span => Object.hasOwn(SPANS, text)

/** `from` and `to` of a span, to whole minutes so that the same question is asked again; empty for all time. */
export function spanTimes(span: Span, nowMs: number): { from?: string; to?: string } {
  const around = SPANS[span]
  if (!around) return {}
  const now = Math.ceil(nowMs / 60_000) * 60_000
  return { from: new Date(now - around[0]).toISOString(), to: new Date(now + around[1]).toISOString() }
}
