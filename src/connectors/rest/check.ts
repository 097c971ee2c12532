import { type CheckStep, failedStep, type SourceContext } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import type { RestConfig } from './config.ts'
import { planFeed, readPosition } from './plan.ts'
import { readFeed } from './read-feed.ts'
import { Asker } from './records.ts'

/** Asks for the credentials and for the first page of each feed; the first failure ends the list. Nothing is stored. */
export async function* checkRest(config: RestConfig, { clock }: SourceContext, stop: AbortSignal): AsyncGenerator<CheckStep> {
  const asker = new Asker(config, clock)
  try {
    if (config.auth.type === 'oauth2') {
      const from = clock.monotonicMs()
      await asker.authorize(stop)
      yield {
        step: 'token',
        ok: true,
        detail: `${new URL(config.auth.tokenUrl).host} gave one`,
        latencyMs: Math.round(clock.monotonicMs() - from),
      }
    }
    for (const feed of config.records) {
      const from = clock.monotonicMs()
      const plan = planFeed(config, feed)
      const parts = readFeed(plan, readPosition(plan, undefined), undefined, (url, headers) =>
        asker.get(url, headers, { stop, mayBeGone: false }),
      )
      const { value: part } = await parts.next()
      const columns = Object.keys(part?.rows[0] ?? {}).slice(0, 20)
      const detail = `${part?.rows.length ?? 0} rows in the first answer${columns.length > 0 ? `; columns ${columns.join(', ')}` : ''}`
      yield { step: `${feed.record} ${feed.path}`, ok: true, detail, latencyMs: Math.round(clock.monotonicMs() - from) }
    }
  } catch (error) {
    if (!(error instanceof NotConnected)) throw error
    yield failedStep('answer', error)
  } finally {
    asker.close()
  }
}
