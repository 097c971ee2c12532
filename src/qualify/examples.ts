import { z } from 'zod'
import { BatchBuilder } from '../core/batch.ts'
import { duration, signalBase, toDefinition, unitText } from '../core/config-parts.ts'
import { ReasonSets } from '../core/reasons.ts'
import { SignalTable } from '../core/signals.ts'
import { Status, severity, statusFromName, statusName } from '../core/status.ts'
import { parseTime } from '../core/time.ts'
import { maintenanceWindow, peerGroup } from './config.ts'
import { Qualify } from './index.ts'

/** Readings in one example, examples in one file. */
export const EXAMPLE_LIMITS = { readings: 10_000, examples: 1_000 } as const

const value = z.union([z.number(), z.boolean(), z.string(), z.null()])
const reading = z.union([
  value,
  z.strictObject({
    signal: z.string().optional().describe('Which of `signals`'),
    at: duration.optional().describe('Since the beginning; default: `every` after the reading before'),
    arrives: duration.optional().describe('When this node gets it, since the beginning; default: at once'),
    value,
    status: z.string().optional().describe('What the device says of it; default Good'),
  }),
])
const declaration = signalBase.omit({ id: true }).extend({ sourceUnit: unitText.optional().describe('Unit the device itself says') })

/** An example: declarations, a series of readings in the order of their arrival, and what the rules must say of each. */
export const example = z
  .strictObject({
    name: z.string().min(1).max(200),
    signal: declaration.optional().describe('What is declared of the one signal'),
    signals: z.record(z.string(), declaration).optional().describe('Or of several, by name'),
    peers: z.record(z.string(), peerGroup).default({}),
    maintenance: z.array(maintenanceWindow).default([]),
    from: z.iso.datetime().default('2026-11-01T00:00:00Z').describe('When the series begins'),
    every: duration.prefault('1s').describe('Time from reading to reading where none is given'),
    series: z.array(reading).min(1).max(EXAMPLE_LIMITS.readings),
    expect: z.array(z.string()).describe('For each reading: severity or status code, then every reason: `Uncertain range rate`'),
  })
  .refine(({ series, expect }) => series.length === expect.length, {
    message: 'one line of `expect` for each reading of `series`',
    path: ['expect'],
  })
export const exampleFile = z.array(example).max(EXAMPLE_LIMITS.examples)
export type Example = z.output<typeof example>

export interface Difference {
  /** Index in the series. */
  readonly reading: number
  readonly expected: string
  readonly got: string
}

/** Runs an example through the rules as a node would, and says where they differ from what was expected; nothing when they do not. */
export function runExample(given: Example): Difference[] {
  const signals = new SignalTable()
  const reasons = new ReasonSets()
  const declared = given.signals ?? { signal: given.signal ?? {} }
  for (const [name, { sourceUnit, ...own }] of Object.entries<z.output<typeof declaration>>(declared)) {
    const known = {
      ...{ id: `example/${name}`, connection: 'example', address: name, dataType: typeOf(given, name) },
      ...(sourceUnit !== undefined && { sourceUnit }),
    }
    signals.define(toDefinition({ ...own, id: name }, known))
  }
  const qualify = new Qualify(signals, reasons, { site: 'example', peers: given.peers, maintenance: given.maintenance, substitutes: {} })
  const differences: Difference[] = []
  const begin = parseTime(given.from)
  let at = -given.every
  given.series.forEach((one, index) => {
    const read = one !== null && typeof one === 'object' ? one : { value: one }
    at = read.at ?? at + given.every
    const index_ = signals.indexOf(`example/${read.signal ?? Object.keys(declared)[0]}`)
    if (index_ === undefined) throw new RangeError(`${given.name}: there is no signal ${read.signal}`)
    const builder = new BatchBuilder(1)
    const status = read.status === undefined ? (read.value === null ? Status.BadNoData : Status.Good) : statusFromName(read.status)
    if (status === undefined) throw new RangeError(`${given.name}: there is no status ${read.status}`)
    const row = builder.push(index_, begin + at * 1000, numberOf(read.value), status)
    if (typeof read.value === 'string') builder.setText(row, read.value)
    const { batch } = qualify.judge(builder.build(begin + (read.arrives ?? at) * 1000))
    const expected = (given.expect[index] as string).trim().split(/\s+/)
    const code = batch.status[0] as number
    const why = batch.count === 0 ? ['dropped'] : reasons.names(batch.reasons[0] as number)
    const isStatus = expected[0] === statusName(code) || expected[0] === severity(code)
    const isWhy = [...expected.slice(1)].sort().join(' ') === [...why].sort().join(' ')
    if (!isStatus || !isWhy) differences.push({ reading: index, expected: expected.join(' '), got: [statusName(code), ...why].join(' ') })
  })
  return differences
}

function typeOf({ series, signals }: Example, name: string): 'number' | 'boolean' | 'text' {
  for (const one of series) {
    const read = one !== null && typeof one === 'object' ? one : { value: one }
    if (signals && read.signal !== name) continue
    if (typeof read.value === 'string') return 'text'
    if (typeof read.value === 'boolean') return 'boolean'
  }
  return 'number'
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : Number.NaN)
