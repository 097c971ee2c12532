import { useMemo, useSyncExternalStore } from 'react'

/** Where the reader is: `#/signal?id=…`, or `#/zones/NAME` for a thing of a page. The hash alone carries it, so every view is a link and the server needs no routes. */
export interface Place {
  readonly page: string
  /** The thing of the page; empty: the page itself. */
  readonly item: string
  readonly search: URLSearchParams
}

export function parsePlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [page = '', item = ''] = path.split('/', 2)
  return { page: page || 'overview', item: decoded(item), search: new URLSearchParams(search) }
}

/** What cannot be decoded is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const hrefToConduit = (name: string): string => hrefTo(`zones/${encodeURIComponent(name)}`)

/** The hash of a page; entries that are empty or undefined are left out, a list repeats its name. */
export function hrefTo(page: string, entries: Readonly<Record<string, string | readonly string[] | undefined>> = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(entries)) for (const one of [value ?? ''].flat()) if (one) search.append(name, one)
  const text = search.toString()
  return `#/${page === 'overview' ? '' : page}${text ? `?${text}` : ''}`
}

const onHash = (call: () => void) => {
  window.addEventListener('hashchange', call)
  return () => window.removeEventListener('hashchange', call)
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(onHash, () => window.location.hash)
  return useMemo(() => parsePlace(hash), [hash])
}

export function go(href: string): void {
  window.location.hash = href
}

/** Changes the link without a step in the history: for searches and ranges. */
export function amend(href: string): void {
  window.history.replaceState(null, '', href)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}
