import type { Row } from '../../core/record-source.ts'
import type { CsvOptions } from './config.ts'
import { FILES_LIMITS } from './limits.ts'
import { type Chunks, type Line, splitLines } from './lines.ts'
import { BrokenFile, PartBuilder, type Parts } from './part.ts'

type ParseSync = typeof import('csv-parse/sync').parse

/** Lines of a file that are one record unless something is wrong: as many as its quotes need to close. */
interface Candidate {
  readonly number: number
  readonly text: string
  readonly lines: readonly Line[]
}

/**
 * Records of a CSV file (RFC 4180): every line is part of a row, or unreadable. A quote that never closes costs its own line only: reading goes on with
 * the next one, which the library could not do; so lines are gathered here, and it reads what they hold.
 */
export async function* readCsv(chunks: Chunks, options: CsvOptions): Parts {
  const { parse } = await import('csv-parse/sync')
  const part = new PartBuilder()
  const table = new Table(parse, options, part)
  const pending: Line[] = []
  const decode = decoderOf(options.encoding)
  for await (const lines of splitLines(chunks)) {
    pending.push(...lines)
    yield* drain(false)
  }
  yield* drain(true)
  yield part.take()

  function* drain(isEnd: boolean): Generator<ReturnType<PartBuilder['take']>> {
    let at = 0
    while (at < pending.length) {
      const taken = gather(pending, at, isEnd, decode)
      if (taken === 'more') break
      at += typeof taken === 'string' ? refuse(pending[at] as Line, taken) : table.read(taken)
      if (part.isFull) yield part.take()
    }
    pending.splice(0, at)
  }

  function refuse({ number, bytes }: Line, reason: string): number {
    part.refuse(bytes === undefined ? '' : decode(bytes), `line ${number}: ${reason}`)
    return 1
  }
}

/** The record that begins at a line; `more` when its end was not read yet; or why its first line is none. */
function gather(pending: readonly Line[], from: number, isEnd: boolean, decode: (bytes: Buffer) => string): Candidate | 'more' | string {
  const first = pending[from] as Line
  let text = ''
  let size = 0
  let isOpen = false
  for (let at = from; ; at++) {
    const line = pending[at]
    if (!line) return isEnd ? 'a quote is not closed' : 'more'
    if (!line.bytes) return at === from ? `longer than ${FILES_LIMITS.recordBytes} bytes` : 'a quote is not closed'
    size += line.bytes.length + 1
    if (at - from >= FILES_LIMITS.recordLines || size > FILES_LIMITS.recordBytes) return 'a quote is not closed'
    const here = decode(line.bytes)
    text += at === from ? here : `\n${here}`
    if (countQuotes(line.bytes) % 2 === 1) isOpen = !isOpen
    if (!isOpen) return { number: first.number, text, lines: pending.slice(from, at + 1) }
  }
}

class Table {
  readonly #parse: ParseSync
  readonly #options: CsvOptions
  readonly #part: PartBuilder
  #columns: readonly string[] | undefined

  constructor(parse: ParseSync, options: CsvOptions, part: PartBuilder) {
    this.#parse = parse
    this.#options = options
    this.#part = part
    this.#columns = options.header === true ? undefined : checkColumns(options.header)
  }

  /** Reads one record, and says how many lines it was. */
  read({ number, text, lines }: Candidate): number {
    const line = number === 1 ? text.replace(/^\uFEFF/, '') : text
    if (line.trim() === '') return lines.length
    let cells: string[]
    try {
      cells = this.#split(line)
    } catch (error) {
      // Of several lines only the first is known to be wrong.
      const first = lines.length === 1 ? line : (line.split('\n')[0] as string)
      this.#part.refuse(first, `line ${number}: ${lines.length === 1 ? (error as Error).message : 'a quote is where none may be'}`)
      return 1
    }
    if (!this.#columns) this.#columns = checkColumns(cells.map((cell) => cell.trim()))
    else if (cells.length !== this.#columns.length)
      this.#part.refuse(line, `line ${number}: ${cells.length} cells for ${this.#columns.length} columns`)
    else if (line.includes('\uFFFD')) this.#part.refuse(line, `line ${number}: not ${this.#options.encoding}`)
    else this.#part.add(this.#toRow(this.#columns, cells), line.length)
    return lines.length
  }

  #split(line: string): string[] {
    const { delimiter } = this.#options
    if (!line.includes('"')) return line.split(delimiter)
    const records = this.#parse(line, { delimiter, relax_column_count: true, record_delimiter: '\u0000' }) as string[][]
    if (records.length !== 1) throw new Error('a NUL character where none may be')
    return records[0] as string[]
  }

  #toRow(columns: readonly string[], cells: readonly string[]): Row {
    return Object.fromEntries(columns.map((name, i) => [name, this.#value(cells[i] as string)]))
  }

  #value(cell: string): string | null {
    if (cell === '') return null
    return this.#options.decimalComma && DECIMAL_COMMA.test(cell) ? cell.replace(/[.\s\u00A0\u202F]/g, '').replace(',', '.') : cell
  }
}

const DECIMAL_COMMA = /^\s*[+-]?(\d+|\d{1,3}([. \u00A0\u202F]\d{3})+)(,\d+)?\s*$/

function checkColumns(names: readonly string[]): readonly string[] {
  if (names.length > FILES_LIMITS.columns) throw new BrokenFile(`${names.length} columns; at most ${FILES_LIMITS.columns} are read`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new BrokenFile(`two columns are called "${twice}"`)
  return names
}

function countQuotes(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(34); at >= 0; at = bytes.indexOf(34, at + 1)) count++
  return count
}

function decoderOf(encoding: CsvOptions['encoding']): (bytes: Buffer) => string {
  if (encoding === 'latin1') return (bytes) => bytes.toString('latin1')
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  return (bytes) => decoder.decode(bytes)
}
