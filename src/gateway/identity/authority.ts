import { rename, rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type Clock, DAY, HOUR, type Micros } from '../../core/time.ts'
import { isThere } from '../../lib/is-there.ts'
import { replaceFile, syncDirectory } from '../../lib/replace-file.ts'
import { authorityOf, fingerprintOf, isRenewalDue } from './certificate.ts'
import { IdentityError } from './errors.ts'
import { privateDirectory, readLimited } from './files.ts'
import { keyToPem, newKeyPair, readKey, toSigner } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'
import { checkRequest, makeAuthority, type Signed, signCertificate, type Validity } from './x509.ts'

/** What a TLS end shows and holds. */
export interface TlsKeys extends Validity {
  /** The certificate and those between it and the authority, PEM. */
  readonly certificate: string
  /** PKCS#8 PEM, not encrypted: never written. */
  readonly key: string
}

export interface Issued extends Signed, Validity {}

/** Who says which certificates are genuine for one hub or relay. */
export interface Authority {
  /** Certificates (PEM) that the other ends must come from. */
  readonly ca: string
  /** SHA-256 of the first of them: what an edge is told before it trusts anything. */
  readonly fingerprint: string
  readonly notAfter: Micros
  /** False where the customer's own authority gives the certificates. */
  readonly isBuiltIn: boolean
  /** What the listener shows; another object when it was renewed. */
  server(): Promise<TlsKeys>
  /** A certificate for the node, from its request; undefined when the request is not sound. Throws IdentityError `not-issued-here`. */
  issue(request: string, node: string): Promise<Issued | undefined>
}

export interface AuthorityOptions {
  /** Where the authority's key and certificate are, or will be made. */
  readonly directory: string
  /** This node: the name its certificate bears. */
  readonly name: string
  readonly clock: Clock
  readonly certificateDays: number
  readonly passphrase?: string | undefined
  /** Names and addresses at which this node is reached. */
  readonly hosts?: readonly string[]
}

const AUTHORITY_DAYS = 20 * 365
/** A node whose clock is a little behind can use its certificate at once. */
const BACKDATED = HOUR

/** The authority of this node, made at the first call. Throws IdentityError. */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { directory, name, clock, passphrase, hosts = [] } = options
  const home = join(directory, 'authority')
  await privateDirectory(directory)
  if (!(await isThere(home))) await create(home, options)
  const { text: ca } = await readLimited(join(home, 'ca.pem'), IDENTITY_LIMITS.pemLength, false)
  const key = await readKey(join(home, 'ca-key.pem'), passphrase)
  const certificate = authorityOf(ca, home)
  if (!certificate.checkPrivateKey(key))
    throw new IdentityError('mismatch', home, `the key and the certificate in ${home} do not belong together`)
  const signer = await toSigner(key)
  const caNotAfter = certificate.validToDate.getTime() * 1000
  const caNotBefore = certificate.validFromDate.getTime() * 1000
  const validity = (): Validity => {
    const now = clock.now()
    return { notBefore: now - BACKDATED, notAfter: Math.min(now + options.certificateDays * DAY, caNotAfter) }
  }
  let server: TlsKeys | undefined
  return {
    ca,
    fingerprint: fingerprintOf(certificate),
    notAfter: caNotAfter,
    isBuiltIn: true,
    // Its key lives in memory only: edges pin the authority, so that a start may bring a new one.
    server: async () => {
      if (server && !isRenewalDue(server, clock.now())) return server
      const keys = await newKeyPair()
      const term = validity()
      const { pem } = await signCertificate(ca, signer, {
        name,
        publicKey: keys.publicKey,
        use: 'server',
        // In force as long as the authority: a hub that starts while its clock is ahead would be believed by nobody until it starts again.
        validity: { ...term, notBefore: Math.min(term.notBefore, caNotBefore) },
        hosts: hosts.filter(isHost),
      })
      server = { certificate: pem + ca, key: await keyToPem(keys.privateKey, undefined), ...term }
      return server
    },
    issue: async (request, node) => {
      const publicKey = await checkRequest(request, node)
      if (!publicKey) return undefined
      const term = validity()
      return { ...(await signCertificate(ca, signer, { name: node, publicKey, use: 'client', validity: term })), ...term }
    },
  }
}

/** Written whole in a draft and moved in one step: of two processes that start at once one wins, and both use its authority. */
async function create(home: string, { directory, name, clock, passphrase }: AuthorityOptions): Promise<void> {
  const keys = await newKeyPair()
  const now = clock.now()
  const ca = await makeAuthority(name, keys, { notBefore: now - DAY, notAfter: now + AUTHORITY_DAYS * DAY })
  const draft = join(directory, `.authority.${process.pid}.${crypto.randomUUID()}`)
  await privateDirectory(draft)
  try {
    await replaceFile(join(draft, 'ca-key.pem'), await keyToPem(keys.privateKey, passphrase))
    await replaceFile(join(draft, 'ca.pem'), ca)
    await rename(draft, home)
    await syncDirectory(directory)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** DNS names as certificates hold them, and addresses; what the listener's host `0.0.0.0` or `::` is not. */
function isHost(host: string): boolean {
  if (/^(0\.0\.0\.0|::)$/.test(host)) return false
  return isIP(host) > 0 || /^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(host)
}
