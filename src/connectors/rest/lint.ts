import type { LintFinding } from '../../core/connector.ts'
import { isLoopback } from '../../lib/network-address.ts'
import type { RestConfig, RestFeed } from './config.ts'

/** What a schema cannot see: unsafe choices, keys that need or exclude each other. */
export function lintRest(config: RestConfig): LintFinding[] {
  const token = config.auth.type === 'oauth2' ? encryption(config.auth.tokenUrl, ['auth', 'tokenUrl'], config.insecure) : []
  return [...encryption(config.url, ['url'], config.insecure), ...token, ...pair(config), ...config.records.flatMap(feed)]
}

function encryption(address: string, path: string[], insecure: boolean): LintFinding[] {
  if (!URL.canParse(address)) return []
  const { protocol, hostname } = new URL(address)
  if (protocol === 'https:' || isLoopback(hostname)) return []
  const message = 'rows and credentials go to another machine unencrypted and could be changed on the way'
  if (insecure) return [{ path, code: 'W_REST_PLAINTEXT', message, hint: 'use https://', level: 'warning' }]
  const hint = 'use https://, or write `insecure: true` if this is really wanted'
  return [{ path, code: 'E_REST_PLAINTEXT', message, hint, level: 'error' }]
}

function pair({ tls, url }: RestConfig): LintFinding[] {
  const findings: LintFinding[] = []
  if (tls && (tls.certificate === undefined) !== (tls.key === undefined))
    findings.push({ path: ['tls'], code: 'E_REST_TLS', message: 'certificate and key go together', level: 'error' })
  if (tls && url.startsWith('http:'))
    findings.push({ path: ['tls'], code: 'E_REST_TLS', message: 'tls has no effect with http://', hint: 'use https://', level: 'error' })
  return findings
}

function feed(feed: RestFeed, index: number): LintFinding[] {
  const wrong = (key: string, message: string, hint: string): LintFinding => ({
    path: ['records', index, key],
    code: 'E_REST_FEED',
    message,
    hint,
    level: 'error',
  })
  const odata = feed.paging === 'odata'
  const findings: LintFinding[] = []
  const modes = [feed.cursor && 'cursor', feed.snapshot && 'snapshot', feed.delta && 'delta'].filter(
    (mode) => mode !== undefined && mode !== false,
  )
  if (modes.length > 1) findings.push(wrong(modes[1] as string, `${modes.join(' and ')} exclude each other`, 'keep one of them'))
  if (feed.delta && !odata) findings.push(wrong('delta', 'delta links are of OData', 'set paging: odata'))
  if (feed.key && !feed.delta) findings.push(wrong('key', 'key is read with delta only', 'remove it'))
  if (feed.pageSize !== undefined && !odata) findings.push(wrong('pageSize', 'pageSize is of OData', 'use `size` under paging'))
  if (feed.cursor && !odata && feed.cursor.parameter === undefined)
    findings.push(wrong('cursor', 'nobody knows which parameter takes the value', 'set cursor.parameter'))
  if (feed.cursor?.parameter !== undefined && odata)
    findings.push(wrong('cursor', 'OData takes the value in $filter', 'remove cursor.parameter'))
  if (typeof feed.paging === 'object' && 'until' in feed.paging && feed.paging.until === 'short' && feed.paging.size === undefined)
    findings.push(wrong('paging', 'nobody knows which page is short', 'set `size`, or `until: empty`'))
  return findings
}
