import type { ConsumerInfo, ConsumerMessages } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { NatsFeed } from './config.ts'
import { NATS_LIMITS } from './limits.ts'

type Streamed = NatsFeed & { readonly stream: NonNullable<NatsFeed['stream']> }

/** Where our reading of a stream stands: the last message on our disk. A stream that was removed and made anew counts from 1 again. */
export interface Place {
  readonly stream: string
  readonly durable: string
  readonly created: string
  readonly sequence: number
}

/**
 * Finds our durable consumer, or makes it, so that messages come in their order from the first one that is not on our disk: what was sent and not acknowledged
 * would come again only after newer messages, and an old row would then stand for the present. Throws NotConnected.
 */
export async function ensureConsumer(link: NatsConnection, { stream, subject }: Streamed, known: Place | undefined): Promise<Place> {
  const { AckPolicy, DeliverPolicy, jetstreamManager } = await import('@nats-io/jetstream')
  const { name, durable } = stream
  const manager = await told(name, () => jetstreamManager(link, { timeout: NATS_LIMITS.answerMs }))
  const { created } = await told(name, () => manager.streams.info(name))
  const isSame = known?.stream === name && known.durable === durable && known.created === created
  const durableTo = isSame && Number.isSafeInteger(known.sequence) ? known.sequence : 0
  const found = await told(name, () => manager.consumers.info(name, durable).catch(absent))
  if (found) refuseOthers(found.config, durable, name, subject)
  const done = Math.max(durableTo, found?.ack_floor.stream_seq ?? 0)
  if (!found || found.num_ack_pending > 0) {
    if (found) await told(name, () => manager.consumers.delete(name, durable))
    const from = done > 0 ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: done + 1 } : { deliver_policy: DeliverPolicy.All }
    const own = {
      durable_name: durable,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      max_ack_pending: NATS_LIMITS.unacknowledged,
    }
    await told(name, () => manager.consumers.add(name, { ...own, ...kept(found?.config), ...from }))
  }
  return { stream: name, durable, created, sequence: done }
}

/** What a person may have set, and stays. */
function kept(config: ConsumerInfo['config'] | undefined): Partial<ConsumerInfo['config']> {
  const { ack_wait, max_ack_pending, description } = config ?? {}
  return Object.fromEntries(Object.entries({ ack_wait, max_ack_pending, description }).filter(([, value]) => value !== undefined))
}

function refuseOthers(config: ConsumerInfo['config'], durable: string, name: string, subject: string): void {
  const { ack_policy, deliver_subject, max_ack_pending = 0, filter_subject } = config
  const hint = 'remove the consumer, so that it is made anew, or name another durable'
  const refuse = (what: string) => {
    throw new NotConnected(`the consumer ${durable} of ${name} ${what}`, {
      hint,
      fault: fault('consumer-refused', { durable, stream: name, detail: what }),
    })
  }
  if (filter_subject !== subject) refuse(`does not read ${subject}`)
  if (deliver_subject) refuse('is a push consumer')
  if (ack_policy !== 'explicit') refuse('is not acknowledged message by message')
  if (max_ack_pending <= 0 || max_ack_pending > NATS_LIMITS.unacknowledged)
    refuse(`may have more than ${NATS_LIMITS.unacknowledged} messages unacknowledged`)
}

/** Messages as they are asked for; `ended` is called when none will follow. */
export async function consume(
  link: NatsConnection,
  { stream }: Streamed,
  maxBytes: number,
  ended: (error: NotConnected) => void,
): Promise<ConsumerMessages> {
  const { jetstream } = await import('@nats-io/jetstream')
  const { name, durable } = stream
  const consumer = await told(name, () => jetstream(link, { timeout: NATS_LIMITS.answerMs }).consumers.get(name, durable))
  const over = fault('consumer-ended', { durable, stream: name })
  const messages = await consumer.consume({ max_bytes: maxBytes })
  void messages.closed().then((error) =>
    ended(
      new NotConnected(`the consumer ${durable} of ${name} ended${error instanceof Error ? `: ${error.message}` : ''}`, {
        hint: 'was it or its stream removed?',
        fault: over,
      }),
    ),
  )
  void watch(messages, () => ended(new NotConnected(`the consumer ${durable} of ${name} was removed, or does not answer`, { fault: over })))
  return messages
}

async function watch(messages: ConsumerMessages, ended: () => void): Promise<void> {
  for await (const { type } of messages.status())
    if (type === 'consumer_deleted' || type === 'consumer_not_found' || type === 'stream_not_found' || type === 'heartbeats_missed') ended()
}

function absent(error: unknown): undefined {
  if (codeOf(error) === NO_SUCH_CONSUMER) return undefined
  throw error
}

const NO_SUCH_CONSUMER = 10_014
const NO_SUCH_STREAM = 10_059

function codeOf(error: unknown): number {
  return Number((error as { code?: unknown } | null)?.code)
}

async function told<T>(stream: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NotConnected) throw error
    const text = error instanceof Error ? error.message : 'no answer'
    const hint =
      codeOf(error) === NO_SUCH_STREAM
        ? 'make the stream, or correct stream.name'
        : 'is JetStream enabled there, does the stream have this subject, and may we use it?'
    throw new NotConnected(`stream ${stream}: ${text}`, { cause: error, hint, fault: fault('stream-refused', { stream, detail: text }) })
  }
}

/** What a stream holds, and what waits for us, for people. */
export async function findStream(link: NatsConnection, { name, durable }: Streamed['stream']): Promise<string> {
  const { jetstreamManager } = await import('@nats-io/jetstream')
  const manager = await told(name, () => jetstreamManager(link, { timeout: NATS_LIMITS.answerMs }))
  const { state } = await told(name, () => manager.streams.info(name))
  const found = await told(name, () => manager.consumers.info(name, durable).catch(absent))
  const ours = found ? `${found.num_pending + found.num_ack_pending} of them for us` : `our consumer ${durable} will be made`
  return `stream ${name} holds ${state.messages} messages; ${ours}`
}
