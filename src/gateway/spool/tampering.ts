/** What can be wrong with a signed log. `altered`: checksum or chain; `forged`: checksums are right, and what was signed is something else. */
export type TamperKind = 'altered' | 'forged' | 'missing' | 'reordered' | 'unsigned' | 'unreadable'

/** The first thing that is wrong. */
export interface Tampering {
  readonly kind: TamperKind
  readonly file: string
  /** The record it begins with, where one can be named. */
  readonly sequence?: number
  /** English, for the person who looks into it. */
  readonly what: string
}

/** Ends a verification where the first thing is wrong. */
export class Found extends Error {
  readonly tampering: Tampering
  constructor(tampering: Tampering) {
    super(tampering.what)
    this.tampering = tampering
  }
}

export function found(kind: TamperKind, file: string, what: string, sequence?: number): Found {
  return new Found({ kind, file, what, ...(sequence !== undefined && { sequence }) })
}

/** What a head or a seal is that does not hold. */
export function wrongStatement(read: 'form' | 'signature' | 'missing'): string {
  return read === 'signature' ? 'this key did not sign it, or it was altered' : 'it is not a signed statement to the letter'
}
