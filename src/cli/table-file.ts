import { open } from 'node:fs/promises'
import { parseTime } from '../core/time.ts'

export type Cell = string | number | boolean | null | readonly string[]
export const TABLE_FORMS = ['csv', 'jsonl', 'parquet'] as const
export type TableForm = (typeof TABLE_FORMS)[number]

export interface TableColumn {
  readonly name: string
  /** `time`: RFC 3339 in, microseconds in Parquet. */
  readonly kind: 'text' | 'number' | 'boolean' | 'time'
}

/** Where rows go, a group at a time; nothing of a group is held once it is written. */
export interface TableSink {
  write(rows: readonly (readonly Cell[])[]): Promise<void>
  finish(): Promise<void>
}

/** A table in a file that is not there yet: CSV (RFC 4180), a JSON object a line, or Parquet. Rejects where the file is there. */
export async function tableFile(path: string, form: TableForm, columns: readonly TableColumn[]): Promise<TableSink> {
  const file = await open(path, 'wx')
  if (form !== 'parquet') {
    const sink = textSink((text) => file.write(text), form, columns)
    return { write: sink.write, finish: async () => sink.finish().then(() => file.close()) }
  }
  await file.close()
  return parquetSink(path, columns)
}

/** The same as text; `say` is given pieces of whole lines. */
export function textSink(say: (text: string) => unknown, form: 'csv' | 'jsonl', columns: readonly TableColumn[]): TableSink {
  let isBegun = false
  const head = () => {
    const text = isBegun || form === 'jsonl' ? '' : csvLine(columns.map(({ name }) => name))
    isBegun = true
    return text
  }
  const lineOf =
    form === 'csv'
      ? csvLine
      : (row: readonly Cell[]) => `${JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])))}\n`
  return {
    write: async (rows) => {
      await say(head() + rows.map(lineOf).join(''))
    },
    finish: async () => {
      if (!isBegun) await say(head())
    },
  }
}

/** One line of CSV with its end. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`

function csvCell(cell: Cell): string {
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  const text = cell === null ? '' : typeof cell === 'string' ? cell : cell.join(' ')
  // A text from outside that a spreadsheet would take for a formula is shown as the text it is.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

async function parquetSink(path: string, columns: readonly TableColumn[]): Promise<TableSink> {
  const { fileWriter, ParquetWriter } = await import('hyparquet-writer')
  const types = {
    text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
    number: { type: 'DOUBLE' },
    boolean: { type: 'BOOLEAN' },
    time: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
  } as const
  const leaves = columns.map(({ name, kind }) => ({ name, repetition_type: 'OPTIONAL' as const, ...types[kind] }))
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: [{ name: 'root', num_children: leaves.length }, ...leaves] })
  return {
    write: async (rows) => {
      if (rows.length === 0) return
      const columnData = columns.map(({ name, kind }, i) => ({ name, data: rows.map((row) => parquetCell(row[i] ?? null, kind)) }))
      await writer.write({ columnData, rowGroupSize: rows.length })
    },
    finish: async () => {
      await writer.finish()
    },
  }
}

function parquetCell(cell: Cell, kind: TableColumn['kind']): string | number | boolean | bigint | undefined {
  if (cell === null) return undefined
  if (kind === 'time') return BigInt(parseTime(cell as string))
  if (kind !== 'text') return cell as number | boolean
  return typeof cell === 'object' ? cell.join(' ') : String(cell)
}
