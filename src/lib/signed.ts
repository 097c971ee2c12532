import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

/** Signs with an Ed25519 key (RFC 8032). */
export interface Signer {
  /** SHA-256 of the public key (SubjectPublicKeyInfo), hexadecimal: what people compare. */
  readonly key: string
  /** PEM. */
  readonly publicKey: string
  sign(bytes: Uint8Array): Uint8Array
}

export interface Verifier {
  readonly key: string
  verify(bytes: Uint8Array, signature: Uint8Array): boolean
}

const SIGNATURE_LINE = /^[0-9a-f]{128}$/

/** Throws TypeError when the key is of another kind. */
export function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey)
  ofKind(publicKey)
  return {
    key: fingerprint(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}

/** Throws when the text is not the PEM of an Ed25519 public key. */
export function verifierOf(pem: string): Verifier {
  const publicKey = createPublicKey(pem)
  ofKind(publicKey)
  return { key: fingerprint(publicKey), verify: (bytes, signature) => verify(null, bytes, publicKey, signature) }
}

function ofKind(key: KeyObject): void {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`a key of kind ${key.asymmetricKeyType}, where one of Ed25519 is needed`)
}

const fingerprint = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

/** A line of JSON, and under it the signature over the bytes of that line, hexadecimal. Other tools check it with a few lines of script. */
export function signedText(content: object, signer: Signer): string {
  const line = JSON.stringify(content)
  return `${line}\n${Buffer.from(signer.sign(Buffer.from(line))).toString('hex')}\n`
}

/** What such a text says; `form` when it is not one to the letter, `signature` when the key did not sign it. */
export function readSigned(bytes: Uint8Array, verifier: Verifier): { readonly content: unknown } | 'form' | 'signature' {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = text.indexOf(10)
  const signature = text.subarray(end + 1, -1).toString('latin1')
  // To the letter: a text that can be written in two ways could be altered unseen.
  if (end < 0 || text.at(-1) !== 10 || text.length !== end + 130 || !SIGNATURE_LINE.test(signature)) return 'form'
  const line = text.subarray(0, end)
  if (!verifier.verify(line, Buffer.from(signature, 'hex'))) return 'signature'
  try {
    return { content: JSON.parse(line.toString('utf8')) }
  } catch {
    return 'form'
  }
}
