import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Fact } from '../src/core/facts.ts'
import type { Historian } from '../src/core/historian.ts'
import type { RecordVersion } from '../src/core/it-records.ts'
import { silent } from '../src/core/log.ts'
import { toRecordKinds } from '../src/core/record-kinds.ts'
import { encodeContent } from '../src/core/stated-content.ts'
import { DAY, HOUR, MINUTE, type Micros, parseTime, systemClock } from '../src/core/time.ts'
import { correlation } from '../src/correlate/config.ts'
import { createCorrelations } from '../src/correlate/index.ts'
import { Recorder } from '../src/historian/contract-records.ts'
import { writeSql } from '../src/historian/duckdb/cold.ts'
import { openHistorian } from '../src/historian/index.ts'
import { createEngine } from '../src/run/deriving/engine.ts'
import { type Figure, repeat } from './report.ts'

/**
 * One late sample in a year of 1,000 signals, a reading every quarter of an hour (35 M samples, cold), with a shift every hour at each of 50 lines (438,000 records): from the sample
 * being stored to the new revision being readable.
 */
export const title = 'One late sample in a year of 1,000 signals'

const SIGNALS = 1_000
const LINES = 50
const DAYS = 365
const PER_DAY = 96
const BEGIN = parseTime('2025-01-01T00:00:00Z')
const RUNS = 5
const lineOf = (signal: number) => `line-${signal % LINES}`

export async function measure(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-correction-'))
  const recorder = new Recorder()
  let historian = await open(directory)
  try {
    await historian.write([
      recorder.signals(...Array.from({ length: SIGNALS }, (_, i): [number, { id: string }] => [i, { id: `b/${lineOf(i)}/s${i}` }])),
    ])
    await historian.close()
    await fill(directory)
    historian = await open(directory)
    await shifts(historian, recorder)
    const runs = await repeat(RUNS, (run) => late(historian, recorder, BEGIN + (100 + 40 * run) * DAY + 10 * HOUR + 7 * MINUTE))
    return [
      {
        what: 'late sample stored to new revision readable',
        unit: 'ms',
        runs: runs.map(({ ms }) => ms),
        aim: '≤ 1,000',
        note: `${SIGNALS * DAYS * PER_DAY} samples, ${LINES * DAYS * 24} records`,
      },
      { what: 'units computed', unit: 'units', runs: runs.map(({ computed }) => computed), aim: '1' },
      {
        what: 'bytes read by the process meanwhile',
        unit: 'kB',
        runs: runs.map(({ bytes }) => bytes / 1000),
        note: `the cold files of the year have ${Math.round(coldBytes(await historian.stats()) / 1e6)} MB`,
      },
    ]
  } finally {
    await historian.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

const coldBytes = ({ coldBytes: bytes }: { coldBytes: number }): number => bytes

const open = (directory: string): Promise<Historian> =>
  openHistorian({ directory, memoryLimitBytes: 2 ** 29, clock: systemClock, log: silent, compactAfterMs: 10 * 365 * 86_400_000 })

/** The samples, straight into cold files: the engine is not what is measured here. */
async function fill(directory: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(directory, 'historian.duckdb'))
  const connection = await instance.connect()
  await connection.run('BEGIN')
  for (let day = 0; day < DAYS; day++) {
    const begin = BEGIN + day * DAY
    const name = `${new Date(begin / 1000).toISOString().slice(0, 10)}.0.ms.parquet`
    const rows = `SELECT s.i::UINTEGER AS signal, make_timestamp(${begin} + h.i * ${DAY / PER_DAY} + s.i * 100000) AS time, round(sin(s.i + h.i) * 100) AS value, 0::UINTEGER AS status,
      0::UINTEGER AS reasons, 1::BIGINT AS ingest, NULL::VARCHAR AS text FROM range(1, ${SIGNALS + 1}) s(i), range(${PER_DAY}) h(i)`
    const path = join(directory, 'cold', name)
    await connection.run(writeSql(rows, path, true))
    const bytes = readFileSync(path).length
    await connection.run(
      `INSERT INTO store.files SELECT '${name}', ${begin / DAY}, count(*), ${bytes}, min(time), max(time), min(signal), max(signal), true, NULL FROM (${rows})`,
    )
  }
  await connection.run('COMMIT')
  connection.closeSync()
  instance.closeSync()
}

const kinds = toRecordKinds({
  shift: {
    key: ['id'],
    fields: {
      id: { type: 'text', required: true },
      line: { type: 'text', required: true },
      begin: { type: 'time', required: true },
      end: { type: 'time', required: true },
    },
    validity: { from: 'begin', to: 'end' },
    equipment: { field: 'line' },
    authority: {},
  },
})

async function shifts(historian: Historian, recorder: Recorder): Promise<void> {
  let versions: RecordVersion[] = []
  const store = async () => {
    if (versions.length === 0) return
    const payload = encodeContent({ kind: 'records', records: { source: 'mes', feed: 0, versions, quarantined: [] } })
    await historian.write([recorder.record('records', payload)])
    versions = []
  }
  for (let hour = 0; hour < DAYS * 24; hour++) {
    const [begin, end] = [BEGIN + hour * HOUR, BEGIN + (hour + 1) * HOUR]
    for (let line = 0; line < LINES; line++) {
      const values = { id: `${hour}-${line}`, line: `line-${line}`, begin, end }
      versions.push({ kind: 'shift', key: values.id, source: 'mes', validFrom: begin, validTo: end, isDeleted: false, values })
    }
    if (versions.length >= 10_000) await store()
  }
  await store()
}

async function late(historian: Historian, recorder: Recorder, at: Micros) {
  const signal = 500
  const values = { mean: { signal: `./s${signal}`, function: 'TimeAverage2' }, most: { signal: `./s${signal}`, function: 'Maximum' } }
  const declared = correlation.parse({ each: 'shift', tolerance: '1min', lookBack: '1h', values })
  const placeOf = ({ values: of }: RecordVersion) => (typeof of.line === 'string' ? of.line : undefined)
  const context = { site: 'b', kinds, events: new Map(), placeOf, equipment: [] }
  const derivations = createCorrelations({ correlations: { shift_means: declared }, kpis: {} }, context)
  const parts = {
    ...{ history: historian, derivations, log: silent, now: () => systemClock.now(), watermark: () => systemClock.now() },
    publish: async (_name: string, computed: readonly { readonly fact: Fact }[]) => {
      const facts = computed.map(({ fact }) => fact)
      await historian.write([recorder.record('facts', encodeContent({ kind: 'facts', facts }))])
      return {}
    },
  }
  // What is known already is as it should be: only the change is computed.
  const saved = await createEngine({ ...parts, horizonUs: 0 }).save()
  const clean = Object.fromEntries(Object.entries(saved).map(([name, one]) => [name, { ...one, ranges: [], units: [] }]))
  const engine = createEngine({ ...parts, horizonUs: 10 * 365 * DAY }, clean)
  const [bytes, begin] = [bytesRead(), performance.now()]
  await historian.write([recorder.batch({ signal, time: at, value: 500 })])
  await engine.absorb([{ signal: `b/${lineOf(signal)}/s${signal}`, from: at, to: at }])
  while (await engine.step());
  const ms = performance.now() - begin
  const [view] = engine.view()
  return { ms, bytes: bytesRead() - bytes, computed: view?.computed ?? 0 }
}

const bytesRead = (): number => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
