import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type LoadedConfig, loadConfig } from '../src/config/index.ts'
import { BatchBuilder } from '../src/core/batch.ts'
import type { Connector } from '../src/core/connector.ts'
import { SECOND } from '../src/core/time.ts'

/** Two lines whose current swings; every fifth reading comes a quarter of a second late. */
const swinging: Connector = {
  kind: 'swinging',
  label: { fr: 'oscillant', en: 'swinging' },
  config: z.strictObject({ discover: z.literal(true) }),
  async *check() {},
  source(_config, { clock, signals, site, connection }) {
    let ids: number[] = []
    let due = 0
    let n = 0
    const held: [id: number, time: number][] = []
    return {
      counters: { dropped: {} },
      connect: async () => {
        ids = ['line-1', 'line-2'].map((line) =>
          signals.define({ id: `${site}/${line}/current`, connection, address: line, dataType: 'number', unit: 'A' }),
        )
        due = clock.monotonicMs()
      },
      close: async () => undefined,
      nextReadMs: () => due,
      async read() {
        due += 10
        n++
        const now = clock.now()
        const builder = new BatchBuilder()
        for (const id of ids) {
          if (n % 5 === 0) held.push([id, now])
          else builder.push(id, now, Math.sin((8 * now) / SECOND + id), 0)
        }
        while (held[0] && held[0][1] < now - SECOND / 4) {
          const [id, time] = held.shift() as [number, number]
          builder.push(id, time, Math.sin((8 * time) / SECOND + id), 0)
        }
        return { batch: builder.build(now) }
      },
    }
  },
}

/** A configuration that computes one of everything; `directory` holds all that is stored, `more` is declared besides. */
export function writeComputing(directory: string, more = ''): string {
  const file = join(directory, 'ecluse.yaml')
  writeFileSync(
    file,
    `version: 1
site: { id: t }
spool: { segmentBytes: 1MiB, maxBytes: 1GiB }
historian: { commitInterval: 50ms }
equipment: { line-1: { level: work-unit }, line-2: { level: work-unit } }
derive:
  - { id: power, for: line-*, inputs: { current: current }, expression: "current * quantity(400.0, 'V')", unit: W, tolerance: 1s }
windows:
  - { id: mean, for: line-*, signal: current, window: { tumbling: 500ms }, function: TimeAverage2, tolerance: 1s }
  - { id: most, for: line-*, signal: power, window: { sliding: 1s, every: 250ms }, function: Maximum, tolerance: 1s }
states:
  - { id: mode, for: line-*, inputs: { current: current }, states: { high: 'current > 0.5', low: 'current < -0.5' }, tolerance: 1s }
events:
  - { id: high, for: line-*, inputs: { current: current }, start: current > 0.5, tolerance: 1s, maximum: 3s, attributes: { most: { signal: power, function: Maximum } } }
correlations:
  around:
    each: high
    tolerance: 1s
    progress: 1s
    values: { mean: { signal: ./current, function: TimeAverage2 }, most: { signal: ./power, function: Maximum } }
${more}connections:
  swing: { kind: swinging, discover: true, lateness: 100ms }
`,
  )
  return file
}

export const loadComputing = (file: string): Promise<LoadedConfig> => loadConfig(file, { connectors: [swinging], env: {} })
