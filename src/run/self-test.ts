import * as crypto from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as tls from 'node:tls'
import type { SelfTestResult } from '../core/self-test.ts'
import { type Micros, parseTime } from '../core/time.ts'

/** What the test is given of the world. */
export interface SelfTestWorld {
  readonly now: Micros
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the user that runs the program; undefined where there are none. */
  readonly userId: number | undefined
  /** The data folder; it may not be there yet. */
  readonly directory: string
  /** The functions under test; those of Node when absent. */
  readonly functions?: typeof crypto
}

/** The program was made later than this: a clock before it is wrong. */
const MADE = parseTime('2026-11-01T00:00:00Z')
/** Of 20,000 random bits, how many may be set: chance alone leaves these bounds once in ten thousand starts. */
const RANDOM_BYTES = 2_500
const [FEWEST_ONES, MOST_ONES] = [9_725, 10_275]
/** Files of the data folder, and of `identity` in it whatever their depth, that hold secrets by their names. */
const SECRET = /(^|[.-])key(\.pem)?$|\.key$|token|accounts|passphrase/
const FILES_MAX = 1_000

/** Looks at what security rests on, before anything is opened: known answers of the functions, the settings of TLS, chance, the clock, and who may read our secrets. */
export async function selfTest(world: SelfTestWorld): Promise<SelfTestResult[]> {
  const { functions = crypto } = world
  const known = Object.entries(KNOWN_ANSWERS).map(([check, run]): SelfTestResult => {
    try {
      return run(functions)
        ? { check, result: 'ok' }
        : { check, result: 'fail', detail: 'a wrong answer to a question whose answer is known' }
    } catch (error) {
      return { check, result: 'fail', detail: String(error) }
    }
  })
  return [...known, random(functions), tlsSettings(world.env), clock(world.now), user(world.userId), await secrets(world.directory)]
}

const hex = (text: string) => Buffer.from(text, 'hex')

const KNOWN_ANSWERS: Readonly<Record<string, (functions: typeof crypto) => boolean>> = {
  // FIPS 180-4, the example of one block.
  'SHA-256': ({ createHash }) =>
    createHash('sha256').update('abc').digest('hex') === 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  // RFC 4231, 4.3.
  'HMAC-SHA-256': ({ createHmac }) =>
    createHmac('sha256', 'Jefe').update('what do ya want for nothing?').digest('hex') ===
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  'AES-256-GCM': aes,
  Ed25519: ed25519,
  // RFC 7914, 12.
  scrypt: ({ scryptSync }) =>
    scryptSync('', '', 64, { N: 16, r: 1, p: 1 }).toString('hex') ===
    '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  Argon2id: argon2id,
}

/** Test case 14 of the specification of GCM; an altered message must not open. */
function aes({ createCipheriv, createDecipheriv }: typeof crypto): boolean {
  const [key, nonce, plain] = [Buffer.alloc(32), Buffer.alloc(12), Buffer.alloc(16)]
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  if (sealed.toString('hex') !== 'cea7403d4d606b6e074ec5d3baf39d18') return false
  if (cipher.getAuthTag().toString('hex') !== 'd0d1c8a799996bf0265b98b5d48ab919') return false
  const open = (bytes: Buffer) => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(cipher.getAuthTag())
    return Buffer.concat([decipher.update(bytes), decipher.final()])
  }
  if (!open(sealed).equals(plain)) return false
  sealed[0] = (sealed[0] as number) ^ 1
  return isRefused(() => open(sealed))
}

/** RFC 8032, 7.1, test 1; of another message the signature must not hold. */
function ed25519({ createPrivateKey, createPublicKey, sign, verify }: typeof crypto): boolean {
  const secret = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
  const wanted =
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
  const key = createPrivateKey({ key: hex(`302e020100300506032b657004220420${secret}`), format: 'der', type: 'pkcs8' })
  const signature = sign(null, Buffer.alloc(0), key)
  const held = createPublicKey(key)
  return (
    signature.toString('hex') === wanted && verify(null, Buffer.alloc(0), held, signature) && !verify(null, Buffer.of(0), held, signature)
  )
}

/** RFC 9106, 5.3. */
function argon2id({ argon2Sync }: typeof crypto): boolean {
  const question = {
    ...{ message: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), secret: Buffer.alloc(8, 3), associatedData: Buffer.alloc(12, 4) },
    ...{ parallelism: 4, tagLength: 32, memory: 32, passes: 3 },
  }
  return argon2Sync('argon2id', question).toString('hex') === '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659'
}

function isRefused(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true // what is wanted
  }
}

function random({ randomBytes }: typeof crypto): SelfTestResult {
  const check = 'random numbers'
  const [one, other] = [randomBytes(RANDOM_BYTES), randomBytes(RANDOM_BYTES)]
  const ones = one.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  if (!one.equals(other) && ones > FEWEST_ONES && ones < MOST_ONES) return { check, result: 'ok' }
  return { check, result: 'fail', detail: `${ones} of ${RANDOM_BYTES * 8} bits are set` }
}

/** Variables of the environment can switch the checking of certificates off, or old versions on, for the whole program. */
function tlsSettings(env: SelfTestWorld['env']): SelfTestResult {
  const check = 'TLS'
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    return { check, result: 'fail', detail: 'NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate would be checked' }
  if (!/^TLSv1\.[23]$/.test(tls.DEFAULT_MIN_VERSION))
    return { check, result: 'fail', detail: `versions from ${tls.DEFAULT_MIN_VERSION} on are allowed` }
  return { check, result: 'ok' }
}

/** A device without a clock of its own starts in 1970 and is set later: what it collects until then is marked, so it may start. */
function clock(now: Micros): SelfTestResult {
  return now >= MADE
    ? { check: 'clock', result: 'ok' }
    : { check: 'clock', result: 'warn', detail: 'the clock is before this program was made' }
}

function user(id: number | undefined): SelfTestResult {
  return id === 0
    ? { check: 'user', result: 'warn', detail: 'it runs as root, whose rights it does not need' }
    : { check: 'user', result: 'ok' }
}

async function secrets(directory: string): Promise<SelfTestResult> {
  const check = 'files with secrets'
  if (process.platform === 'win32') return { check, result: 'ok' }
  const open: string[] = []
  for (const [folder, recursive] of [
    [directory, false],
    [join(directory, 'identity'), true],
  ] as const) {
    const names = await readdir(folder, { recursive }).catch(() => []) // not there yet
    for (const name of names.slice(0, FILES_MAX)) {
      if (!SECRET.test(name)) continue
      const { mode } = await stat(join(folder, name)).catch(() => ({ mode: 0 })) // gone since
      if ((mode & 0o077) !== 0) open.push(`${join(folder, name)} (mode ${(mode & 0o777).toString(8)})`)
    }
  }
  return open.length === 0 ? { check, result: 'ok' } : { check, result: 'fail', detail: `others may read ${open.join(', ')}` }
}
