import { z } from 'zod'
import type { Peer } from '../../core/link.ts'
import type { Clock } from '../../core/time.ts'
import { addressGroup } from '../../lib/network-address.ts'
import { countAttempts } from './attempts.ts'
import type { Authority, Issued } from './authority.ts'
import { ENROLMENT_REFUSALS, type EnrolmentRefusal, EnrolmentRefused, IdentityError } from './errors.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import type { Registry } from './registry.ts'
import type { Tokens } from './tokens.ts'

/** What a node without a certificate sends, once. */
export const enrolRequest = z.strictObject({
  enroll: z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/), request: z.string().max(IDENTITY_LIMITS.requestLength) }),
})

/** What it gets, and what a node that renews gets. */
export const enrolAnswer = z.union([
  z.object({
    certificate: z.string().max(IDENTITY_LIMITS.pemLength),
    ca: z.string().max(IDENTITY_LIMITS.pemLength),
  }),
  z.object({ refused: z.enum(ENROLMENT_REFUSALS), message: z.string().max(IDENTITY_LIMITS.textLength) }),
])
export type EnrolAnswer = z.infer<typeof enrolAnswer>

/** The side that gives certificates: what a hub or relay answers to nodes. Neither function ever throws for what the node sent. */
export interface Enrolment {
  /** To a stranger's request, as parsed JSON of any shape. */
  answerEnroll(request: unknown, address: string): Promise<EnrolAnswer>
  /** To a node that has proved who it is and asks for its next certificate. */
  answerRenew(request: unknown, peer: Peer): Promise<EnrolAnswer>
  readonly counters: EnrolmentCounters
}

export interface EnrolmentCounters {
  enrolled: number
  renewed: number
  readonly refused: Record<EnrolmentRefusal, number>
}

export interface EnrolmentParts {
  readonly authority: Authority
  readonly registry: Registry
  readonly tokens: Tokens
  readonly clock: Clock
}

export function createEnrolment({ authority, registry, tokens, clock }: EnrolmentParts): Enrolment {
  const attempts = countAttempts(clock)
  const refused = Object.fromEntries(ENROLMENT_REFUSALS.map((code) => [code, 0])) as Record<EnrolmentRefusal, number>
  const counters: EnrolmentCounters = { enrolled: 0, renewed: 0, refused }
  const issue = async (request: string, node: string): Promise<Issued> => {
    const issued = await authority.issue(request, node)
    if (!issued) throw new EnrolmentRefused('bad-request', `not a sound certificate request for ${node}`)
    return issued
  }
  const answer = async (work: () => Promise<Issued>): Promise<EnrolAnswer> => {
    try {
      return { certificate: (await work()).pem, ca: authority.ca }
    } catch (error) {
      const known = toRefusal(error)
      if (!known) throw error
      refused[known.code]++
      return { refused: known.code, message: known.message.slice(0, IDENTITY_LIMITS.textLength) }
    }
  }
  const enrol = async (request: unknown): Promise<Issued> => {
    const parsed = enrolRequest.safeParse(request)
    if (!parsed.success) throw new EnrolmentRefused('bad-request', 'not an enrolment request')
    const { secret, request: pem } = parsed.data.enroll
    const { node, created } = await tokens.find(secret)
    // Signed before the token is used up, so that a bad request does not cost the token; it leaves this node only afterwards.
    const issued = await issue(pem, node)
    await tokens.use(secret)
    await registry.enrol(node, issued, created)
    counters.enrolled++
    return issued
  }
  return {
    counters,
    answerEnroll: (request, address) =>
      answer(async () => {
        const group = addressGroup(address)
        const waitMs = attempts.waitMs(group)
        if (waitMs > 0) throw new EnrolmentRefused('too-many-attempts', `too many wrong tokens: try again in ${Math.ceil(waitMs / 1000)} s`)
        try {
          const issued = await enrol(request)
          attempts.succeeded(group)
          return issued
        } catch (error) {
          // Only a guess counts: a mistake with a real token is a person's, who may try again.
          if (error instanceof EnrolmentRefused && error.code === 'token-unknown') attempts.failed(group)
          throw error
        }
      }),
    answerRenew: (request, peer) =>
      answer(async () => {
        if (typeof request !== 'string') throw new EnrolmentRefused('bad-request', 'not a certificate request')
        const known = registry.node(peer.node)
        if (!known || known.revoked) throw new EnrolmentRefused('revoked', `node ${peer.node} is not admitted here`)
        const newest = Math.max(0, ...known.certificates.map(({ issued }) => issued))
        const since = clock.now() - newest
        // A clock that was set back must not keep a node from its next certificate.
        if (since >= 0 && since < IDENTITY_LIMITS.renewEveryMs * 1000)
          throw new EnrolmentRefused('too-soon', 'a certificate was issued a moment ago')
        const issued = await issue(request, peer.node)
        await registry.renew(peer.node, issued, peer.certificate)
        counters.renewed++
        return issued
      }),
  }
}

function toRefusal(error: unknown): EnrolmentRefused | undefined {
  if (error instanceof EnrolmentRefused) return error
  if (!(error instanceof IdentityError)) return undefined
  if (error.code === 'not-issued-here') return new EnrolmentRefused('not-issued-here', error.message)
  return error.code === 'unknown' ? new EnrolmentRefused('revoked', error.message) : undefined
}
