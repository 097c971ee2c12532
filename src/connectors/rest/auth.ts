import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Clock } from '../../core/time.ts'
import { readJson } from '../../lib/exact-json.ts'
import type { RestAuth } from './config.ts'
import { type HttpClient, shown } from './http.ts'
import { REST_LIMITS } from './limits.ts'

/** A token is asked for anew this long before it ends, so that none ends on the way. */
const EARLY_MS = 30_000
/** How long a token holds that does not say so. */
const UNSAID_S = 300

/** Headers that say who we are. */
export interface Authorizer {
  headers(stop: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** The server refused them: a token is asked for anew. True when it is worth another try. */
  refused(): boolean
}

export function authorizer(auth: RestAuth, http: HttpClient, clock: Clock): Authorizer {
  if (auth.type === 'oauth2') return oauth2(auth, http, clock)
  const headers = fixed(auth)
  return { headers: async () => headers, refused: () => false }
}

function fixed(auth: Exclude<RestAuth, { type: 'oauth2' }>): Readonly<Record<string, string>> {
  switch (auth.type) {
    case 'none':
      return {}
    case 'basic':
      return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`, 'utf8').toString('base64')}` }
    case 'bearer':
      return { authorization: `Bearer ${auth.token}` }
    case 'header':
      return { [auth.name.toLowerCase()]: auth.value }
  }
}

/** Client credentials: RFC 6749, 4.4; the client says who it is by 2.3.1. */
function oauth2(auth: Extract<RestAuth, { type: 'oauth2' }>, http: HttpClient, clock: Clock): Authorizer {
  let token: { readonly headers: Readonly<Record<string, string>>; readonly untilMs: number; isFresh: boolean } | undefined
  const ask = async (stop: AbortSignal) => {
    const url = new URL(auth.tokenUrl)
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(auth.scope !== undefined && { scope: auth.scope }) })
    const encoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1)
    const basic = Buffer.from(`${encoded(auth.clientId)}:${encoded(auth.clientSecret)}`).toString('base64')
    const headers = { authorization: `Basic ${basic}` }
    const answer = await http.ask(url, { headers, form: form.toString(), maxBytes: REST_LIMITS.tokenBytes }, stop)
    if (answer.status !== 200)
      throw new NotConnected(`${shown(url)} gives no token: status ${answer.status}`, {
        hint: 'check auth.clientId, auth.clientSecret and auth.scope',
        fault: fault('no-token', { peer: shown(url) }),
      })
    return readToken(answer.body, url)
  }
  return {
    async headers(stop) {
      if (!token || clock.monotonicMs() >= token.untilMs) {
        const { text, seconds } = await ask(stop)
        const untilMs = clock.monotonicMs() + Math.max(0, seconds * 1000 - EARLY_MS)
        token = { headers: { authorization: `Bearer ${text}` }, untilMs, isFresh: true }
      } else token.isFresh = false
      return token.headers
    },
    refused() {
      // A token of this moment is refused for what it is, not for its age.
      const isOld = token?.isFresh === false
      token = undefined
      return isOld
    },
  }
}

function readToken(body: Buffer, url: URL): { text: string; seconds: number } {
  const read = readJson(body, { depth: 8, values: 1000 })
  const answer =
    'value' in read && typeof read.value === 'object' ? (read.value as { access_token?: unknown; expires_in?: unknown } | null) : null
  const text = answer?.access_token
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text))
    throw new NotConnected(`${shown(url)} answers without a token`, {
      hint: 'is auth.tokenUrl right?',
      fault: fault('no-token', { peer: shown(url) }),
    })
  const seconds = Number(answer?.expires_in)
  return { text, seconds: Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 86_400) : UNSAID_S }
}
