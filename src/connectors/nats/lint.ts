import type { LintFinding } from '../../core/connector.ts'
import { isLoopback } from '../../lib/network-address.ts'
import { endpointOf, type NatsConfig } from './config.ts'

/** What a schema cannot see: unsafe choices, things named twice. */
export function lintNats({ url, tls, insecure, records }: NatsConfig): LintFinding[] {
  const findings: LintFinding[] = []
  const { host, encrypted } = URL.canParse(url) ? endpointOf(url) : { host: 'localhost', encrypted: true }
  if (!encrypted && !isLoopback(host)) {
    const message = 'rows and credentials come from another machine unencrypted and could be changed on the way'
    const [code, level] = insecure ? (['W_NATS_PLAINTEXT', 'warning'] as const) : (['E_NATS_PLAINTEXT', 'error'] as const)
    findings.push({
      path: ['url'],
      code,
      message,
      hint: `use tls://${insecure ? '' : ', or write `insecure: true` if this is really wanted'}`,
      level,
    })
  }
  if (!encrypted && tls)
    findings.push({ path: ['tls'], code: 'E_NATS_TLS', message: 'tls has no effect with nats://', hint: 'use tls://', level: 'error' })
  if (tls && (tls.certificate === undefined) !== (tls.key === undefined))
    findings.push({ path: ['tls'], code: 'E_NATS_TLS', message: 'certificate and key go together', level: 'error' })
  const durables = new Set<string>()
  records.forEach(({ stream }, index) => {
    const name = stream && `${stream.name} ${stream.durable}`
    if (name !== undefined && durables.has(name)) {
      const message = 'two feeds with one durable consumer take each other’s messages'
      findings.push({ path: ['records', index, 'stream'], code: 'E_NATS_DURABLE', message, hint: 'give each its own', level: 'error' })
    }
    if (name !== undefined) durables.add(name)
  })
  return findings
}
