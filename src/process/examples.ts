import { z } from 'zod'
import { duration, unitText } from '../core/config-parts.ts'
import type { Derivation } from '../core/derivation.ts'
import type { Fact } from '../core/facts.ts'
import type { History, Series } from '../core/history.ts'
import { Status, severity, statusFromName, statusName } from '../core/status.ts'
import { type Micros, parseTime } from '../core/time.ts'
import { type ProcessConfig, processConfig } from './config.ts'
import { derive, events, type Known, states, windows } from './index.ts'
import { lintProcess } from './lint.ts'
import type { KnownSignal } from './places.ts'

/** Readings in one example. */
const READINGS = 10_000

const value = z.union([z.number(), z.boolean(), z.string(), z.null()])
const signal = z.strictObject({
  unit: unitText.optional(),
  expectedPeriod: duration.optional(),
  counter: z.strictObject({ rollover: z.number().positive().optional() }).optional().describe('It only counts up'),
  mayFall: z.literal(true).optional().describe('It goes up and down: differences over a fall are meant'),
  readings: z
    .array(z.union([z.tuple([duration, value]), z.tuple([duration, value, z.string()])]))
    .max(READINGS)
    .describe('Since the beginning, value, and what the device says of it where that is not Good'),
})

/** An example of what is computed: readings of signals, and what must come of them. Declarations that are not given are those of the configuration. */
export const computedExample = z.strictObject({
  name: z.string().min(1).max(200),
  signals: z.record(z.string(), signal),
  derive: processConfig.derive.unwrap().optional(),
  windows: processConfig.windows.unwrap().optional(),
  states: processConfig.states.unwrap().optional(),
  events: processConfig.events.unwrap().optional(),
  from: z.iso.datetime().default('2026-11-01T00:00:00Z').describe('When the readings begin'),
  until: duration.optional().describe('What is known ends then; default: with the last reading'),
  expect: z
    .record(z.string(), z.array(z.string()))
    .describe(
      'By signal `1s 4.2 Good`: since the beginning, value (- where there is none), status, reasons. By event: beginning, end (- while it goes on), status, values',
    ),
})
export type ComputedExample = z.output<typeof computedExample>

/** A line that is not as expected; nothing where both are. */
export interface LineDifference {
  readonly name: string
  /** Index of the line. */
  readonly line: number
  readonly expected: string
  readonly got: string
}

const SITE = 'example'

/** Computes an example and says where it differs from what was expected. Throws RangeError for a status nobody knows. */
export async function runComputed(given: ComputedExample, declared: ProcessConfig): Promise<LineDifference[]> {
  const begin = parseTime(given.from)
  const rows = new Map(
    Object.entries(given.signals).map(([id, { readings }]) => [`${SITE}/${id}`, readings.map((one) => rowOf(one, begin))]),
  )
  const newest = Math.max(begin, ...[...rows.values()].flatMap((all) => all.map(({ time }) => time)))
  const watermark = given.until === undefined ? newest : begin + given.until * 1000
  const { derive: derived = declared.derive, states: machines = declared.states } = given
  const { windows: over = declared.windows, events: frames = declared.events } = given
  const measured = new Map(Object.entries(given.signals).map(([id, one]) => [id, knownOf(one)]))
  const config = { derive: derived, states: machines, windows: over, events: frames }
  const { made } = lintProcess(config, { site: SITE, declared: measured, open: [] })
  const known: Known = {
    ids: () => rows.keys(),
    // What is computed comes as often as on a node, and is held as long.
    signal: (id) => (rows.has(id) ? (measured.get(id.slice(SITE.length + 1)) ?? made.get(id.slice(SITE.length + 1)) ?? {}) : undefined),
  }
  const all = [
    ...derived.map((one) => derive(one, SITE, known)),
    ...machines.map((one) => states(one, SITE, known)),
    ...over.map((one) => windows(one, SITE, known)),
    ...frames.map((one) => events(one, SITE, known)),
  ]
  const facts = await settle(all, rows, { from: begin, to: watermark })
  return Object.entries(given.expect).flatMap(([name, lines]) => {
    const samples = rows.get(`${SITE}/${name}`)
    const got = samples ? samples.map((row) => sampleLines(row, begin)) : (facts.get(name) ?? []).map((fact) => factLines(fact, begin))
    return Array.from({ length: Math.max(lines.length, got.length) }, (_, line) => line).flatMap((line): LineDifference[] => {
      const expected = (lines[line] ?? '').trim().replace(/\s+/g, ' ')
      const ways = got[line] ?? ['']
      return ways.includes(expected) ? [] : [{ name, line, expected, got: ways[0] as string }]
    })
  })
}

const knownOf = ({ unit, expectedPeriod, counter, mayFall }: z.output<typeof signal>): KnownSignal => ({
  ...{ unit, counter, mayFall },
  ...(expectedPeriod !== undefined && { expectedPeriodUs: expectedPeriod * 1000 }),
})

interface Row {
  readonly time: Micros
  readonly value: number
  readonly text?: string
  readonly status: number
  readonly reasons: readonly string[]
}

function rowOf([at, said, name]: readonly [number, z.output<typeof value>, string?], begin: Micros): Row {
  const status = name === undefined ? (said === null ? Status.BadNoData : Status.Good) : statusFromName(name)
  if (status === undefined) throw new RangeError(`there is no status ${name}`)
  const number = typeof said === 'number' ? said : typeof said === 'boolean' ? Number(said) : Number.NaN
  return { time: begin + at * 1000, value: number, status, reasons: [], ...(typeof said === 'string' && { text: said }) }
}

/** Computes everything until nothing changes any more: what is made of what is made comes in the next round. */
async function settle(
  all: readonly Derivation[],
  rows: Map<string, Row[]>,
  range: { from: Micros; to: Micros },
): Promise<Map<string, Fact[]>> {
  const facts = new Map<string, Fact[]>()
  const history = historyOf(rows)
  for (let round = 0, before = ''; round <= all.length; round++) {
    for (const derivation of all) {
      const units = await derivation.within(range, history)
      const outcomes = await derivation.compute(units, history, { watermark: range.to, cause: 'first' })
      const made = new Map<string, Row[]>()
      for (const { signals, samples } of outcomes) {
        for (const id of signals ?? []) if (!made.has(id)) made.set(id, [])
        for (const sample of samples) made.get(sample.signal)?.push(sample)
      }
      for (const [id, own] of made)
        rows.set(
          id,
          own.sort((a, b) => a.time - b.time),
        )
      if (derivation.facts !== 'none')
        facts.set(
          derivation.name,
          outcomes.flatMap((outcome) => outcome.facts).sort((a, b) => a.from - b.from),
        )
    }
    const now = JSON.stringify([...rows])
    if (now === before) break
    before = now
  }
  return facts
}

function historyOf(rows: ReadonlyMap<string, readonly Row[]>): History {
  return {
    series: async ({ signals, from, to, lookBackUs, lookAheadUs = 0 }) =>
      signals.map((id): Series => {
        const own = [...new Map((rows.get(id) ?? []).map((row) => [row.time, row])).values()].sort((a, b) => a.time - b.time)
        const before = own.findLast(({ time }) => time < from && time >= from - lookBackUs)
        const after = lookAheadUs > 0 ? own.find(({ time }) => time >= to && time <= to + lookAheadUs) : undefined
        const found = [before, ...own.filter(({ time }) => time >= from && time < to), after].filter((row) => row !== undefined)
        return {
          ...{ signal: id, count: found.length, ingest: new Float64Array(found.length) },
          time: Float64Array.from(found, ({ time }) => time),
          value: Float64Array.from(found, (row) => row.value),
          status: Uint32Array.from(found, ({ status }) => status),
          text: new Map(found.flatMap(({ text }, i) => (text === undefined ? [] : [[i, text] as const]))),
        }
      }),
    records: async () => ({ versions: [], truncated: false }),
    facts: async () => ({ facts: [], truncated: false }),
  }
}

/** A line with the severity, and the same with the status code: either may be expected. */
function sampleLines({ time, value: number, text, status, reasons }: Row, begin: Micros): string[] {
  const shown = text ?? (Number.isNaN(number) ? '-' : String(Number(number.toPrecision(9))))
  return [severity(status), statusName(status)].map((said) => [`${(time - begin) / 1e6}s`, shown, said, ...reasons].join(' '))
}

function factLines({ from, to, values }: Fact, begin: Micros): string[] {
  const { duration: lasted, ...others } = values
  const status = lasted?.status ?? Status.Good
  const shown = Object.entries(others).map(([name, one]) => {
    const number = typeof one.value === 'number' ? Number(one.value.toPrecision(9)) : (one.value ?? '-')
    return `${name}=${number}${one.status === Status.Good || severity(one.status) === 'Good' ? '' : ` (${severity(one.status)})`}`
  })
  const end = to === null ? '-' : `${(to - begin) / 1e6}s`
  return [severity(status), statusName(status)].map((said) =>
    [`${(from - begin) / 1e6}s`, end, said, ...(lasted?.reasons ?? []), ...shown].join(' '),
  )
}
