import { stringify } from 'yaml'
import { liveMissed, liveSamples, type Sample } from '../api/schemas.ts'
import { BackOff } from '../lib/back-off.ts'
import { type Client, type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'
import { type ServerEvent, serverEvents } from './events.ts'
import { printable } from './output.ts'
import { paintStatus, statusText, valueText } from './samples.ts'

export interface WatchOptions extends CommonOptions, ClientOptions {
  readonly count?: number
}

const RETRY_FIRST_MS = 250
const RETRY_LIMIT_MS = 10_000

/** `ecluse watch MATCH`: values as they arrive, until Ctrl-C or `--count`. A lost line is taken up again. */
export async function watch(verb: Verb, match: string, options: WatchOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const stop = verb.io.stopSignal()
  const backOff = new BackOff(RETRY_FIRST_MS, RETRY_LIMIT_MS, Math.random)
  const left = { samples: options.count ?? Number.POSITIVE_INFINITY }
  for (let first = true; !stop.aborted && left.samples > 0; first = false) {
    try {
      await follow(verb, client, match, options, left, stop, () => backOff.reset())
    } catch (error) {
      if (stop.aborted) break
      // What is wrong from the start (no node, no permission, no such glob) does not mend itself.
      if (first) throw error
      verb.io.err(`${verb.words.values.reconnecting(error instanceof Error ? error.message : String(error))}\n`)
    }
    if (!stop.aborted && left.samples > 0) await verb.clock.sleep(backOff.next(), stop)
  }
  return EXIT.ok
}

async function follow(
  verb: Verb,
  client: Client,
  match: string,
  options: WatchOptions,
  left: { samples: number },
  stop: AbortSignal,
  onEvent: () => void,
): Promise<void> {
  const finished = new AbortController()
  const response = await client.open('/api/v1/live', { match }, AbortSignal.any([stop, finished.signal]))
  const { words } = verb
  if (!response.headers.get('content-type')?.startsWith('text/event-stream') || !response.body) {
    throw new Refused(words.client.badAnswer(client.url), words.client.badAnswerHint)
  }
  try {
    for await (const event of serverEvents(response.body)) {
      onEvent()
      for (const sample of samplesOf(verb, event)) {
        write(verb, options, sample)
        if (--left.samples <= 0) return
      }
    }
  } finally {
    finished.abort()
  }
}

function samplesOf(verb: Verb, { event, data }: ServerEvent): readonly Sample[] {
  if (event === 'missed') verb.io.err(`${verb.words.values.missed(liveMissed.parse(JSON.parse(data)).samples)}\n`)
  return event === 'samples' ? liveSamples.parse(JSON.parse(data)).samples : []
}

const SIGNAL_WIDTH = 44
const VALUE_WIDTH = 14

/** One line per sample: JSON lines and YAML list items can be cut anywhere and still be read. */
function write(verb: Verb, options: WatchOptions, sample: Sample): void {
  verb.io.out(
    options.output === 'json' ? `${JSON.stringify(sample)}\n` : options.output === 'yaml' ? stringify([sample]) : line(verb, sample),
  )
}

function line(verb: Verb, sample: Sample): string {
  const value = `${printable(valueText(sample), 120).padStart(VALUE_WIDTH)} ${printable(sample.unit ?? '').padEnd(6)}`
  const text = `${sample.time}  ${printable(sample.signal).padEnd(SIGNAL_WIDTH)} ${value} ${statusText(sample)}  ${printable(sample.reasons.join(', '))}`
  return `${paintStatus(verb, sample, text.trimEnd())}\n`
}
