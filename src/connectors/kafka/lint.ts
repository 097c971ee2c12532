import type { LintFinding } from '../../core/connector.ts'
import { isLoopback } from '../../lib/network-address.ts'
import { brokerOf, type KafkaConfig } from './config.ts'

/** What a schema cannot see: unsafe choices, things named twice. */
export function lintKafka({ brokers, tls, insecure, records }: KafkaConfig): LintFinding[] {
  const findings: LintFinding[] = []
  if (!tls && !brokers.every((broker) => isLoopback(brokerOf(broker).host))) {
    const message = 'rows and credentials come from another machine unencrypted and could be changed on the way'
    const [code, level] = insecure ? (['W_KAFKA_PLAINTEXT', 'warning'] as const) : (['E_KAFKA_PLAINTEXT', 'error'] as const)
    const hint = `write \`tls: {}\`${insecure ? '' : ', or `insecure: true` if this is really wanted'}`
    findings.push({ path: ['brokers'], code, message, hint, level })
  }
  if (tls && (tls.certificate === undefined) !== (tls.key === undefined))
    findings.push({ path: ['tls'], code: 'E_KAFKA_TLS', message: 'certificate and key go together', level: 'error' })
  const topics = new Set<string>()
  records.forEach(({ topic }, index) => {
    if (topics.has(topic)) {
      const message = 'two feeds of one connection cannot read one topic: its offset is one'
      const hint = 'give the second a connection with a group of its own'
      findings.push({ path: ['records', index, 'topic'], code: 'E_KAFKA_TOPIC', message, hint, level: 'error' })
    }
    topics.add(topic)
  })
  return findings
}
