import { connect as connectTcp, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection, FieldPacket } from 'mysql2'
import { readFloat, readInstant, readInteger, readJson, readLocalTime, readText, refuseBinary } from './cells.ts'
import { isEncrypted, type ServerConfig } from './config.ts'
import { explainNetwork } from './explain.ts'
import { SQL_LIMITS } from './limits.ts'
import { sizeOf } from './paging.ts'
import type { Column, CursorKind, Dialect, Explained, Page, Session } from './session.ts'
import { describeTls, tlsOptions } from './tls.ts'

/** MariaDB and MySQL. */
export const mariadb: Dialect<ServerConfig> = {
  quoting: { backslash: true, backtick: true, hash: true },
  place: ({ host, port, database }) => `${database} at ${host}:${port}`,
  open,
  literal,
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  explain,
}

class NameMissing extends Error {
  override name = 'NameMissing'
}

async function open(config: ServerConfig): Promise<Session> {
  const { createConnection } = await import('mysql2')
  const { host, port, database, user, password, connectTimeout } = config
  const encrypted = isEncrypted(config)
  // Without a name the library would compare the certificate with "localhost"; lint says so too.
  if (encrypted && isIP(config.tls?.serverName ?? host) !== 0)
    throw new NameMissing('the certificate is compared by name, and this is an address')
  const { ca } = encrypted ? await tlsOptions(config) : {}
  const connection = createConnection({
    // The library compares the certificate with this name; the way to the server is that of the socket.
    host: config.tls?.serverName ?? host,
    port,
    stream: () => connectTcp({ host, port, noDelay: true }),
    database,
    user,
    password,
    ...(encrypted && { ssl: { ...(ca && { ca }), rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2' } }),
    connectTimeout,
    charset: 'utf8mb4',
    // Cells stay the bytes that the server wrote.
    typeCast: false,
    rowsAsArray: true,
    // A server may ask for files of its clients: not of this one.
    flags: ['-LOCAL_FILES'],
  })
  connection.on('error', () => {})
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())))
    // Rows wait here until those before them are durable: the server's own patience is a minute.
    await run(connection, "SET SESSION time_zone = '+00:00', net_write_timeout = 3600")
  } catch (error) {
    connection.destroy()
    throw error
  }
  return {
    tls: encrypted ? describeTls((connection as unknown as { stream: TLSSocket }).stream) : undefined,
    read: (query) => read(connection, query),
    destroy: () => connection.destroy(),
  }
}

async function* read(connection: Connection, query: string): AsyncGenerator<Page, void, undefined> {
  await run(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
  let columns: readonly Column[] = []
  const stream = connection.query(query).stream({ highWaterMark: SQL_LIMITS.firstPageRows })
  stream.once('fields', (fields: FieldPacket[]) => {
    columns = fields.map(column)
  })
  // The library leaves the stream waiting when the line drops.
  const lose = (error?: Error) => stream.destroy(error ?? new Error('the server closed the connection'))
  connection.once('error', lose).once('end', lose)
  let rows: unknown[][] = []
  let size = 0
  let isWanted = true
  try {
    for await (const row of stream as AsyncIterable<unknown[]>) {
      rows.push(row)
      size += sizeOf(row)
      if (rows.length < SQL_LIMITS.pageRows && size < SQL_LIMITS.pageChars) continue
      yield { columns, rows }
      rows = []
      size = 0
    }
    isWanted = false
    yield { columns, rows }
  } catch (error) {
    isWanted = false
    throw error
  } finally {
    connection.removeListener('error', lose).removeListener('end', lose)
    // Rows that nobody wants any more would all have to pass first.
    if (isWanted) connection.destroy()
    else await run(connection, 'ROLLBACK')
  }
}

function run(connection: Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => connection.query(sql, (error) => (error ? reject(error) : resolve())))
}

/** Types of the protocol (MariaDB, "Result Set Packets": field types). */
const READERS: Record<number, readonly [CursorKind, (text: string) => unknown]> = {
  1: ['number', readInteger],
  2: ['number', readInteger],
  3: ['number', readInteger],
  4: ['number', readFloat],
  5: ['number', readFloat],
  7: ['utc', readInstant],
  8: ['number', readInteger],
  9: ['number', readInteger],
  10: ['text', readText],
  11: ['text', readText],
  12: ['text', readLocalTime],
  13: ['number', readInteger],
  16: ['number', refuseBinary('BIT of more than one bit')],
  245: ['text', readJson],
  246: ['number', readText],
  255: ['text', refuseBinary('GEOMETRY')],
}
const BIT = 16
/** The character set "binary". */
const BINARY = 63
const STRINGS = 249

function column({ name, columnType, characterSet, columnLength }: FieldPacket): Column {
  const type = columnType ?? 253
  const isText = READERS[type] === undefined
  const [kind, readCell] =
    READERS[type] ?? (['text', characterSet === BINARY && type >= STRINGS ? refuseBinary('BLOB or BINARY') : readText] as const)
  return {
    name,
    kind: isText ? 'text' : kind,
    read: (raw) => {
      if (raw === null) return null
      const bytes = raw as Buffer
      if (type === BIT && columnLength === 1) return bytes[0] === 1
      return readCell(bytes.toString('utf8'))
    },
  }
}

/** Written in hexadecimal, a text needs no escape under any `sql_mode`. */
function literal(kind: CursorKind, text: string): string {
  if (kind === 'number') return text
  const written = kind === 'utc' ? text.replace('T', ' ').replace(/Z$/, '') : text
  return `_utf8mb4 X'${Buffer.from(written, 'utf8').toString('hex')}'`
}

const CODES: Record<string, readonly [Explained['step'], string]> = {
  ER_ACCESS_DENIED_ERROR: ['sign-in', 'correct user or password; a user may also be let in from other hosts only'],
  ER_DBACCESS_DENIED_ERROR: ['sign-in', 'GRANT SELECT on the database to the user'],
  ER_HOST_NOT_PRIVILEGED: ['sign-in', 'the server lets nobody in from this host'],
  ER_BAD_DB_ERROR: ['sign-in', 'correct database'],
  ER_CON_COUNT_ERROR: ['sign-in', 'the server has no connection left: raise its max_connections'],
  ER_NO_SUCH_TABLE: ['query', 'correct the table in the query'],
  ER_BAD_FIELD_ERROR: ['query', 'correct the column in the query'],
  ER_PARSE_ERROR: ['query', 'correct the query'],
  ER_TABLEACCESS_DENIED_ERROR: ['query', 'GRANT SELECT on it to the user'],
  ER_COLUMNACCESS_DENIED_ERROR: ['query', 'GRANT SELECT on it to the user'],
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: ['query', 'the query writes: Écluse only reads'],
}

function explain(error: unknown, config: ServerConfig): Explained {
  const { code = '', message } = error as { code?: string; message: string }
  const known = CODES[code]
  if (known) return { step: known[0], message: `${message} (${code})`, hint: known[1] }
  if (error instanceof NameMissing) return { step: 'tls', message, hint: 'give the name that the certificate has as tls.serverName' }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT')
    return { step: 'tls', message: 'the server speaks no TLS', hint: 'turn TLS on at the server, or say tls: { mode: none }' }
  if (code.startsWith('ER_') && code !== 'ER_SERVER_SHUTDOWN') return { step: 'query', message: `${message} (${code})` }
  return explainNetwork(error, config)
}
