import type { webcrypto } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type * as X509 from '@peculiar/x509'
import { LIMITS } from '../../core/limits.ts'
import type { Micros } from '../../core/time.ts'
import { KEY_ALGORITHM, type KeyPair, SIGNATURE } from './keys.ts'
import { IDENTITY_LIMITS } from './limits.ts'

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.:-]*$/u
const SERIAL_BYTES = 16

/** A name that a node may have: as `node: { id }` of the configuration; as long as a common name may be (RFC 5280 appendix A.1). */
export function isNodeName(name: string): boolean {
  return name.length <= LIMITS.nodeLength && NAME.test(name)
}

/** The library, loaded when a certificate or a request is made: a node that only forwards never needs it. */
async function library(): Promise<typeof X509> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

/** A PKCS#10 request in PEM for a node of this name; signed by its key, which proves that the asker has it. */
export async function makeRequest(node: string, keys: KeyPair): Promise<string> {
  const { Pkcs10CertificateRequestGenerator } = await library()
  const request = await Pkcs10CertificateRequestGenerator.create({ name: [{ CN: [node] }], keys, signingAlgorithm: SIGNATURE }, crypto)
  return `${request.toString('pem')}\n`
}

/**
 * The public key of a request from a stranger. Nothing else of the request is used: what it asks for (other names, being an authority) never gets into a certificate.
 * Undefined unless it is one PKCS#10 request, for this very node, with a P-256 key, signed by that key.
 */
export async function checkRequest(pem: string, node: string): Promise<X509.PublicKey | undefined> {
  if (
    pem.length > IDENTITY_LIMITS.requestLength ||
    !/^-----BEGIN CERTIFICATE REQUEST-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE REQUEST-----\s*$/.test(pem)
  )
    return undefined
  const { Pkcs10CertificateRequest } = await library()
  try {
    const request = new Pkcs10CertificateRequest(pem)
    const names = request.subjectName.toJSON()
    const isForNode =
      names.length === 1 && Object.keys(names[0] as object).length === 1 && names[0]?.CN?.length === 1 && names[0].CN[0] === node
    const { name, namedCurve } = request.publicKey.algorithm as Partial<EcKeyAlgorithm>
    const isP256 = name === KEY_ALGORITHM.name && namedCurve === KEY_ALGORITHM.namedCurve
    return isForNode && isP256 && (await request.verify(crypto)) ? request.publicKey : undefined
  } catch {
    return undefined // the parser's own words about a stranger's bytes tell nobody anything
  }
}

type EcKeyAlgorithm = webcrypto.EcKeyAlgorithm

export interface Validity {
  readonly notBefore: Micros
  readonly notAfter: Micros
}

/** A certificate authority of its own, which signs itself, as PEM. It may sign ends only, no further authorities. */
export async function makeAuthority(name: string, keys: KeyPair, validity: Validity): Promise<string> {
  const x509 = await library()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [`Ecluse CA ${name}`.slice(0, LIMITS.nodeLength)] }],
      keys,
      ...common(validity),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  return `${certificate.toString('pem')}\n`
}

export interface EndCertificate {
  readonly name: string
  readonly publicKey: X509.PublicKey | webcrypto.CryptoKey
  /** A listener proves itself as server, a node as client; neither can stand in for the other (RFC 5280 section 4.2.1.12). */
  readonly use: 'server' | 'client'
  readonly validity: Validity
  /** Names and addresses at which a server is reached. */
  readonly hosts?: readonly string[]
}

export interface Signed {
  readonly pem: string
  readonly serial: string
}

/** Signs the certificate of a server or a node. */
export async function signCertificate(issuerPem: string, signingKey: webcrypto.CryptoKey, end: EndCertificate): Promise<Signed> {
  const x509 = await library()
  const issuer = new x509.X509Certificate(issuerPem)
  const serial = newSerial()
  const hosts = (end.hosts ?? []).map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }))
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [end.name] }],
      issuer: issuer.subjectName.toJSON(),
      publicKey: end.publicKey,
      signingKey,
      ...common(end.validity, serial),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([end.use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'url', value: `urn:ecluse:${end.use === 'server' ? 'hub' : 'node'}:${encodeURIComponent(end.name)}` },
          ...hosts,
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey, false, crypto),
        await x509.SubjectKeyIdentifierExtension.create(end.publicKey, false, crypto),
      ],
    },
    crypto,
  )
  return { pem: `${certificate.toString('pem')}\n`, serial: plainSerial(serial) }
}

function common({ notBefore, notAfter }: Validity, serialNumber = newSerial()) {
  return { serialNumber, notBefore: new Date(notBefore / 1000), notAfter: new Date(notAfter / 1000), signingAlgorithm: SIGNATURE }
}

/** Positive and random (RFC 5280 section 4.1.2.2): nobody can tell the next one, and no counter is kept. */
function newSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40
  return bytes.toString('hex')
}

/** Serial numbers as they are compared: lower-case hexadecimal without leading zeros. */
export const plainSerial = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, '')
