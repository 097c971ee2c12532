import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../core/time.ts'
import { replaceFile } from '../lib/replace-file.ts'
import { Accounts } from './accounts.ts'
import { API_LIMITS } from './limits.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'
import { Refusal } from './problem.ts'
import { Throttle } from './throttle.ts'

export interface Caller {
  readonly name: string
  readonly permissions: ReadonlySet<Permission>
}

/** Browsers keep cookies by host, not by port: without it, two nodes on one machine would sign each other's users out. */
export const cookieName = ({ socket }: FastifyRequest): string => `ecluse-session-${socket.localPort}`

const LINK_MS = 3_600_000
const IDLE_MS = 8 * 3_600_000
const LONGEST_MS = 7 * 24 * 3_600_000
const LOCAL_TOKEN = 'local-token'
/** Who calls with the token of the data folder: no account says who it is. */
export const LOCAL_CALLER = 'local'

interface Session extends Caller {
  readonly beganMs: number
  usedMs: number
}

/** A new session: its secret, for the cookie alone, and who it is. */
interface Begun {
  readonly secret: string
  readonly caller: Caller
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex')
const same = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))
const fresh = (): string => randomBytes(32).toString('base64url')

/** Who is calling, and how one becomes somebody. Secrets are kept as hashes; times are monotonic. */
export class Access {
  readonly #accounts: Accounts
  readonly #clock: Clock
  readonly #tokenFile: string
  readonly #localHash: string
  readonly #sessions = new Map<string, Session>()
  readonly #throttle: Throttle
  #link: { hash: string; untilMs: number } | undefined

  private constructor(accounts: Accounts, clock: Clock, tokenFile: string, localToken: string) {
    this.#accounts = accounts
    this.#clock = clock
    this.#tokenFile = tokenFile
    this.#localHash = hash(localToken)
    this.#throttle = new Throttle(clock)
  }

  /** Reads the accounts and leaves a fresh token for the command line of this machine's owner. */
  static async open(directory: string, clock: Clock): Promise<Access> {
    const accounts = await Accounts.open(directory)
    const token = fresh()
    const file = join(directory, LOCAL_TOKEN)
    await replaceFile(file, `${token}\n`)
    return new Access(accounts, clock, file, token)
  }

  /** A one-time token for the first account; undefined when there is an account already. */
  makeLink(): string | undefined {
    if (!this.#accounts.isEmpty) return undefined
    const token = fresh()
    this.#link = { hash: hash(token), untilMs: this.#clock.monotonicMs() + LINK_MS }
    return token
  }

  /** The caller of a request, by session cookie or bearer token; undefined for a stranger. */
  callerOf(request: FastifyRequest, isUse = true): Caller | undefined {
    const bearer = /^Bearer ([\w-]{20,100})$/.exec(request.headers.authorization ?? '')?.[1]
    if (bearer)
      return same(hash(bearer), this.#localHash)
        ? { name: LOCAL_CALLER, permissions: new Set(['read', 'query', 'operate', 'audit']) }
        : undefined
    const cookie = request.cookies[cookieName(request)]
    return cookie ? this.#session(hash(cookie), isUse) : undefined
  }

  #session(key: string, isUse: boolean): Session | undefined {
    const session = this.#sessions.get(key)
    const now = this.#clock.monotonicMs()
    if (!session) return undefined
    if (now - session.usedMs > IDLE_MS || now - session.beganMs > LONGEST_MS) {
      this.#sessions.delete(key)
      return undefined
    }
    if (isUse) session.usedMs = now
    return session
  }

  /** Uses the one-time link up and makes the first account, an administrator; not when `beforeDone` rejects. */
  async createFirst(token: string, name: string, password: string, beforeDone: () => Promise<void>): Promise<Begun> {
    const link = this.#link
    if (!link || this.#clock.monotonicMs() > link.untilMs || !same(hash(token), link.hash)) {
      throw new Refusal(
        403,
        'link-invalid',
        'this link has been used or has expired',
        'start Écluse again: while there is no account it prints a new link',
      )
    }
    await beforeDone()
    await this.#accounts.create(name, password, PERMISSIONS)
    this.#link = undefined
    return this.#begin(name, PERMISSIONS)
  }

  /** Signs in; the refusal is the same for a wrong name and a wrong password. */
  async signIn(name: string, password: string, address: string): Promise<Begun> {
    // By name and address together: a stranger elsewhere cannot lock a known name out.
    const keys = [`${address} ${name}`, address]
    this.#throttle.admit(keys)
    // Counted before the check, so that guesses sent together are not all free.
    this.#throttle.failed(keys)
    const permissions = await this.#accounts.check(name, password)
    if (!permissions) {
      throw new Refusal(401, 'sign-in-refused', 'name or password is wrong')
    }
    this.#throttle.succeeded(keys)
    return this.#begin(name, permissions)
  }

  endSession(secret: string | undefined): void {
    if (secret) this.#sessions.delete(hash(secret))
  }

  /** True while the session or token of a request would still be accepted; asked again and again of what stays open, which is no use of the session. */
  stillKnows(request: FastifyRequest): boolean {
    return this.callerOf(request, false)?.permissions.has('read') ?? false
  }

  #begin(name: string, permissions: readonly Permission[]): Begun {
    const own = [...this.#sessions].filter(([, session]) => session.name === name)
    // Maps keep the order of insertion: the oldest session makes room.
    if (own.length >= API_LIMITS.sessionsPerAccount) this.#sessions.delete((own[0] as [string, Session])[0])
    if (this.#sessions.size >= API_LIMITS.sessions) this.#sessions.delete(this.#sessions.keys().next().value as string)
    const secret = fresh()
    const now = this.#clock.monotonicMs()
    const caller = { name, permissions: new Set(permissions), beganMs: now, usedMs: now }
    this.#sessions.set(hash(secret), caller)
    return { secret, caller }
  }

  async close(): Promise<void> {
    await rm(this.#tokenFile, { force: true })
  }
}
