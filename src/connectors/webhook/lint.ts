import type { LintFinding } from '../../core/connector.ts'
import { isLoopback } from '../../lib/network-address.ts'
import type { WebhookConfig } from './config.ts'

/** What a schema cannot see: unsafe choices, paths used twice. */
export function lintWebhook({ host, tls, insecure, records }: WebhookConfig): LintFinding[] {
  const findings: LintFinding[] = []
  if (!isLoopback(host) && !tls) {
    const message = 'other machines would send rows and credentials unencrypted'
    const [code, level] = insecure ? (['W_WEBHOOK_PLAINTEXT', 'warning'] as const) : (['E_WEBHOOK_PLAINTEXT', 'error'] as const)
    const hint = `give certificate and key under tls${insecure ? '' : ', or write `insecure: true` if this is really wanted'}`
    findings.push({ path: ['host'], code, message, hint, level })
  }
  const paths = new Set<string>()
  records.forEach(({ path }, index) => {
    if (paths.has(path)) {
      const message = 'two feeds cannot have one path'
      findings.push({ path: ['records', index, 'path'], code: 'E_WEBHOOK_PATH', message, hint: 'give each its own', level: 'error' })
    }
    paths.add(path)
  })
  return findings
}
