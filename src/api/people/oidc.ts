import * as client from 'openid-client'
import type { Clock } from '../../core/time.ts'
import { isLoopback } from '../../lib/network-address.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'
import { Once } from './once.ts'
import { Sealed } from './sealed.ts'

/** What the file says of the provider. */
export interface OidcSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly scope: string
  /** Claim of the ID token that says the groups. */
  readonly claim: string
  /** Roles by group. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly label?: { readonly fr?: string | undefined; readonly en?: string | undefined } | undefined
}

/** Who the provider says it is. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly roles: readonly string[]
}

interface Pending {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly beganMs: number
}

const TIMEOUT_S = 5

/**
 * Sign-in by OpenID Connect: code flow with PKCE, state and nonce. What was begun is kept by the browser that began it, sealed: so nobody who begins many puts out
 * another's. What ended is remembered here for as long as it could be used again.
 */
export class Oidc {
  readonly settings: OidcSettings
  readonly #clock: Clock
  readonly #sealed = new Sealed<Pending>()
  readonly #ended: Once
  #found: client.ServerMetadata | undefined

  constructor(settings: OidcSettings, clock: Clock) {
    this.settings = settings
    this.#clock = clock
    this.#ended = new Once(clock, API_LIMITS.oidcEnded, API_LIMITS.oidcMs)
  }

  /** Where the browser goes, and the sealed text it keeps meanwhile. Throws a Refusal when the provider does not answer. */
  async begin(redirect: string): Promise<{ secret: string; to: URL }> {
    const provider = await this.#provider()
    const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()]
    const secret = this.#sealed.seal({ state, nonce, verifier, beganMs: this.#clock.monotonicMs() })
    const to = client.buildAuthorizationUrl(provider, {
      ...{ redirect_uri: redirect, scope: this.settings.scope, response_type: 'code', state, nonce },
      ...{ code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    })
    return { secret, to }
  }

  /** Exchanges the code: issuer, audience, signature, times, nonce and state are checked. Throws a Refusal for whatever does not fit. */
  async finish(secret: string | undefined, answer: URL): Promise<Identity> {
    const begun = this.#sealed.open(secret ?? '')
    // Its code, too, is taken once, by the provider.
    if (!begun || !this.#ended.use(begun.state, begun.beganMs)) throw new Refusal(403, 'oidc-state')
    const provider = await this.#provider()
    const checks = { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce, idTokenExpected: true }
    const tokens = await client.authorizationCodeGrant(provider, answer, checks).catch((error: unknown) => {
      throw refusalOf(error)
    })
    const claims = tokens.claims()
    if (!claims) throw new Refusal(403, 'oidc-refused/no-token')
    return { issuer: claims.iss, subject: claims.sub, name: nameIn(claims), roles: this.#rolesIn(claims) }
  }

  /** A group that nobody mapped gives nothing; neither does a claim of another shape. */
  #rolesIn(claims: Readonly<Record<string, unknown>>): string[] {
    const { claim, roles } = this.settings
    const said = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    const groups = (Array.isArray(said) ? said : [said]).filter((one): one is string => typeof one === 'string')
    return [...new Set(groups.flatMap((group) => (Object.hasOwn(roles, group) ? (roles[group] as readonly string[]) : [])))]
  }

  async #provider(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings
    const url = new URL(issuer)
    const isHere = url.protocol === 'http:' && isLoopback(url.hostname)
    const auth = clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret)
    const options = { timeout: TIMEOUT_S, ...(isHere && { execute: [client.allowInsecureRequests] }) }
    const discover = () =>
      client.discovery(url, clientId, undefined, auth, options).then(
        (found) => found.serverMetadata(),
        (cause) => Promise.reject(unreachable(cause)),
      )
    const found = this.#found ?? (await discover())
    this.#found = found
    // Times in tokens are held against this node's clock.
    const skew = Math.round(this.#clock.now() / 1e6 - Date.now() / 1_000)
    const provider = new client.Configuration(found, clientId, { [client.clockSkew]: skew }, auth)
    provider.timeout = TIMEOUT_S
    if (isHere) client.allowInsecureRequests(provider)
    // Signatures are checked although the token comes straight from the provider.
    client.enableNonRepudiationChecks(provider)
    return provider
  }
}

const unreachable = (cause: unknown): Refusal => Object.assign(new Refusal(503, 'provider-unreachable'), { cause })

/** The provider's own refusal, something that does not fit, or nobody there; details stay in the cause. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)
    return Object.assign(new Refusal(403, 'oidc-refused'), { cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (error instanceof TypeError || code === 'OAUTH_TIMEOUT') return unreachable(error)
  return Object.assign(new Refusal(403, 'oidc-invalid'), { cause: error })
}

/** A name for people, in the letters that names of accounts have. */
function nameIn(claims: Readonly<Record<string, unknown>>): string {
  const given = [claims.preferred_username, claims.email, claims.sub].find((one) => typeof one === 'string' && one !== '') as string
  return given
    .replace(/[^\p{L}\p{N} ._@-]/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .trim()
    .slice(0, 64)
}
