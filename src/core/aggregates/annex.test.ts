import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { Status } from '../status.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../time.ts'
import { type Aggregate, type AggregateConfiguration, aggregate, DEFAULT_CONFIGURATION, FUNCTIONS, type FunctionName } from './index.ts'
import { BITS, withBits } from './status.ts'

/** The worked examples of OPC 10000-13; cases/README.md says how they are written. */

interface Table {
  readonly function: FunctionName
  readonly clause: string
  readonly interval: number
  readonly expect: string
}

interface Case {
  readonly configuration: Partial<AggregateConfiguration>
  readonly samples: string
  readonly tables: readonly Table[]
}

const CODES: Record<string, number> = {
  ...{ G: Status.Good, S: Status.UncertainDataSubNormal, U: Status.Uncertain, B: Status.Bad, N: Status.BadNoData },
}
const LETTERS: Record<string, number> = { c: BITS.Calculated, i: BITS.Interpolated, m: BITS.MultipleValues, p: BITS.Partial }

const statusOf = (text: string) =>
  [...text.slice(1)].reduce((status, letter) => withBits(status, LETTERS[letter] as number), CODES[text[0] as string] as number)

const DATE = 20_000 * DAY
function timeOf(text: string) {
  const [hours, minutes, seconds] = text.split(':').map(Number) as [number, number, number]
  return DATE + hours * HOUR + minutes * MINUTE + Math.round(seconds * SECOND)
}

/** `12:00:10 10/G, ...` in columns. A Bad sample keeps a value here, so that nothing may use it. */
function columns(text: string) {
  const rows = text.split(', ').map((row) => {
    const [time, value, status] = row.split(/[ /]/) as [string, string, string]
    return { time: timeOf(time), value: value === '-' ? 1e9 : Number(value), status: statusOf(status) }
  })
  return {
    count: rows.length,
    time: Float64Array.from(rows, (row) => row.time),
    value: Float64Array.from(rows, (row) => row.value),
    status: Uint32Array.from(rows, (row) => row.status),
  }
}

/** What the table says, and what was computed, rounded to as many decimals as the table has. */
function compare(expected: string, start: number, got: Aggregate) {
  const [, value, time, status] = /^([^@/]+)(?:@([\d:.]+))?\/(\w+)$/.exec(expected) as unknown as [
    string,
    string,
    string | undefined,
    string,
  ]
  const decimals = value.split('.')[1]?.length ?? 0
  const number = value === '-' ? null : value in CODES ? CODES[value] : Number(value)
  return {
    expected: { time: time ? timeOf(time) : start, value: number, status: statusOf(status) },
    got: { ...got, value: got.value === null ? null : Number(got.value.toFixed(Math.max(decimals, 3))) },
    // The tables round the last digit.
    near: number !== null && got.value !== null && Math.abs((number as number) - got.value) <= 0.51 * 10 ** -decimals && decimals > 0,
  }
}

const files = [1, 2, 3, 4, 5].map((n) => `historian-${n}.yaml`)
const cases = files.map((file) => ({ file, ...(parse(readFileSync(join(import.meta.dirname, 'cases', file), 'utf8')) as Case) }))

for (const { file, configuration, samples, tables } of cases) {
  for (const { function: name, clause, interval, expect } of tables) {
    test(`OPC 10000-13 ${clause}: ${name} of ${file}`, () => {
      const period = { from: timeOf('12:00:00'), to: timeOf('12:01:40'), intervalUs: interval * SECOND }
      const { start, results } = aggregate(columns(samples), period, [name], { ...DEFAULT_CONFIGURATION, ...configuration })
      const rows = results[name] as Aggregate[]
      const expected = expect.split(' ')
      assert.equal(rows.length, expected.length)
      expected.forEach((text, i) => {
        const row = compare(text, start[i] as number, rows[i] as Aggregate)
        assert.deepEqual(row.near ? { ...row.got, value: row.expected.value } : row.got, row.expected, `interval ${i}: ${text}`)
      })
    })
  }
}

test('every function has its tables', () => {
  const covered = new Set(cases.flatMap(({ tables }) => tables.map((table) => table.function)))
  assert.deepEqual([...covered].sort(), Object.keys(FUNCTIONS).sort())
})
