import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { replaceFile } from '../lib/replace-file.ts'
import { readIfThere } from './files.ts'
import { API_LIMITS } from './limits.ts'
import { PERMISSIONS, type Permission } from './permissions.ts'
import { Refusal } from './problem.ts'

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number, options: object) => Promise<Buffer>
/** One of the settings OWASP recommends for scrypt; 32 MiB an attempt. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const KEY_BYTES = 32

const stored = z.strictObject({
  version: z.literal(1),
  accounts: z.array(z.strictObject({ name: z.string(), permissions: z.array(z.enum(PERMISSIONS)), salt: z.string(), key: z.string() })),
})
type Account = z.infer<typeof stored>['accounts'][number]

/** The people who may sign in, in a file of the data folder that only its owner may read. */
export class Accounts {
  readonly #file: string
  #accounts: Account[]
  /** Checked in place of an account that does not exist, so that names cannot be told apart by time. */
  readonly #nobody: Account
  #deriving = 0

  private constructor(file: string, accounts: Account[]) {
    this.#file = file
    this.#accounts = accounts
    this.#nobody = { name: '', permissions: [], salt: randomBytes(16).toString('hex'), key: randomBytes(KEY_BYTES).toString('hex') }
  }

  /** Throws when the file is there and is not one of ours: better no start than an open door. */
  static async open(directory: string): Promise<Accounts> {
    const file = join(directory, 'accounts.json')
    const text = await readIfThere(file)
    if (text === undefined) return new Accounts(file, [])
    const parsed = stored.safeParse(JSON.parse(text))
    if (!parsed.success) throw new Error(`${file} is not a file of accounts; restore it, or remove it to begin with a new first account`)
    // Who administers may do everything, also what there was no permission for when the account was made.
    const whole = parsed.data.accounts.map((one) =>
      one.permissions.includes('administer') ? { ...one, permissions: [...PERMISSIONS] } : one,
    )
    return new Accounts(file, whole)
  }

  get isEmpty(): boolean {
    return this.#accounts.length === 0
  }

  async create(name: string, password: string, permissions: readonly Permission[]): Promise<void> {
    if (this.#accounts.some((account) => account.name === name)) throw new Refusal(409, 'name-taken', 'an account of this name exists')
    if (this.#accounts.length >= API_LIMITS.accounts) throw new Refusal(409, 'too-many-accounts', 'there is no room for more accounts')
    const salt = randomBytes(16)
    const key = await this.#derive(password, salt)
    const account = { name, permissions: [...permissions], salt: salt.toString('hex'), key: key.toString('hex') }
    const accounts = [...this.#accounts, account]
    await replaceFile(this.#file, `${JSON.stringify({ version: 1, accounts }, null, 2)}\n`)
    this.#accounts = accounts
  }

  /** The account's permissions when name and password fit; takes as long when they do not. */
  async check(name: string, password: string): Promise<readonly Permission[] | undefined> {
    const account = this.#accounts.find((one) => one.name === name)
    const { salt, key, permissions } = account ?? this.#nobody
    const given = await this.#derive(password, Buffer.from(salt, 'hex'))
    return timingSafeEqual(given, Buffer.from(key, 'hex')) && account ? permissions : undefined
  }

  /** A few at once: guesses must not take the memory, or the threads that the disk needs too. */
  async #derive(password: string, salt: Buffer): Promise<Buffer> {
    if (this.#deriving >= API_LIMITS.passwords)
      throw new Refusal(429, 'busy', 'too many sign-ins at the same moment', 'try again in a few seconds')
    this.#deriving++
    try {
      return await derive(password.normalize('NFC'), salt, KEY_BYTES, COST)
    } finally {
      this.#deriving--
    }
  }
}
