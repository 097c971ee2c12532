import { Worker } from 'node:worker_threads'
import type { Row } from '../../core/record-source.ts'
import { FILES_LIMITS } from './limits.ts'
import { BrokenFile, PartBuilder, type Parts } from './part.ts'
import type { Sheet } from './xlsx-thread.ts'

/** What the thread may take. */
interface Bounds {
  readonly xlsxMemoryMiB: number
  readonly xlsxMs: number
}

/** Rows of one sheet; its first row names the columns. Times come as text without zone: a sheet knows none. */
export async function* readXlsx(bytes: Buffer, sheet: string | undefined, bounds: Bounds = FILES_LIMITS): Parts {
  const read = await readInThread(bytes, sheet, bounds)
  if ('broken' in read) throw new BrokenFile(read.broken)
  const [header, ...rows] = read.rows
  if (!header) return
  const names = header.map((cell) => (cell === null ? '' : String(cell).trim()))
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i)
  if (twice !== undefined) throw new BrokenFile(`two columns are called "${twice}"`)
  if (names.length > FILES_LIMITS.columns) throw new BrokenFile(`${names.length} columns; at most ${FILES_LIMITS.columns} are read`)
  const part = new PartBuilder()
  for (const cells of rows) {
    if (cells.every((cell) => cell === null)) continue
    const row: Row = Object.fromEntries(names.flatMap((name, i) => (name === '' ? [] : [[name, cellValue(cells[i] ?? null)]])))
    part.add(row, names.length * 16)
    if (part.isFull) yield part.take()
  }
  yield part.take()
}

function cellValue(cell: string | number | boolean | Date | null): string | number | boolean | null {
  return cell instanceof Date ? cell.toISOString().slice(0, -1) : cell
}

function readInThread(bytes: Buffer, sheet: string | undefined, { xlsxMemoryMiB, xlsxMs }: Bounds): Promise<Sheet> {
  const script = import.meta.url.endsWith('.ts') ? './xlsx-thread.ts' : './xlsx-thread.js'
  return new Promise((resolve) => {
    const worker = new Worker(new URL(script, import.meta.url), {
      workerData: { bytes, sheet },
      resourceLimits: { maxOldGenerationSizeMb: xlsxMemoryMiB },
      stderr: true,
    })
    const timer = setTimeout(() => end({ broken: `not read within ${xlsxMs / 1000} s` }), xlsxMs)
    const end = (sheetRead: Sheet) => {
      clearTimeout(timer)
      void worker.terminate()
      resolve(sheetRead)
    }
    worker.once('message', end)
    worker.once('error', (error: NodeJS.ErrnoException) =>
      end({
        broken: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `needs more than ${xlsxMemoryMiB} MiB of memory` : error.message,
      }),
    )
  })
}
