/** What can be wrong with an identity; each has a sentence of its own in the words of the commands. */
export type IdentityProblem =
  | 'absent'
  | 'unreadable'
  | 'too-open'
  | 'damaged'
  | 'passphrase'
  | 'mismatch'
  | 'busy'
  | 'exists'
  | 'unknown'
  | 'too-many'
  | 'not-issued-here'
  | 'bad-token'
  | 'wrong-hub'

/** An identity cannot be used, or not changed, as it is. Nothing was changed. */
export class IdentityError extends Error {
  override name = 'IdentityError'
  readonly code: IdentityProblem
  /** The file, node or address it is about. */
  readonly subject: string
  constructor(code: IdentityProblem, subject: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.code = code
    this.subject = subject
  }
}

/** Why a hub gives no certificate. */
export const ENROLMENT_REFUSALS = [
  'token-unknown',
  'token-expired',
  'token-used',
  'too-many-attempts',
  'bad-request',
  'not-issued-here',
  'too-soon',
  'revoked',
  'too-many-nodes',
] as const
export type EnrolmentRefusal = (typeof ENROLMENT_REFUSALS)[number]

/** The hub gives no certificate. */
export class EnrolmentRefused extends Error {
  override name = 'EnrolmentRefused'
  readonly code: EnrolmentRefusal
  constructor(code: EnrolmentRefusal, message: string) {
    super(message)
    this.code = code
  }
}
