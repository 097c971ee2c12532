import type { NotificationMessage } from 'node-opcua'
import { BatchBuilder, type SampleBatch } from '../../core/batch.ts'
import type { ClockExchange } from '../../core/clock-offset.ts'
import type { SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { LIMITS } from '../../core/limits.ts'
import { fault } from '../../core/peer-faults.ts'
import type { Delivery, Source, SourceCounters } from '../../core/source.ts'
import { statusName } from '../../core/status.ts'
import type { Micros } from '../../core/time.ts'
import { Inbox } from '../../lib/inbox.ts'
import type { OpcuaConfig } from './config.ts'
import { type Attempt, beginAttempt, checkTrust, discover, type Line, MESSAGE_BYTES, openLine, selectEndpoint, tell } from './line.ts'
import { isTooLarge, refuseOversized } from './oversize.ts'
import { asError, asNotConnected, refusalReason } from './problems.ts'
import { type Publishing, publishing } from './publish.ts'
import { watchQuiet } from './quiet.ts'
import { appendNotifications, appendRefusals, type Notification } from './rows.ts'
import { watchServer } from './server-time.ts'
import { monitor, type Subscribed, subscribe } from './subscribe.ts'
import { type Item, resolveTargets, summarise } from './targets.ts'

/** Samples read from the server and not yet taken by the runner; at this many our publish requests stop. */
const HELD_SAMPLES = 200_000

/** Samples in one message after one was too large. */
const CAREFUL_NOTIFICATIONS = 1_000
/** Messages that may still come after our requests stopped. */
const UNDER_WAY = 8
/** Problems written to the log per connection; the rest is counted. */
const LOGGED_PROBLEMS = 20

/** An open connection: what one `connect` made and `close` ends. */
interface Live {
  readonly inbox: Inbox<SampleBatch>
  readonly feed: Publishing
  readonly line: Line
}

/** A connection's source. One attempt at a time; the runner decides when to try again. */
export function opcuaSource(config: OpcuaConfig, context: SourceContext): Source {
  const counters: SourceCounters = { dropped: {} }
  let live: Live | undefined
  let taken: SampleBatch[] = []
  const exchanges: ClockExchange[] = []
  let ending = new AbortController()
  let connecting: Promise<void> = Promise.resolve()
  /** The last line ended by a message over the limit: the next one looks for the value that is too large. */
  let tooLarge = false

  const open = async (stop: AbortSignal) => {
    const attempt = await beginAttempt(config, context, stop)
    const asked = context.clock.monotonicMs()
    const endpoints = await discover(attempt)
    counters.latencyMs = context.clock.monotonicMs() - asked
    const endpoint = selectEndpoint(attempt, endpoints)
    await checkTrust(attempt, endpoint)
    try {
      live = await begin(attempt, () => openLine(attempt, endpoint), counters, tooLarge)
    } catch (error) {
      tooLarge = isTooLarge(error)
      throw asNotConnected(error, config, stop)
    }
    void watchServer(live.line.session, context, stop, exchanges, (device) =>
      tell(attempt, { device, sentBytes: 0, receivedBytes: 0, sent: 0, received: 0 }),
    )
  }

  return {
    counters,
    clock: { method: 'round-trip', takeExchanges: () => exchanges.splice(0) },
    async connect(stop) {
      ending = new AbortController()
      taken = []
      const attempt = open(AbortSignal.any([stop, ending.signal]))
      connecting = attempt.catch(() => {})
      await attempt
    },
    async read(stop): Promise<Delivery> {
      if (!live) throw new NotConnected('not connected')
      if (taken.length === 0) {
        try {
          taken = (await live.inbox.take(stop)).reverse()
        } catch (error) {
          tooLarge = isTooLarge((error as Error).cause)
          throw error
        }
        live?.feed.fill()
      }
      return { batch: taken.pop() as SampleBatch }
    },
    async close() {
      const closed = new NotConnected('closed')
      ending.abort(closed)
      await connecting
      const current = live
      live = undefined
      if (!current) return
      current.inbox.fail(closed)
      current.feed.stop()
      await current.line.close()
    },
  }
}

/** Opens the line, finds the signals, subscribes, and lets the samples flow into an inbox. */
async function begin(attempt: Attempt, open: () => Promise<Line>, counters: SourceCounters, tooLarge: boolean): Promise<Live> {
  let line = await open()
  try {
    const { items, problems } = await resolveTargets(attempt, line.session)
    if (tooLarge) line = await refuseOversized(line, open, items)
    const { maxNotificationsPerPublish } = attempt.config.subscription
    const perMessage = tooLarge ? Math.min(maxNotificationsPerPublish, CAREFUL_NOTIFICATIONS) : maxNotificationsPerPublish
    const subscribed = await subscribe(attempt, line.session, items, perMessage)
    const oversized = items.filter((item) => item.refused?.reason === 'message-too-large')
    const report = reporter(attempt.context, counters)
    report([
      ...problems,
      ...oversized.map(({ address }) => `${address}: its value does not fit in a message of ${MESSAGE_BYTES} bytes`),
      ...subscribed.problems,
    ])
    return flow(attempt, line, items, subscribed, counters, report)
  } catch (error) {
    await line.close()
    throw error
  }
}

function flow(
  attempt: Attempt,
  line: Line,
  items: readonly Item[],
  subscribed: Subscribed,
  counters: SourceCounters,
  report: Report,
): Live {
  const { config, context, stop } = attempt
  const { session } = line
  const { maxNotificationsPerPublish } = config.subscription
  const inbox = new Inbox<SampleBatch>(HELD_SAMPLES + UNDER_WAY * maxNotificationsPerPublish, (batch) => batch.count)
  const refusals = new BatchBuilder()
  const receivedTime = context.clock.now()
  appendRefusals(refusals, context.reasons, items, receivedTime)
  inbox.put(refusals.build(receivedTime))

  const fail = (error: Error) => {
    feed.stop()
    inbox.fail(asNotConnected(error, config, stop))
  }
  let heardMs = context.clock.monotonicMs()
  const feed = publishing(session, subscribed.subscriptionId, 2 * subscribed.silentMs, {
    hasRoom: () => inbox.weight < HELD_SAMPLES,
    onMessage(message) {
      heardMs = context.clock.monotonicMs()
      for (const batch of toBatches(attempt, items, message, counters, report, fail)) {
        if (!inbox.put(batch)) count(counters, 'local-queue-full', batch.count)
      }
    },
    onLost: (messages) => count(counters, 'sequence-gap', messages),
    onEnd: fail,
  })
  feed.fill()
  void line.lost.then(fail)
  void watch(context, stop, () => {
    // While we hold our requests back the silence is ours.
    if (feed.waiting() === 0) heardMs = context.clock.monotonicMs()
    return heardMs + subscribed.silentMs
  }).then((silent) => {
    const why = fault('silent', { peer: config.endpoint, seconds: subscribed.silentMs / 1000 })
    const words = `${config.endpoint}: not a word for ${subscribed.silentMs} ms, not even a keep-alive`
    if (silent) fail(new NotConnected(words, { hint: SILENT_HINT, fault: why }))
  })
  void watchQuiet(session, items, context.clock, stop, {
    onGone(gone) {
      const time = context.clock.now()
      const batch = goneBatch(context, items, gone, time)
      if (!inbox.put(batch)) count(counters, 'local-queue-full', batch.count)
      report(gone.map(({ handle }) => `${items[handle]?.address}: the server has it no more`))
    },
    onBack: async (handles) => report(await monitor(attempt, session, items, subscribed.subscriptionId, handles)),
  }).catch((error: unknown) => fail(asError(error)))
  return { line, inbox, feed }
}

/** Rows that say of nodes, by their place in the list, that they are not there any more. */
function goneBatch(
  { reasons }: SourceContext,
  items: readonly Item[],
  gone: readonly { readonly handle: number; readonly status: number }[],
  time: Micros,
): SampleBatch {
  const rows = new BatchBuilder(gone.length)
  for (const { handle, status } of gone) {
    rows.push(items[handle]?.signal ?? 0, time, Number.NaN, status, reasons.of(refusalReason(status)))
  }
  return rows.build(time)
}

const SILENT_HINT = 'the subscription is made anew; if it keeps happening, look at the load and the log of the server'

/** One batch per message; more only past the limit of a batch. None when the message ended the subscription. */
function toBatches(
  { opcua, context }: Attempt,
  items: readonly Item[],
  message: NotificationMessage,
  counters: SourceCounters,
  report: Report,
  fail: (error: Error) => void,
): SampleBatch[] {
  const receivedTime = context.clock.now()
  const batches: SampleBatch[] = []
  let builder: BatchBuilder | undefined
  for (const data of message.notificationData ?? []) {
    if (data instanceof opcua.StatusChangeNotification) {
      const why = fault('session-ended', { peer: 'OPC UA', detail: statusName(data.status.value) })
      fail(new NotConnected(`the server ended the subscription: ${statusName(data.status.value)}`, { hint: SILENT_HINT, fault: why }))
    }
    if (!(data instanceof opcua.DataChangeNotification)) continue
    const all = (data.monitoredItems ?? []) as Notification[]
    for (let from = 0; from < all.length; from += LIMITS.batchSamples) {
      const some = all.length > LIMITS.batchSamples ? all.slice(from, from + LIMITS.batchSamples) : all
      if (builder && builder.count + some.length > LIMITS.batchSamples) {
        batches.push(builder.build(receivedTime))
        builder = undefined
      }
      builder ??= new BatchBuilder(some.length)
      const appended = appendNotifications(builder, context.reasons, items, some, receivedTime)
      if (appended.overflows > 0) count(counters, 'server-queue-overflow', appended.overflows)
      if (appended.strangers > 0) count(counters, 'undecodable', appended.strangers)
      if (appended.problem !== undefined) report([appended.problem])
    }
  }
  batches.push((builder ?? new BatchBuilder(0)).build(receivedTime))
  return batches
}

/** True when the deadline passed, false when stopped. */
async function watch({ clock }: SourceContext, stop: AbortSignal, deadlineMs: () => number): Promise<boolean> {
  while (!stop.aborted) {
    const left = deadlineMs() - clock.monotonicMs()
    if (left <= 0) return true
    await clock.sleep(left, stop)
  }
  return false
}

function count(counters: SourceCounters, reason: string, samples: number): void {
  counters.dropped[reason] = (counters.dropped[reason] ?? 0) + samples
}

type Report = (problems: readonly string[]) => void

/** Collects what one connection could not collect: the first things said stay in sight, however many follow. */
function reporter(context: SourceContext, counters: SourceCounters): Report {
  const said: string[] = []
  return (problems) => {
    for (const problem of problems) {
      if (said.length < LOGGED_PROBLEMS) context.log.warn({ connection: context.connection }, problem)
      said.push(problem)
    }
    const summary = summarise(said)
    // What an earlier connection could not collect may be there now.
    if (summary === undefined) delete counters.lastProblem
    else counters.lastProblem = summary
  }
}
