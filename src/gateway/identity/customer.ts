import type { KeyObject } from 'node:crypto'
import type { Micros } from '../../core/time.ts'
import type { Authority, TlsKeys } from './authority.ts'
import { authorityOf, factsOf, fingerprintOf, readCertificates } from './certificate.ts'
import { IdentityError } from './errors.ts'
import { readLimited } from './files.ts'
import { readKey } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'

/** Paths of PEM files. */
export interface OwnFiles {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** The customer's authority, which gives every certificate itself: nothing is issued here. Files that are replaced are read again. Throws IdentityError. */
export async function customerAuthority(files: OwnFiles, passphrase?: string): Promise<Authority> {
  const first = await readOwn(files, passphrase)
  const certificate = authorityOf(first.ca, files.ca)
  let latest = first
  return {
    ca: first.ca,
    fingerprint: fingerprintOf(certificate),
    notAfter: certificate.validToDate.getTime() * 1000,
    isBuiltIn: false,
    server: async () => {
      const mark = await marksOf(files)
      if (mark !== latest.mark) latest = await readOwn(files, passphrase)
      return latest.keys
    },
    issue: async () => {
      throw new IdentityError('not-issued-here', files.ca, 'certificates come from the authority of the configuration, not from this node')
    },
  }
}

export interface OwnIdentity {
  readonly ca: string
  readonly keys: TlsKeys
  readonly name: string
  readonly serial: string
  readonly notBefore: Micros
  readonly keyObject: KeyObject
  readonly mark: string
}

/** Reads and checks the customer's three files. Throws IdentityError. */
export async function readOwn(files: OwnFiles, passphrase: string | undefined): Promise<OwnIdentity> {
  const mark = await marksOf(files)
  const { text: ca } = await readLimited(files.ca, IDENTITY_LIMITS.pemLength, false)
  const { text: chain } = await readLimited(files.certificate, IDENTITY_LIMITS.pemLength, false)
  const keyObject = await readKey(files.key, passphrase)
  authorityOf(ca, files.ca)
  const [leaf] = readCertificates(chain, files.certificate)
  const facts = leaf && factsOf(leaf)
  if (!leaf || !facts)
    throw new IdentityError('damaged', files.certificate, `${files.certificate} holds no certificate with one common name`)
  if (!leaf.checkPrivateKey(keyObject))
    throw new IdentityError('mismatch', files.key, `${files.key} is not the key of ${files.certificate}`)
  const key = keyObject.export({ format: 'pem', type: 'pkcs8' }) as string
  // The authority goes along, so that an edge can compare it with what its token says.
  const certificate = chain.includes(ca.trim()) ? chain : `${chain.trimEnd()}\n${ca}`
  return {
    ca,
    keys: { certificate, key, notBefore: facts.notBefore, notAfter: facts.notAfter },
    name: facts.name,
    serial: facts.serial,
    notBefore: facts.notBefore,
    keyObject,
    mark,
  }
}

async function marksOf(files: OwnFiles): Promise<string> {
  const marks = await Promise.all(
    [files.ca, files.certificate, files.key].map(
      async (path) => (await readLimited(path, IDENTITY_LIMITS.pemLength, path === files.key)).mark,
    ),
  )
  return marks.join(' ')
}
