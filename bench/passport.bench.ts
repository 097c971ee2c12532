import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { startApi } from '../src/api/index.ts'
import { passport } from '../src/api/passport-schemas.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { DAY, SECOND, systemClock } from '../src/core/time.ts'
import { until, withNode } from './node.ts'
import { clocked, cpuSeconds, type Figure, figureOf, percentile, type Run } from './report.ts'

/**
 * The passport of one figure over 1,000 signals and one day, a sample every 10 s (8.64 million): a sum over 50 lines, each over its 20 signals. Asked for over HTTP, the
 * whole answer read.
 */
export const title = 'Passport of a figure over 1,000 signals and a day'

const LINES = 50
const SIGNALS = 20
const EVERY_US = 10 * SECOND
const TICKS = 100
const QUESTIONS = 40
const FIRST = 11
const LIMIT_MS = 240_000

/** Hands over the whole of yesterday, as fast as it is taken. */
const yesterday = (from: number): Connector => ({
  kind: 'yesterday',
  label: { fr: 'hier', en: 'yesterday' },
  config: z.strictObject({ discover: z.literal(true) }),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    const ids = Array.from({ length: LINES * SIGNALS }, (_, i) => {
      const id = `${site}/line-${Math.floor(i / SIGNALS)}/s${i % SIGNALS}`
      return signals.define({
        id,
        connection,
        address: String(i),
        dataType: 'number',
        unit: 'A',
        expectedPeriodUs: 2 * EVERY_US,
        range: [0, 100],
      })
    })
    let time = from
    return {
      counters: { dropped: {} },
      connect: async () => {},
      close: async () => undefined,
      async read(stop) {
        if (time > from + DAY) {
          await clock.sleep(1_000, stop)
          return { batch: new BatchBuilder(1).build(clock.now()) }
        }
        const builder = new BatchBuilder(ids.length * TICKS)
        for (let tick = 0; tick < TICKS; tick++, time += EVERY_US) for (const id of ids) builder.push(id, time, 5, 0)
        return { batch: builder.build(clock.now()) }
      },
    }
  },
})

const names = Array.from({ length: SIGNALS }, (_, i) => `s${i}`)
const declared = `equipment:
${Array.from({ length: LINES }, (_, i) => `  line-${i}: { level: work-unit }`).join('\n')}
kpis:
  line:
    per: day
    equipment: line-*
    formula: ${names.join(' + ')}
    unit: A
    inputs: { ${names.map((name) => `${name}: { signal: ./${name}, function: TimeAverage2 }`).join(', ')} }
  plant: { per: day, formula: all, unit: A, inputs: { all: { of: line, value: value, take: sum, relation: equals } } }
uses:
  report: { contract: optional, care: { minimumCoverage: 0.95, worstStatus: Good, wholeChain: true }, refuse: { minimumCoverage: 0.5, reasons: ["spike@*"] } }
`

export async function measure(): Promise<Figure[]> {
  const from = Math.floor(systemClock.now() / DAY) * DAY - DAY
  const connector = yesterday(from)
  return withNode('  y: { kind: yesterday, discover: true, lateness: 1s }\n', (view) => ask(view, from), [connector], declared)
}

async function ask(view: NodeView, from: number): Promise<Figure[]> {
  const samples = async () => (await view.historian.stats()).samples
  await until('everything stored', LIMIT_MS, async () => (await samples()) >= (DAY / EVERY_US) * LINES * SIGNALS)
  const key = `site@${from}`
  const isThere = async () => {
    const { facts } = await view.historian.facts({ definition: 'plant', keys: [key], limit: 1 })
    const { value, coverage } = facts[0]?.values.value ?? {}
    return value === 5 * LINES * SIGNALS && (coverage ?? 0) > 0.99
  }
  await until('the figure', LIMIT_MS, isThere)
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-bench-api-'))
  const api = await startApi(view, { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent })
  try {
    const authorization = `Bearer ${readFileSync(join(directory, 'local-token'), 'utf8').trim()}`
    const timed = async (query: string) => {
      const took: number[] = []
      let found: z.output<typeof passport> | undefined
      for (let i = 0; i < QUESTIONS; i++) {
        const began = performance.now()
        const answer = await fetch(`${api.url}/api/v1/passport?definition=plant&key=${key}&use=report${query}`, {
          headers: { authorization },
        })
        const body = await answer.json()
        took.push(performance.now() - began)
        found = passport.parse(body)
      }
      return { took, found: found as z.output<typeof passport> }
    }
    // A server of its own remembers nothing: each asks for the first time.
    const first: Run[] = []
    for (let i = 0; i < FIRST; i++) first.push(await timedFresh(view, key))
    const whole = await timed('')
    const { total, verdict, chain } = whole.found
    const what = `${total.signals} signals, ${total.samples} samples, ${chain.length} hops, ${verdict}`
    const group = chain.find(({ kind }) => kind === 'samples')?.id as string
    const expanded = await timed(`&expand=${encodeURIComponent(group)}`)
    const began = cpuSeconds()
    const { samples: compacted } = await view.historian.compact(from + 3 * DAY)
    const compacting = cpuSeconds() - began
    const cold: Run[] = []
    for (let i = 0; i < FIRST; i++) cold.push(await timedFresh(view, key))
    return [
      { ...figureOf('of a version never asked about, its day hot', first, what), aim: '≤ 200' },
      {
        ...figureOf('the same, its day compacted', cold, `${compacted} samples compacted in ${compacting.toPrecision(3)} s of CPU`),
        aim: '≤ 200',
      },
      { what: 'of one that was asked about before, median', unit: 'ms', runs: [percentile(whole.took, 0.5)], aim: '≤ 200' },
      { what: 'the same, 95th percentile', unit: 'ms', runs: [percentile(whole.took, 0.95)] },
      { what: 'with the members of one group, median', unit: 'ms', runs: [percentile(expanded.took, 0.5)] },
    ]
  } finally {
    await api.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** One question to a server that was never asked before. */
async function timedFresh(view: NodeView, key: string): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-bench-fresh-'))
  const api = await startApi(view, { host: '127.0.0.1', port: 0, directory, webDirectory: join(directory, 'web'), log: silent })
  try {
    const authorization = `Bearer ${readFileSync(join(directory, 'local-token'), 'utf8').trim()}`
    // The connection is open, as that of a page is.
    await fetch(`${api.url}/api/v1/session`, { headers: { authorization } })
    return await clocked(async () => {
      const answer = await fetch(`${api.url}/api/v1/passport?definition=plant&key=${key}&use=report`, { headers: { authorization } })
      await answer.json()
    })
  } finally {
    await api.close()
    rmSync(directory, { recursive: true, force: true })
  }
}
