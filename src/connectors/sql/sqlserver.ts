import type { Connection, Request } from 'tedious'
import { readInteger, readText, refuseBinary } from './cells.ts'
import { isEncrypted, type SqlserverConfig } from './config.ts'
import { explainNetwork } from './explain.ts'
import { SQL_LIMITS } from './limits.ts'
import { sizeOf } from './paging.ts'
import { type Column, type CursorKind, type Dialect, type Explained, type Page, type Session, Unreadable } from './session.ts'
import { tlsOptions } from './tls.ts'

type Library = typeof import('tedious')

/** Microsoft SQL Server. It knows no read-only transaction: what a query may do is up to lint and to the rights of the user. */
export const sqlserver: Dialect<SqlserverConfig> = {
  quoting: { bracket: true, nested: true },
  place: ({ host, port, database }) => `${database} at ${host}:${port}`,
  open,
  literal: (kind, text) => (kind === 'number' ? text : `N'${text.replaceAll("'", "''")}'`),
  quote: (name) => `[${name.replaceAll(']', ']]')}]`,
  explain,
}

async function open(config: SqlserverConfig): Promise<Session> {
  const library: Library = await import('tedious')
  const { host, port, database, user, password, connectTimeout, queryTimeout, isolation } = config
  const encrypt = isEncrypted(config)
  const { ca } = encrypt ? await tlsOptions(config) : {}
  const connection = new library.Connection({
    server: host,
    authentication: { type: 'default', options: { userName: user, password } },
    options: {
      port,
      database,
      encrypt,
      trustServerCertificate: false,
      ...(config.tls?.serverName !== undefined && { serverName: config.tls.serverName }),
      cryptoCredentialsDetails: { ...(ca && { ca }), minVersion: 'TLSv1.2' },
      connectTimeout,
      requestTimeout: queryTimeout,
      // A failed attempt is the runner's to repeat.
      maxRetriesOnTransientErrors: 0,
      readOnlyIntent: true,
      appName: 'ecluse',
      useUTC: true,
    },
  })
  connection.on('error', () => {})
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
    await run(library, connection, `SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}`)
  } catch (error) {
    connection.close()
    throw error
  }
  return {
    tls: encrypt ? 'TLS 1.2, certificate verified' : undefined,
    read: (query) => read(library, connection, query),
    destroy: () => connection.close(),
  }
}

async function* read(library: Library, connection: Connection, query: string): AsyncGenerator<Page, void, undefined> {
  await run(library, connection, 'BEGIN TRANSACTION')
  let columns: readonly Column[] = []
  let rows: unknown[][] = []
  let size = 0
  let failure: Error | undefined
  let isDone = false
  let wake = () => {}
  const request = new library.Request(query, (error) => {
    failure = error ?? undefined
    isDone = true
    wake()
  })
  request.on('columnMetadata', (found) => {
    columns = (found as readonly ServerColumn[]).map(column)
  })
  request.on('row', (cells: readonly { value: unknown }[]) => {
    const row = cells.map(({ value }) => value)
    rows.push(row)
    size += sizeOf(row)
    if (isFull()) {
      request.pause()
      wake()
    }
  })
  const isFull = () => rows.length >= SQL_LIMITS.pageRows || size >= SQL_LIMITS.pageChars
  const waiting = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  connection.execSqlBatch(request)
  try {
    while (!isDone) {
      if (!isFull()) await waiting()
      if (!isFull()) continue
      yield { columns, rows: take() }
      request.resume()
    }
    if (failure) throw failure
    yield { columns, rows: take() }
  } finally {
    // Rows that nobody wants any more would all have to pass first.
    if (isDone) await run(library, connection, 'IF @@TRANCOUNT > 0 ROLLBACK')
    else connection.close()
  }

  function take(): unknown[][] {
    const page = rows
    rows = []
    size = 0
    return page
  }
}

function run({ Request }: Library, connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request: Request = new Request(sql, (error) => (error ? reject(error) : resolve()))
    connection.execSqlBatch(request)
  })
}

/** What the server says of a column ([MS-TDS] 2.2.7.4). */
export interface ServerColumn {
  readonly colName: string
  readonly type: { readonly name: string }
  readonly scale?: number | undefined
}

const NUMBERS = /^(TinyInt|SmallInt|Int|BigInt|IntN|Decimal|DecimalN|Numeric|NumericN|Money|MoneyN|SmallMoney|Float|FloatN|Real)$/

/** How the library's values become exact ones. */
export function column({ colName, type: { name: type }, scale }: ServerColumn): Column {
  const kind: CursorKind = NUMBERS.test(type) ? 'number' : 'text'
  const readCell = readerOf(type, scale ?? 0)
  return { name: colName, kind, read: (raw) => (raw === null || raw === undefined ? null : readCell(raw)) }
}

function readerOf(type: string, scale: number): (raw: unknown) => unknown {
  if (/^(Decimal|Numeric)/.test(type)) return (raw) => exactDecimal(raw as number, scale)
  if (/Money/.test(type)) return (raw) => exactDecimal(raw as number, 4)
  if (/^(DateTime2)$/.test(type)) return (raw) => timeText(raw as Date, true)
  if (/^(SmallDateTime|DateTime|DateTimeN)$/.test(type)) return (raw) => timeText(raw as Date, false)
  if (type === 'DateTimeOffset') return (raw) => `${timeText(raw as Date, true)}Z`
  if (type === 'Date') return (raw) => timeText(raw as Date, false).slice(0, 10)
  if (type === 'Time') return (raw) => timeText(raw as Date, true).slice(11)
  return (raw) => {
    if (raw instanceof Uint8Array) return refuseBinary(type)()
    if (typeof raw !== 'string') return raw
    return kindOfInteger(type) ? readInteger(raw) : readText(raw)
  }
}

function kindOfInteger(type: string): boolean {
  return type === 'BigInt' || type === 'IntN'
}

/** The library gives decimals as doubles: up to 15 digits they are what the server has, beyond they are refused. */
function exactDecimal(value: number, scale: number): string {
  if (Math.abs(value) * 10 ** scale >= 1e15) throw new Unreadable('more digits than arrive exactly: CAST it AS varchar(50) in the query')
  return value.toFixed(scale)
}

/** `2026-11-27T08:00:00.1234567`, without the zeros at its end that a `datetime` could not read back. */
function timeText(date: Date & { nanosecondsDelta?: number }, isFine: boolean): string {
  const text = date.toISOString().slice(0, -1)
  // Despite its name it counts seconds: what is less than a millisecond.
  const rest = isFine ? Math.round((date.nanosecondsDelta ?? 0) * 1e7) : 0
  return rest === 0 ? text : `${text}${String(rest).padStart(4, '0')}`
}

/** Numbers of the server's messages. */
const NUMBERED: Record<number, readonly [Explained['step'], string]> = {
  18456: ['sign-in', 'correct user or password; does the server let SQL logins in (mixed mode)?'],
  4060: ['sign-in', 'correct database, or let the user into it'],
  208: ['query', 'correct the table in the query; is its schema in front of it?'],
  207: ['query', 'correct the column in the query'],
  102: ['query', 'correct the query'],
  156: ['query', 'correct the query'],
  229: ['query', 'GRANT SELECT on it to the user'],
  3952: ['query', 'ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON, or isolation: serializable, which makes writers wait'],
}

function explain(error: unknown, config: SqlserverConfig): Explained {
  const { number = 0, code = '', message } = error as { number?: number; code?: string; message: string }
  const known = NUMBERED[number]
  if (known) return { step: known[0], message: `${message} (${number})`, hint: known[1] }
  if (code === 'ELOGIN') return { step: 'sign-in', message, hint: 'correct user or password' }
  if (code === 'ETIMEOUT' && /^Timeout: Request/.test(message))
    return { step: 'query', message, hint: 'the query takes longer than queryTimeout: give the table an index, or raise it' }
  if (code === 'EENCRYPT') return { step: 'tls', message, hint: 'turn encryption on at the server, or say tls: { mode: none }' }
  if (number > 0) return { step: 'query', message: `${message} (${number})` }
  // The library wraps what the socket said.
  const { cause } = error as Error
  const below = cause instanceof Error ? cause : error
  return explainNetwork((below as Error).cause ?? below, config)
}
