import { stringify } from 'yaml'
import type { Io } from './io.ts'

export const FORMATS = ['table', 'json', 'yaml'] as const
export type Format = (typeof FORMATS)[number]

/** Writes a result: the value itself as JSON or YAML, or a text made for people. */
export function writeResult(io: Io, format: Format, value: unknown, table: () => string): void {
  if (format === 'json') io.out(`${JSON.stringify(value, null, 2)}\n`)
  else if (format === 'yaml') io.out(stringify(value))
  else io.out(`${table()}\n`)
}

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly right?: boolean
}

const GAP = '  '
/** A value of the plant can be long; a table stays readable. */
const CELL_LENGTH = 120

/** Columns under their titles, as wide as needed. Texts from the plant cannot move the cursor or colour the terminal. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => printable(column.cell(row), CELL_LENGTH))),
  ]
  const widths = columns.map((_, index) => cells.reduce((width, row) => Math.max(width, width_(row[index] as string)), 0))
  return cells
    .map((row) =>
      row
        .map((cell, index) => pad(cell, widths[index] as number, columns[index]?.right === true))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}

const width_ = (text: string): number => [...text].length

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - width_(text)))
  return right ? space + text : text + space
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text from outside, safe on a terminal: control and direction characters become `?`. */
export function printable(text: string, limit = Number.POSITIVE_INFINITY): string {
  const safe = text.replace(CONTROL, '?')
  return safe.length > limit ? `${safe.slice(0, limit - 1)}…` : safe
}

export interface Paint {
  bold(text: string): string
  dim(text: string): string
  warn(text: string): string
  bad(text: string): string
}

/** Colour marks what is abnormal; the same is always said in words too. */
export function paint(on: boolean): Paint {
  const style = (code: string) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text)
  return { bold: style('1'), dim: style('2'), warn: style('33'), bad: style('31') }
}

/** How long ago, in the largest fitting unit: `0.4 s`, `12 s`, `3 min`, `5 h`, `9 d`. */
export function age(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-'
  const s = Math.max(0, seconds)
  if (s < 10) return `${s.toFixed(1)} s`
  if (s < 120) return `${Math.round(s)} s`
  if (s < 7200) return `${Math.round(s / 60)} min`
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10))
  return `${(count / 2 ** (10 * power)).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** A clock's offset with its uncertainty, in the largest unit that says enough: `+1.3 ±0.9 ms`, `-3600.0 ±0.1 s`. */
export function offset(offsetUs: number, uncertaintyUs: number): string {
  const isSmall = Math.max(Math.abs(offsetUs), uncertaintyUs) < 1e6
  const [unit, per] = isSmall ? ['ms', 1e3] : ['s', 1e6]
  return `${offsetUs < 0 ? '-' : '+'}${(Math.abs(offsetUs) / per).toFixed(1)} ±${(uncertaintyUs / per).toFixed(1)} ${unit}`
}
