import type { DuckDBConnection } from '@duckdb/node-api'
import { HOUR, type Micros } from '../../core/time.ts'
import { countsOf, type FoundFile, findFiles } from './cold.ts'
import { digestOf } from './counts.ts'
import type { ReadContext } from './read-samples.ts'
import { at, rowsOf } from './rows.ts'
import { allSamples, coldSamples, quote, readApart } from './schema.ts'

/** Samples that are asked about: of these signals in [from, to), no ingest above `known`. */
export interface Asked {
  readonly from: Micros
  readonly to: Micros
  readonly keys: readonly number[]
  readonly known: number | undefined
}

/** SQL of relations that together hold each sample asked about once: one by one, or in a row of counts. */
interface Split {
  readonly samples: string
  /** Rows of whole hours, and the samples of their signals before and after; absent: there are none. */
  readonly counts?: string
  readonly edges?: string
}

/**
 * What is counted already, and the samples that are not. Counted are the whole hours from `begin` on of every signal all of whose rows there may be used: a row with an
 * ingest above `known` may not, nor one of a file that is not as it was written. Where `begin` is before `from`, a row counts samples before it, too.
 */
export async function splitCounted(context: ReadContext, asked: Asked, begin: Micros): Promise<Split> {
  const { from, to, keys, known } = asked
  const end = Math.floor(to / HOUR) * HOUR
  const files = await findFiles(context.connection, context.coldDirectory, from, to, keys)
  const inside = files.filter(({ oldest, newest }) => begin < end && oldest < end && newest >= begin)
  const hours = { begin, end, files: await intact(inside) }
  const apart = new Set(await uncounted(context.connection, asked, hours))
  const whole = keys.filter((key) => !apart.has(key))
  const period = `time >= ${at(from)} AND time < ${at(to)}${known === undefined ? '' : ` AND ingest <= ${known}`}`
  const of = (relation: string, some: readonly number[]) => `SELECT * FROM (${relation}) WHERE signal IN (${some}) AND ${period}`
  if (whole.length === 0) return { samples: of(allSamples(pathsOf(files)), keys) }
  const rest = of(allSamples(pathsOf(files.filter((file) => !hours.files.includes(file)))), keys)
  const edged = hours.files.filter(({ oldest, newest }) => (oldest < begin && newest >= from) || newest >= end)
  return {
    samples: apart.size > 0 ? `${rest} UNION ALL ${of(coldSamples(pathsOf(hours.files)), [...apart])}` : rest,
    counts: `SELECT * FROM (${countsIn(hours.files)}) WHERE signal IN (${whole}) AND oldest >= ${at(begin)} AND oldest < ${at(end)}`,
    ...((from < begin || end < to) &&
      edged.length > 0 && { edges: `${of(coldSamples(pathsOf(edged)), whole)} AND (time < ${at(begin)} OR time >= ${at(end)})` }),
  }
}

const pathsOf = (files: readonly FoundFile[]): string[] => files.map(({ path }) => path)

/** Those whose counts are there as they were written. */
async function intact(files: readonly FoundFile[]): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  for (const file of files) if (file.counts !== null && (await digestOf(countsOf(file.path))) === file.counts) found.push(file)
  return found
}

/** Signals that some of the files may hold and have not counted, or not within what was known. */
async function uncounted(
  connection: DuckDBConnection,
  { keys, known = Number.MAX_SAFE_INTEGER }: Asked,
  { begin, end, files }: { readonly begin: Micros; readonly end: Micros; readonly files: readonly FoundFile[] },
): Promise<readonly number[]> {
  if (files.length === 0) return keys
  const spans = files.map(({ path, firstSignal, lastSignal }) => `(${quote(countsOf(path))}, ${firstSignal}, ${lastSignal})`)
  const sql = `WITH counted AS (
      SELECT file, signal, max(CASE WHEN oldest >= ${at(begin)} AND oldest < ${at(end)} THEN ingest ELSE 0 END) AS newest
      FROM (${countsIn(files)}) GROUP BY file, signal)
    SELECT DISTINCT k.signal FROM (SELECT unnest([${keys}])::UINTEGER AS signal) k
    JOIN (VALUES ${spans}) AS f(file, low, high) ON k.signal BETWEEN f.low AND f.high
    LEFT JOIN counted c ON c.file = f.file AND c.signal = k.signal WHERE coalesce(c.newest > ${known}, true)`
  return (await rowsOf(connection, sql)).map(([signal]) => signal as number)
}

const countsIn = (files: readonly FoundFile[]): string => {
  const columns =
    'signal, status, reasons, samples, oldest::TIMESTAMP AS oldest, newest::TIMESTAMP AS newest, ingest, ingest - behind AS held, file'
  return readApart(pathsOf(files), (list) => `SELECT ${columns} FROM read_parquet([${list}], filename = 'file')`, countsOf).join(
    ' UNION ALL ',
  )
}
