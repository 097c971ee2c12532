import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'
import { administrator, type Grant, type Rights, type Roles, rightsOf } from '../../core/roles.ts'
import type { Clock } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'
import { type Account, Accounts, freshSecret, hashOf, sameHash } from './accounts.ts'
import type { Notice } from './notice.ts'
import type { OidcSettings } from './oidc.ts'
import type { ZoneMap } from './scoped-view.ts'
import { type Session, type SessionLimits, Sessions } from './sessions.ts'
import { grantsOf, Tokens } from './tokens.ts'

/** What still stands between somebody who has said who they are and what they may do. */
export type Stage = 'second-factor' | 'enrol'

export interface Caller {
  readonly name: string
  readonly kind: 'person' | 'token' | 'local'
  /** None while there is a stage. */
  readonly rights: Rights
  readonly stage: Stage | undefined
  /** Changes when the rights do. */
  readonly version: string
  /** Of a person. */
  readonly account?: Account
  readonly session?: Session
}

/** What the file declares of people. */
export interface PeopleSettings {
  readonly roles: Roles
  readonly zones: ZoneMap
  readonly mfa: 'optional' | 'required'
  readonly sessions: SessionLimits
  /** Where people reach this node, when that is not the address it listens on: behind a proxy, by a name. */
  readonly url?: string | undefined
  readonly oidc?: OidcSettings | undefined
  /** What is shown before anybody signs in. */
  readonly notice?: Notice
}

/** Browsers keep cookies by host, not by port: without it, two nodes on one machine would sign each other's users out. */
export const cookieName = ({ socket }: FastifyRequest): string => `ecluse-session-${socket.localPort}`

const LINK_MS = 3_600_000
const LOCAL_TOKEN = 'local-token'
/** Who calls with the token of the data folder: no account says who it is. */
const LOCAL_CALLER = 'local'
const NOTHING: Rights = { may: () => false, somewhere: () => false, everywhere: () => false }

/** Who is calling, and what they may do now. Rights are looked up for every request: nothing that a client holds says them. */
export class Access {
  readonly accounts: Accounts
  readonly tokens: Tokens
  readonly sessions: Sessions
  readonly settings: PeopleSettings
  readonly #clock: Clock
  readonly #tokenFile: string
  readonly #localHash: string
  readonly #listeners = new Set<() => void>()
  #link: { hash: string; untilMs: number } | undefined

  private constructor(parts: {
    accounts: Accounts
    tokens: Tokens
    clock: Clock
    tokenFile: string
    localToken: string
    settings: PeopleSettings
  }) {
    this.accounts = parts.accounts
    this.tokens = parts.tokens
    this.settings = parts.settings
    this.sessions = new Sessions(parts.clock, parts.settings.sessions)
    this.#clock = parts.clock
    this.#tokenFile = parts.tokenFile
    this.#localHash = hashOf(parts.localToken)
  }

  /** Reads accounts and tokens and leaves a fresh token for the command line of this machine's owner. */
  static async open(directory: string, clock: Clock, settings: PeopleSettings): Promise<Access> {
    const [accounts, tokens] = await Promise.all([Accounts.open(directory), Tokens.open(directory, clock)])
    const localToken = freshSecret()
    const tokenFile = join(directory, LOCAL_TOKEN)
    await replaceFile(tokenFile, `${localToken}\n`)
    return new Access({ accounts, tokens, clock, tokenFile, localToken, settings })
  }

  /** A one-time token for the first account; undefined when there is an account already. */
  makeLink(): string | undefined {
    if (this.accounts.all().length > 0) return undefined
    const token = freshSecret()
    this.#link = { hash: hashOf(token), untilMs: this.#clock.monotonicMs() + LINK_MS }
    return token
  }

  /** Throws unless this is the one-time token of the start. */
  checkLink(token: string): void {
    const link = this.#link
    if (link && this.#clock.monotonicMs() <= link.untilMs && sameHash(hashOf(token), link.hash)) return
    throw new Refusal(403, 'link-invalid/first')
  }

  linkUsed(): void {
    this.#link = undefined
  }

  /** The caller of a request, by session cookie or bearer token; undefined for a stranger. */
  callerOf(request: FastifyRequest, isUse = true): Caller | undefined {
    const { authorization } = request.headers
    if (authorization !== undefined) {
      const bearer = /^Bearer ([\w-]{20,100})$/.exec(authorization)?.[1]
      return bearer === undefined ? undefined : this.#bearer(bearer, request.ip, isUse)
    }
    const cookie = request.cookies[cookieName(request)]
    const session = cookie ? this.sessions.find(cookie, isUse) : undefined
    return session && this.callerIn(session)
  }

  #bearer(secret: string, from: string, isUse: boolean): Caller | undefined {
    const whole = { stage: undefined, version: '' }
    if (sameHash(hashOf(secret), this.#localHash))
      return { ...whole, name: LOCAL_CALLER, kind: 'local', rights: this.#rights(administrator.grants) }
    const token = this.tokens.find(secret, from, isUse)
    return token && { ...whole, name: `token:${token.name}`, kind: 'token', rights: this.#rights(grantsOf(token)) }
  }

  /** Who a session is of, by the account as it is now. */
  callerIn(session: Session): Caller | undefined {
    const account = this.accounts.withId(session.account)
    if (!account || account.isDisabled) return undefined
    const stage = this.#stageOf(account, session)
    const roles = account.roles.flatMap((name) => this.settings.roles.get(name) ?? [])
    const rights = stage === undefined ? this.#rights(roles.flatMap((role) => role.grants)) : NOTHING
    return { name: account.name, kind: 'person', rights, stage, version: `${stage} ${account.roles.join(' ')}`, account, session }
  }

  #stageOf(account: Account, { isWhole }: Session): Stage | undefined {
    // Who comes by a provider has shown there what it asks for.
    if (account.external) return undefined
    if (hasSecondFactor(account)) return isWhole ? undefined : 'second-factor'
    return this.needsSecondFactor(account) ? 'enrol' : undefined
  }

  needsSecondFactor({ roles }: Account): boolean {
    return this.settings.mfa === 'required' || roles.some((name) => this.settings.roles.get(name)?.mfa)
  }

  #rights(grants: readonly Grant[]): Rights {
    return rightsOf(grants, this.settings.zones.zones)
  }

  /** Whether somebody has just said who they are, as it takes to change accounts. The machine's owner always has. */
  isFresh({ kind, session }: Caller): boolean {
    if (kind === 'local') return true
    return session !== undefined && this.#clock.monotonicMs() - session.freshMs <= API_LIMITS.freshMs
  }

  madeFresh(session: Session): void {
    session.freshMs = this.#clock.monotonicMs()
  }

  /** Called whenever what somebody may do could have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  async close(): Promise<void> {
    await this.tokens.close()
    await rm(this.#tokenFile, { force: true })
  }
}

export const hasSecondFactor = ({ totp, passkeys }: Account): boolean => totp !== undefined || passkeys.length > 0
