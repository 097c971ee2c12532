import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { type Sample, samplePage, signalPage } from '../api/schemas.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { type Cell, TABLE_FORMS, type TableColumn, type TableForm, type TableSink, tableFile, textSink } from './table-file.ts'

export interface ExportOptions extends CommonOptions, ClientOptions {
  readonly from: string
  readonly to: string
  readonly out?: string
  readonly form?: TableForm
  readonly unit?: string
  readonly knownAt?: string
}

/** Samples asked for at once; all of one time have to fit into the largest page that a node gives. */
const PAGE = 20_000
const LARGEST_PAGE = 100_000
/** Signals of one export, and names asked for at once. */
const EXPORT_SIGNALS = 10_000
const SIGNAL_PAGE = 1_000
const PROGRESS_EVERY_MS = 2_000

const COLUMNS: readonly TableColumn[] = [
  { name: 'signal', kind: 'text' },
  { name: 'time', kind: 'time' },
  { name: 'value', kind: 'number' },
  { name: 'text', kind: 'text' },
  { name: 'unit', kind: 'text' },
  { name: 'severity', kind: 'text' },
  { name: 'status', kind: 'text' },
  { name: 'reasons', kind: 'text' },
  { name: 'received_time', kind: 'time' },
  { name: 'recorded_time', kind: 'time' },
]

interface Tally {
  samples: number
  signals: number
  empty: number
  Good: number
  Uncertain: number
  Bad: number
}

/**
 * `ecluse export MATCH`: stored samples of signals over a period, by signal and time, to a file or as text; each with its status, reasons, unit and times. What came twice
 * or was corrected is in it, as it is stored. Memory goes with a page, not with the period.
 */
export async function exportSamples(verb: Verb, match: string, options: ExportOptions): Promise<Exit> {
  const words = verb.words.taking
  const { out } = options
  const form = formOf(verb, options)
  if (out !== undefined && existsSync(out)) throw new Refused(words.isThere(out), words.isThereHint)
  const client = await connectClient(verb, options)
  const signals = await signalsOf(verb, client, match)
  const sink = await sinkOf(verb, form, out)
  const tally: Tally = { samples: 0, signals: signals.length, empty: 0, Good: 0, Uncertain: 0, Bad: 0 }
  try {
    await writeAll(verb, client, signals, options, sink, tally)
    await sink.finish()
  } catch (error) {
    // Half a table would look like a whole one.
    if (out !== undefined) await rm(out, { force: true })
    throw error
  }
  const { Good, Uncertain, Bad } = tally
  const said = words.exported(tally.samples, tally.signals, `Good ${Good}, Uncertain ${Uncertain}, Bad ${Bad}`, tally.empty)
  if (out === undefined) verb.io.err(`${said}\n`)
  else verb.io.out(`${out}: ${said}\n`)
  return tally.samples > 0 ? EXIT.ok : EXIT.failed
}

function formOf(verb: Verb, { out, form }: ExportOptions): TableForm {
  const words = verb.words.taking
  const ending = out === undefined ? undefined : TABLE_FORMS.find((one) => out.endsWith(`.${one}`))
  const found = form ?? ending ?? (out === undefined ? 'csv' : undefined)
  if (found === undefined) throw new Refused(words.unknownForm(out ?? ''), words.unknownFormHint)
  if (found === 'parquet' && out === undefined) throw new Refused(words.needsFile, words.needsFileHint)
  return found
}

async function sinkOf({ io }: Verb, form: TableForm, out: string | undefined): Promise<TableSink> {
  return out === undefined ? textSink(io.out, form === 'jsonl' ? 'jsonl' : 'csv', COLUMNS) : tableFile(out, form, COLUMNS)
}

async function signalsOf(verb: Verb, client: Client, match: string): Promise<string[]> {
  const words = verb.words.taking
  const ids: string[] = []
  for (let after: string | undefined; ; ) {
    const query = { match, limit: String(SIGNAL_PAGE), ...(after !== undefined && { after }) }
    const page = await client.get('/api/v1/signals', query, signalPage)
    if (page.total > EXPORT_SIGNALS) throw new Refused(words.tooMany(page.total, EXPORT_SIGNALS), words.tooManyHint)
    ids.push(...page.signals.map(({ id }) => id))
    after = page.next
    if (after === undefined || page.signals.length === 0) break
  }
  if (ids.length === 0) throw new Refused(verb.words.values.none(match), verb.words.values.noneHint)
  return ids
}

async function writeAll(
  verb: Verb,
  client: Client,
  signals: readonly string[],
  options: ExportOptions,
  sink: TableSink,
  tally: Tally,
): Promise<void> {
  const { io, clock, words } = verb
  // Times such as `-8h` mean one moment for all signals: the first answer says which.
  let { from, to } = options
  let toldMs = clock.monotonicMs()
  for (const [i, signal] of signals.entries()) {
    const before = tally.samples
    for (let [at, limit] = [from, PAGE]; ; ) {
      const { unit, knownAt } = options
      const query = { signal, from: at, to, limit: String(limit), ...(unit && { unit }), ...(knownAt && { asKnownAt: knownAt }) }
      const page = await client.get('/api/v1/samples', query, samplePage)
      if (i === 0 && at === options.from) [from, to] = [page.from, page.to]
      const last = page.samples.at(-1)
      // Those of the last time may go on in the next page, which begins with them.
      const whole = page.truncated ? page.samples.filter(({ time }) => time !== last?.time) : page.samples
      if (page.truncated && whole.length === 0) {
        if (limit === LARGEST_PAGE) throw new Refused(words.taking.tooDense(signal, last?.time ?? '', LARGEST_PAGE))
        limit = LARGEST_PAGE
        continue
      }
      await sink.write(whole.map(rowOf))
      for (const { status } of whole) tally[status]++
      tally.samples += whole.length
      if (clock.monotonicMs() - toldMs >= PROGRESS_EVERY_MS) {
        toldMs = clock.monotonicMs()
        io.err(`${words.taking.progress(i + 1, signals.length, tally.samples, last?.time ?? to)}\n`)
      }
      if (!page.truncated || !last) break
      at = last.time
      limit = PAGE
    }
    if (tally.samples === before) tally.empty++
  }
}

/** A state of a device is 0 or 1, as everywhere in the history. */
function rowOf({ signal, time, value, unit, status, statusCode, reasons, receivedTime, recordedTime }: Sample): Cell[] {
  const number = typeof value === 'string' ? null : typeof value === 'boolean' ? Number(value) : value
  const text = typeof value === 'string' ? value : null
  return [signal, time, number, text, unit ?? null, status, statusCode, reasons, receivedTime ?? null, recordedTime ?? null]
}
