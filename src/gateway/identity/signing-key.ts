import { join } from 'node:path'
import { replaceFile } from '../../lib/replace-file.ts'
import { type Signer, signerOf } from '../../lib/signed.ts'
import { IdentityError } from './errors.ts'
import { privateDirectory } from './files.ts'
import { type KeyPair, keyToPem, readKey } from './keys.ts'

/** Under `<data>/identity/`. */
const DIRECTORY = 'signing'
const KEY_FILE = 'signing-key.pem'
/** The half that may be shown to anybody. */
export const PUBLIC_KEY_FILE = 'signing-key.pub.pem'

/**
 * The key with which a node signs what it kept. It is none of the keys of its certificates: those are renewed every few months, and what was signed years ago must
 * still be checked. Made at the first start. Throws IdentityError: damaged, unreadable, too-open, passphrase.
 */
export async function openSigningKey(identity: string, passphrase: string | undefined): Promise<Signer> {
  const directory = join(identity, DIRECTORY)
  await privateDirectory(directory)
  const path = join(directory, KEY_FILE)
  const key = await readKey(path, passphrase).catch(async (error: unknown) => {
    if (!(error instanceof IdentityError) || error.code !== 'absent') throw error
    const { privateKey } = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as KeyPair
    await replaceFile(path, await keyToPem(privateKey, passphrase))
    return readKey(path, passphrase)
  })
  try {
    const signer = signerOf(key)
    await replaceFile(join(directory, PUBLIC_KEY_FILE), signer.publicKey)
    return signer
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new IdentityError('damaged', path, `${path}: ${error.message}`, { cause: error })
  }
}
