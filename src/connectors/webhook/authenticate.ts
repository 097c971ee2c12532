import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../core/time.ts'
import type { WebhookAuth } from './config.ts'

/** Says whether a request comes from who may send. */
export interface Authenticator {
  /** By the header alone: false turns it away before a byte of its body is read. */
  mayEnter(headers: IncomingHttpHeaders): boolean
  /** With the body; the name under which this very request is known again, undefined when every request is a new one, false when it may not enter. */
  accepts(headers: IncomingHttpHeaders, body: Buffer): string | undefined | false
}

export function authenticator(auth: WebhookAuth, clock: Clock): Authenticator {
  if (auth.type === 'bearer') {
    const expected = sha256(`Bearer ${auth.token}`)
    const mayEnter = ({ authorization = '' }: IncomingHttpHeaders) =>
      timingSafeEqual(sha256(authorization.replace(/^bearer /i, 'Bearer ')), expected)
    return { mayEnter, accepts: () => undefined }
  }
  const sign = (headers: IncomingHttpHeaders) => one(headers[auth.signature.toLowerCase()])?.replace(/^sha256=/, '')
  const stamp = (headers: IncomingHttpHeaders) => one(headers[auth.timestamp.toLowerCase()])
  return {
    mayEnter(headers) {
      const [signature, time] = [sign(headers), stamp(headers)]
      if (signature === undefined || !/^[0-9a-f]{64}$/i.test(signature)) return false
      if (time === undefined || !/^\d{1,12}$/.test(time)) return false
      return Math.abs(clock.now() / 1000 - Number(time) * 1000) <= auth.window
    },
    accepts(headers, body) {
      const expected = createHmac('sha256', auth.secret)
        .update(`${stamp(headers)}.`)
        .update(body)
        .digest()
      return timingSafeEqual(Buffer.from(sign(headers) ?? '', 'hex'), expected) ? `signature ${expected.toString('hex')}` : false
    },
  }
}

/** Equal lengths whatever was sent, so that the time of the comparison says nothing. */
function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? undefined : header
}
