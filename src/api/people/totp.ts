import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const STEP_S = 30
const DIGITS = 6
/** Steps a clock may be off, either way (RFC 6238, 5.2). */
const WINDOW = 1
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A new secret of 160 bits (RFC 4226, 4), in base32. */
export const freshTotpSecret = (): string => toBase32(randomBytes(20))

/** The code of one time step: HOTP of RFC 4226, 5.3. */
export function totpCode(secret: Buffer, step: number, { digits = DIGITS, algorithm = 'sha1' } = {}): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac(algorithm, secret).update(counter).digest()
  const offset = (mac.at(-1) as number) & 0xf
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The step whose code this is, around now (µs); undefined when it is none, or not later than the last that was used: a code works once. */
export function acceptTotp(secret: string, code: string, usedStep: number, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const key = fromBase32(secret)
  const present = Math.floor(now / 1e6 / STEP_S)
  let found: number | undefined
  for (let step = present - WINDOW; step <= present + WINDOW; step++) {
    const fits = timingSafeEqual(Buffer.from(totpCode(key, step)), Buffer.from(code))
    if (fits && step > usedStep) found = step
  }
  return found
}

/** For authenticator apps, as a link or a picture. */
export function totpUri(secret: string, { site, name }: { site: string; name: string }): string {
  const label = `${encodeURIComponent(`Écluse ${site}`)}:${encodeURIComponent(name)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(`Écluse ${site}`)}&digits=${DIGITS}&period=${STEP_S}`
}

/** RFC 4648, 6, without padding. */
function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => LETTERS[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

export function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
