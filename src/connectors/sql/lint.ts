import { isIP } from 'node:net'
import type { LintFinding } from '../../core/connector.ts'
import { isEncrypted, isNear, type ServerConfig, type SqlFeed } from './config.ts'
import { findProblems, type Quoting } from './query.ts'

/** What a schema cannot see in feeds: queries that do more than read, feeds that say neither or both of cursor and snapshot. */
export function lintFeeds(feeds: readonly SqlFeed[], quoting: Quoting): LintFinding[] {
  return feeds.flatMap(({ query, cursor, snapshot }, i): LintFinding[] => {
    const found: LintFinding[] = findProblems(query, quoting, cursor !== undefined).map((problem) => ({
      path: ['records', i, 'query'],
      level: 'error',
      ...problem,
    }))
    if ((cursor === undefined) === (snapshot === undefined))
      found.push({
        path: ['records', i],
        code: 'E_SQL_MODE',
        message: cursor ? 'cursor and snapshot exclude each other' : 'cursor or snapshot: how is this read again?',
        hint: 'cursor: { column, start } reads what changed; snapshot: true reads everything, and finds what was deleted',
        level: 'error',
      })
    return found
  })
}

/** Unsafe ways to a server. */
export function lintServer(config: Pick<ServerConfig, 'host' | 'tls'>, needsName: boolean): LintFinding[] {
  const { host, tls } = config
  const name = tls?.serverName ?? host
  if (!isEncrypted(config)) {
    const found: LintFinding[] = []
    if (!isNear(host))
      found.push({
        path: ['tls', 'mode'],
        code: 'W_SQL_PLAINTEXT',
        message: `everything goes to ${host} unencrypted and could be read or changed on the way`,
        hint: 'leave mode out, and give tls.ca where the authority is your own',
        level: 'warning',
      })
    if (tls?.ca !== undefined || tls?.serverName !== undefined)
      found.push({ path: ['tls'], code: 'E_SQL_TLS_UNUSED', message: 'ca and serverName have no effect with mode none', level: 'error' })
    return found
  }
  if (needsName && isIP(name) !== 0)
    return [
      {
        path: ['host'],
        code: 'E_SQL_TLS_NAME',
        message: 'the certificate is compared by name, and this is an address',
        hint: 'give the name that the certificate has as tls.serverName',
        level: 'error',
      },
    ]
  return []
}
