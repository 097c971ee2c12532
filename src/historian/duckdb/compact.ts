import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DAY, type Micros } from '../../core/time.ts'
import { syncDirectory } from '../../lib/replace-file.ts'
import { appendRows } from './append-rows.ts'
import { allFiles, countsOf, dayOf, removeFile, writeSql } from './cold.ts'
import { countSql, digestOf } from './counts.ts'
import type { Dictionaries } from './dictionaries.ts'
import type { Last } from './last.ts'
import type { StoreLimits } from './limits.ts'
import { at, type Cell, rowsOf } from './rows.ts'
import { allSamples, HOT_TABLES, MILLISECONDS, quote, STATED_TABLES, samplesView } from './schema.ts'

export interface CompactContext {
  readonly connection: DuckDBConnection
  readonly coldDirectory: string
  readonly limits: StoreLimits
  readonly last: () => Last
  readonly dictionaries: () => Dictionaries
}

/** Part of a day: a run of signals with about as many samples as one file may hold. */
interface Part {
  readonly first: number
  readonly last: number
  readonly isMillis: boolean
  samples: number
}

/** Days before `day` that have samples in the hot table. */
export async function hotDays(connection: DuckDBConnection, day: number): Promise<number[]> {
  const parts = HOT_TABLES.map((table) => `SELECT epoch_us(time) // ${DAY} AS day FROM ${table} WHERE time < ${at(day * DAY)}`)
  const sql = `SELECT DISTINCT day FROM (${parts.join(' UNION ALL ')}) ORDER BY day`
  return (await rowsOf(connection, sql)).map(([found]) => found as number)
}

/**
 * Moves one day to files, together with what earlier files of the day hold, so that late samples end up sorted with the others.
 * One transaction sees one snapshot: it writes that snapshot's samples of the day, puts the files in the catalogue and deletes exactly those samples
 * from the hot table; samples committed meanwhile stay hot. Files are complete, on disk and under their final name before the catalogue
 * knows them, each with its counts. A crash before the commit leaves files the catalogue does not know (swept when the historian opens); a crash after it leaves
 * replaced files (swept too). Returns the names of replaced files: the caller removes them once no query reads them.
 */
export async function compactDay(context: CompactContext, day: number): Promise<{ samples: number; bytes: number; replaced: string[] }> {
  const { connection, coldDirectory } = context
  const written: string[] = []
  const range = `time >= ${at(day * DAY)} AND time < ${at((day + 1) * DAY)}`
  await connection.run('BEGIN')
  try {
    const replaced = (await allFiles(connection)).filter((file) => file.day === day).map((file) => file.name)
    const source = allSamples(replaced.map((name) => join(coldDirectory, name)))
    const rows: Cell[][] = []
    for (const part of await partsOf(connection, source, range, context.limits.fileRows)) {
      const name = fileName(day, rows.length, part.isMillis)
      written.push(name)
      const samples = `SELECT * FROM (${source}) WHERE ${range} AND signal BETWEEN ${part.first} AND ${part.last}`
      rows.push(await writePart(context, samples, day, part, name))
    }
    await syncDirectory(coldDirectory)
    await connection.run(`DELETE FROM store.files WHERE present AND day = ${day}`)
    await appendRows(connection, 'files', rows)
    for (const table of HOT_TABLES) await connection.run(`DELETE FROM ${table} WHERE ${range}`)
    await saveLast(context)
    await refreshView(connection, coldDirectory)
    await connection.run('COMMIT')
    return {
      samples: rows.reduce((sum, row) => sum + (row[2] as number), 0),
      bytes: rows.reduce((sum, row) => sum + (row[3] as number), 0),
      replaced,
    }
  } catch (cause) {
    await connection.run('ROLLBACK').catch(() => undefined)
    for (const name of written) await removeFile(coldDirectory, name)
    throw cause
  }
}

/** Removes whole days before `day`, with the ingests only they used. Returns the days removed and the files nobody needs any more. */
export async function dropDays(context: CompactContext, day: number): Promise<{ days: number; dropped: string[] }> {
  const { connection } = context
  const before = at(day * DAY)
  await connection.run('BEGIN')
  try {
    const files = (await allFiles(connection)).filter((file) => file.day < day)
    const days = new Set([...files.map((file) => file.day), ...(await hotDays(connection, day))])
    if (days.size > 0) {
      await connection.run(`DELETE FROM store.files WHERE day < ${day}`)
      for (const table of HOT_TABLES) await connection.run(`DELETE FROM ${table} WHERE time < ${before}`)
      await connection.run(`DELETE FROM store.measures WHERE hour < ${before}`)
      await dropIngests(connection, day)
      context.last().forgetBefore(day * DAY)
      await saveLast(context)
      await refreshView(connection, context.coldDirectory)
    }
    await connection.run('COMMIT')
    return { days: days.size, dropped: files.map((file) => file.name) }
  } catch (cause) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw cause
  }
}

/**
 * A sample's time may be ahead of its arrival by a day at most (core/admit.ts), so ingests that arrived two days before the first kept day have no sample
 * left. How far each writer has come is read from the ingests, so it is written down first; the newest ingest stays, for its number. Records and
 * facts are kept, and with them where they came from.
 */
async function dropIngests(connection: DuckDBConnection, day: number): Promise<void> {
  await connection.run(`UPDATE store.writers SET sequence = greatest(sequence,
    coalesce((SELECT max(i.sequence) FROM store.ingests i WHERE i.writer = writers.writer), 0))`)
  await connection.run(`DELETE FROM store.ingests WHERE received < ${at((day - 2) * DAY)} AND ingest NOT IN
    (SELECT max(ingest) FROM store.ingests GROUP BY writer ${STATED_TABLES.map((table) => `UNION ALL SELECT ingest FROM ${table}`).join(' ')})`)
}

/** Makes the public view anew over the files of the catalogue, inside the open transaction. */
export async function refreshView(connection: DuckDBConnection, coldDirectory: string): Promise<void> {
  const paths = (await allFiles(connection)).map((file) => join(coldDirectory, file.name))
  await connection.run(samplesView(paths))
}

async function saveLast(context: CompactContext): Promise<void> {
  const last = context.last()
  await context.connection.run('DELETE FROM store.last')
  const rows = last
    .keys()
    .map((key) => [
      key,
      last.time[key] as number,
      last.received[key] as number,
      last.value[key] as number,
      last.status[key] as number,
      last.reasons[key] as number,
      last.ingest[key] as number,
      last.text.get(key) ?? null,
    ])
  await appendRows(context.connection, 'last', rows)
}

async function partsOf(connection: DuckDBConnection, source: string, range: string, fileRows: number): Promise<Part[]> {
  const sql = `SELECT signal, count(*), bool_and(epoch_us(time) % 1000 = 0) FROM (${source}) WHERE ${range} GROUP BY signal ORDER BY signal`
  const parts: Part[] = []
  for (const [signal, count, millis] of await rowsOf(connection, sql)) {
    const [key, samples, isMillis] = [signal as number, count as number, millis as boolean]
    const open = parts.at(-1)
    if (!open || open.samples + samples > fileRows) parts.push({ first: key, last: key, samples, isMillis })
    else parts[parts.length - 1] = { first: open.first, last: key, samples: open.samples + samples, isMillis: open.isMillis && isMillis }
  }
  return parts
}

/** One file and what its samples come to, as a row of the catalogue. */
async function writePart(context: CompactContext, samples: string, day: number, part: Part, name: string): Promise<Cell[]> {
  const { connection, coldDirectory } = context
  const path = join(coldDirectory, name)
  const { bytes } = await writeFile(context, name, (to) => writeSql(samples, to, part.isMillis))
  const [stored] = await rowsOf(
    connection,
    `SELECT count(*), epoch_us(min(time)::TIMESTAMP), epoch_us(max(time)::TIMESTAMP) FROM read_parquet(${quote(path)})`,
  )
  const [count, oldest, newest] = stored as [number, number, number]
  if (count !== part.samples) throw new Error(`${name} holds ${count} samples where ${part.samples} were to be written`)
  const [last] = await rowsOf(connection, 'SELECT coalesce(max(ingest), 0) FROM store.ingests')
  const { samplesPerCount } = context.limits
  const counted = { day, isMillis: part.isMillis, lastIngest: last?.[0] as number, samplesPerCount }
  const counts = await writeFile(context, countsOf(name), (to) => countSql(path, to, counted))
  if (counts.rows === 0) await rm(join(coldDirectory, countsOf(name)))
  const digest = counts.rows > 0 ? await digestOf(join(coldDirectory, countsOf(name))) : undefined
  const total = bytes + (digest === undefined ? 0 : counts.bytes)
  return [name, day, count, total, oldest, newest, part.first, part.last, true, digest ?? null]
}

/** Writes to a name of its own, waits for the disk, then gives it its final name. Returns how much it is. */
async function writeFile(
  context: CompactContext,
  name: string,
  sqlTo: (path: string) => string,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const path = join(context.coldDirectory, name)
  const temporary = `${path}.part`
  try {
    const [copied] = await rowsOf(context.connection, sqlTo(temporary))
    const file = await open(temporary, 'r+')
    try {
      await file.sync()
      const { size } = await file.stat()
      await rename(temporary, path)
      return { rows: copied?.[0] as number, bytes: size }
    } finally {
      await file.close()
    }
  } catch (cause) {
    await rm(temporary, { force: true })
    throw cause
  }
}

/** A name never used before, so that a file is never replaced under a reader. */
function fileName(day: number, part: number, isMillis: boolean): string {
  const date = new Date((day * DAY) / 1000).toISOString().slice(0, 10)
  return `${date}.${crypto.randomUUID().slice(0, 8)}.${part}${isMillis ? MILLISECONDS : '.parquet'}`
}

/** The first day that is not closed yet: it has not ended, or ended less than `afterMs` ago. */
export const firstOpenDay = (now: Micros, afterMs: number): number => dayOf(now - afterMs * 1000)
