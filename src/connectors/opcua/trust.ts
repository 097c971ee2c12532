import { X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { PeerIdentity, SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { formatTime } from '../../core/time.ts'
import { replaceFile } from '../../lib/replace-file.ts'

/**
 * Trust is pinning: a person looks at the fingerprint once, and from then on exactly that certificate is the server.
 * The pin is one small file in the connection's folder.
 */
const pinFile = z.strictObject({
  sha256: z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
  subject: z.string(),
  trustedTime: z.string(),
})
type Pin = z.infer<typeof pinFile>
const FILE = 'trusted-server.json'

/** The first certificate of a chain as the server sends it: DER certificates one after the other. Throws on what is none. */
export function leafCertificate(chain: Uint8Array | null | undefined): X509Certificate {
  const bytes = Buffer.from(chain ?? [])
  if (bytes.length < 4 || bytes[0] !== 0x30 || bytes[1] !== 0x82) throw new Error('the server sent no certificate')
  const length = 4 + bytes.readUInt16BE(2)
  if (length > bytes.length) throw new Error('the server sent a cut certificate')
  return new X509Certificate(bytes.subarray(0, length))
}

export async function readPin(directory: string): Promise<Pin | undefined> {
  const file = join(directory, FILE)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return pinFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new NotConnected(`${file} cannot be read, so no server is trusted`, {
      ...{ cause, hint: 'delete the file and trust the server again' },
      fault: fault('trust-unreadable', { file }),
    })
  }
}

export function toIdentity(certificate: X509Certificate, pin: Pin | undefined): PeerIdentity {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    sha1: certificate.fingerprint,
    sha256: certificate.fingerprint256,
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
    trusted: pin?.sha256 === certificate.fingerprint256,
  }
}

/** Stores the decision, in one rename. */
export async function writePin(context: SourceContext, identity: PeerIdentity): Promise<void> {
  await mkdir(context.directory, { recursive: true, mode: 0o700 })
  const pin: Pin = pinFile.parse({ sha256: identity.sha256, subject: identity.subject, trustedTime: formatTime(context.clock.now()) })
  const file = join(context.directory, FILE)
  await replaceFile(file, `${JSON.stringify(pin, null, 2)}\n`)
}

/** Throws NotConnected unless the certificate is the trusted one and within its dates. */
export function assertTrusted(certificate: X509Certificate, pin: Pin | undefined, context: SourceContext): void {
  const identity = toIdentity(certificate, pin)
  const { subject, sha256 } = identity
  const trust = `run \`ecluse trust ${context.connection}\``
  if (!pin) {
    throw new NotConnected(`the server's certificate is not trusted yet: ${identity.subject}, SHA-256 ${identity.sha256}`, {
      hint: `compare the fingerprint with the one the server shows, then ${trust}`,
      fault: fault('certificate-untrusted', { subject, sha256, connection: context.connection }),
    })
  }
  if (!identity.trusted) {
    throw new NotConnected(
      `the server's certificate has changed: trusted since ${pin.trustedTime} is SHA-256 ${pin.sha256}, now it shows ${identity.sha256} (${identity.subject})`,
      {
        hint: `if the server was replaced or renewed its certificate, ${trust}; if not, somebody may be in between`,
        fault: fault('certificate-changed', {
          ...{ subject, sha256, pinned: pin.sha256, since: pin.trustedTime },
          connection: context.connection,
        }),
      },
    )
  }
  const nowMs = context.clock.now() / 1000
  if (certificate.validToDate.getTime() < nowMs) {
    throw new NotConnected(`the server's certificate expired on ${identity.validTo}`, {
      hint: `renew the certificate at the server, then ${trust}`,
      fault: fault('certificate-expired', { until: identity.validTo }),
    })
  }
  if (certificate.validFromDate.getTime() > nowMs) {
    throw new NotConnected(`the server's certificate is not valid before ${identity.validFrom}`, {
      hint: 'compare the clocks of the server and of this machine',
      fault: fault('certificate-early', { from: identity.validFrom }),
    })
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ')
}
