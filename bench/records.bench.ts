import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fact } from '../src/core/facts.ts'
import type { Historian } from '../src/core/historian.ts'
import type { RecordVersion } from '../src/core/it-records.ts'
import { silent } from '../src/core/log.ts'
import type { RecordKind, SpoolRecord } from '../src/core/spool.ts'
import { HOUR, MINUTE, systemClock } from '../src/core/time.ts'
import { openHistorian } from '../src/historian/index.ts'
import { BEGIN_MS, seeded } from './data.ts'
import { type Figure, repeat } from './report.ts'

/**
 * A million versions of 200,000 records of 5 kinds, 5 versions each, and a million facts of 20 definitions, one in ten of them a correction. Written as
 * nodes write them, in batches of 5,000, then asked.
 */
export const title = 'Historian: a million versions of records, a million facts'

const VERSIONS = 1_000_000
const FACTS = 1_000_000
const BATCH = 5_000
const BEGIN = BEGIN_MS * 1000
const RUNS = 9

export async function measure(): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-records-'))
  const historian = await openHistorian({ directory, memoryLimitBytes: 2 ** 30, clock: systemClock, log: silent, queryTimeoutMs: 60_000 })
  try {
    const versions = await written(historian, 'records', VERSIONS, (from) => {
      const of = Array.from({ length: BATCH }, (_, i) => versionOf(from + i))
      return { source: 'erp', feed: 0, versions: of, quarantined: [], cursor: String(from) }
    })
    const facts = await written(historian, 'facts', FACTS, (from) => Array.from({ length: BATCH }, (_, i) => factOf(from + i)))
    const { hotBytes } = await historian.stats()
    return [
      { what: 'versions written', unit: 'a second', runs: [versions] },
      {
        what: 'facts written',
        unit: 'a second',
        runs: [facts],
        note: `${Math.round(hotBytes / (VERSIONS + FACTS))} bytes on disk for each`,
      },
      ...(await asked(historian)),
    ]
  } finally {
    await historian.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function asked(historian: Historian): Promise<Figure[]> {
  const random = seeded(1)
  const timed = async (what: string, ask: () => Promise<number>): Promise<Figure> => {
    let answered = 0
    const runs = await repeat(RUNS, async () => {
      const begin = performance.now()
      answered = await ask()
      return performance.now() - begin
    })
    return { what, unit: 'ms', runs, note: `${answered.toLocaleString('en')} rows` }
  }
  const keys = () => Array.from({ length: 100 }, () => keyOf(5 * Math.floor(random() * 40_000)))
  const records = async (query: object) => (await historian.records({ kind: 'kind0', limit: 1000, ...query })).versions.length
  const facts = async (query: object) => (await historian.facts({ definition: 'd3', limit: 1000, ...query })).facts.length
  const middle = BEGIN + (FACTS / 2) * 2_000_000
  return [
    await timed('current version of 100 keys', () => records({ keys: keys() })),
    await timed('every version of 100 keys', () => records({ keys: keys(), allVersions: true })),
    await timed('1,000 current versions after a key', () => records({ afterKey: keyOf(100_000) })),
    await timed('current versions that overlap one hour', () => records({ overlapping: { from: middle, to: middle + HOUR } })),
    await timed('facts of one definition that overlap one hour', () => facts({ overlapping: { from: middle, to: middle + HOUR } })),
    await timed('current fact of 100 keys', () =>
      facts({ keys: Array.from({ length: 100 }, () => `f${3 + 20 * Math.floor((random() * FACTS) / 20)}`) }),
    ),
    await timed('the newest 1,000 facts of one definition', () => facts({ descending: true })),
    await timed('a commit of 10 versions', async () => {
      await historian.write([record('records', { source: 'erp', feed: 0, versions: keys().slice(0, 10).map(changed), quarantined: [] })])
      return 10
    }),
  ]
}

async function written(historian: Historian, kind: RecordKind, count: number, content: (from: number) => unknown): Promise<number> {
  let ms = 0
  for (let from = 0; from < count; from += 2 * BATCH) {
    const records = [record(kind, content(from)), record(kind, content(from + BATCH))]
    const begin = performance.now()
    await historian.write(records)
    ms += performance.now() - begin
  }
  return (count / ms) * 1000
}

let sequence = 0
function record(kind: RecordKind, content: unknown): SpoolRecord {
  const payload = Buffer.from(JSON.stringify(content))
  return { node: 'bench', epoch: 1, sequence: ++sequence, kind, recordedTime: systemClock.now(), payload }
}

const keyOf = (n: number) => `AF${String(n).padStart(6, '0')}\u001f2026-11-01`

function versionOf(i: number): RecordVersion {
  const n = i % 200_000
  const from = BEGIN + n * 10_000_000
  const values = { gate: `A${i % 40}`, passengers: i % 300, airline: 'AF', state: 'scheduled', stand: `S${i % 90}`, note: `change ${i}` }
  return { kind: `kind${n % 5}`, key: keyOf(n), source: 'erp', validFrom: from, validTo: from + 2 * HOUR, isDeleted: false, values }
}

const changed = (key: string): RecordVersion => ({ ...versionOf(0), key, values: { gate: 'changed' } })

function factOf(i: number): Fact {
  const n = i % 10 === 9 ? i - 9 : i
  const from = BEGIN + n * 2_000_000
  return {
    ...{ definition: `d${n % 20}`, type: 'join', version: 'v1', key: `f${n}`, equipment: `hall/e${n % 50}`, from, to: from + 20 * MINUTE },
    values: {
      average: { value: i / 10, unit: 'Cel', status: 0, coverage: 0.99 },
      energy: { value: i, unit: 'kWh', status: 0, coverage: 1 },
    },
    inputs: [
      { signal: `b/s${n % 100}`, from, to: from + 20 * MINUTE, samples: 1200, newestIngest: i },
      { record: 'kind0', key: keyOf(n % 200_000), source: 'erp', revision: 1 },
    ],
    cause: n === i ? 'first' : 'late-samples',
  }
}
