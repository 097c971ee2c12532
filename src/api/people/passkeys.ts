import { isIP } from 'node:net'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../core/time.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'
import type { Account, Passkey } from './accounts.ts'

/** The name under which keys are made, and the origin of the pages that ask for them. */
interface Party {
  readonly id: string
  readonly origin: string
}

/** Security keys (WebAuthn, level 2). A challenge is of one session and purpose, and used once. */
export class Passkeys {
  readonly #clock: Clock
  readonly #site: string
  readonly #url: string | undefined
  readonly #challenges = new Map<string, { challenge: string; untilMs: number }>()

  constructor(clock: Clock, site: string, url: string | undefined) {
    this.#clock = clock
    this.#site = site
    this.#url = url
  }

  /** What a browser needs to make a new key. */
  async registration(account: Account, session: string, request: FastifyRequest): Promise<object> {
    const { generateRegistrationOptions } = await load()
    const { id } = this.#party(request)
    if (account.passkeys.length >= API_LIMITS.passkeys) throw new Refusal(409, 'too-many-passkeys', API_LIMITS.passkeys)
    const options = await generateRegistrationOptions({
      ...{ rpName: `Écluse ${this.#site}`, rpID: id, userName: account.name, userID: Buffer.from(account.id), attestationType: 'none' },
      excludeCredentials: account.passkeys.map((key) => ({ id: key.id })),
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
    })
    this.#remember(`make ${session}`, options.challenge)
    return options
  }

  /** The key that a browser has made, ready to be kept. */
  async registered(session: string, request: FastifyRequest, response: RegistrationResponseJSON, label: string): Promise<Passkey> {
    const { verifyRegistrationResponse } = await load()
    const { id, origin } = this.#party(request)
    const expected = {
      expectedChallenge: this.#take(`make ${session}`),
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: false,
    }
    const { verified, registrationInfo } = await verifyRegistrationResponse({ response, ...expected }).catch(refuse)
    if (!verified || !registrationInfo) throw refused()
    const { credential } = registrationInfo
    return {
      ...{ id: credential.id, publicKey: Buffer.from(credential.publicKey).toString('base64url'), counter: credential.counter },
      ...{ transports: [...(credential.transports ?? [])].slice(0, 8), label, createdTime: this.#clock.now() },
    }
  }

  /** What a browser needs to have one of the keys sign. */
  async authentication(account: Account, session: string, request: FastifyRequest): Promise<object> {
    const { generateAuthenticationOptions } = await load()
    const { id } = this.#party(request)
    const allowCredentials = account.passkeys.map((key) => ({ id: key.id, transports: key.transports as never }))
    const options = await generateAuthenticationOptions({ rpID: id, allowCredentials, userVerification: 'preferred' })
    this.#remember(`show ${session}`, options.challenge)
    return options
  }

  /** The key that has signed, with its new counter: one that does not rise is a copy, and refused. */
  async shown(account: Account, session: string, request: FastifyRequest, response: AuthenticationResponseJSON): Promise<Passkey> {
    const { verifyAuthenticationResponse } = await load()
    const { id, origin } = this.#party(request)
    const expectedChallenge = this.#take(`show ${session}`)
    const key = account.passkeys.find((one) => one.id === response.id)
    if (!key) throw refused()
    const credential = { id: key.id, publicKey: Uint8Array.from(Buffer.from(key.publicKey, 'base64url')), counter: key.counter }
    const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: id, requireUserVerification: false }
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({ response, credential, ...expected }).catch(refuse)
    if (!verified) throw refused()
    return { ...key, counter: authenticationInfo.newCounter }
  }

  /** Keys are bound to a name; the one in a request has passed the list of names this server answers to. */
  #party({ host, hostname }: FastifyRequest): Party {
    const { hostname: id, origin } = this.#url === undefined ? { hostname, origin: `http://${host}` } : new URL(this.#url)
    if (isIP(id.replace(/^\[|\]$/g, '')) === 0) return { id, origin }
    throw new Refusal(409, 'needs-name')
  }

  #remember(key: string, challenge: string): void {
    this.#challenges.delete(key)
    if (this.#challenges.size >= API_LIMITS.sessions) this.#challenges.delete(this.#challenges.keys().next().value as string)
    this.#challenges.set(key, { challenge, untilMs: this.#clock.monotonicMs() + API_LIMITS.secondFactorMs })
  }

  #take(key: string): string {
    const found = this.#challenges.get(key)
    this.#challenges.delete(key)
    if (!found || found.untilMs < this.#clock.monotonicMs()) throw new Refusal(409, 'nothing-offered')
    return found.challenge
  }
}

/** Loaded when somebody uses a key. */
const load = () => import('@simplewebauthn/server')
const refused = () => new Refusal(401, 'passkey-refused')
const refuse = (cause: unknown): never => {
  throw Object.assign(refused(), { cause })
}
