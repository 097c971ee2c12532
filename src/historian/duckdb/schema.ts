import type { DuckDBConnection } from '@duckdb/node-api'
import { STATUS_CODES } from '../../core/status-codes.ts'
import { rowsOf } from './rows.ts'

/** Layout of the tables and files. A database of another layout is refused, not guessed at. */
const FORMAT = 3

/** Columns of a hot table, in the order in which they are appended. */
const HOT_COLUMNS = 'signal UINTEGER, time TIMESTAMP, value DOUBLE, status UINTEGER, reasons UINTEGER, ingest BIGINT'

/** Of records and facts, behind what they say; see `revisions.ts`. */
const REVISION_COLUMNS = 'revision UINTEGER, known TIMESTAMP, until TIMESTAMP, ingest BIGINT, base BIGINT, sequence BIGINT'

/**
 * The tables. `store.samples` and `store.texts` are the hot part: no key and no index (a primary key costs five times the writing), rows in order of
 * arrival. In them, and only there, NaN stands for null, because marking nulls row by row would cost the hot path. Text has a table of its own
 * because a text column that holds nothing took 13 % of a commit's CPU time
 * and of the hot bytes.
 * Rows are found by `ingest`, `signal` and `reasons`, numbers given here; `writers`, `signal_indices` and `reason_indices` say what a
 * node's own numbers mean. `fills` names the ingests that came later into a gap that had been declared: their samples are no last values. Ingest ids are exact in a double, and BIGINT rather than UBIGINT because arithmetic of signed with unsigned numbers
 * goes through 128 bits. `definitions` keeps every version: a sample follows the newest whose `since_ingest` is at or below its own `ingest`.
 * `accounts` is what was committed, by connection and hour of the record, added row by row and summed up now and then: the historian's word in the ledger.
 * `files` is the catalogue of cold files; `counts` is the digest of the file of counts beside one (`counts.ts`), null where there is none.
 * Of records and facts every version stays: it was the newest known from `known` until `until`, null for the one that is it now.
 */
const TABLES = `
CREATE SCHEMA IF NOT EXISTS store;
CREATE TABLE IF NOT EXISTS store.format (version INTEGER);
CREATE TABLE IF NOT EXISTS store.samples (${HOT_COLUMNS});
CREATE TABLE IF NOT EXISTS store.texts (${HOT_COLUMNS}, text VARCHAR);
CREATE TABLE IF NOT EXISTS store.ingests (ingest BIGINT, writer UINTEGER, sequence BIGINT, samples UINTEGER, received TIMESTAMP, recorded TIMESTAMP, config UINTEGER, oldest TIMESTAMP, newest TIMESTAMP);
CREATE TABLE IF NOT EXISTS store.definitions (signal UINTEGER, since_ingest BIGINT, recorded TIMESTAMP, config UINTEGER, definition VARCHAR, period BIGINT);
CREATE TABLE IF NOT EXISTS store.writers (writer UINTEGER, node VARCHAR, epoch BIGINT, sequence BIGINT);
CREATE TABLE IF NOT EXISTS store.signals (signal UINTEGER, id VARCHAR, connection VARCHAR, address VARCHAR, unit VARCHAR, data_type VARCHAR, definition VARCHAR, has_text BOOLEAN);
CREATE TABLE IF NOT EXISTS store.signal_indices (writer UINTEGER, number UINTEGER, signal UINTEGER);
ALTER TABLE store.signal_indices ADD COLUMN IF NOT EXISTS connection VARCHAR;
CREATE TABLE IF NOT EXISTS store.reasons (reasons UINTEGER, names VARCHAR[]);
CREATE TABLE IF NOT EXISTS store.reason_indices (writer UINTEGER, number UINTEGER, reasons UINTEGER);
CREATE TABLE IF NOT EXISTS store.configs (config UINTEGER, version VARCHAR, declared VARCHAR);
ALTER TABLE store.configs ADD COLUMN IF NOT EXISTS declared VARCHAR;
CREATE TABLE IF NOT EXISTS store.gaps (writer UINTEGER, first BIGINT, last BIGINT, cause VARCHAR, samples BIGINT, recorded TIMESTAMP);
CREATE TABLE IF NOT EXISTS store.fills (ingest BIGINT);
CREATE TABLE IF NOT EXISTS store.files (name VARCHAR, day INTEGER, samples BIGINT, bytes BIGINT, oldest TIMESTAMP, newest TIMESTAMP, first_signal UINTEGER, last_signal UINTEGER, present BOOLEAN);
ALTER TABLE store.files ADD COLUMN IF NOT EXISTS counts VARCHAR;
CREATE TABLE IF NOT EXISTS store.last (signal UINTEGER, time TIMESTAMP, received TIMESTAMP, value DOUBLE, status UINTEGER, reasons UINTEGER, ingest BIGINT, text VARCHAR);
CREATE TABLE IF NOT EXISTS store.measures (signal UINTEGER, hour TIMESTAMP, watermark BIGINT, samples BIGINT, good BIGINT, uncertain BIGINT, bad BIGINT,
  good_us BIGINT, uncertain_us BIGINT, bad_us BIGINT, first BIGINT, last BIGINT, last_rank UINTEGER, last_until BIGINT, delay_p50 BIGINT, delay_p95 BIGINT,
  resolution DOUBLE, by_reason VARCHAR);
CREATE TABLE IF NOT EXISTS store.records (kind VARCHAR, key VARCHAR, source VARCHAR, valid_from TIMESTAMP, valid_to TIMESTAMP, is_deleted BOOLEAN, content VARCHAR, ${REVISION_COLUMNS});
CREATE TABLE IF NOT EXISTS store.facts (definition VARCHAR, key VARCHAR, type VARCHAR, version VARCHAR, equipment VARCHAR, from_time TIMESTAMP, to_time TIMESTAMP, is_withdrawn BOOLEAN, tolerance DOUBLE, cause VARCHAR, content VARCHAR, inputs VARCHAR, ${REVISION_COLUMNS});
CREATE TABLE IF NOT EXISTS store.quarantine (ingest BIGINT, number UINTEGER, kind VARCHAR, source VARCHAR, reason VARCHAR, content VARCHAR, known TIMESTAMP, released TIMESTAMP);
CREATE TABLE IF NOT EXISTS store.record_cursors (node VARCHAR, source VARCHAR, feed BIGINT, cursor VARCHAR, base BIGINT, sequence BIGINT);
CREATE TABLE IF NOT EXISTS store.accounts (node VARCHAR, connection VARCHAR, unit VARCHAR, hour BIGINT, delivered BIGINT, refused BIGINT);
ALTER TABLE store.quarantine ADD COLUMN IF NOT EXISTS discarded TIMESTAMP;
ALTER TABLE store.quarantine ADD COLUMN IF NOT EXISTS settled_by VARCHAR;
ALTER TABLE store.quarantine ADD COLUMN IF NOT EXISTS settled_reason VARCHAR;
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
CREATE OR REPLACE VIEW main.definitions AS
  SELECT s.id AS signal, d.since_ingest, d.recorded AS recorded_time, c.version AS config_version, d.definition
  FROM store.definitions d JOIN store.signals s USING (signal) LEFT JOIN store.configs c USING (config);
CREATE OR REPLACE VIEW main.records AS
  SELECT kind, key, source, revision, known AS known_time, valid_from, valid_to, is_deleted, content::JSON AS "values", ingest, until AS superseded_time
  FROM store.records;
CREATE OR REPLACE VIEW main.facts AS
  SELECT definition, type, key, revision, known AS known_time, equipment, from_time, to_time, coalesce(is_withdrawn, false) AS is_withdrawn, cause,
    content::JSON AS "values", inputs::JSON AS inputs, ingest, until AS superseded_time
  FROM store.facts;
CREATE OR REPLACE VIEW main.quarantine AS
  SELECT ingest || '.' || number AS id, kind, source, reason, content, known AS known_time, released AS released_time,
    discarded AS discarded_time, settled_by, settled_reason FROM store.quarantine;
`

/** The views a SELECT may name. */
export const PUBLIC_VIEWS: readonly string[] = ['signals', 'samples', 'ingests', 'gaps', 'definitions', 'records', 'facts', 'quarantine']

/** Makes what is missing. Safe to repeat at every start. */
export async function createSchema(connection: DuckDBConnection): Promise<void> {
  await checkFormat(connection)
  await connection.run(TABLES)
  await connection.run(`INSERT INTO store.format SELECT ${FORMAT} WHERE NOT EXISTS (FROM store.format)`)
  const names = Object.entries(STATUS_CODES).map(([name, code]) => `(${code >>> 16}, ${quote(name)})`)
  await connection.run(`INSERT INTO store.status_names VALUES ${names.join(', ')}`)
  await connection.run(VIEWS)
}

async function checkFormat(connection: DuckDBConnection): Promise<void> {
  const [tables] = await rowsOf(
    connection,
    "SELECT count(*) FILTER (table_name = 'samples'), count(*) FILTER (table_name = 'format') FROM duckdb_tables() WHERE schema_name = 'store'",
  )
  if (tables?.[0] === 0) return
  const version = tables?.[1] === 0 ? 1 : (await rowsOf(connection, 'SELECT max(version) FROM store.format'))[0]?.[0]
  if (version === FORMAT) return
  throw new Error(
    `the historian's database has layout ${version}, this program reads layout ${FORMAT}; use the program that made it, or a new data directory`,
  )
}

/** The hot tables. What is done to samples is done to each. */
export const HOT_TABLES: readonly string[] = ['store.samples', 'store.texts']

/** What IT systems and what is computed say: kept however old it is. */
export const STATED_TABLES: readonly string[] = ['store.records', 'store.facts', 'store.quarantine']

/** Hot samples, with nulls for NaN. */
const HOT = HOT_TABLES.map(
  (table) =>
    `SELECT signal, time, CASE WHEN isnan(value) THEN NULL ELSE value END AS value, status, reasons, ingest, ${table === 'store.texts' ? 'text' : 'NULL::VARCHAR AS text'} FROM ${table}`,
).join(' UNION ALL ')

/** Ending of cold files whose times are whole milliseconds and stored as such. */
export const MILLISECONDS = '.ms.parquet'

/** Samples of cold files. A value that is a short decimal was stored as a whole number and a divisor, see `cold.ts`. */
const cold = (list: string): string =>
  `SELECT signal, time::TIMESTAMP AS time, coalesce(mantissa / divisor, value) AS value, status, reasons, ingest, text FROM read_parquet([${list}])`

/** Samples of these files, and of no others. */
export const coldSamples = (paths: readonly string[]): string => readApart(paths, cold).join(' UNION ALL ')

/** Files with different types of time are read apart: read together, all would take the type of the first. `paths` are those of the samples' files. */
export function readApart(paths: readonly string[], read: (list: string) => string, nameOf = (path: string) => path): string[] {
  const millis = paths.filter((path) => path.endsWith(MILLISECONDS))
  const micros = paths.filter((path) => !path.endsWith(MILLISECONDS))
  return [millis, micros].filter((group) => group.length > 0).map((group) => read(group.map((path) => quote(nameOf(path))).join(', ')))
}

/** Hot and cold as one relation. */
export const allSamples = (paths: readonly string[]): string => [HOT, ...readApart(paths, cold)].join(' UNION ALL ')

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
