import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt, type webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { IdentityError } from './errors.ts'
import { readLimited } from './files.ts'
import { IDENTITY_LIMITS } from './limits.ts'

/** NIST P-256 with SHA-256: what every TLS 1.3 stack must speak (RFC 8446 section 9.1). */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
export const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const

export type KeyPair = webcrypto.CryptoKeyPair

export function newKeyPair(): Promise<KeyPair> {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
}

/** PKCS#8 as PEM, encrypted where there is a passphrase. */
export async function keyToPem(key: webcrypto.CryptoKey, passphrase: string | undefined): Promise<string> {
  const plain = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  return passphrase === undefined ? pem('PRIVATE KEY', plain) : pem('ENCRYPTED PRIVATE KEY', await encrypt(plain, passphrase))
}

/** Reads a private key. Throws IdentityError: absent, unreadable, too-open, passphrase, damaged. */
export async function readKey(path: string, passphrase: string | undefined): Promise<KeyObject> {
  const { text } = await readLimited(path, IDENTITY_LIMITS.pemLength, true)
  try {
    return createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) })
  } catch (error) {
    if (text.includes('ENCRYPTED'))
      throw new IdentityError('passphrase', path, `${path} is encrypted, and the passphrase is missing or wrong`, { cause: error })
    throw new IdentityError('damaged', path, `${path} is not a private key in PEM`, { cause: error })
  }
}

/** The key as a signer of certificates. */
export function toSigner(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey('pkcs8', new Uint8Array(key.export({ format: 'der', type: 'pkcs8' })), KEY_ALGORITHM, false, ['sign'])
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number, options: object) => Promise<Buffer>
/** One of the settings OWASP recommends; within the 32 MiB that OpenSSL allows when it reads the file. */
const COST = { N: 2 ** 14, r: 8, p: 5 }
const [PBES2, SCRYPT, AES_256_CBC] = ['2a864886f70d01050d', '2b06010401da47040b', '60864801650304012a']

/**
 * EncryptedPrivateKeyInfo with PBES2 (RFC 8018 appendix A.4) and scrypt (RFC 7914 section 7). Node's own export derives with 2,048 rounds of
 * PBKDF2, which a graphics card guesses by the million.
 */
async function encrypt(plain: Buffer, passphrase: string): Promise<Buffer> {
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', await derive(passphrase, salt, 32, COST), iv)
  const scryptParameters = der(0x30, der(0x04, salt), integer(COST.N), integer(COST.r), integer(COST.p))
  const scheme = der(0x30, oid(PBES2), der(0x30, der(0x30, oid(SCRYPT), scryptParameters), der(0x30, oid(AES_256_CBC), der(0x04, iv))))
  return der(0x30, scheme, der(0x04, Buffer.concat([cipher.update(plain), cipher.final()])))
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
  return der(0x02, (bytes[0] as number) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const length = body.length < 0x80 ? Buffer.of(body.length) : body.length < 0x100 ? Buffer.of(0x81, body.length) : undefined
  return Buffer.concat([Buffer.of(tag), length ?? Buffer.of(0x82, body.length >> 8, body.length & 0xff), body])
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
