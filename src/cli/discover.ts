import { type DiscoveryView, discovery, discoveryProgress, type FindingView } from '../api/discovery-schemas.ts'
import { span } from '../api/discovery-words.ts'
import { problem } from '../api/schemas.ts'
import type { MomentLeftOut } from '../core/discovery.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { serverEvents } from './events.ts'
import { paint, printable, table, writeResult } from './output.ts'

export interface DiscoverOptions extends CommonOptions, ClientOptions {
  readonly from: string
  readonly to: string
  readonly lead: { readonly text: string }
  readonly match?: string
  readonly fdr: string
  readonly seed: number
}

/** Names of signals in one line. */
const NAMED = 5
/** Progress is said at every tenth. */
const STEPS = 10

/** `ecluse discover TARGET`: signals that moved before an event or a number did, as suggestions. Nothing found is an answer, too. */
export async function discover(verb: Verb, target: string, options: DiscoverOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const { from, to, lead, match, fdr, seed } = options
  const query = { target, from, to, lead: lead.text, fdr, seed: String(seed), lang: verb.language, ...(match !== undefined && { match }) }
  const found = await answer(verb, client, query)
  writeResult(verb.io, options.output, found, () => findingsText(verb, found))
  const { err } = verb.io
  if (options.output === 'table') for (const line of remarks(verb, found)) err(`${line}\n`)
  return EXIT.ok
}

async function answer(verb: Verb, client: Client, query: Record<string, string>): Promise<DiscoveryView> {
  const { words, io } = verb
  const response = await client.open('/api/v1/discover', query, io.stopSignal())
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
    throw new Refused(words.client.badAnswer(client.url), words.client.badAnswerHint)
  }
  let said = ''
  for await (const { event, data } of serverEvents(response.body)) {
    const told: unknown = JSON.parse(data)
    if (event === 'result') return discovery.parse(told)
    if (event === 'problem') {
      const { message, hint } = problem.parse(told)
      throw new Refused(message, hint)
    }
    if (event !== 'progress') continue
    const { phase, done, of, samples } = discoveryProgress.parse(told)
    const step = `${phase} ${Math.floor((done / of) * STEPS)}`
    if (step !== said) io.err(`${words.discover.progress[phase](done, of, samples)}\n`)
    said = step
  }
  throw new Refused(words.discover.ended)
}

function findingsText(verb: Verb, { findings, moments, tests, note }: DiscoveryView): string {
  const words = verb.words.discover
  if (findings.length === 0) return moments === 0 ? words.noMoments : tests === 0 ? words.noTests : words.nothing
  const rows = table<FindingView>(
    [
      { title: words.signal, cell: ({ signal }) => signal },
      { title: words.what, cell: ({ feature, state, effect }) => `${effect > 0 ? '+' : '-'} ${state ?? words.features[feature]}` },
      { title: words.lead, cell: ({ lead }) => `${span(lead.fromSeconds * 1e6)} - ${span(lead.toSeconds * 1e6)}` },
      { title: words.effect, cell: ({ effect }) => effect.toFixed(2), right: true },
      { title: words.q, cell: ({ q }) => q.toPrecision(2), right: true },
      { title: words.moments, cell: (one) => `${one.moments}${one.controls > 0 ? `:${one.controls}` : ''}`, right: true },
      { title: words.coverage, cell: ({ coverage }) => `${Math.floor(coverage * 100)} %`, right: true },
    ],
    findings,
  )
  const sentences = findings.map(({ signal, says }) => `${printable(signal)}: ${printable(says)}.`)
  return [rows, '', ...sentences, '', paint(verb.io.colour.out).bold(note)].join('\n')
}

/** What was compared, and what is missing in it. */
function* remarks(verb: Verb, found: DiscoveryView): Iterable<string> {
  const words = verb.words.discover
  yield words.compared(found.moments, found.found, found.controls, found.signals, found.tests)
  for (const [why, count] of Object.entries(found.leftOut)) if (count > 0) yield words.leftOut(count, why as MomentLeftOut)
  const reasons = [...new Set(found.notJudged.map(({ reason }) => reason))]
  for (const reason of reasons) {
    const names = found.notJudged.filter((one) => one.reason === reason).map(({ signal }) => printable(signal))
    yield words.notJudged(names.length, reason, `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ' …' : ''}`)
  }
  if (found.signalsLeftOut > 0) yield words.signalsLeftOut(found.signalsLeftOut)
  if (found.stopped) yield words.stopped[found.stopped]
  if (found.truncated) yield words.truncated
  if (found.matching === 'any-hour') yield words.anyHour
}
