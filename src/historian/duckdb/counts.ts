import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { DAY, HOUR } from '../../core/time.ts'
import { orderOf } from './read-aggregate.ts'
import { quote } from './schema.ts'

export interface CountedFile {
  readonly day: number
  /** Its times are whole milliseconds. */
  readonly isMillis: boolean
  /** The newest there is. */
  readonly lastIngest: number
  readonly samplesPerCount: number
}

/**
 * Beside a cold file lies what its samples come to, by signal, hour, status and reasons: the file of counts. It is written with the samples' file and goes with it; the
 * catalogue knows its digest. Where there is none (no signal has samples enough, or an older version wrote it), or it is not what was written, the samples are counted themselves. `behind` is by how much the ingest of a row's newest
 * sample (of several at one time the last to arrive) is below the newest ingest.
 */
export function countSql(samples: string, path: string, { day, isMillis, lastIngest, samplesPerCount }: CountedFile): string {
  const { order } = orderOf(`((epoch_us(time::TIMESTAMP) - ${day * DAY}) % ${HOUR})`, HOUR, lastIngest)
  const stored = isMillis ? '::TIMESTAMP_MS' : ''
  return `COPY (
    SELECT signal, status, reasons, count(*)::UINTEGER AS samples, min(time)${stored} AS oldest, max(time)${stored} AS newest, max(ingest) AS ingest,
      max(ingest) - arg_max(ingest, ${order}) AS behind
    FROM read_parquet(${quote(samples)}) GROUP BY signal, hour(time::TIMESTAMP), status, reasons
    QUALIFY sum(count(*)) OVER (PARTITION BY signal) >= ${samplesPerCount} * count(*) OVER (PARTITION BY signal) ORDER BY signal, oldest
  ) TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000)`
}

/** Of a file's bytes; undefined when it cannot be read. */
export async function digestOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
