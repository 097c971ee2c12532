import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { LIMITS } from '../../core/limits.ts'
import type { Clock, Micros } from '../../core/time.ts'
import { EnrolmentRefused, IdentityError } from './errors.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { openStateFile } from './state-file.ts'
import { isNodeName } from './x509.ts'

const micros = z.number().nonnegative()
const token = z.strictObject({
  /** SHA-256 of the secret: who reads the file learns no secret. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  node: z.string().min(1).max(LIMITS.nodeLength),
  created: micros,
  expires: micros,
  used: micros.optional(),
})
const stored = z.strictObject({ version: z.literal(1), tokens: z.array(token).max(IDENTITY_LIMITS.tokens) })
type Stored = z.infer<typeof stored>

/** What the token's text says to the edge. */
const content = z.strictObject({
  v: z.literal(1),
  /** `host:port` of the hub. */
  address: z.string().min(1).max(260),
  node: z.string().refine(isNodeName),
  /** SHA-256 of the authority's certificate: the edge tells its secret to nobody else. */
  ca: z.string().regex(/^[0-9a-f]{64}$/),
  secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
})
export type TokenContent = z.infer<typeof content>

/** One-time tokens with which nodes enrol. Times in microseconds. */
export interface Tokens {
  /** The text to carry to the edge; this is the only time it is known. Throws IdentityError `too-many`. */
  create(made: {
    readonly node: string
    readonly address: string
    readonly fingerprint: string
    readonly lifetimeMs: number
  }): Promise<{ text: string; expires: Micros }>
  /** The node that the secret is for, and when a person made it. Throws EnrolmentRefused. */
  find(secret: string): Promise<{ readonly node: string; readonly created: Micros }>
  /** Uses the token up, durably: of two who come with it one gets through. Throws EnrolmentRefused. */
  use(secret: string): Promise<void>
}

/** Opens the tokens of a hub. Throws IdentityError `damaged` or `too-open`. */
export async function openTokens(directory: string, clock: Clock): Promise<Tokens> {
  const file = await openStateFile<Stored>(join(directory, 'tokens', 'tokens.json'), stored, { version: 1, tokens: [] })
  const usable = (state: Stored, secret: string) => {
    const found = state.tokens.find(({ hash }) => hash === hashOf(secret))
    if (!found) throw new EnrolmentRefused('token-unknown', 'this hub made no such token')
    if (found.used !== undefined) throw new EnrolmentRefused('token-used', 'the token was used already')
    if (clock.now() > found.expires) throw new EnrolmentRefused('token-expired', 'the token has expired')
    return found
  }
  return {
    create: async ({ node, address, fingerprint, lifetimeMs }) => {
      const secret = randomBytes(32).toString('base64url')
      const created = clock.now()
      const expires = created + lifetimeMs * 1000
      await file.update((state) => {
        // A newer token for the same node takes the place of one that nobody used.
        const kept = state.tokens.filter(
          (one) => created - one.expires < IDENTITY_LIMITS.tokenMemoryMs * 1000 && (one.node !== node || one.used !== undefined),
        )
        if (kept.length >= IDENTITY_LIMITS.tokens)
          throw new IdentityError('too-many', node, `more than ${IDENTITY_LIMITS.tokens} tokens were made in a short time`)
        return { version: 1, tokens: [...kept, { hash: hashOf(secret), node, created, expires }] }
      })
      return { text: encodeToken({ v: 1, address, node, ca: fingerprint, secret }), expires }
    },
    find: async (secret) => {
      await file.refresh()
      return usable(file.state, secret)
    },
    use: async (secret) => {
      await file.update((state) => {
        const found = usable(state, secret)
        return { ...state, tokens: state.tokens.map((one) => (one === found ? { ...one, used: clock.now() } : one)) }
      })
    },
  }
}

// The secret has 256 random bits: a slow hash would protect nothing more.
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

function encodeToken(token: TokenContent): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** Reads a token's text. Throws IdentityError `bad-token`. */
export function decodeToken(text: string): TokenContent {
  const bad = (cause?: unknown) => new IdentityError('bad-token', 'token', 'this is not a whole enrolment token', { cause })
  const bare = text.trim()
  if (bare.length > IDENTITY_LIMITS.tokenLength || !/^[A-Za-z0-9_-]+$/.test(bare)) throw bad()
  try {
    return content.parse(JSON.parse(Buffer.from(bare, 'base64url').toString('utf8')))
  } catch (error) {
    throw bad(error)
  }
}
