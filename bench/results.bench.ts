import { z } from 'zod'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { SECOND, systemClock } from '../src/core/time.ts'
import { withNode } from './node.ts'
import { type Figure, percentile } from './report.ts'

/**
 * A node that collects, stores and computes at once: 100,000 samples/s of 1,000 signals at 50 lines, 200 windows, an event a line every 20 s, and 50 correlations over each of
 * these events. Lag is from the end of a window or event to the moment its result is durable, the declared lateness included.
 */
export const title = 'Results while 100,000 samples/s come in'

const LINES = 50
const SIGNALS = 20
const PERIOD_MS = 10
const WINDOW_S = 10
const EVENT_EVERY_S = 20
const EVENT_S = 5
const WARM_UP_S = 15
const SECONDS = 60
const CORRELATIONS = 50
const LATENESS_MS = 200
const FUNCTIONS = ['TimeAverage2', 'Maximum', 'Delta', 'DurationGood'] as const

/** Every signal once a tick. Signal 4 of each line is 1 for 5 s in 20, each line at its own time. */
const busy: Connector = {
  kind: 'busy',
  label: { fr: 'occupé', en: 'busy' },
  config: z.strictObject({ discover: z.literal(true) }),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    const ids = Array.from({ length: LINES * SIGNALS }, (_, i) => {
      const id = `${site}/line-${Math.floor(i / SIGNALS)}/s${i % SIGNALS}`
      return signals.define({ id, connection, address: String(i), dataType: 'number', unit: 'A' })
    })
    let due = 0
    let n = 0
    return {
      counters: { dropped: {} },
      connect: async () => {
        due = clock.monotonicMs()
      },
      close: async () => undefined,
      nextReadMs: () => due,
      async read() {
        due += PERIOD_MS
        n++
        const now = clock.now()
        const builder = new BatchBuilder(ids.length)
        ids.forEach((id, i) => {
          const line = Math.floor(i / SIGNALS)
          const second = now / SECOND + (line * EVENT_EVERY_S) / LINES
          const value = i % SIGNALS === 4 ? Number(second % EVENT_EVERY_S < EVENT_S) : Math.sin(n / 50 + i)
          builder.push(id, now, value, 0)
        })
        return { batch: builder.build(now) }
      },
    }
  },
}

function declared(): string {
  const windows = FUNCTIONS.map(
    (name, i) => `  - { id: w${i}, for: line-*, signal: s${i}, window: { tumbling: ${WINDOW_S}s }, function: ${name}, tolerance: 1s }`,
  )
  const correlations = Array.from(
    { length: CORRELATIONS },
    (_, i) => `  c${i}:
    each: high
    tolerance: 1s
    progress: 10min
    values: { mean: { signal: ./s${5 + (i % 10)}, function: TimeAverage2 }, most: { signal: ./s${6 + (i % 10)}, function: Maximum } }`,
  )
  const equipment = Array.from({ length: LINES }, (_, i) => `  line-${i}: { level: work-unit }`)
  return `equipment:
${equipment.join('\n')}
windows:
${windows.join('\n')}
events:
  - { id: high, for: line-*, inputs: { level: s4 }, start: level > 0.5, tolerance: 1s }
correlations:
${correlations.join('\n')}
`
}

export async function measure(): Promise<Figure[]> {
  const run = await withNode(`  busy: { kind: busy, discover: true, lateness: ${LATENESS_MS}ms }\n`, watch, [busy], declared())
  const note = `${LINES * FUNCTIONS.length} windows of ${WINDOW_S} s; lateness ${LATENESS_MS} ms included`
  return [
    { what: 'samples stored', unit: 'samples/s', runs: [run.rate], aim: '100,000' },
    { what: 'end of a window to its durable result, p50', unit: 'ms', runs: [percentile(run.windows, 0.5)], note },
    { what: 'the same, p99', unit: 'ms', runs: [percentile(run.windows, 0.99)], aim: '≤ 2,000', note: `${run.windows.length} results` },
    {
      what: 'end of an event to its durable correlation, p50',
      unit: 'ms',
      runs: [percentile(run.facts, 0.5)],
      note: `${CORRELATIONS} correlations an event`,
    },
    { what: 'the same, p99', unit: 'ms', runs: [percentile(run.facts, 0.99)], aim: '≤ 2,000', note: `${run.facts.length} results` },
    { what: 'oldest result that waits at the end', unit: 's', runs: [run.lagSeconds] },
    { what: 'CPU', unit: '% of a core', runs: [run.cpu] },
    { what: 'memory', unit: 'MB', runs: [run.megabytes] },
  ]
}

async function watch(view: NodeView) {
  await systemClock.sleep(WARM_UP_S * 1000)
  const windows: number[] = []
  const began = systemClock.now()
  const stop = view.subscribe((batch) => {
    for (let i = 0; i < batch.count; i++) {
      if (view.signals.at(batch.signal[i] as number)?.connection !== 'computed') continue
      const end = (batch.sourceTime[i] as number) + WINDOW_S * SECOND
      if (end >= began) windows.push((systemClock.now() - end) / 1000)
    }
  })
  const [before, used] = [stored(view), process.cpuUsage()]
  await systemClock.sleep(SECONDS * 1000)
  const spent = process.cpuUsage(used)
  const rate = (stored(view) - before) / SECONDS
  stop()
  const until = systemClock.now()
  const facts: number[] = []
  for (let i = 0; i < CORRELATIONS; i++) {
    const found = await view.historian.facts({ definition: `c${i}`, allRevisions: true, limit: 10_000 })
    const first = new Map<string, number>()
    for (const { key, to, knownTime } of found.facts) {
      if (to === null || to < began || to > until - 3 * SECOND || first.has(key)) continue
      first.set(key, (knownTime - to) / 1000)
    }
    facts.push(...first.values())
  }
  const lagSeconds = Math.max(...view.derivations().map((one) => one.lagSeconds))
  const cpu = (spent.user + spent.system) / (SECONDS * 10_000)
  return { rate, windows, facts, lagSeconds, cpu, megabytes: process.memoryUsage().rss / 1e6 }
}

const stored = (view: NodeView): number => view.connections().find(({ name }) => name === 'busy')?.stored ?? 0
