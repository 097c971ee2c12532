import { globSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/** What became of a source's samples. All but the first three are faults; what is in gaps is for each fault to judge. */
export interface Verdict {
  readonly said: number
  readonly acknowledged: number
  /** Rows of the historian that are samples of the journal. */
  readonly held: number
  /** Acknowledged, and not held. */
  readonly lost: number
  /** Held more than once; the surplus. */
  readonly dup: number
  /** Came into the historian after a later sample of the same signal had. */
  readonly reordered: number
  /** At the time of a sample, with another value. */
  readonly corrupted: number
  /** Good, and never said by the source. */
  readonly wronglyGood: number
  /** Samples that the node's declared gaps account for. */
  readonly inGaps: number
  /** Connections of which the historian's account counts another number of samples than lie in its files. */
  readonly miscounted: number
  /** Sums of the nodes' ledgers that do not close, and where edge and hub say different things; absent: nobody asked them. */
  readonly unclosed?: readonly string[]
}

/**
 * Compares a journal with a historian that nobody has open: the one of the node itself or of a hub behind any number of links. It reads the files
 * with SQL of its own and shares no code with what it judges. `prefix` stands before the journal's signal names in the historian (`site/`).
 */
export async function compare(journal: string, historian: string, prefix: string): Promise<Verdict> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH '${join(historian, 'historian.duckdb')}' AS h (READ_ONLY)`)
    await load(connection, journal, historian, prefix)
    return await count(connection)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function load(connection: DuckDBConnection, journal: string, historian: string, prefix: string): Promise<void> {
  await connection.run(`CREATE TABLE lines AS FROM read_csv('${journal}', header = false, auto_detect = false, delim = ',', quote = '',
    escape = '', null_padding = true, ignore_errors = true,
    columns = {'kind': 'VARCHAR', 'a': 'VARCHAR', 'b': 'VARCHAR', 'c': 'VARCHAR', 'd': 'VARCHAR'})`)
  await connection.run(`CREATE TABLE said AS SELECT '${prefix}' || a AS id, b::BIGINT AS sequence, c::DOUBLE AS value, d::BIGINT AS us
    FROM lines WHERE kind = 'said' AND d IS NOT NULL`)
  await connection.run(
    `CREATE TABLE acks AS SELECT a::BIGINT AS first, b::BIGINT AS last FROM lines WHERE kind = 'acknowledged' AND b IS NOT NULL`,
  )
  const columns = 'signal, epoch_us(time::TIMESTAMP) AS us, status, ingest'
  const files = globSync(join(historian, 'cold', '*.parquet')).map((path) => `'${path}'`)
  const cold =
    files.length > 0
      ? `UNION ALL SELECT ${columns}, coalesce(mantissa / divisor, value) AS value FROM read_parquet([${files.join(', ')}], union_by_name = true)`
      : ''
  await connection.run(`CREATE TABLE rows AS SELECT g.id, r.us, r.value, r.status, r.ingest
    FROM (SELECT ${columns}, value FROM h.store.samples ${cold}) r JOIN h.store.signals g USING (signal)
    WHERE g.id IN (SELECT DISTINCT id FROM said)`)
  // Of which connection a sample is, the node that sent it says: another may call the same signal's otherwise.
  await connection.run(`CREATE TABLE lying AS SELECT x.connection, count(*) AS samples
    FROM (SELECT signal, ingest FROM h.store.samples UNION ALL SELECT signal, ingest FROM h.store.texts
      ${cold && `UNION ALL SELECT signal, ingest FROM (${cold.slice('UNION ALL '.length)})`}) r
    JOIN h.store.ingests i USING (ingest)
    JOIN (SELECT writer, signal, last(connection ORDER BY rowid) AS connection FROM h.store.signal_indices GROUP BY 1, 2) x USING (writer, signal) GROUP BY 1`)
}

async function count(connection: DuckDBConnection): Promise<Verdict> {
  const one = async (sql: string): Promise<number> => Number((await connection.runAndReadAll(sql)).getRowsJS()[0]?.[0] ?? 0)
  // A value without a number is a mark of the node itself: it says that there is none.
  await connection.run('CREATE TABLE matched AS SELECT s.id, s.sequence, r.ingest FROM rows r JOIN said s USING (id, us, value)')
  const isAcknowledged = 'EXISTS (FROM acks WHERE s.sequence BETWEEN first AND last)'
  return {
    said: await one('SELECT count(*) FROM said'),
    acknowledged: await one(`SELECT count(*) FROM said s WHERE ${isAcknowledged}`),
    held: await one('SELECT count(*) FROM matched'),
    lost: await one(`SELECT count(*) FROM said s WHERE ${isAcknowledged} AND sequence NOT IN (SELECT sequence FROM matched)`),
    dup: await one('SELECT count(*) - count(DISTINCT sequence) FROM matched'),
    reordered: await one(`SELECT count(*) FROM (SELECT sequence, max(sequence) OVER (PARTITION BY id ORDER BY ingest
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP) AS before FROM matched) WHERE sequence < before`),
    corrupted: await one(`SELECT count(*) FROM rows r WHERE NOT isnan(r.value) AND EXISTS (FROM said s WHERE s.id = r.id AND s.us = r.us)
      AND NOT EXISTS (FROM said s WHERE s.id = r.id AND s.us = r.us AND s.value = r.value)`),
    wronglyGood: await one(`SELECT count(*) FROM rows r WHERE r.status >> 30 = 0 AND NOT isnan(r.value)
      AND NOT EXISTS (FROM said s WHERE s.id = r.id AND s.us = r.us)`),
    miscounted: await one(`SELECT count(*) FROM lying l
      FULL JOIN (SELECT connection, sum(delivered) AS samples FROM h.store.accounts WHERE unit = 'samples' AND connection <> '' GROUP BY 1) a USING (connection)
      WHERE l.samples IS DISTINCT FROM a.samples`),
    inGaps: await one('SELECT coalesce(sum(samples), 0) FROM h.store.gaps'),
  }
}

/** The faults of a verdict in words; empty when there are none. */
export function faultsOf(verdict: Verdict): string {
  const { lost, dup, reordered, corrupted, wronglyGood, miscounted, unclosed = [] } = verdict
  return Object.entries({ lost, dup, reordered, corrupted, wronglyGood, miscounted })
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${name} ${n}`)
    .concat(unclosed.length > 0 ? [`the ledger does not close (${unclosed.slice(0, 3).join('; ')})`] : [])
    .join(', ')
}
