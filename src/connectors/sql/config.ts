import { z } from 'zod'
import { duration, hostName, secret } from '../../core/config-parts.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { SQL_LIMITS } from './limits.ts'

const cursor = z
  .strictObject({
    column: z.string().min(1).max(128).describe('Column of the result that only grows: a time of change, a number'),
    start: z
      .union([z.number(), z.string().min(1).max(128)])
      .describe('What :cursor is the first time: 0, 1970-01-01; everything before is never read'),
  })
  .describe('Read what changed: the query holds :cursor, e.g. WHERE updated_at >= :cursor')

export const sqlFeed = feedBase.extend({
  query: z.string().min(1).max(SQL_LIMITS.queryLength).describe('One SELECT; with `cursor`, without ORDER BY'),
  every: duration
    .refine((ms) => ms >= 100, 'the shortest period is 100ms')
    .default(30_000)
    .describe('How often; default 30s'),
  cursor: cursor.optional(),
  snapshot: z.literal(true).optional().describe('Read everything each time; what is no more there is deleted'),
})
export type SqlFeed = z.infer<typeof sqlFeed>

const tls = z.strictObject({
  mode: z
    .enum(['verify-full', 'none'])
    .optional()
    .describe('verify-full checks the certificate and its name; none is unencrypted; default verify-full, none on this machine itself'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Authorities that may vouch for the server: a file (PEM), relative to the folder of ecluse.yaml, or ${file:/path}; default those of the system',
    ),
  serverName: z.string().min(1).max(253).optional().describe('Name the certificate must have, when it is not the host'),
})

const queryTimeout = duration
  .refine((ms) => ms >= 100, 'the shortest time-out is 100ms')
  .default(60_000)
  .describe('How long the next rows of a query may take; default 60s')
const records = z.array(sqlFeed).min(1).max(SQL_LIMITS.feeds).describe('What is read')

const server = (port: number) =>
  z.strictObject({
    host: hostName.describe('Name or address of the server'),
    port: z.int().min(1).max(65_535).default(port).describe('TCP port'),
    database: z.string().min(1).max(128),
    user: z.string().min(1).max(128).describe('One that may only read'),
    password: secret,
    tls: tls.optional(),
    connectTimeout: duration.default(10_000).describe('How long reaching the server and signing in may take; default 10s'),
    queryTimeout,
    records,
  })

export const postgresqlConfig = server(5432)
export const mariadbConfig = server(3306)
export const sqlserverConfig = server(1433).extend({
  isolation: z
    .enum(['snapshot', 'serializable'])
    .default('snapshot')
    .describe('How a consistent reading is had: snapshot must be allowed in the database; serializable makes writers wait'),
})
export const databaseFileConfig = z.strictObject({
  file: z.string().min(1).max(1_024).describe('The database; relative to the folder of ecluse.yaml; only read'),
  queryTimeout,
  records,
})

export type ServerConfig = z.infer<typeof postgresqlConfig>
export type SqlserverConfig = z.infer<typeof sqlserverConfig>
export type DatabaseFileConfig = z.infer<typeof databaseFileConfig>

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/

export function isNear(host: string): boolean {
  return LOOPBACK.test(host)
}

/** Encrypted and verified, unless the file says otherwise or the server is on this machine. */
export function isEncrypted({ host, tls: wanted }: Pick<ServerConfig, 'host' | 'tls'>): boolean {
  return wanted?.mode === undefined ? !isNear(host) || wanted?.ca !== undefined : wanted.mode === 'verify-full'
}
