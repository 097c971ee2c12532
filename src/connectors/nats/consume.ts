import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { NotConnected } from '../../core/errors.ts'
import type { NatsFeed } from './config.ts'
import { NATS_LIMITS } from './limits.ts'

type Streamed = NatsFeed & { readonly stream: NonNullable<NatsFeed['stream']> }

/** Finds our durable consumer, or makes it. Throws NotConnected when it is not one that we can acknowledge to. */
export async function ensureConsumer(link: NatsConnection, { stream, subject }: Streamed): Promise<void> {
  const { AckPolicy, DeliverPolicy, jetstreamManager } = await import('@nats-io/jetstream')
  const { name, durable } = stream
  const manager = await told(name, () => jetstreamManager(link, { timeout: NATS_LIMITS.answerMs }))
  const found = await told(name, () => manager.consumers.info(name, durable).catch(absent))
  if (!found) {
    await told(name, () =>
      manager.consumers.add(name, {
        durable_name: durable,
        filter_subject: subject,
        ack_policy: AckPolicy.Explicit,
        deliver_policy: DeliverPolicy.All,
        max_ack_pending: NATS_LIMITS.unacknowledged,
      }),
    )
    return
  }
  const { ack_policy, deliver_subject, max_ack_pending = 0 } = found.config
  const hint = `remove the consumer, so that it is made anew, or name another durable`
  if (deliver_subject) throw new NotConnected(`the consumer ${durable} of ${name} is a push consumer`, { hint })
  if (ack_policy !== AckPolicy.Explicit)
    throw new NotConnected(`the consumer ${durable} of ${name} is not acknowledged message by message`, { hint })
  if (max_ack_pending <= 0 || max_ack_pending > NATS_LIMITS.unacknowledged)
    throw new NotConnected(`the consumer ${durable} of ${name} may have more than ${NATS_LIMITS.unacknowledged} messages unacknowledged`, {
      hint,
    })
}

/** Messages as they come; `ended` is called once, when none will follow. */
export async function consume(
  link: NatsConnection,
  { stream }: Streamed,
  onMessage: (message: JsMsg) => void,
  ended: (error: NotConnected) => void,
): Promise<ConsumerMessages> {
  const { jetstream } = await import('@nats-io/jetstream')
  const { name, durable } = stream
  const consumer = await told(name, () => jetstream(link, { timeout: NATS_LIMITS.answerMs }).consumers.get(name, durable))
  const messages = await consumer.consume({ max_messages: NATS_LIMITS.unacknowledged, callback: onMessage })
  void messages
    .closed()
    .then((error) =>
      ended(
        new NotConnected(`the consumer ${durable} of ${name} ended${error instanceof Error ? `: ${error.message}` : ''}`, {
          hint: 'was it or its stream removed?',
        }),
      ),
    )
  void watch(messages, () => ended(new NotConnected(`the consumer ${durable} of ${name} was removed, or does not answer`)))
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
    throw new NotConnected(`stream ${stream}: ${text}`, { cause: error, hint })
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
