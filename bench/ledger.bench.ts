import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { once, samplesOfRun } from './pipeline.bench.ts'
import { payloads } from './plant.ts'
import { type Figure, repeat } from './report.ts'

/** The pipeline with and without the ledger, in turns, so that both meet the same machine. */
export const title = 'What the ledger costs'

const RUNS = Number(process.env.ECLUSE_RUNS ?? 5)

export async function measure(): Promise<Figure[]> {
  const data = payloads()
  const samples = samplesOfRun()
  const pairs = await repeat(RUNS, async () => {
    const [without, plain] = await measured(data, true)
    const [accounted, counted] = await measured(data, false)
    return { without, accounted, plain, counted }
  })
  return [
    { what: 'with the ledger', unit: 'samples/s', runs: pairs.map(({ accounted }) => samples / accounted.seconds) },
    { what: 'without', unit: 'samples/s', runs: pairs.map(({ without }) => samples / without.seconds) },
    {
      what: 'lost with the ledger',
      unit: '%',
      runs: pairs.map(({ without, accounted }) => 100 * (1 - without.seconds / accounted.seconds)),
      aim: '≤ 5, with lineage',
      note: 'the same bytes, one run after the other',
    },
    { what: 'CPU more', unit: '%', runs: pairs.map(({ without, accounted }) => 100 * (accounted.cpu / without.cpu - 1)) },
    {
      what: 'its files',
      unit: 'bytes a stored sample',
      runs: pairs.map(({ counted }) => counted.ledger / samples),
      aim: '≤ 0.2, with lineage',
    },
    {
      what: 'more in the historian’s files',
      unit: 'bytes a stored sample',
      runs: pairs.map(({ plain, counted }) => (counted.historian - plain.historian) / samples),
      note: 'between two runs, which differ by themselves',
    },
  ]
}

async function measured(data: readonly Buffer[], isUnaccounted: boolean) {
  let bytes = { ledger: 0, historian: 0 }
  const after = (folder: string) => {
    bytes = { ledger: sizeOf(join(folder, 'ledger')), historian: sizeOf(join(folder, 'historian')) }
  }
  const run = await once(data, 'five', { isUnaccounted, after })
  return [run, bytes] as const
}

const sizeOf = (folder: string): number =>
  globSync('**/*', { cwd: folder }).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
