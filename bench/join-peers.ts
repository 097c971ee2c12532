import { execFileSync } from 'node:child_process'
import { chmodSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { startPostgres, withoutPostgres } from '../src/connectors/sql/servers.fixture.ts'
import { clocked, type Figure, figureOf, type Run, repeat } from './report.ts'

/** A record's time, and the signal that belongs to it (the key it has in the historian). */
export interface Interval {
  readonly id: number
  readonly signal: number
  readonly from: number
  readonly to: number
}

export interface Covered {
  readonly id: number
  readonly average: number | null
  readonly coverage: number
}

const RESULT = `SELECT id, sum(value * us) / sum(us) AS average, coalesce(sum(us), 0) / (any_value("to") - any_value("from")) AS coverage`
const HELD = (hold: number) =>
  `held AS (SELECT signal, t, value, status, least(coalesce(lead(t) OVER (PARTITION BY signal ORDER BY t), t + ${hold}), t + ${hold}) AS until FROM samples)`
const US = 'greatest(0, least(until, "to") - greatest(t, "from"))'

/** Two ways to write the same question. The second one holds only where the intervals of a signal do not overlap. */
const QUERIES = {
  'joined by range': (hold: number) => `WITH ${HELD(hold)},
    parts AS (SELECT i.*, h.value, ${US} AS us FROM intervals i JOIN held h ON h.signal = i.signal AND h.t < i."to" AND h.until > i."from" WHERE h.status < 2147483648)
    ${RESULT} FROM parts GROUP BY id ORDER BY id`,
  'joined as of': (hold: number) => `WITH ${HELD(hold)},
    parts AS (
      SELECT i.*, h.value, ${US} AS us FROM held h ASOF JOIN intervals i ON h.signal = i.signal AND h.t >= i."from" WHERE h.status < 2147483648
      UNION ALL
      SELECT i.*, h.value, ${US} AS us FROM intervals i ASOF JOIN held h ON h.signal = i.signal AND i."from" > h.t WHERE h.status < 2147483648)
    ${RESULT} FROM parts WHERE us > 0 GROUP BY id ORDER BY id`,
} as const
export const SQL_NAMES = Object.keys(QUERIES) as (keyof typeof QUERIES)[]

/** One query over a plain table of the same samples, with two threads as the historian has. */
export async function inSql(
  coldDirectory: string,
  name: keyof typeof QUERIES,
  intervals: readonly Interval[],
  hold: number,
  runs: number,
  check: (found: Covered[]) => void,
): Promise<Run[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run(samplesFrom(coldDirectory))
  await connection.run('CREATE TABLE intervals (id INTEGER, signal UINTEGER, "from" BIGINT, "to" BIGINT)')
  await connection.run(
    `INSERT INTO intervals VALUES ${intervals.map(({ id, signal, from, to }) => `(${id}, ${signal}, ${from}, ${to})`).join(', ')}`,
  )
  const times = await repeat(runs, async () => {
    let rows: unknown[][] = []
    const run = await clocked(async () => {
      rows = await (await connection.run(QUERIES[name](hold))).getRows()
    })
    const found = new Map(rows.map(([id, average, coverage]) => [id, { average: average as number, coverage: coverage as number }]))
    check(intervals.map(({ id }) => ({ id, ...(found.get(id) ?? { average: null, coverage: 0 }) })))
    return run
  })
  connection.closeSync()
  instance.closeSync()
  return times
}

const samplesFrom = (coldDirectory: string) => {
  const files = globSync('*.parquet', { cwd: coldDirectory }).map((name) => `'${join(coldDirectory, name)}'`)
  return `CREATE TABLE samples AS SELECT signal, epoch_us(time::TIMESTAMP) AS t, coalesce(mantissa / divisor, value) AS value, status
    FROM read_parquet([${files.sort().join(', ')}])`
}

const PANDAS = `
import sys, time, json, numpy as np, pandas as pd
folder, hold, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
of = lambda name, kind: np.fromfile(f'{folder}/{name}.bin', kind)
samples = pd.DataFrame({'signal': of('signal', 'u4'), 't': of('t', 'i8'), 'value': of('value', 'f8'), 'bad': of('status', 'u4') >= 2147483648})
intervals = pd.DataFrame({'id': of('id', 'i8'), 'signal': of('of', 'u4'), 'from': of('from', 'i8'), 'to': of('to', 'i8')}).sort_values('from')
times = []
for _ in range(runs):
    begin, cpu = time.perf_counter(), time.process_time()
    s = samples.sort_values('t', kind='stable')
    following = s.groupby('signal')['t'].shift(-1)
    s['until'] = np.minimum(following.fillna(np.inf), s['t'] + hold)
    inside = pd.merge_asof(s, intervals, left_on='t', right_on='from', by='signal').dropna(subset=['id'])
    before = pd.merge_asof(intervals, s, left_on='from', right_on='t', by='signal', allow_exact_matches=False).dropna(subset=['t'])
    parts = pd.concat([inside, before])
    parts = parts[~parts['bad'].astype(bool)]
    us = np.maximum(0, np.minimum(parts['until'], parts['to']) - np.maximum(parts['t'], parts['from']))
    sums = pd.DataFrame({'id': parts['id'].astype('i8'), 'us': us, 'weighted': us * parts['value']}).groupby('id').sum()
    found = intervals.set_index('id').join(sums).sort_index()
    average, coverage = found['weighted'] / found['us'], found['us'].fillna(0) / (found['to'] - found['from'])
    times.append({'ms': (time.perf_counter() - begin) * 1000, 'cpuSeconds': time.process_time() - cpu})
found = [[None if not c else a, c] for a, c in zip(average.tolist(), coverage.tolist())]
print(json.dumps({'times': times, 'found': found, 'version': pd.__version__}))
`

/** Asks a peer the question so many times; `check` throws where its answer is another than ours. */
type AskPeer = (
  directory: string,
  intervals: readonly Interval[],
  hold: number,
  runs: number,
  check: (found: Covered[]) => void,
) => Promise<Figure>

/** The same with pandas, where a Python with it is named: columns are in its memory when the clock starts. */
export const inPandas: AskPeer = async (directory, intervals, hold, runs, check) => {
  const python = process.env.ECLUSE_PEER_PYTHON
  const what = 'pandas, merge_asof'
  const skipped = (why: string): Figure => ({ what, unit: 'ms', runs: [Number.NaN], note: `skipped: ${why}` })
  if (!python) return skipped('ECLUSE_PEER_PYTHON names no Python')
  try {
    execFileSync(python, ['-c', 'import pandas'], { stdio: 'ignore' })
  } catch {
    return skipped('that Python has no pandas')
  }
  await writeColumns(directory, intervals)
  const output = execFileSync(python, ['-c', PANDAS, directory, String(hold), String(runs)], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const { times, found, version } = JSON.parse(output) as { times: Run[]; found: [number | null, number][]; version: string }
  check(found.map(([average, coverage], id) => ({ id, average, coverage })))
  return figureOf(what, times, `pandas ${version}`)
}

/** Each interval looks its samples up by an index: the form that PostgreSQL is quickest with. */
const LATERAL = (hold: number) => `SELECT json_agg(json_build_array(average, coverage) ORDER BY id) FROM (
  SELECT i.id, sum(value * us) / nullif(sum(us), 0) AS average, coalesce(sum(us), 0)::float8 / (i."to" - i."from") AS coverage
  FROM intervals i LEFT JOIN LATERAL (
    SELECT value, status, least(until, i."to") - greatest(t, i."from") AS us FROM (
      SELECT t, value, status, least(coalesce(lead(t) OVER (ORDER BY t), i."to"), t + ${hold}) AS until FROM samples s
      WHERE s.signal = i.signal AND s.t > i."from" - ${hold} AND s.t < i."to") held
    WHERE status < 2147483648 AND until > i."from") parts ON true
  GROUP BY i.id, i."from", i."to") found`

/** The same in PostgreSQL, where it is installed: the samples in a table with an index and statistics when the clock starts. */
export const inPostgres: AskPeer = async (directory, intervals, hold, runs, check) => {
  const what = 'PostgreSQL, one query, joined laterally'
  if (withoutPostgres) return { what, unit: 'ms', runs: [Number.NaN], note: `skipped: ${withoutPostgres}` }
  const folder = mkdtempSync(join(tmpdir(), 'ecluse-join-pg-'))
  // The server has an owner of its own, who reads it.
  chmodSync(folder, 0o755)
  const server = await startPostgres()
  try {
    const file = join(folder, 'samples.csv')
    await writeSamples(directory, file)
    server.run('CREATE TABLE samples (signal int, t bigint, value float8, status bigint)')
    server.run(`COPY samples FROM '${file}' (FORMAT csv)`)
    server.run('CREATE TABLE intervals (id int, signal int, "from" bigint, "to" bigint)')
    server.run(
      `INSERT INTO intervals VALUES ${intervals.map(({ id, signal, from, to }) => `(${id}, ${signal}, ${from}, ${to})`).join(', ')}`,
    )
    server.run('CREATE INDEX ON samples (signal, t)')
    server.run('ANALYZE samples')
    const times = await repeat(runs, async () => {
      const begin = performance.now()
      const answer = server.run(LATERAL(hold))
      const ms = performance.now() - begin
      const found = JSON.parse(answer) as [number | null, number][]
      check(found.map(([average, coverage], id) => ({ id, average, coverage })))
      return ms
    })
    return { what, unit: 'ms', runs: times, note: server.run('SHOW server_version').trim() }
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeSamples(directory: string, file: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run(samplesFrom(join(directory, 'cold')))
  await connection.run(`COPY (SELECT signal, t, value, status FROM samples) TO '${file}' (FORMAT csv, HEADER false)`)
  connection.closeSync()
  instance.closeSync()
}

/** One file of plain numbers for each column. */
async function writeColumns(directory: string, intervals: readonly Interval[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  await connection.run(samplesFrom(join(directory, 'cold')))
  const reader = await connection.runAndReadAll("SELECT signal, t, coalesce(value, 'nan') AS value, status FROM samples")
  const [signal, t, value, status] = reader.getColumns()
  const write = (name: string, column: NodeJS.ArrayBufferView) => writeFileSync(join(directory, `${name}.bin`), column)
  write('signal', Uint32Array.from(signal as number[]))
  write('t', BigInt64Array.from(t as bigint[]))
  write('value', Float64Array.from(value as number[]))
  write('status', Uint32Array.from(status as number[]))
  write(
    'id',
    BigInt64Array.from(intervals, ({ id }) => BigInt(id)),
  )
  write(
    'of',
    Uint32Array.from(intervals, ({ signal: of }) => of),
  )
  write(
    'from',
    BigInt64Array.from(intervals, ({ from }) => BigInt(from)),
  )
  write(
    'to',
    BigInt64Array.from(intervals, ({ to }) => BigInt(to)),
  )
  connection.closeSync()
  instance.closeSync()
}
