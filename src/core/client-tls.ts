import type { ConnectionOptions } from 'node:tls'
import { z } from 'zod'
import { secret } from './config-parts.ts'

/** One or more certificates in PEM. */
export const certificates = (what: string) =>
  z
    .string()
    .max(64 * 1024)
    .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'PEM text is wanted: ${file:/path/to/certificate.pem}')
    .describe(`${what} (PEM): \${file:/path}`)

/** How we speak TLS to a system. Files are named by references, as secrets are, so that they are found from the configuration's folder. */
export const clientTls = z.strictObject({
  ca: certificates('Authorities that may vouch for the peer; default those of the system').optional(),
  certificate: certificates('Our own certificate, where the peer asks for one').optional(),
  key: secret.optional().describe('Our private key (PEM): ${file:/path}'),
  serverName: z.string().min(1).max(253).optional().describe('Name the certificate must have, when it is not the one in the address'),
})
export type ClientTls = z.output<typeof clientTls>

/** The options of node:tls; the peer's certificate is always checked. */
export function tlsOptions(tls: ClientTls | undefined): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate }),
    ...(tls?.key !== undefined && { key: tls.key }),
    ...(tls?.serverName !== undefined && { servername: tls.serverName }),
  }
}
