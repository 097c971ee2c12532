import { argon2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { API_LIMITS } from '../limits.ts'
import { Refusal } from '../problem.ts'

/** One of the settings of OWASP's Password Storage Cheat Sheet for argon2id: 19 MiB, two passes, one lane. */
const ARGON2 = { memory: 19 * 1024, passes: 2, parallelism: 1, tagLength: 32 }
const SALT_BYTES = 16
/** What accounts of earlier versions were kept with. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }

const argon = promisify(argon2) as (algorithm: 'argon2id', parameters: object) => Promise<Buffer>
const oldDerive = promisify(scrypt) as (password: string, salt: Buffer, length: number, options: object) => Promise<Buffer>
const encoded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{22,64})\$([A-Za-z0-9+/]{43})$/
const OLD = /^scrypt\$([0-9a-f]{32})\$([0-9a-f]{64})$/

export interface Checked {
  readonly fits: boolean
  /** Kept as an earlier version did: keep it anew while the password is at hand. */
  readonly isOld: boolean
}

/** Keeps and checks passwords, a few at once: guesses must not take the memory, or the threads that the disk needs too. */
export class Passwords {
  #running = 0
  /** Checked in place of an account that does not exist, so that names cannot be told apart by time. */
  readonly #nobody = phc(ARGON2, randomBytes(SALT_BYTES), randomBytes(32))

  /** In the PHC string format, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  async hash(password: string): Promise<string> {
    const nonce = randomBytes(SALT_BYTES)
    return phc(ARGON2, nonce, await this.#inTurn(() => argon('argon2id', { ...ARGON2, nonce, message: normal(password) })))
  }

  /** Takes as long for nobody (undefined) as for somebody. */
  async check(password: string, kept: string | undefined): Promise<Checked> {
    const old = OLD.exec(kept ?? '')
    if (old) {
      const key = await this.#inTurn(() => oldDerive(normal(password).toString(), Buffer.from(old[1] as string, 'hex'), 32, SCRYPT))
      return { fits: timingSafeEqual(key, Buffer.from(old[2] as string, 'hex')), isOld: true }
    }
    const read = PHC.exec(kept ?? '') ?? (PHC.exec(this.#nobody) as RegExpExecArray)
    const [, m, t, p, salt = '', hash = ''] = read
    const settings = { memory: Number(m), passes: Number(t), parallelism: Number(p), tagLength: 32 }
    const nonce = Buffer.from(salt, 'base64')
    const given = await this.#inTurn(() => argon('argon2id', { ...settings, nonce, message: normal(password) }))
    const fits = timingSafeEqual(given, Buffer.from(hash, 'base64')) && kept !== undefined && PHC.test(kept)
    return { fits, isOld: settings.memory !== ARGON2.memory || settings.passes !== ARGON2.passes }
  }

  async #inTurn(derive: () => Promise<Buffer>): Promise<Buffer> {
    if (this.#running >= API_LIMITS.passwords) throw new Refusal(429, 'busy')
    this.#running++
    try {
      return await derive()
    } finally {
      this.#running--
    }
  }
}

const normal = (password: string): Buffer => Buffer.from(password.normalize('NFC'))

function phc({ memory, passes, parallelism }: typeof ARGON2, salt: Buffer, hash: Buffer): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encoded(salt)}$${encoded(hash)}`
}
