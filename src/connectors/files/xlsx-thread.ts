import { parentPort, workerData } from 'node:worker_threads'
import { FILES_LIMITS } from './limits.ts'
import { BrokenFile } from './part.ts'
import { store, unpack } from './zip.ts'

/** Entry of the thread that reads one xlsx file: its memory is bounded, and what it does keeps nobody else. */
export type Sheet = { readonly rows: readonly (readonly (string | number | boolean | Date | null)[])[] } | { readonly broken: string }

const port = parentPort
if (!port) throw new Error('xlsx-thread.ts is started as a worker thread by xlsx.ts')
const { bytes, sheet } = workerData as { bytes: Uint8Array; sheet: string | undefined }

try {
  port.postMessage({ rows: await read() } satisfies Sheet)
} catch (error) {
  const { message } = error as Error
  port.postMessage({ broken: error instanceof BrokenFile ? message : `no xlsx that can be read: ${message}` } satisfies Sheet)
}

async function read(): Promise<Extract<Sheet, { rows: unknown }>['rows']> {
  const parts = unpack(Buffer.from(bytes))
  for (const { name, content } of parts) if (/^xl\/worksheets\//i.test(name)) checkCells(content.toString('latin1'))
  const { readSheet } = await import('read-excel-file/node')
  const options = { trim: false, parseNumber: exactNumber }
  const zip = store(parts)
  return (await (sheet === undefined ? readSheet(zip, options) : readSheet(zip, sheet, options))) as never
}

/** The library makes a table as large as the farthest cell: it is looked for first. */
function checkCells(xml: string): void {
  let columns = 0
  let rows = 0
  for (const [, letters = '', digits = ''] of xml.matchAll(/[\s:](?:r|ref)\s*=\s*["'](?:[A-Z]+\d+:)?([A-Z]{0,8})(\d{1,15})["']/g)) {
    columns = Math.max(
      columns,
      [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0),
    )
    rows = Math.max(rows, Number(digits))
  }
  if (columns * rows > FILES_LIMITS.xlsxCells)
    throw new BrokenFile(`a sheet of ${rows} rows and ${columns} columns; at most ${FILES_LIMITS.xlsxCells} cells are read`)
}

/** More than a double holds stays text. */
function exactNumber(text: string): number | string {
  const value = Number(text)
  const digits = text.replace(/e.*$/i, '').replace(/[-.]/g, '').replace(/^0+/, '')
  // Excel itself computes with 15 digits and writes up to 17.
  return Number.isFinite(value) && (digits.length <= 17 || Number.isSafeInteger(value)) ? value : text
}
