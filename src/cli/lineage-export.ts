import { open } from 'node:fs/promises'
import { lineageEvents } from '../api/lineage-schemas.ts'
import { Refusal } from '../api/problem.ts'
import { readMoment } from '../api/query-times.ts'
import { OPEN_LINEAGE_LIMITS } from '../continuity/openlineage/index.ts'
import { formatTime, HOUR, type Micros } from '../core/time.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, Refused, type Verb } from './context.ts'

export interface LineageExportOptions extends CommonOptions, ClientOptions {
  readonly from: string
  readonly to: string
  readonly out: string
}

function momentOf(verb: Verb, text: string, now: Micros): Micros {
  try {
    return readMoment(text, now)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refused(verb.words.usage.invalid(text), error.hint)
  }
}

/** `ecluse lineage export --from --to --out FILE`: the run events of whole hours, a line each, hour by hour. Never writes over a file. */
export async function lineageExport(verb: Verb, options: LineageExportOptions): Promise<Exit> {
  const words = verb.words.plan
  const now = verb.clock.now()
  const hourOf = (text: string) => Math.floor(momentOf(verb, text, now) / HOUR) * HOUR
  const [from, to] = [hourOf(options.from), momentOf(verb, options.to, now)]
  const hours = Math.ceil((to - from) / HOUR)
  if (hours > OPEN_LINEAGE_LIMITS.hours) throw new Refused(words.tooLong(OPEN_LINEAGE_LIMITS.hours), words.tooLongHint)
  const client = await connectClient(verb, options)
  const file = await open(options.out, 'wx').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw new Refused(words.isThere(options.out))
    throw error
  })
  let count = 0
  try {
    for (let hour = from; hour < to; hour += HOUR) {
      const { events } = await client.get('/api/v1/lineage/events', { hour: formatTime(hour) }, lineageEvents)
      count += events.length
      if (events.length > 0) await file.write(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`)
    }
  } finally {
    await file.close()
  }
  verb.io.out(`${words.exported(options.out, count, Math.max(0, hours))}\n`)
  return EXIT.ok
}
