import { memoryConnector, PER_READ } from './memory-connector.ts'
import { until, withNode } from './node.ts'
import { connectionYaml, PAYLOADS, payloads, SIGNALS } from './plant.ts'
import { cpuSeconds, type Figure, percentile, repeat } from './report.ts'

/** Sparkplug B bytes already in memory → columns → five rules → spool with fsync → DuckDB committed and queryable, in one process. */
export const title = 'Pipeline in one process'

const PASSES = 10
const RUNS = Number(process.env.ECLUSE_RUNS ?? 5)

export async function measure(): Promise<Figure[]> {
  const data = payloads()
  // One after the other in turn, so that both meet the same machine.
  const pairs = await repeat(RUNS, async () => ({ five: await once(data, 'five'), all: await once(data, 'all') }))
  const runs = pairs.map(({ five }) => five)
  const samples = PAYLOADS * PASSES * SIGNALS
  const note = `${samples.toLocaleString('en')} samples of ${SIGNALS} signals, ${PER_READ} payloads a batch; until all are committed and counted by SQL`
  return [
    {
      what: 'bytes to committed and queryable',
      unit: 'samples/s',
      runs: runs.map((r) => samples / r.seconds),
      aim: '≥ 3,000,000 (5,000,000)',
      note,
    },
    {
      what: 'the same with all rules on',
      unit: 'samples/s',
      runs: pairs.map(({ all }) => samples / all.seconds),
      note: 'ten and more a signal',
    },
    { what: 'lost with all rules on', unit: '%', runs: pairs.map(({ five, all }) => 100 * (1 - five.seconds / all.seconds)), aim: '≤ 15' },
    { what: 'CPU, all threads', unit: 's per million', runs: runs.map((r) => r.cpu / (samples / 1e6)) },
    { what: 'acknowledgement after fsync, p50', unit: 'ms', runs: runs.map((r) => percentile(r.ackMs, 0.5)) },
    { what: 'acknowledgement after fsync, p99', unit: 'ms', runs: runs.map((r) => percentile(r.ackMs, 0.99)) },
  ]
}

/** Samples of one run. */
export const samplesOfRun = (): number => PAYLOADS * PASSES * SIGNALS

interface Run {
  readonly seconds: number
  readonly cpu: number
  readonly ackMs: number[]
}

/** One run of a whole node. */
export async function once(data: readonly Buffer[], rules: 'five' | 'all', more: Parameters<typeof withNode>[4] = {}): Promise<Run> {
  const ackMs: number[] = []
  let begin = 0
  let cpu = 0
  const started = () => {
    begin = performance.now()
    cpu = cpuSeconds()
  }
  const connector = memoryConnector({ data, passes: PASSES, started, acked: (ms) => ackMs.push(ms) })
  return await withNode(
    connectionYaml('memory', 'mqtt://127.0.0.1:1', rules),
    async (view) => {
      const samples = PAYLOADS * PASSES * SIGNALS
      await until('stored', 120_000, () => (view.connections()[0]?.stored ?? 0) >= samples)
      await until('committed', 120_000, () => view.historianLag().records === 0)
      const seconds = (performance.now() - begin) / 1000
      const used = cpuSeconds() - cpu
      const { rows } = await view.historian.sql('SELECT count(*) FROM samples', { maxRows: 1, timeoutMs: 60_000 })
      // The birth itself is a sample of every signal, and bdSeq is one signal more.
      if (Number(rows[0]?.[0]) < samples) throw new Error(`${rows[0]?.[0]} of ${samples} samples are in the historian`)
      return { seconds, cpu: used, ackMs }
    },
    [connector],
    '',
    more,
  )
}
