import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../bench/node.ts'
import type { FactInput, StoredFact } from '../src/core/facts.ts'
import { silent } from '../src/core/log.ts'
import type { NodeView } from '../src/core/node-view.ts'
import { type Micros, SECOND, systemClock } from '../src/core/time.ts'
import { startNode } from '../src/run/node.ts'
import { loadComputing, writeComputing } from './computing.ts'
import { held, type Row, readSpoolFiles, steps } from './spool-files.ts'

/**
 * 500 random values of a whole node that computes, each worked out again from the files of the spool by way of the lineage it claims: raw samples, derived
 * ones, windows, states, events, joins, a KPI. What works them out shares no code with what made them.
 */

const VALUES = 500
const EVENTS = 12
/** Younger ones may still be corrected by late samples. */
const SETTLED: Micros = 6 * SECOND

const near = (a: unknown, b: number, what: string) =>
  assert.ok(typeof a === 'number' && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${what}: ${a} is stored, ${b} comes of the spool`)

/** Average of held readings over [from, to), each holding for a second at most. */
function steppedAverage(rows: readonly Row[], from: Micros, to: Micros): number {
  const { area, us } = steps(rows, from, to, SECOND)
  return area / us
}

const within = (rows: readonly Row[], from: Micros, to: Micros) => rows.filter(({ time }) => time >= from && time < to)
const greatest = (rows: readonly Row[]) => Math.max(...rows.map(({ value }) => value))

interface Picked {
  readonly what: string
  check(spool: ReadonlyMap<string, readonly Row[]>): void
}

/** Stored samples of a signal as values to be worked out again. */
async function samplesOf(view: NodeView, signal: string, from: Micros, to: Micros): Promise<Picked[]> {
  const found = await view.historian.samples({ signal, from, to, limit: 100_000 })
  const ingests = new Map(
    (await view.historian.ingests([...new Set(found.ingest.subarray(0, found.count))])).map(({ ingest, sequence }) => [ingest, sequence]),
  )
  const name = signal.split('/').at(-1) as string
  return Array.from({ length: found.count }, (_, i): Picked => {
    const [time, value, status] = [found.time[i] as number, found.value[i] as number, found.status[i] as number]
    const text = found.text?.get(i)
    const what = `${signal} at ${time}`
    const sequence = ingests.get(found.ingest[i] as number)
    const inputs = view.originOf(signal, time)?.inputs ?? []
    return {
      what,
      check: (spool) => {
        const stored = spool.get(signal)?.filter((row) => row.time === time && row.sequence === sequence) ?? []
        assert.ok(
          stored.some((row) => Object.is(row.value, value) && row.status === status),
          `${what}: not in record ${sequence} of the spool`,
        )
        if (name === 'current') return
        // A value that a later one of its time took the place of was right when it was told, and is no more.
        if (held(spool.get(signal)).find((row) => row.time === time)?.sequence !== sequence) return
        const [input] = inputs
        assert.ok(input, `${what}: nobody says what it came of`)
        const rows = held(spool.get(input.signal))
        const { from: begin, to: end } = input
        if (name === 'power') near(value, 400 * (rows.find((row) => row.time === time)?.value ?? Number.NaN), what)
        else if (name === 'mean') near(value, steppedAverage(rows, begin, end), what)
        else if (name === 'most') near(value, greatest(within(rows, begin, end)), what)
        else {
          const current = rows.findLast((row) => row.time <= time)?.value ?? Number.NaN
          assert.equal(text ?? 'none', current > 0.5 ? 'high' : current < -0.5 ? 'low' : 'none', what)
        }
      },
    }
  })
}

function factOf(fact: StoredFact, sequences: ReadonlyMap<number, number>): Picked[] {
  const { definition, key, from, to, values, inputs } = fact
  const what = `${definition} ${key}`
  const input = (name: string) =>
    inputs.find((one) => 'signal' in one && one.signal.endsWith(`/${name}`)) as Extract<FactInput, { signal: string }>
  /** What was there when it was computed: nothing newer than the newest record that it names. */
  const read = (name: string, spool: ReadonlyMap<string, readonly Row[]>) => {
    const { signal, newestIngest } = input(name)
    return held(spool.get(signal)?.filter(({ sequence }) => sequence <= (sequences.get(newestIngest) ?? 0)))
  }
  return Object.entries(values).map(
    ([name, { value }]): Picked => ({
      what: `${what}.${name}`,
      check: (spool) => {
        const current = read('current', spool)
        if (definition === 'high') {
          const before = current.findLast((row) => row.time < from)
          assert.ok(
            (before?.value ?? 0) <= 0.5 && (current.find((row) => row.time === from)?.value ?? 0) > 0.5,
            `${what} begins at another time`,
          )
          assert.equal(current.find((row) => row.time > from && row.value <= 0.5)?.time, to, `${what} ends at another time`)
          const { samples } = input('current')
          assert.equal(samples, within(current, from, to as number).length, `${what}: samples it came of`)
        }
        if (name === 'duration') near(value, ((to as number) - from) / 1e6, what)
        else if (name === 'most') {
          // An event may be over before the next reading of that signal: then nothing is known of it.
          const power = within(read('power', spool), from, to as number)
          if (power.length === 0) assert.equal(value, null, `${what}.${name}`)
          else near(value, greatest(power), `${what}.${name}`)
        } else {
          const span = input('current')
          near(value, steppedAverage(current, span.from, span.to), `${what}.${name}`)
        }
      },
    }),
  )
}

const KPIS = `kpis:
  load: { label: { en: Load }, per: hour, equipment: line-*, timing: real-time, progress: 1s, lookBack: 1s, tolerance: 1s, inputs: { mean: { signal: ./current, function: TimeAverage2 } }, formula: mean }
`

test(`${VALUES} random values are what the spool says, by the lineage they claim`, { timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ecluse-lineage-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const loaded = await loadComputing(writeComputing(directory, KPIS))
  const node = await startNode(loaded, { clock: systemClock, log: silent, random: Math.random, version: 'test' })
  t.after(() => node.stop())
  const { view } = node
  await until(`${EVENTS} events long over`, 60_000, async () => {
    const { facts } = await view.historian.facts({ definition: 'around', limit: 1_000 })
    return facts.filter((one) => one.to !== null && one.to < view.clock.now() - SETTLED).length >= EVENTS
  })
  // The first second has nothing before it, and what is young may be corrected still.
  const [from, to] = [view.startedTime + 3 * SECOND, view.clock.now() - SETTLED]
  const signals = ['current', 'power', 'mean', 'most', 'mode'].flatMap((name) => ['line-1', 'line-2'].map((line) => `t/${line}/${name}`))
  const kinds = await Promise.all(signals.map((signal) => samplesOf(view, signal, from, to)))
  for (const definition of ['high', 'around', 'load']) {
    const { facts } = await view.historian.facts({ definition, limit: 1_000 })
    const chosen = facts.filter((one) => definition === 'load' || (one.from >= from && one.to !== null && one.to <= to))
    const named = chosen.flatMap(({ inputs }) => inputs.flatMap((one) => ('newestIngest' in one ? [one.newestIngest] : [])))
    const sequences = new Map((await view.historian.ingests([...new Set(named)])).map(({ ingest, sequence }) => [ingest, sequence]))
    kinds.push(chosen.flatMap((one) => factOf(one, sequences)))
  }
  await node.stop()
  for (const [i, kind] of kinds.entries()) assert.ok(kind.length > 0, `nothing of kind ${i}`)
  const { samples: spool } = readSpoolFiles(join(directory, 'data', 'spool'))
  for (let n = 0; n < VALUES; n++) {
    const kind = kinds[n % kinds.length] as Picked[]
    ;(kind[Math.floor(Math.random() * kind.length)] as Picked).check(spool)
  }
})
