import type { Connector } from '../../core/connector.ts'
import { checkDatabase } from './check.ts'
import {
  type DatabaseFileConfig,
  databaseFileConfig,
  mariadbConfig,
  postgresqlConfig,
  type ServerConfig,
  type SqlserverConfig,
  sqlserverConfig,
} from './config.ts'
import { duckdb } from './duckdb.ts'
import { lintFeeds, lintServer } from './lint.ts'
import { mariadb } from './mariadb.ts'
import { postgresql } from './postgresql.ts'
import { SqlRecords } from './records.ts'
import { sqlite } from './sqlite.ts'
import { sqlserver } from './sqlserver.ts'

function withAuthorities<Config extends ServerConfig>(config: Config, absolute: (path: string) => string): Config {
  const ca = config.tls?.ca
  return ca === undefined ? config : { ...config, tls: { ...config.tls, ca: absolute(ca) } }
}

const postgresqlConnector: Connector<ServerConfig> = {
  kind: 'postgresql',
  label: { fr: 'PostgreSQL', en: 'PostgreSQL' },
  config: postgresqlConfig,
  withPaths: withAuthorities,
  lint: (config) => [...lintServer(config, false), ...lintFeeds(config.records, postgresql.quoting)],
  records: (config, context) => new SqlRecords(postgresql, config, context),
  check: (config, context, stop) => checkDatabase(postgresql, config, context, stop),
}

const mariadbConnector: Connector<ServerConfig> = {
  kind: 'mariadb',
  label: { fr: 'MariaDB et MySQL', en: 'MariaDB and MySQL' },
  config: mariadbConfig,
  withPaths: withAuthorities,
  lint: (config) => [...lintServer(config, true), ...lintFeeds(config.records, mariadb.quoting)],
  records: (config, context) => new SqlRecords(mariadb, config, context),
  check: (config, context, stop) => checkDatabase(mariadb, config, context, stop),
}

const sqliteConnector: Connector<DatabaseFileConfig> = {
  kind: 'sqlite',
  label: { fr: 'Fichier SQLite', en: 'SQLite file' },
  config: databaseFileConfig,
  lint: (config) => lintFeeds(config.records, sqlite.quoting),
  records: (config, context) => new SqlRecords(sqlite, config, context),
  check: (config, context, stop) => checkDatabase(sqlite, config, context, stop),
}

const duckdbConnector: Connector<DatabaseFileConfig> = {
  kind: 'duckdb',
  label: { fr: 'Fichier DuckDB', en: 'DuckDB file' },
  config: databaseFileConfig,
  lint: (config) => lintFeeds(config.records, duckdb.quoting),
  records: (config, context) => new SqlRecords(duckdb, config, context),
  check: (config, context, stop) => checkDatabase(duckdb, config, context, stop),
}

const sqlserverConnector: Connector<SqlserverConfig> = {
  kind: 'sqlserver',
  label: { fr: 'SQL Server', en: 'SQL Server' },
  config: sqlserverConfig,
  withPaths: withAuthorities,
  lint: (config) => [...lintServer(config, false), ...lintFeeds(config.records, sqlserver.quoting)],
  records: (config, context) => new SqlRecords(sqlserver, config, context),
  check: (config, context, stop) => checkDatabase(sqlserver, config, context, stop),
}

/** Tables of SQL databases as IT records. */
export const sql = [postgresqlConnector, mariadbConnector, sqliteConnector, duckdbConnector, sqlserverConnector] as const
