import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { endpointOf, type NatsConfig } from './config.ts'
import { findStream } from './consume.ts'
import { openLink } from './link.ts'

/** Reaches the server and looks at each stream; makes no consumer and acknowledges nothing. */
export async function* checkNats(config: NatsConfig, { clock, connection }: SourceContext, stop: AbortSignal): AsyncGenerator<CheckStep> {
  const { host, port, encrypted } = endpointOf(config.url)
  const from = clock.monotonicMs()
  try {
    const link = await openLink(config, `ecluse ${connection} check`)
    try {
      const detail = `${host}:${port} lets us in, version ${link.info?.version ?? '?'}${encrypted ? ', TLS' : ''}`
      yield { step: 'session', ok: true, detail, latencyMs: Math.round(clock.monotonicMs() - from) }
      for (const feed of config.records) {
        stop.throwIfAborted()
        if (feed.stream) yield { step: `${feed.record} ${feed.subject}`, ok: true, detail: await findStream(link, feed.stream) }
      }
    } finally {
      await link.close()
    }
  } catch (error) {
    if (!(error instanceof NotConnected)) throw error
    yield failedStep('session', error)
  }
}
