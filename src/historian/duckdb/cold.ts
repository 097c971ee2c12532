import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DAY, type Micros } from '../../core/time.ts'
import { at, rowsOf } from './rows.ts'
import { quote } from './schema.ts'

/** Name of the file of counts beside a cold file, see `counts.ts`. */
export const countsOf = (file: string): string => `${file}.counts`

/** A file of one closed day, or of some of its signals, as the catalogue table knows it. */
export interface ColdFile {
  readonly name: string
  readonly day: number
  readonly samples: number
  readonly bytes: number
}

/** A file as a question about some signals finds it. */
export interface FoundFile {
  readonly path: string
  readonly oldest: Micros
  readonly newest: Micros
  readonly firstSignal: number
  readonly lastSignal: number
  /** Digest of the file of counts beside it. */
  readonly counts: string | null
}

/** The files that may hold samples in [from, to) of the signals; `keys` empty: of any signal. */
export async function findFiles(
  connection: DuckDBConnection,
  directory: string,
  from: number,
  to: number,
  keys: readonly number[],
): Promise<FoundFile[]> {
  const low = keys.reduce((a, b) => Math.min(a, b), keys[0] ?? 0)
  const high = keys.reduce((a, b) => Math.max(a, b), low)
  const signals = keys.length === 0 ? '' : ` AND last_signal >= ${low} AND first_signal <= ${high}`
  const sql = `SELECT name, epoch_us(oldest), epoch_us(newest), first_signal, last_signal, counts FROM store.files
    WHERE present AND newest >= ${at(from)} AND oldest < ${at(to)}${signals} ORDER BY day, first_signal`
  return (await rowsOf(connection, sql)).map(([name, oldest, newest, firstSignal, lastSignal, counts]) => ({
    ...{ path: join(directory, name as string), oldest: oldest as number, newest: newest as number },
    ...{ firstSignal: firstSignal as number, lastSignal: lastSignal as number, counts: counts as string | null },
  }))
}

/** Their paths alone. */
export const coldPaths = async (...asked: Parameters<typeof findFiles>): Promise<string[]> =>
  (await findFiles(...asked)).map(({ path }) => path)

/** Every catalogued file that is there, oldest day first. */
export async function allFiles(connection: DuckDBConnection): Promise<ColdFile[]> {
  const rows = await rowsOf(connection, 'SELECT name, day, samples, bytes FROM store.files WHERE present ORDER BY day, first_signal')
  return rows.map(([name, day, samples, bytes]) => ({
    name: name as string,
    day: day as number,
    samples: samples as number,
    bytes: bytes as number,
  }))
}

/**
 * Removes what a crash left behind: files the catalogue does not know. Returns the catalogued files that are gone; they are not read, and
 * are read again when the folder has them again at a later opening (restored from a backup). Counts that are gone are none: their samples are there.
 */
export async function sweep(connection: DuckDBConnection, directory: string): Promise<string[]> {
  const known = (await rowsOf(connection, 'SELECT name FROM store.files')).map(([name]) => name as string)
  const found = new Set(await readdir(directory))
  const kept = new Set(known.flatMap((name) => [name, countsOf(name)]))
  for (const name of found) if (!kept.has(name)) await rm(join(directory, name), { recursive: true })
  const missing = known.filter((name) => !found.has(name))
  await connection.run(`UPDATE store.files SET present = name NOT IN (${['', ...missing].map(quote).join(', ')})`)
  return missing
}

/** Removes a file that nobody reads any more, with its counts. */
export async function removeFile(directory: string, name: string): Promise<void> {
  for (const one of [name, countsOf(name)]) await rm(join(directory, one), { force: true })
}

/** Days since the epoch, UTC. */
export const dayOf = (time: number): number => Math.floor(time / DAY)

/**
 * Writes rows of `relation` to a file, sorted by signal and time.
 *
 * Bytes per sample come from four choices, measured on 1 s data, 70 % of it with two decimals: time and ingest as differences
 * (format version 2: 0.0 against 3.7 bytes); a value that is a decimal with few digits as a whole number and a divisor, exactly
 * (`mantissa / divisor` is the same double again; whole numbers are stored as differences: 0.9 against 4.3 bytes per value); other doubles split by
 * byte (the sign of a zero may get lost); dictionaries only where there are few different values. The divisor is chosen per signal
 * and file. A row group holds a few hours of a signal, so that a question about one of them reads a third of the day: it costs 8 % more bytes
 * than the engine's own size, which holds more than a day at one sample a second. Times that are all whole milliseconds are stored as such (up to 1.2 bytes less where they are irregular).
 */
export function writeSql(relation: string, path: string, isMillis: boolean): string {
  const exact = (divisor: string) => `(isfinite(value) AND abs(value) < 1e12 AND round(value * ${divisor}) / ${divisor} = value)`
  const scales = DIVISORS.map((divisor) => `WHEN avg(${exact(divisor)}::INT) > 0.9 THEN ${divisor}`).join(' ')
  return `COPY (
    WITH part AS (${relation}),
    scales AS (SELECT signal, CASE ${scales} END AS divisor FROM part GROUP BY signal),
    fitted AS (SELECT part.*, divisor, coalesce(${exact('divisor')}, false) AS fits FROM part JOIN scales USING (signal))
    SELECT signal, time${isMillis ? '::TIMESTAMP_MS AS time' : ''}, CASE WHEN fits THEN NULL ELSE value END AS value, CASE WHEN fits THEN round(value * divisor)::BIGINT END AS mantissa,
      CASE WHEN fits THEN divisor END::INTEGER AS divisor, status, reasons, ingest, text
    FROM fitted ORDER BY signal, time, ingest
  ) TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE ${ROW_GROUP})`
}

/** Samples of a row group; the engine rounds to its vectors of 2,048. */
const ROW_GROUP = 16_384

const DIVISORS = ['1', '10', '100', '1000', '10000']
