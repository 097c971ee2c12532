import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Row } from '../../core/record-source.ts'
import { http } from '../../lib/http.ts'

export interface RestSimulatorOptions {
  /** The first rows. */
  readonly rows?: readonly Row[]
  /** Columns that together name a row. */
  readonly key: readonly string[]
  /** Where the rows are found; default `/rows`. OData has them at `/odata/NAME`. */
  readonly path?: string
  /** Column that `since=` and OData's $filter compare; default `updated`. */
  readonly changed?: string
  /** A bearer token that is then asked for. */
  readonly token?: string
  /** Rows of one answer when the request does not say; default 100. */
  readonly pageSize?: number
  /** Texts answered as they are, by path. */
  readonly fixed?: Readonly<Record<string, string>>
  readonly port?: number
  readonly host?: string
}

export interface RestSimulator {
  readonly url: string
  readonly port: number
  /** Adds rows, or replaces those of the same key. */
  put(...rows: Row[]): void
  /** Removes the rows of these keys. */
  remove(...keys: Row[]): void
  /** The next answers have this status, oldest first. */
  failNext(status: number, headers?: Readonly<Record<string, string>>): void
  /** What was asked, oldest first: method, path with parameters, status. */
  readonly asked: readonly { readonly method: string; readonly url: string; readonly status: number }[]
  stop(): Promise<void>
}

/** Requests that are remembered. */
const ASKED = 10_000

interface Change {
  readonly key: string
  /** Undefined: removed. */
  readonly row: Row | undefined
  readonly gone: Row
}

/**
 * A system with one table, asked over HTTP. `GET PATH?page=&size=&offset=&limit=&since=` answers `{ items, total, next? }` with ETag, Last-Modified and Link;
 * `GET /odata/NAME` answers as OData v4 does, with $top, $skip, `$filter=COLUMN ge|gt VALUE`, server-driven pages and delta links.
 */
export async function createRestSimulator(options: RestSimulatorOptions): Promise<RestSimulator> {
  const { key, path = '/rows', changed = 'updated', token, host = '127.0.0.1' } = options
  const keyOf = (row: Row) => JSON.stringify(key.map((column) => row[column]))
  const rows = new Map((options.rows ?? []).map((row) => [keyOf(row), row]))
  const log: Change[] = []
  const failures: { status: number; headers: Readonly<Record<string, string>> }[] = []
  const asked: { method: string; url: string; status: number }[] = []
  let modified = Date.now()
  const touch = (row: Row, kept: boolean) => {
    const id = keyOf(row)
    if (kept) rows.set(id, row)
    else rows.delete(id)
    log.push({ key: id, row: kept ? row : undefined, gone: Object.fromEntries(key.map((column) => [column, row[column]])) })
    modified = Date.now()
  }

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
    const failure = failures.shift()
    if (failure) return response.writeHead(failure.status, failure.headers).end()
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      return response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
    const fixed = options.fixed?.[url.pathname]
    if (fixed !== undefined) return response.writeHead(200, { 'content-type': 'application/json' }).end(fixed)
    const all = [...rows.values()]
    const table: Table = { all, log, changed, pageSize: options.pageSize ?? 100 }
    if (url.pathname === path) return send(request, response, plainAnswer(url, table), modified)
    if (url.pathname.startsWith('/odata/')) return send(request, response, odataAnswer(url, request, table), modified)
    return response.writeHead(404).end()
  }
  const server = http.createServer((request, response) => {
    response.once('close', () => {
      if (asked.length < ASKED) asked.push({ method: request.method ?? '', url: request.url ?? '', status: response.statusCode })
    })
    answer(request, response)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    put: (...more) => {
      for (const row of more) touch(row, true)
    },
    remove: (...keys) => {
      for (const row of keys) touch(row, false)
    },
    failNext: (status, headers = {}) => void failures.push({ status, headers }),
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Table {
  readonly all: readonly Row[]
  readonly log: readonly Change[]
  readonly changed: string
  readonly pageSize: number
}

interface Said {
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
}

function send(request: IncomingMessage, response: ServerResponse, { body, headers }: Said, modified: number): void {
  const text = JSON.stringify(body)
  const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`
  const known = { etag, 'last-modified': new Date(modified).toUTCString() }
  if (request.headers['if-none-match'] === etag) response.writeHead(304, known).end()
  else response.writeHead(200, { 'content-type': 'application/json', ...known, ...headers }).end(text)
}

function plainAnswer(url: URL, { all, changed, pageSize }: Table): Said {
  const number = (name: string, standard: number) => Math.max(0, Number(url.searchParams.get(name) ?? standard) || 0)
  const since = url.searchParams.get('since')
  const found = since === null ? all : all.filter((row) => String(row[changed]) >= since)
  const size = number('size', number('limit', pageSize)) || pageSize
  const from = url.searchParams.has('page') ? (number('page', 1) - 1) * size : number('offset', 0)
  const items = found.slice(from, from + size)
  const next = new URL(url)
  next.searchParams.delete('page')
  next.searchParams.set('offset', String(from + size))
  const more = from + size < found.length
  return {
    body: { items, total: found.length, ...(more && { next: `${next.pathname}${next.search}` }) },
    ...(more && { headers: { link: `<${next.pathname}${next.search}>; rel="next"` } }),
  }
}

function odataAnswer(url: URL, request: IncomingMessage, { all, log, pageSize }: Table): Said {
  const asked = url.searchParams
  const base = `${url.origin}${url.pathname}`
  const preferred = Number(/maxpagesize=(\d+)/.exec(String(request.headers.prefer ?? ''))?.[1] ?? pageSize)
  const from = asked.get('$deltatoken')
  if (from !== null) {
    const since = log.slice(Number(from))
    const newest = new Map(since.map((change) => [change.key, change]))
    const value = [...newest.values()].map(({ row, gone }) => row ?? { '@removed': { reason: 'deleted' }, ...gone })
    return { body: { '@odata.context': `${base}/$delta`, value, '@odata.deltaLink': `${base}?$deltatoken=${log.length}` } }
  }
  const filter = /^\(?.*?\)?(\w+) (ge|gt) (.+)$/.exec(asked.get('$filter') ?? '')
  const [, column = '', operator, literal = ''] = filter ?? []
  const limit = literal.replace(/^'|'$/g, '')
  const found = filter ? all.filter((row) => (operator === 'gt' ? String(row[column]) > limit : String(row[column]) >= limit)) : all
  const order = asked.get('$orderby')?.split(' ')[0]
  const sorted = order === undefined ? found : [...found].sort((a, b) => (String(a[order]) < String(b[order]) ? -1 : 1))
  const skip = Number(asked.get('$skip') ?? asked.get('$skiptoken') ?? 0)
  const top = asked.get('$top')
  const value = sorted.slice(skip, skip + Math.min(preferred, Number(top ?? Number.POSITIVE_INFINITY)))
  const next = new URL(url)
  next.searchParams.set('$skiptoken', String(skip + value.length))
  const tracks = /track-changes/.test(String(request.headers.prefer ?? '')) || asked.has('$track')
  // The delta begins where the first page did, so that what changes between two pages is in it.
  const start = asked.get('$track') ?? String(log.length)
  if (tracks) next.searchParams.set('$track', start)
  const more = top === null && skip + value.length < sorted.length
  return {
    body: {
      '@odata.context': `${url.origin}/odata/$metadata`,
      value,
      ...(more && { '@odata.nextLink': next.href }),
      ...(!more && tracks && { '@odata.deltaLink': `${base}?$deltatoken=${start}` }),
    },
  }
}
