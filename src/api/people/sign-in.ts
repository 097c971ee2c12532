import { ADMINISTRATOR } from '../../core/roles.ts'
import type { Clock } from '../../core/time.ts'
import { addressGroup, plainAddress } from '../../lib/network-address.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'
import { type Access, type Caller, hasSecondFactor } from './access.ts'
import { type Account, freshSecret, hashOf, sameHash } from './accounts.ts'
import { checkPassword } from './password-rules.ts'
import { Passwords } from './passwords.ts'
import type { Session } from './sessions.ts'
import { Throttle, type Throttled } from './throttle.ts'
import { acceptTotp } from './totp.ts'

/** Where a request came from, for lists of sessions. */
export interface Place {
  readonly from: string
  readonly agent: string
  /** By the reserved listener: guesses made at the public one take nothing from it. */
  readonly isReserved?: boolean
}

/** A new session: its secret, for the cookie alone, and who it is. */
export interface Begun {
  readonly secret: string
  readonly caller: Caller
}

const MINUTE_MS = 60_000

/** How one becomes somebody: passwords, second factors, invitations; and how guessing is slowed down. */
export class SignIn {
  readonly #access: Access
  readonly #clock: Clock
  readonly #site: string
  readonly #passwords = new Passwords()
  readonly #reserved = new Passwords()
  readonly #throttle: Throttle
  /** `address name` from where somebody has signed in: guesses made elsewhere do not keep them out. */
  readonly #known = new Set<string>()

  constructor(access: Access, clock: Clock, site: string) {
    this.#access = access
    this.#clock = clock
    this.#site = site
    this.#throttle = new Throttle(clock)
  }

  /** Uses the one-time link up and makes the first account, an administrator; not when `beforeDone` rejects. */
  async createFirst(token: string, name: string, password: string, place: Place, beforeDone: () => Promise<void>): Promise<Begun> {
    this.#access.checkLink(token)
    checkPassword(password, { name, site: this.#site })
    const kept = await this.#passwords.hash(password)
    await beforeDone()
    this.#access.checkLink(token)
    this.#access.linkUsed()
    const now = this.#clock.now()
    const account = await this.#access.accounts.create({ name, roles: [ADMINISTRATOR], password: kept, lastSignIn: now }, now)
    return this.begin(account, place, !hasSecondFactor(account))
  }

  /** Signs in; the refusal is the same for a wrong name, a wrong password and an account that is disabled. */
  async withPassword(name: string, password: string, place: Place): Promise<Begun> {
    const keys = this.#keys(name, place.isReserved ? `reserved ${place.from}` : place.from)
    const passwords = place.isReserved ? this.#reserved : this.#passwords
    const account = this.#access.accounts.named(name)
    const { fits, isOld } = await this.#guarded(keys, async () => {
      const checked = await passwords.check(password, account?.password)
      if (!account || !checked.fits || account.isDisabled) throw new Refusal(401, 'sign-in-refused')
      return checked
    })
    const found = account as Account
    this.#remember(`${groupIn(place.from)} ${name}`)
    const kept = fits && isOld ? await passwords.hash(password) : undefined
    await this.#access.accounts.update(found.id, (one) => ({
      ...one,
      lastSignIn: this.#clock.now(),
      ...(kept !== undefined && one.password === found.password && { password: kept }),
    }))
    return this.begin(found, place, !hasSecondFactor(found))
  }

  /** A new session of an account, with an id of its own. */
  begin(account: Account, place: Place, isWhole: boolean): Begun {
    const { from, agent } = place
    const secret = this.#access.sessions.begin(account.id, { from, agent, isWhole })
    const caller = this.#access.callerIn(this.#access.sessions.find(secret, true) as Session)
    if (!caller) throw new Refusal(401, 'sign-in-refused')
    return { secret, caller }
  }

  /** Proves by a code of the app or one of recovery that it is the same person. Only who knows the password gets here, so its limit locks no one else out. */
  async checkCode(account: Account, code: string): Promise<void> {
    const keys = [{ key: `code ${account.id}`, free: 5, longestMs: 5 * MINUTE_MS }]
    await this.#guarded(keys, () =>
      this.#access.accounts.update(account.id, (one) => {
        const step = one.totp && acceptTotp(one.totp.secret, code, one.totp.usedStep, this.#clock.now())
        if (one.totp && step !== undefined) return { ...one, totp: { ...one.totp, usedStep: step } }
        const hash = hashOf(plainCode(code))
        const left = one.recovery.filter((kept) => !sameHash(kept, hash))
        if (left.length === one.recovery.length) throw new Refusal(401, 'code-refused')
        return { ...one, recovery: left }
      }),
    )
  }

  /** The same by the password. */
  async checkOwnPassword(account: Account, password: string, from: string): Promise<void> {
    await this.#guarded(this.#keys(account.name, from), async () => {
      const { fits } = await this.#passwords.check(password, account.password)
      if (!fits) throw new Refusal(401, 'password-refused')
    })
  }

  /** Another password; every other session of the account ends. With an invitation only while it is the one in force: of two at once, one gets in. */
  async changePassword(
    account: Account,
    password: string,
    { keep, invitation }: { readonly keep?: string; readonly invitation?: string },
    beforeDone: () => Promise<void>,
  ): Promise<void> {
    checkPassword(password, { name: account.name, site: this.#site })
    const kept = await this.#passwords.hash(password)
    await beforeDone()
    await this.#access.accounts.update(account.id, ({ invitation: known, ...one }) => {
      const isUsed = invitation !== undefined && !(known && sameHash(known.hash, hashOf(invitation)))
      if (isUsed) throw new Refusal(403, 'link-invalid')
      return { ...one, password: kept }
    })
    this.#access.sessions.endOf(account.id, ({ id }) => id !== keep)
    this.#access.changed()
  }

  /** A link by which an account chooses its password; the one before holds no more. */
  async invite(id: string): Promise<{ token: string; until: number }> {
    const token = freshSecret()
    const until = this.#clock.now() + API_LIMITS.invitationMs * 1_000
    await this.#access.accounts.update(id, (one) => {
      if (one.external) throw new Refusal(409, 'external-account')
      return { ...one, invitation: { hash: hashOf(token), until } }
    })
    return { token, until }
  }

  /** The account an invitation is for. */
  invited(token: string): Account {
    const hash = hashOf(token)
    const now = this.#clock.now()
    const isFor = ({ invitation, isDisabled }: Account) =>
      invitation !== undefined && !isDisabled && invitation.until > now && sameHash(invitation.hash, hash)
    const found = this.#access.accounts.all().find(isFor)
    if (!found) throw new Refusal(403, 'link-invalid')
    return found
  }

  /** What is remembered of where somebody signed in from, when the account is removed. */
  forget(name: string): void {
    for (const known of this.#known) if (known.slice(known.indexOf(' ') + 1) === name) this.#known.delete(known)
  }

  /** Fresh codes in place of those before; told once. */
  async freshRecovery(id: string): Promise<string[]> {
    const codes = Array.from({ length: API_LIMITS.recoveryCodes }, () => freshSecret().replace(/[-_]/g, '').slice(0, 10).toLowerCase())
    await this.#access.accounts.update(id, (one) => ({ ...one, recovery: codes.map(hashOf) }))
    return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
  }

  /**
   * By name and address, by address, and by name from addresses that are not known for it: a stranger elsewhere cannot lock a known person out, and many
   * addresses together do not guess faster than one.
   */
  #keys(name: string, place: string): Throttled[] {
    const from = groupIn(place)
    const own = [
      { key: `${from} ${name}`, free: 5, longestMs: 5 * MINUTE_MS },
      { key: from, free: 5, longestMs: 5 * MINUTE_MS, isShared: true },
    ]
    return this.#known.has(`${from} ${name}`) ? own : [...own, { key: `name ${name}`, free: 50, longestMs: MINUTE_MS }]
  }

  /** Counted before the check, so that guesses sent together are not all free. */
  async #guarded<T>(keys: readonly Throttled[], check: () => Promise<T>): Promise<T> {
    this.#throttle.admit(keys)
    this.#throttle.failed(keys)
    const done = await check()
    this.#throttle.succeeded(keys)
    return done
  }

  #remember(known: string): void {
    if (this.#known.size >= API_LIMITS.throttled) this.#known.delete(this.#known.values().next().value as string)
    this.#known.add(known)
  }
}

/** Whoever has one IPv6 address has a whole network of them. The mark of the reserved listener stays before it. */
const groupIn = (place: string): string => place.replace(/[^ ]+$/, (address) => addressGroup(plainAddress(address)))

const plainCode = (code: string): string => code.replace(/[\s-]/g, '').toLowerCase()
