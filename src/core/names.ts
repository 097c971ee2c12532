import { LIMITS } from './limits.ts'

const SEGMENT = /^[\p{L}\p{N}_][\p{L}\p{N}_.:-]*$/u

/** True for an equipment path with a name: segments of letters, digits, `_ . : -`, joined by `/`. */
export function isSignalId(id: string): boolean {
  return id.length <= LIMITS.idLength && id.split('/').every((segment) => SEGMENT.test(segment))
}

/** A device's own name as an id segment: what an id may not hold becomes `-`. Empty when nothing is left. */
export function toSegment(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}_.:-]+/gu, '-')
    .replace(/^[-.:]+|-+$/g, '')
    .slice(0, 128)
}
