import { join } from 'node:path'
import { z } from 'zod'
import { DIRECTION_OF, type Grant, PERMISSIONS, type Permission } from '../../core/roles.ts'
import type { Clock } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { readIfThere } from '../files.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'
import { freshId, freshSecret, hashOf } from './accounts.ts'

/** What a program may be given. Accounts and tokens are a matter for people. */
export const TOKEN_PERMISSIONS = PERMISSIONS.filter((permission) => permission !== 'administer')

const token = z.strictObject({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  may: z.array(z.enum(PERMISSIONS)),
  zones: z.array(z.string()),
  createdBy: z.string(),
  createdTime: z.number(),
  expiresTime: z.number(),
  usedTime: z.number().optional(),
  usedFrom: z.string().optional(),
})
export type ServiceToken = z.infer<typeof token>
const stored = z.strictObject({ version: z.literal(1), tokens: z.array(token) })

/** So that a token is known for what it is where it should not be, in a file or a log. */
const PREFIX = 'ecluse_'
/** The last use is written down so often at most; a file per request would be too much. */
const USE_MS = 60_000

/** Tokens of programs: scoped, expiring, kept as hashes. */
export class Tokens {
  readonly #file: string
  readonly #clock: Clock
  #tokens: readonly ServiceToken[]
  #writing: Promise<unknown> = Promise.resolve()
  #keptMs = Number.NEGATIVE_INFINITY

  private constructor(file: string, clock: Clock, tokens: readonly ServiceToken[]) {
    this.#file = file
    this.#clock = clock
    this.#tokens = tokens
  }

  static async open(directory: string, clock: Clock): Promise<Tokens> {
    const file = join(directory, 'tokens.json')
    const text = await readIfThere(file)
    if (text === undefined) return new Tokens(file, clock, [])
    const parsed = stored.safeParse(JSON.parse(text))
    if (!parsed.success) throw new Error(`${file} is not a file of tokens; restore it, or remove it: then no token is accepted`)
    return new Tokens(file, clock, parsed.data.tokens)
  }

  all(): readonly ServiceToken[] {
    return this.#tokens
  }

  /** The secret is told here and never again. */
  async create(
    made: Pick<ServiceToken, 'name' | 'may' | 'zones' | 'createdBy' | 'expiresTime'>,
  ): Promise<{ secret: string; token: ServiceToken }> {
    const secret = `${PREFIX}${freshSecret()}`
    const whole = { ...made, id: freshId(), hash: hashOf(secret), createdTime: this.#clock.now() }
    await this.#change((tokens) => {
      if (tokens.some(({ name }) => name === made.name)) throw new Refusal(409, 'name-taken/token')
      if (tokens.length >= API_LIMITS.tokens) throw new Refusal(409, 'too-many-tokens')
      return [...tokens, whole]
    })
    return { secret, token: whole }
  }

  /** Tokens that somebody made who is no more go on under a name that says nobody. */
  async forgetMaker(name: string, instead: string): Promise<void> {
    if (!this.#tokens.some(({ createdBy }) => createdBy === name)) return
    await this.#change((tokens) => tokens.map((one) => (one.createdBy === name ? { ...one, createdBy: instead } : one)))
  }

  async revoke(id: string): Promise<void> {
    await this.#change((tokens) => tokens.filter((one) => one.id !== id))
  }

  /** Undefined when it is unknown, revoked or expired. */
  find(secret: string, from: string, isUse: boolean): ServiceToken | undefined {
    if (!secret.startsWith(PREFIX)) return undefined
    const hash = hashOf(secret)
    const found = this.#tokens.find((one) => one.hash === hash)
    if (!found || found.expiresTime <= this.#clock.now()) return undefined
    if (isUse) this.#used(found.id, from)
    return found
  }

  #used(id: string, usedFrom: string): void {
    const usedTime = this.#clock.now()
    this.#tokens = this.#tokens.map((one) => (one.id === id ? { ...one, usedTime, usedFrom } : one))
    if (this.#clock.monotonicMs() - this.#keptMs < USE_MS) return
    this.#keptMs = this.#clock.monotonicMs()
    // That it was used is no reason to refuse what it asks: the next use says it again.
    this.#change((tokens) => tokens).catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined)
    if (this.#tokens.some(({ usedTime }) => usedTime !== undefined)) await this.#change((tokens) => tokens).catch(() => undefined)
  }

  #change(change: (tokens: readonly ServiceToken[]) => readonly ServiceToken[]): Promise<void> {
    const next = async () => {
      const tokens = change(this.#tokens)
      await replaceFile(this.#file, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`)
      const now = new Map(this.#tokens.map((one) => [one.id, one]))
      // Uses that were noted meanwhile stay noted.
      this.#tokens = tokens.map((one) => {
        const { usedTime, usedFrom } = now.get(one.id) ?? one
        return usedTime === undefined ? one : { ...one, usedTime, ...(usedFrom !== undefined && { usedFrom }) }
      })
    }
    const done = this.#writing.then(next, next)
    this.#writing = done
    return done
  }
}

/** What a token was given, as grants. */
export function grantsOf({ may, zones }: Pick<ServiceToken, 'may' | 'zones'>): Grant[] {
  const toward = (direction: Grant['direction']) => may.filter((permission: Permission) => DIRECTION_OF[permission] === direction)
  return (['outward', 'inward'] as const).map((direction) => ({ direction, may: toward(direction), zones }))
}
