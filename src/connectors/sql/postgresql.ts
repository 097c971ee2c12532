import type { TLSSocket } from 'node:tls'
import type { Client, QueryArrayResult } from 'pg'
import { readFloat, readInstant, readInteger, readJson, readLocalTime, readText, refuseBinary } from './cells.ts'
import { isEncrypted, type ServerConfig } from './config.ts'
import { explainNetwork } from './explain.ts'
import { SQL_LIMITS } from './limits.ts'
import { nextPageRows, sizeOf } from './paging.ts'
import type { Column, CursorKind, Dialect, Explained, Page, Session } from './session.ts'
import { describeTls, tlsOptions } from './tls.ts'

/** Times in UTC, and texts in which only '' is special. */
const SETTINGS = [
  'SET TIME ZONE UTC',
  'SET datestyle TO ISO',
  'SET intervalstyle TO iso_8601',
  'SET standard_conforming_strings TO on',
].join(';')

export const postgresql: Dialect<ServerConfig> = {
  quoting: { dollar: true, nested: true },
  place: ({ host, port, database }) => `${database} at ${host}:${port}`,
  open,
  literal: (kind, text) => (kind === 'number' ? text : `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`),
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  explain,
}

async function open(config: ServerConfig): Promise<Session> {
  const { default: pg } = await import('pg')
  const { host, port, database, user, password, connectTimeout, queryTimeout } = config
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    password,
    ssl: isEncrypted(config) ? await tlsOptions(config) : false,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: queryTimeout,
    query_timeout: queryTimeout + 1_000,
    application_name: 'ecluse',
    // Cells stay the text that the server wrote.
    types: { getTypeParser: () => (text: string) => text } as never,
  })
  // A line that breaks between two queries is found by the next one.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(SETTINGS)
  } catch (error) {
    destroy(client)
    throw error
  }
  return {
    tls: isEncrypted(config) ? describeTls(socketOf(client) as TLSSocket) : undefined,
    read: (query) => read(client, query),
    destroy: () => destroy(client),
  }
}

/** REPEATABLE READ: the table may change meanwhile, this reading sees it as it was when it began. */
async function* read(client: Client, query: string): AsyncGenerator<Page, void, undefined> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    // The extended protocol takes one statement, whatever the text.
    await client.query({ text: `DECLARE ecluse NO SCROLL CURSOR FOR ${query}`, queryMode: 'extended' } as { text: string })
    for (let count: number = SQL_LIMITS.firstPageRows; ; ) {
      const result: QueryArrayResult = await client.query({ text: `FETCH ${count} FROM ecluse`, rowMode: 'array' })
      const rows = result.rows as unknown[][]
      yield { columns: result.fields.map(({ name, dataTypeID }) => column(name, dataTypeID)), rows }
      if (rows.length < count) return
      count = nextPageRows(
        count,
        rows.reduce((sum, row) => sum + sizeOf(row), 0),
      )
    }
  } finally {
    await client.query('ROLLBACK')
  }
}

const BYTEA = 17
const READERS: Record<number, readonly [CursorKind, (text: string) => unknown]> = {
  16: ['text', (text) => text === 't'],
  [BYTEA]: ['text', refuseBinary('bytea')],
  20: ['number', readInteger],
  21: ['number', readInteger],
  23: ['number', readInteger],
  26: ['number', readInteger],
  114: ['text', readJson],
  700: ['number', readFloat],
  701: ['number', readFloat],
  1114: ['text', readLocalTime],
  1184: ['text', readInstant],
  1700: ['number', readText],
  3802: ['text', readJson],
}

function column(name: string, type: number): Column {
  const [kind, readCell] = READERS[type] ?? (['text', readText] as const)
  return { name, kind, read: (raw) => (raw === null ? null : readCell(raw as string)) }
}

function socketOf(client: Client): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
}

function destroy(client: Client): void {
  socketOf(client).destroy()
}

/** SQLSTATE codes (PostgreSQL, appendix A) that a person can do something about. */
const STATES: Record<string, readonly [Explained['step'], string]> = {
  '28P01': ['sign-in', 'correct user or password'],
  '28000': ['sign-in', 'pg_hba.conf of the server does not let this user in from here, or not in this way'],
  '3D000': ['sign-in', 'correct database'],
  '53300': ['sign-in', 'the server has no connection left: raise its max_connections'],
  '57P03': ['sign-in', 'the server starts or stops: this goes away by itself'],
  '42P01': ['query', 'correct the table in the query; is its schema in front of it?'],
  '42703': ['query', 'correct the column in the query'],
  '42601': ['query', 'correct the query'],
  '42501': ['query', 'GRANT SELECT on it to the user'],
  '25006': ['query', 'the query writes: Écluse only reads'],
  '57014': ['query', 'the query takes longer than queryTimeout: give the table an index, or raise it'],
}

function explain(error: unknown, config: ServerConfig): Explained {
  const { code = '', message } = error as { code?: string; message: string }
  const known = STATES[code]
  if (known) return { step: known[0], message: `${message} (${code})`, hint: known[1] }
  if (/does not support SSL/.test(message))
    return { step: 'tls', message: 'the server speaks no TLS', hint: 'turn ssl on at the server, or say tls: { mode: none }' }
  // Classes 08 and 57P: the line or the server is going.
  if (/^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' && !/^(08|57P)/.test(code)) return { step: 'query', message: `${message} (${code})` }
  return explainNetwork(error, config)
}
