import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { type Sample, type Signal, samplePage, signalPage } from '../api/schemas.ts'
import { parseTime } from '../core/time.ts'
import { durationText, type Evidence, type Proposal, type Suggestion, suggest as suggestFrom } from '../qualify/suggest.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { loadLoosely } from './configuration.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { printable, writeResult } from './output.ts'
import { type Addition, editFile, unifiedDiff } from './suggest-edit.ts'

/** Signals looked at, and the newest samples read of each. */
export const SUGGEST_LIMITS = { signals: 500, samples: 20_000 } as const

export interface SuggestOptions extends CommonOptions, ClientOptions {
  readonly from: string
  readonly to: string
  readonly minSamples: number
}

interface Found extends Suggestion {
  readonly signal: Signal
  readonly notGood: number
}

/** `ecluse suggest [MATCH]`: what history says a good reading is, as a change of the configuration for people to judge. It changes nothing itself. */
export async function suggest(verb: Verb, match: string, options: SuggestOptions): Promise<Exit> {
  const { io } = verb
  const words = verb.words.suggest
  const client = await connectClient(verb, options)
  const page = await client.get('/api/v1/signals', { match, limit: String(SUGGEST_LIMITS.signals) }, signalPage)
  if (page.total === 0) throw new Refused(verb.words.values.none(match), verb.words.values.noneHint)
  const found: Found[] = []
  const tooLittle: { signal: string; good: number; notGood: number }[] = []
  for (const signal of page.signals.filter(({ dataType }) => dataType === 'number')) {
    const { good, notGood } = await historyOf(client, signal, options)
    const suggestion = suggestFrom(good, options.minSamples)
    if (suggestion) found.push({ ...suggestion, signal, notGood })
    else tooLittle.push({ signal: signal.id, good: good.value.length, notGood })
  }
  const { diffs, written, noted } = await changes(verb, options.config, found)
  const value = {
    ...{ from: options.from, to: options.to, minSamples: options.minSamples, diff: diffs.join(''), tooLittle },
    suggestions: found.map(({ signal, proposal, evidence, notGood }) => ({
      signal: signal.id,
      where: written.has(signal.id) ? 'key' : noted.has(signal.id) ? 'note' : 'none',
      proposal: Object.fromEntries(keysOf(proposal)),
      evidence: { ...evidence, notGood },
    })),
  }
  if (diffs.length > 0 || options.output !== 'table') writeResult(io, options.output, value, () => diffs.join('').slice(0, -1))
  for (const { signal, good, notGood } of tooLittle) io.err(`${words.tooLittle(printable(signal), good, options.minSamples, notGood)}\n`)
  if (page.total > page.signals.length) io.err(`${words.truncated(page.signals.length, page.total)}\n`)
  io.err(`${words.summary(written.size, noted.size, tooLittle.length)}\n`)
  return found.length > 0 ? EXIT.ok : EXIT.failed
}

/** The newest numeric Good readings, in order of time. */
async function historyOf(client: Client, { id }: Signal, { from, to }: SuggestOptions) {
  const query = { signal: id, from, to, order: 'newest', limit: String(SUGGEST_LIMITS.samples) }
  const { samples } = await client.get('/api/v1/samples', query, samplePage)
  const good = samples.filter(
    (sample): sample is Sample & { value: number } => sample.status === 'Good' && typeof sample.value === 'number',
  )
  good.reverse()
  const time = Float64Array.from(good, (sample) => parseTime(sample.time))
  return { good: { time, value: Float64Array.from(good, ({ value }) => value) }, notGood: samples.length - good.length }
}

/** The change of each file of the configuration; ids are whole, with the site. */
async function changes(verb: Verb, path: string | undefined, found: readonly Found[]) {
  const { loaded } = await loadLoosely(verb, path)
  const [written, noted] = [new Set<string>(), new Set<string>()]
  const diffs: string[] = []
  const prefix = `${loaded?.config.site.id}/`
  const additions = found.flatMap((one) => additionOf(verb, one, prefix) ?? [])
  for (const file of loaded?.files ?? []) {
    const text = readFileSync(file, 'utf8')
    const edited = editFile(text, additions)
    for (const id of edited.written) written.add(prefix + id)
    for (const id of edited.noted) noted.add(prefix + id)
    const diff = unifiedDiff(relative('.', file), text, edited.edits)
    if (diff) diffs.push(diff)
  }
  return { diffs, written, noted }
}

function additionOf(verb: Verb, { signal, proposal, evidence, notGood }: Found, prefix: string): Addition | undefined {
  if (!signal.id.startsWith(prefix)) return undefined
  // What a model or a line for many signals declares already is not proposed again.
  const keys = keysOf(proposal).flatMap(([key, value]) => (key === 'range' && signal.range ? [] : [[key, flow(value)] as const]))
  if (keys.length === 0) return undefined
  const unit = signal.unit === undefined ? [] : [['unit', JSON.stringify(signal.unit)] as const]
  const { id, connection } = { id: signal.id.slice(prefix.length), connection: signal.connection }
  return { id, connection, keys: [...unit, ...keys], evidence: evidenceLines(verb, evidence, notGood) }
}

/** As the file says it. */
function keysOf({ expectedPeriod, flatLine, ...rest }: Proposal): [string, unknown][] {
  const durations = {
    ...(expectedPeriod && { expectedPeriod: durationText(expectedPeriod) }),
    ...(flatLine && { flatLine: durationText(flatLine) }),
  }
  return Object.entries({ ...rest, ...durations })
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  if (value !== null && typeof value === 'object') {
    const inner = Object.entries(value).map(([key, one]) => `${key}: ${one}`)
    return inner.length === 0 ? '{}' : `{ ${inner.join(', ')} }`
  }
  return String(value)
}

function evidenceLines(verb: Verb, evidence: Evidence, notGood: number): string[] {
  const words = verb.words.suggest
  const day = (us: number): string => new Date(us / 1000).toISOString().replace(/\.\d+Z$/, 'Z')
  const n = (value: number, digits = 6): string => String(Number(value.toPrecision(digits)))
  const short = (value: number): string => n(value, 3)
  const { percentiles, minimum, maximum, gapsMs, calmMs, rates } = evidence
  return [
    words.covered(evidence.samples, notGood, day(evidence.fromUs), day(evidence.toUs)),
    words.levels(n(minimum), percentiles.map((one) => n(one)).join(' / '), n(maximum)),
    words.pace(gapsMs.map((ms) => short(ms / 1000)).join(' / '), short(calmMs / 1000), rates.map(short).join(' / ')),
  ]
}
