import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { SourceCounters } from '../../core/source.ts'
import { Acks } from './acks.ts'
import type { MqttConfig } from './config.ts'
import { dial, endpointOf, secure } from './dial.ts'
import { PlainTopics } from './plain.ts'
import { Session } from './session.ts'
import { acceptor } from './sparkplug/accept.ts'

/** How long `check` waits for a first message. */
const FIRST_MESSAGE_MS = 5_000

/**
 * Reaches the broker step by step; the first failure ends the list. It comes as a client of its own, so that the running connection keeps its
 * session, and acknowledges nothing.
 */
export async function* checkBroker(config: MqttConfig, context: SourceContext, stop: AbortSignal): AsyncGenerator<CheckStep> {
  const { clock } = context
  const { host, port, encrypted } = endpointOf(config.url)
  const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; ms: number } | { failed: NotConnected }> => {
    const from = clock.monotonicMs()
    try {
      return { result: await work(), ms: Math.round(clock.monotonicMs() - from) }
    } catch (error) {
      if (error instanceof NotConnected) return { failed: error }
      throw error
    }
  }

  const tcp = await timed(() => dial({ ...config, url: `mqtt://${hostPart(host)}:${port}` }, stop))
  if ('failed' in tcp) return yield failedStep('tcp', tcp.failed)
  yield { step: 'tcp', ok: true, detail: `${host}:${port} answers`, latencyMs: tcp.ms }
  if (encrypted) {
    const tls = await timed(() => secure(tcp.result, config, stop))
    if ('failed' in tls) return yield failedStep('tls', tls.failed)
    const peer = tls.result.getPeerCertificate()
    yield {
      step: 'tls',
      ok: true,
      detail: `${tls.result.getProtocol()}, certificate of ${peer.subject?.CN ?? 'the broker'} until ${peer.valid_to}`,
      latencyMs: tls.ms,
    }
    tls.result.destroy()
  } else tcp.result.destroy()

  const session = await timed(() =>
    Session.open(
      {
        config: { ...config, cleanStart: true },
        clientId: `${config.clientId ?? 'ecluse'}-check-${Math.floor(context.random() * 1e9).toString(36)}`,
        clock,
        acks: new Acks(),
        onOversized: () => {},
      },
      stop,
    ),
  )
  if ('failed' in session) return yield failedStep('mqtt', session.failed)
  yield { step: 'mqtt', ok: true, detail: `accepted, MQTT ${config.protocolVersion === 5 ? '5' : '3.1.1'}`, latencyMs: session.ms }
  try {
    const filters = filtersOf(config, context)
    const subscribed = await timed(() => session.result.subscribe(filters, config.qos, stop))
    if ('failed' in subscribed) return yield failedStep('subscription', subscribed.failed)
    yield { step: 'subscription', ok: true, detail: `${filters.length} topic filters granted`, latencyMs: subscribed.ms }
    yield await firstMessage(session.result, context, stop)
  } finally {
    await session.result.close()
  }
}

async function firstMessage(session: Session, { clock }: SourceContext, stop: AbortSignal): Promise<CheckStep> {
  const from = clock.monotonicMs()
  const limit = new AbortController()
  const done = new AbortController()
  void clock.sleep(FIRST_MESSAGE_MS, done.signal).then(() => limit.abort(new NotConnected('no message')))
  try {
    for (;;) {
      const items = await session.next(AbortSignal.any([stop, limit.signal]))
      const message = items.find((item) => typeof item !== 'string')
      if (typeof message === 'object') {
        const detail = `${message.topic}, ${message.payload.length} bytes`
        return { step: 'first message', ok: true, detail, latencyMs: Math.round(clock.monotonicMs() - from) }
      }
    }
  } catch (error) {
    if (!(error instanceof NotConnected)) throw error
    const hint = 'the subscription holds, but nothing was published meanwhile: is the device on, and are the topics right?'
    return { step: 'first message', ok: false, detail: `${error.message} within ${FIRST_MESSAGE_MS / 1000} s`, hint }
  } finally {
    done.abort()
  }
}

/** Subscriptions of a configuration. */
export function filtersOf(config: MqttConfig, context: SourceContext): readonly string[] {
  const counters: SourceCounters = { dropped: {} }
  return config.format === 'plain' ? new PlainTopics({ config, context, counters }).filters : acceptor(config.groups).filters
}

function hostPart(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
