import { z } from 'zod'
import { clientTls } from '../../core/client-tls.ts'
import { duration, hostName, zoneName } from '../../core/config-parts.ts'
import { AUDIT_LIMITS } from './limits.ts'

const forward = z.strictObject({
  format: z.enum(['syslog', 'cef']).default('syslog').describe('syslog: RFC 5424; cef: ArcSight Common Event Format in a syslog message'),
  transport: z
    .enum(['udp', 'tcp', 'tls'])
    .default('tls')
    .describe('udp: RFC 5426, may lose; tcp: RFC 6587 with octet counting; tls: RFC 5425'),
  host: hostName.describe('Name or address of the receiver'),
  port: z.int().min(1).max(65_535).describe('6514 for TLS, 514 for UDP as a rule'),
  tls: clientTls.optional().describe('For transport tls'),
  zone: zoneName.optional().describe('The zone of the receiver; needed once zones are declared'),
})
export type ForwardConfig = z.output<typeof forward>

/** Who did what on this node, and who is told. */
export const auditConfig = z
  .strictObject({
    keep: duration.prefault('400d').describe('Entries older than this are removed, a file at a time'),
    forward: z.array(forward).max(AUDIT_LIMITS.forwards).default([]).describe('Receivers of a copy; the log on disk is the truth'),
  })
  .describe('The audit log')
