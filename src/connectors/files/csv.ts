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
  readonly lines: number
  readonly isQuoted: boolean
}

/** Records given to the library at once, and their characters. */
const BATCH_RECORDS = 250
const BATCH_CHARS = 64 * 1024

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
    for (const line of lines) pending.push(line)
    yield* drain(false)
  }
  yield* drain(true)
  yield part.take()

  function* drain(isEnd: boolean): Generator<ReturnType<PartBuilder['take']>> {
    let at = 0
    while (at < pending.length) {
      const { batch, obstacle } = gatherBatch(pending, at, isEnd, decode)
      if (batch.length > 0) {
        if (!part.hasRoom(batch.length)) yield part.take()
        at += table.read(batch)
      } else if (obstacle === 'more') break
      else {
        const { number, bytes } = pending[at] as Line
        part.refuse(bytes === undefined ? '' : decode(bytes), `line ${number}: ${obstacle}`)
        at++
      }
      if (part.isFull) yield part.take()
    }
    pending.splice(0, at)
  }
}

/** The next records, up to one that cannot be gathered, and why that is. */
function gatherBatch(
  pending: readonly Line[],
  from: number,
  isEnd: boolean,
  decode: (bytes: Buffer) => string,
): { batch: Candidate[]; obstacle: string } {
  const batch: Candidate[] = []
  let chars = 0
  for (let at = from; at < pending.length && batch.length < BATCH_RECORDS && chars < BATCH_CHARS; ) {
    const taken = gather(pending, at, isEnd, decode)
    if (typeof taken === 'string') return { batch, obstacle: taken }
    batch.push(taken)
    chars += taken.text.length
    at += taken.lines
  }
  return { batch, obstacle: '' }
}

/** The record that begins at a line; `more` when its end was not read yet; or why its first line is none. */
function gather(pending: readonly Line[], from: number, isEnd: boolean, decode: (bytes: Buffer) => string): Candidate | string {
  const { number } = pending[from] as Line
  let text = ''
  let size = 0
  let quotes = 0
  for (let at = from; ; at++) {
    const line = pending[at]
    if (!line) return isEnd ? 'a quote is not closed' : 'more'
    if (!line.bytes) return at === from ? `longer than ${FILES_LIMITS.recordBytes} bytes` : 'a quote is not closed'
    size += line.bytes.length + 1
    if (at - from >= FILES_LIMITS.recordLines || size > FILES_LIMITS.recordBytes) return 'a quote is not closed'
    const here = decode(line.bytes)
    text += at === from ? (number === 1 ? here.replace(/^\uFEFF/, '') : here) : `\n${here}`
    quotes += countQuotes(line.bytes)
    if (quotes % 2 === 0) return { number, text, lines: at - from + 1, isQuoted: quotes > 0 }
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

  /** Reads records, and says how many lines of theirs are done with. */
  read(batch: readonly Candidate[]): number {
    const together = this.#splitTogether(batch)
    let done = 0
    for (const [i, candidate] of batch.entries()) {
      const cells = together?.[i] ?? this.#split(candidate)
      if (typeof cells !== 'string') this.#add(candidate, cells)
      else {
        const { text, lines, number } = candidate
        this.#part.refuse(text.split('\n', 1)[0] as string, `line ${number}: ${lines === 1 ? cells : 'a quote is where none may be'}`)
        // Of several lines only the first is known to be wrong.
        if (lines > 1) return done + 1
      }
      done += candidate.lines
    }
    return done
  }

  #add({ number, text }: Candidate, cells: readonly string[]): void {
    if (text.trim() === '') return
    const where = `line ${number}`
    if (!this.#columns) this.#columns = checkColumns(cells.map((cell) => cell.trim()))
    else if (cells.length !== this.#columns.length)
      this.#part.refuse(text, `${where}: ${cells.length} cells for ${this.#columns.length} columns`)
    else if (text.includes('\uFFFD')) this.#part.refuse(text, `${where}: not ${this.#options.encoding}`)
    else this.#part.add(this.#toRow(this.#columns, cells), text.length)
  }

  /** All at once, which is many times faster. Strict about quotes, the library takes a record's end for one only where it is; undefined when some record is wrong. */
  #splitTogether(batch: readonly Candidate[]): readonly (readonly string[])[] | undefined {
    if (!batch.some(({ isQuoted }) => isQuoted)) return undefined
    try {
      const records = this.#records(batch.map(({ text }) => text).join('\n'))
      return records.length === batch.length ? records : undefined
    } catch {
      // Which one it is, and why, is found one by one.
      return undefined
    }
  }

  /** Cells, or why they are none. */
  #split({ text, isQuoted }: Candidate): readonly string[] | string {
    if (!isQuoted) return text.split(this.#options.delimiter)
    try {
      const records = this.#records(text)
      return records.length === 1 ? (records[0] as readonly string[]) : 'a quote is where none may be'
    } catch (error) {
      return (error as Error).message
    }
  }

  #records(text: string): readonly (readonly string[])[] {
    return this.#parse(text, { delimiter: this.#options.delimiter, relax_column_count: true, record_delimiter: '\n' }) as string[][]
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
