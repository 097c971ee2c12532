import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import { shown } from './http.ts'
import { REST_LIMITS } from './limits.ts'

/** The address of a feed: the connection's url, the feed's path, and parameters. */
export function addressOf(base: string, path: string, query: Readonly<Record<string, string | number>>): URL {
  const url = new URL(base)
  const [prefix, rest] = [url.pathname.replace(/\/$/, ''), path]
  url.pathname = rest === '' ? url.pathname : `${prefix}/${rest}`
  // By hand: a form's + for a blank and %24 for $ are not what every OData service understands.
  url.search = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`)
    .join('&')
  return url
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(24|2C|3A|40|2F)/g, (code) => decodeURIComponent(code))
}

/** A link of an answer, which stays on its host. */
export function linked(link: unknown, from: URL): URL {
  if (typeof link !== 'string' || link.length > REST_LIMITS.linkLength || !URL.canParse(link, from.href))
    throw new NotConnected(`${shown(from)} gives a link that is none, or one longer than ${REST_LIMITS.linkLength} characters`, {
      fault: fault('bad-link', { peer: shown(from) }),
    })
  const to = new URL(link, from)
  if (to.origin !== from.origin)
    throw new NotConnected(`${shown(from)} gives a link to another host, ${to.origin}: refused`, {
      hint: 'correct url: it is the address the server itself uses in its links',
      fault: fault('foreign-link', { peer: shown(from), to: to.origin }),
    })
  if (to.username !== '' || to.password !== '')
    throw new NotConnected(`${shown(from)} gives a link with credentials: refused`, { fault: fault('bad-link', { peer: shown(from) }) })
  return to
}

/** The target of `rel="next"` (RFC 8288); undefined when there is none. */
export function nextOfHeader(header: string | undefined): string | undefined {
  // Each link is taken by itself, so that no pattern runs over the whole of a long header.
  for (const part of (header ?? '').split(/,\s*(?=<)/)) {
    const close = part.indexOf('>')
    if (!part.trimStart().startsWith('<') || close < 0) continue
    // The value first, its words after: one pattern for both looks at a long value once for each of its words.
    const [, quoted, bare = ''] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;"]+))/i.exec(part.slice(close)) ?? []
    if ((quoted ?? bare).toLowerCase().split(/\s+/).includes('next')) return part.slice(part.indexOf('<') + 1, close)
  }
  return undefined
}
