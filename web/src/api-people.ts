import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import type {
  Invitation,
  NewToken,
  Profile,
  RecoveryCodes,
  Session,
  SignInWays,
  TokenList,
  TotpBegun,
  UserList,
} from '../../src/api/schemas.ts'
import { type Answer, call, json } from './api.ts'

/** Accounts, tokens and the ways in, as the pages use them. */
const post = <T>(path: string, body: object = {}) => call<T>(path, json('POST', body))
type Options = { readonly options: Record<string, unknown> }

export const readWays = () => call<SignInWays>('session/ways')
export const showCode = (code: string) => post<Session>('session/second-factor', { code })
export const signInAgain = (given: { password?: string; code?: string }) => post<Session>('session/fresh', given)
export const chooseInvited = (token: string, password: string, notice: string | undefined) =>
  post<Session>('invitation', { token, password, notice })

export const readUsers = () => call<UserList>('users')
export const inviteUser = (name: string, roles: readonly string[]) => post<Invitation>('users', { name, roles })
export const newLinkFor = (id: string) => post<Invitation>(`users/${id}/invitation`)
export const changeUser = (id: string, change: { roles?: readonly string[]; isDisabled?: boolean; resetMfa?: true }) =>
  post<unknown>(`users/${id}`, change)
export const removeUser = (id: string) => call<unknown>(`users/${id}`, { method: 'DELETE' })
export const signOutUser = (id: string) => post<unknown>(`users/${id}/sign-out`)

export const readTokens = () => call<TokenList>('tokens')
export const makeToken = (made: { name: string; may: readonly string[]; zones: readonly string[]; days: number }) =>
  post<NewToken>('tokens', made)
export const revokeToken = (id: string) => post<unknown>(`tokens/${id}/revocation`)

export const readProfile = () => call<Profile>('profile')
export const changePassword = (current: string, password: string) => post<Session>('profile/password', { current, password })
export const endSession = (id: string) => post<unknown>(`profile/sessions/${id}/end`)
export const beginTotp = () => post<TotpBegun>('profile/totp')
export const confirmTotp = (code: string) => post<RecoveryCodes>('profile/totp/confirmation', { code })
export const removeTotp = () => post<unknown>('profile/totp/removal')
export const newRecovery = () => post<RecoveryCodes>('profile/recovery')
export const removeKey = (id: string) => post<unknown>('profile/passkeys/removal', { id })

/** Asks the browser for a new security key and hands it over. */
export async function addKey(label: string): Promise<Answer<RecoveryCodes>> {
  const begun = await post<Options>('profile/passkeys/options')
  if (!begun.ok) return begun
  return ofKey(async () =>
    post<RecoveryCodes>('profile/passkeys', { label, response: await startRegistration({ optionsJSON: begun.data.options as never }) }),
  )
}

/** Shows a security key as second factor. */
export async function showKey(): Promise<Answer<Session>> {
  const begun = await post<Options>('session/passkey/options')
  if (!begun.ok) return begun
  return ofKey(async () =>
    post<Session>('session/passkey', { response: await startAuthentication({ optionsJSON: begun.data.options as never }) }),
  )
}

/** The browser says no by throwing: nobody touched the key, it is the wrong one, or there is none. */
async function ofKey<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await ask()
  } catch (cause) {
    return { ok: false, status: 0, problem: { code: 'key-failed', message: String(cause) } }
  }
}
