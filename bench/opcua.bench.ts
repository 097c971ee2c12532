import { fork } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../src/core/time.ts'
import { until, withNode } from './node.ts'
import { cpuSeconds, type Figure, repeat, residentMb } from './report.ts'

/** 10,000 items that change every 100 ms, subscribed with queues, through the whole node; what is missing is counted in the historian. */
export const title = 'OPC UA: 10,000 items at 100 ms'

const ITEMS = 10_000
const SECONDS = 20
const RUNS = Number(process.env.ECLUSE_RUNS ?? 3)

interface Run {
  readonly ready: number
  readonly rate: number
  readonly missed: number
  readonly dropped: number
  readonly cores: number
  readonly memory: number
}

export async function measure(): Promise<Figure[]> {
  const runs = await repeat(RUNS, once)
  const of = (key: keyof Run) => runs.map((run) => run[key])
  return [
    { what: 'items created and their first values stored', unit: 'ms', runs: of('ready') },
    {
      what: 'notifications stored',
      unit: 'samples/s',
      runs: of('rate'),
      aim: '100,000',
      note: `${SECONDS} s a run; server and Écluse on the same cores`,
    },
    {
      what: 'ticks missing in the historian',
      unit: 'samples',
      runs: of('missed'),
      aim: '0',
      note: 'every value is the number of its tick',
    },
    { what: 'samples the server or we counted as dropped', unit: 'samples', runs: of('dropped'), aim: '0' },
    { what: 'CPU of Écluse', unit: 'cores', runs: of('cores') },
    {
      what: 'memory of Écluse',
      unit: 'MB',
      runs: of('memory'),
      note: 'all runs in one process: later ones begin with what the first one left',
    },
  ]
}

async function once(): Promise<Run> {
  const server = fork(join(import.meta.dirname, 'opcua-plant.ts'), [String(ITEMS)])
  try {
    const endpoint = await new Promise<string>((resolve) => server.once('message', (message) => resolve(String(message))))
    const subscription = '{ publishingInterval: 100ms, samplingInterval: 0ms, queueSize: 20 }'
    const signals = "[{ browse: 'Objects/Bench/**/V*', id: '{path}/{name}' }]"
    const yaml = `  plc: { kind: opcua, endpoint: '${endpoint}', security: { mode: none }, subscription: ${subscription}, signals: ${signals} }\n`
    return await withNode(yaml, async (view) => {
      const begin = performance.now()
      await until('every item has its first value', 60_000, () => (view.connections()[0]?.stored ?? 0) >= ITEMS)
      const ready = performance.now() - begin
      server.send('go')
      const cpu = cpuSeconds()
      const stored = view.connections()[0]?.stored ?? 0
      await systemClock.sleep(SECONDS * 1000)
      const rate = ((view.connections()[0]?.stored ?? 0) - stored) / SECONDS
      const cores = (cpuSeconds() - cpu) / SECONDS
      const memory = residentMb(process.pid)
      server.kill('SIGKILL')
      await until('all committed', 60_000, () => view.historianLag().records === 0)
      const missed = await countMissed(view.historian)
      const dropped = Object.values(view.connections()[0]?.dropped ?? {}).reduce((sum, n) => sum + n, 0)
      return { ready, rate, missed, dropped, cores, memory }
    })
  } finally {
    server.kill('SIGKILL')
  }
}

async function countMissed(historian: {
  sql(text: string, limits: { maxRows: number; timeoutMs: number }): Promise<{ rows: readonly (readonly unknown[])[] }>
}) {
  const perSignal =
    'SELECT max(value) - min(value) + 1 - count(DISTINCT value) AS missed FROM samples WHERE value IS NOT NULL AND value > 0 GROUP BY signal'
  const { rows } = await historian.sql(`SELECT sum(missed) FROM (${perSignal})`, { maxRows: 1, timeoutMs: 60_000 })
  return Number(rows[0]?.[0])
}
