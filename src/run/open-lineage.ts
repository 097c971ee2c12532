import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpenLineageConfig } from '../continuity/config.ts'
import { eventsOf, OPEN_LINEAGE_LIMITS, type RunEvent, type RunSource, runsOf, type Teller } from '../continuity/openlineage/index.ts'
import { tlsOptions } from '../core/client-tls.ts'
import type { Logger } from '../core/log.ts'
import { type Clock, HOUR, type Micros } from '../core/time.ts'
import { BackOff } from '../lib/back-off.ts'
import { http, https } from '../lib/http.ts'
import { replaceFile } from '../lib/replace-file.ts'

const BACK_OFF_FIRST_MS = 1_000
const BACK_OFF_LIMIT_MS = 300_000
const CHECK_MS = 10_000

export interface OpenLineageParts {
  readonly config: OpenLineageConfig
  /** Where it is kept up to which hour others were told. */
  readonly directory: string
  readonly source: () => RunSource
  /** Absent: everything may be told. */
  readonly policy?: { mustBeOpen(): void; mayTell(event: RunEvent): boolean }
  readonly teller: Teller
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly stop: AbortSignal
  /** Milliseconds for one answer; default `OPEN_LINEAGE_LIMITS.answerMs`. */
  readonly answerMs?: number
}

/** What was told since the start. */
export interface OpenLineageView {
  readonly sent: number
  /** Events that the other end refuses for good, and hours that had passed too long ago. */
  readonly refused: number
  readonly lostHours: number
  readonly problem: string | undefined
}

/**
 * Tells others hour by hour what was computed of what. What waits is in history, not in memory: an hour is made when the one before it was taken, so
 * that an end that is away costs nothing but time. After OPEN_LINEAGE_LIMITS.hours hours are lost, and counted. Never throws.
 */
export function tellOpenLineage(parts: OpenLineageParts): { readonly done: Promise<void>; view(): OpenLineageView } {
  const state = { sent: 0, refused: 0, lostHours: 0, problem: undefined as string | undefined }
  return { done: tell(parts, state), view: () => ({ ...state }) }
}

type State = { -readonly [Key in keyof OpenLineageView]: OpenLineageView[Key] }

async function tell(parts: OpenLineageParts, state: State): Promise<void> {
  const { clock, stop, log, config, source, teller, directory } = parts
  const file = join(directory, 'openlineage.json')
  const backOff = new BackOff(BACK_OFF_FIRST_MS, BACK_OFF_LIMIT_MS, parts.random)
  const hourOf = (time: Micros) => Math.floor(time / HOUR) * HOUR
  let next = (await toldTo(file)) ?? hourOf(clock.now())
  while (!stop.aborted) {
    const oldest = hourOf(clock.now()) - OPEN_LINEAGE_LIMITS.hours * HOUR
    if (next < oldest) {
      state.lostHours += (oldest - next) / HOUR
      log.warn(
        { hours: (oldest - next) / HOUR },
        'hours had passed too long ago to be told by OpenLineage; `ecluse lineage export` still can',
      )
      next = oldest
    }
    if (clock.now() < next + HOUR + config.delay * 1_000) {
      await clock.sleep(CHECK_MS, stop)
      continue
    }
    try {
      parts.policy?.mustBeOpen()
      for (const run of await runsOf(source(), next))
        for (const event of eventsOf(run, teller)) if (parts.policy?.mayTell(event) ?? true) await post(parts, event, state)
      next += HOUR
      await replaceFile(file, JSON.stringify({ next }))
      state.problem = undefined
      backOff.reset()
    } catch (error) {
      if (stop.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      if (state.problem !== message) log.warn({ error: message }, 'OpenLineage: the other end did not take the events; they are sent again')
      state.problem = message
      await clock.sleep(backOff.next(), stop)
    }
  }
}

async function toldTo(file: string): Promise<Micros | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  try {
    const { next } = JSON.parse(text ?? '{}') as { next?: unknown }
    return typeof next === 'number' && Number.isSafeInteger(next / HOUR) ? next : undefined
  } catch {
    // Half a file of somebody else's making: it begins anew, at this hour.
    return undefined
  }
}

/** Posts one event. Throws when it may be taken later; what is refused for good is counted. */
async function post(
  { config, stop, log, answerMs = OPEN_LINEAGE_LIMITS.answerMs }: OpenLineageParts,
  event: RunEvent,
  state: State,
): Promise<void> {
  const status = await answered(config, JSON.stringify(event), { stop, answerMs })
  if (status < 300) {
    state.sent++
    return
  }
  if (status >= 500 || status === 408 || status === 429 || status === 401 || status === 403 || status === 404)
    throw new Error(`${new URL(config.url).host} answered ${status}`)
  state.refused++
  log.warn({ status, job: event.job.name }, 'OpenLineage: the other end refuses this event for good')
}

function answered(
  { url, token, tls }: OpenLineageConfig,
  body: string,
  { stop, answerMs }: { readonly stop: AbortSignal; readonly answerMs: number },
): Promise<number> {
  const late = AbortSignal.timeout(answerMs)
  const signal = AbortSignal.any([stop, late])
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, signal }
    const sent = url.startsWith('https:') ? https.request(url, { ...options, ...tlsOptions(tls) }) : http.request(url, options)
    sent.on('error', (error) => reject(late.aborted ? new Error(`${new URL(url).host} did not answer within ${answerMs / 1000} s`) : error))
    sent.on('response', (response) => {
      // What it says is of no use to anybody: only that it was taken.
      response.resume()
      response.on('error', reject)
      resolve(response.statusCode ?? 500)
    })
    sent.end(body)
  })
}
