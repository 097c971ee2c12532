import { createHash, X509Certificate } from 'node:crypto'
import type { Micros } from '../../core/time.ts'
import { DAY } from '../../core/time.ts'
import { IdentityError } from './errors.ts'
import { plainSerial } from './x509.ts'

/** What of a certificate is ever asked. */
export interface CertificateFacts {
  readonly name: string
  readonly serial: string
  readonly notBefore: Micros
  readonly notAfter: Micros
}

/**
 * Undefined for a certificate without exactly one common name: nobody here has such a one. Reads the subject's text, where every special character is escaped
 * and so equals no node's name; `toLegacyObject` ends the whole process on some malformed certificates (Node 24.21).
 */
export function factsOf(certificate: X509Certificate): CertificateFacts | undefined {
  const names = (certificate.subject ?? '').split('\n').filter((line) => line.startsWith('CN='))
  const name = names[0]?.slice('CN='.length)
  if (names.length !== 1 || name === undefined || name === '') return undefined
  return {
    name,
    serial: plainSerial(certificate.serialNumber),
    notBefore: certificate.validFromDate.getTime() * 1000,
    notAfter: certificate.validToDate.getTime() * 1000,
  }
}

/** The certificates of a PEM text, in its order. Throws IdentityError `damaged` about `subject` when one of them is none. */
export function readCertificates(pem: string, subject: string): X509Certificate[] {
  try {
    return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((one) => new X509Certificate(one))
  } catch (error) {
    throw new IdentityError('damaged', subject, `${subject} is not a certificate in PEM`, { cause: error })
  }
}

/** The first certificate of a text, which must be an authority's. Throws IdentityError `damaged`. */
export function authorityOf(pem: string, subject: string): X509Certificate {
  const [first] = readCertificates(pem, subject)
  if (!first?.ca) throw new IdentityError('damaged', subject, `${subject} does not begin with the certificate of an authority`)
  return first
}

/** SHA-256 of the certificate, lower-case hexadecimal. */
export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex')
}

/** Days until the end, rounded down; negative after it. */
export function daysLeft({ notAfter }: { readonly notAfter: Micros }, now: Micros): number {
  return Math.floor((notAfter - now) / DAY)
}

/** When two thirds of the lifetime are over: the rest is for the days on which the hub is not reached. */
export function isRenewalDue({ notBefore, notAfter }: { readonly notBefore: Micros; readonly notAfter: Micros }, now: Micros): boolean {
  return now >= notBefore + ((notAfter - notBefore) * 2) / 3
}
