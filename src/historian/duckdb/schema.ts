import type { DuckDBConnection } from '@duckdb/node-api'
import { STATUS_CODES } from '../../core/status-codes.ts'

/**
 * The tables. `store.samples` is the hot part: no key and no index (a primary key costs five times the writing), rows in order of arrival.
 * In it, and only there, NaN stands for null, because marking nulls row by row would cost the hot path.
 * Rows are found by `ingest`, `signal` and `reasons`, small numbers given here; `writers`, `signal_indices` and `reason_indices` say what a
 * node's own numbers mean. A text column that holds nothing costs nothing measurable, so text needs no table of its own.
 */
const TABLES = `
CREATE SCHEMA IF NOT EXISTS store;
CREATE TABLE IF NOT EXISTS store.samples (signal UINTEGER, time TIMESTAMP, value DOUBLE, status UINTEGER, reasons UINTEGER, ingest UINTEGER, text VARCHAR);
CREATE TABLE IF NOT EXISTS store.ingests (ingest UINTEGER, writer UINTEGER, sequence BIGINT, samples UINTEGER, received TIMESTAMP, recorded TIMESTAMP, config UINTEGER);
CREATE TABLE IF NOT EXISTS store.writers (writer UINTEGER, node VARCHAR, epoch BIGINT, sequence BIGINT);
CREATE TABLE IF NOT EXISTS store.signals (signal UINTEGER, id VARCHAR, connection VARCHAR, address VARCHAR, unit VARCHAR, data_type VARCHAR, definition VARCHAR, has_text BOOLEAN);
CREATE TABLE IF NOT EXISTS store.signal_indices (writer UINTEGER, number UINTEGER, signal UINTEGER);
CREATE TABLE IF NOT EXISTS store.reasons (reasons UINTEGER, names VARCHAR[]);
CREATE TABLE IF NOT EXISTS store.reason_indices (writer UINTEGER, number UINTEGER, reasons UINTEGER);
CREATE TABLE IF NOT EXISTS store.configs (config UINTEGER, version VARCHAR);
CREATE TABLE IF NOT EXISTS store.gaps (writer UINTEGER, first BIGINT, last BIGINT, cause VARCHAR, samples BIGINT, recorded TIMESTAMP);
CREATE TABLE IF NOT EXISTS store.files (name VARCHAR, day INTEGER, samples BIGINT, bytes BIGINT, oldest TIMESTAMP, newest TIMESTAMP, first_signal UINTEGER, last_signal UINTEGER, present BOOLEAN);
CREATE TABLE IF NOT EXISTS store.last (signal UINTEGER, time TIMESTAMP, received TIMESTAMP, value DOUBLE, status UINTEGER, reasons UINTEGER, ingest UINTEGER, text VARCHAR);
CREATE OR REPLACE TABLE store.status_names (code UINTEGER, name VARCHAR);
`

/** What people may read. Documented in docs; the names and columns are kept. */
const VIEWS = `
CREATE OR REPLACE VIEW main.signals AS SELECT id, connection, address, unit, data_type FROM store.signals;
CREATE OR REPLACE VIEW main.ingests AS
  SELECT i.ingest, w.node, w.epoch, i.sequence, i.samples, i.received AS received_time, i.recorded AS recorded_time, c.version AS config_version
  FROM store.ingests i JOIN store.writers w USING (writer) LEFT JOIN store.configs c USING (config);
CREATE OR REPLACE VIEW main.gaps AS
  SELECT w.node, w.epoch, g.first AS first_sequence, g.last AS last_sequence, g.cause, g.samples, g.recorded AS recorded_time
  FROM store.gaps g JOIN store.writers w USING (writer);
`

/** The views a SELECT may name. */
export const PUBLIC_VIEWS: readonly string[] = ['signals', 'samples', 'ingests', 'gaps']

/** Makes what is missing. Safe to repeat at every start. */
export async function createSchema(connection: DuckDBConnection): Promise<void> {
  await connection.run(TABLES)
  const names = Object.entries(STATUS_CODES).map(([name, code]) => `(${code >>> 16}, ${quote(name)})`)
  await connection.run(`INSERT INTO store.status_names VALUES ${names.join(', ')}`)
  await connection.run(VIEWS)
}

/** Hot samples, with nulls for NaN. */
const HOT = `SELECT signal, time, CASE WHEN isnan(value) THEN NULL ELSE value END AS value, status, reasons, ingest, text FROM store.samples`

/** Ending of cold files whose times are whole milliseconds and stored as such. */
export const MILLISECONDS = '.ms.parquet'

/** Samples of cold files. A value that is a short decimal was stored as a whole number and a divisor, see `cold.ts`. */
function cold(paths: readonly string[]): string {
  const list = paths.map(quote).join(', ')
  return `SELECT signal, time::TIMESTAMP AS time, coalesce(mantissa / divisor, value) AS value, status, reasons, ingest, text FROM read_parquet([${list}])`
}

/** Hot and cold as one relation. Files with different types of time are read apart: read together, all would take the type of the first. */
export function allSamples(paths: readonly string[]): string {
  const millis = paths.filter((path) => path.endsWith(MILLISECONDS))
  const micros = paths.filter((path) => !path.endsWith(MILLISECONDS))
  return [HOT, ...[millis, micros].filter((group) => group.length > 0).map(cold)].join(' UNION ALL ')
}

/** The statement that makes the public view over these files. */
export function samplesView(paths: readonly string[]): string {
  return `CREATE OR REPLACE VIEW main.samples AS
    SELECT g.id AS signal, s.time, s.value, s.text,
      coalesce(n.name, printf('%s(0x%08x)', CASE s.status >> 30 WHEN 0 THEN 'Good' WHEN 1 THEN 'Uncertain' ELSE 'Bad' END, s.status)) AS status,
      s.status AS status_code, coalesce(r.names, []) AS reasons, s.ingest
    FROM (${allSamples(paths)}) s JOIN store.signals g ON s.signal = g.signal
    LEFT JOIN store.status_names n ON s.status >> 16 = n.code LEFT JOIN store.reasons r ON s.reasons = r.reasons`
}

/** An SQL string. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
