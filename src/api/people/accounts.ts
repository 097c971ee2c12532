import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { ADMINISTRATOR } from '../../core/roles.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { readIfThere } from '../files.ts'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'

const passkey = z.strictObject({
  id: z.string().max(1_024),
  publicKey: z.string().max(4_096),
  counter: z.number(),
  transports: z.array(z.string().max(32)).max(8),
  label: z.string().max(64),
  createdTime: z.number(),
})
export type Passkey = z.infer<typeof passkey>

const account = z.strictObject({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.string()).max(API_LIMITS.rolesPerAccount),
  createdTime: z.number(),
  isDisabled: z.boolean(),
  /** As `Passwords` keeps it; absent until the invitation was used, and where a provider signs in. */
  password: z.string().optional(),
  /** Hash of the link by which the account chooses its password, and until when (µs). */
  invitation: z.strictObject({ hash: z.string(), until: z.number() }).optional(),
  /** Who signs in with a provider. */
  external: z.strictObject({ issuer: z.string(), subject: z.string() }).optional(),
  lastSignIn: z.number().optional(),
  /** Base32 secret, and the last time step that was used: a code works once. */
  totp: z.strictObject({ secret: z.string(), usedStep: z.number() }).optional(),
  passkeys: z.array(passkey).max(API_LIMITS.passkeys).default([]),
  /** Hashes of the codes that are left. */
  recovery: z.array(z.string()).max(API_LIMITS.recoveryCodes).default([]),
})
export type Account = z.infer<typeof account>

const stored = z.strictObject({ version: z.literal(2), accounts: z.array(account) })
/** Before roles: permissions by account, and scrypt. */
const storedBefore = z.strictObject({
  version: z.literal(1),
  accounts: z.array(z.strictObject({ name: z.string(), permissions: z.array(z.string()), salt: z.string(), key: z.string() })),
})

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
export const sameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))
export const freshSecret = (): string => randomBytes(32).toString('base64url')
export const freshId = (): string => randomBytes(9).toString('base64url')

/** The people who may sign in, in a file of the data folder that only its owner may read. */
export class Accounts {
  readonly #file: string
  #accounts: readonly Account[]
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(file: string, accounts: readonly Account[]) {
    this.#file = file
    this.#accounts = accounts
  }

  /** Throws when the file is there and is not one of ours: better no start than an open door. */
  static async open(directory: string): Promise<Accounts> {
    const file = join(directory, 'accounts.json')
    const text = await readIfThere(file)
    if (text === undefined) return new Accounts(file, [])
    const json: unknown = JSON.parse(text)
    const before = storedBefore.safeParse(json)
    if (before.success) return new Accounts(file, before.data.accounts.map(upgraded))
    const parsed = stored.safeParse(json)
    if (!parsed.success) throw new Error(`${file} is not a file of accounts; restore it, or remove it to begin with a new first account`)
    return new Accounts(file, parsed.data.accounts)
  }

  all(): readonly Account[] {
    return this.#accounts
  }

  named(name: string): Account | undefined {
    return this.#accounts.find((one) => one.name === name)
  }

  withId(id: string): Account | undefined {
    return this.#accounts.find((one) => one.id === id)
  }

  external(issuer: string, subject: string): Account | undefined {
    return this.#accounts.find(({ external }) => external?.issuer === issuer && external.subject === subject)
  }

  async create(made: Pick<Account, 'name' | 'roles'> & Partial<Account>, now: number): Promise<Account> {
    const whole: Account = { id: freshId(), createdTime: now, isDisabled: false, passkeys: [], recovery: [], ...made }
    await this.#change((accounts) => {
      if (!isAccountName(made.name) || accounts.some(({ name }) => name === made.name)) throw new Refusal(409, 'name-taken')
      if (accounts.length >= API_LIMITS.accounts) throw new Refusal(409, 'too-many-accounts')
      return [...accounts, whole]
    })
    return whole
  }

  /** Changes an account by what `change` makes of it as it is then; `undefined` removes it. Never so that nobody could administer any more. */
  async update(id: string, change: (account: Account) => Account | undefined): Promise<void> {
    await this.#change((accounts) => changed(accounts, id, change))
  }

  /** Refuses what `update` would refuse now: asked before it is recorded as done. */
  check(id: string, change: (account: Account) => Account | undefined): void {
    changed(this.#accounts, id, change)
  }

  /** One change after the other; on disk before it holds. */
  #change(change: (accounts: readonly Account[]) => readonly Account[]): Promise<void> {
    const next = async () => {
      const accounts = change(this.#accounts)
      await replaceFile(this.#file, `${JSON.stringify({ version: 2, accounts }, null, 2)}\n`)
      this.#accounts = accounts
    }
    const done = this.#writing.then(next, next)
    this.#writing = done
    return done
  }
}

function changed(accounts: readonly Account[], id: string, change: (account: Account) => Account | undefined): readonly Account[] {
  const at = accounts.findIndex((one) => one.id === id)
  const before = accounts[at]
  if (!before) throw new Refusal(404, 'unknown-account')
  const after = change(before)
  const all = after ? accounts.with(at, after) : accounts.toSpliced(at, 1)
  if (accounts.some(administers) && !all.some(administers)) throw new Refusal(409, 'last-administrator')
  return all
}

/** `local` is who calls with the token of the data folder: nobody is to be taken for that in the audit log. */
export const isAccountName = (name: string): boolean => name !== '' && name.toLowerCase() !== 'local'

const administers = ({ roles, isDisabled, password, external }: Account): boolean =>
  !isDisabled && roles.includes(ADMINISTRATOR) && (password !== undefined || external !== undefined)

function upgraded(one: z.infer<typeof storedBefore>['accounts'][number]): Account {
  const roles = one.permissions.includes('administer') ? [ADMINISTRATOR] : []
  const password = `scrypt$${one.salt}$${one.key}`
  return { id: freshId(), name: one.name, roles, createdTime: 0, isDisabled: false, password, passkeys: [], recovery: [] }
}
