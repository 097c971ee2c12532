import type { CheckStep, Connector } from '../../core/connector.ts'
import { NotConnected } from '../../core/errors.ts'
import { type WebhookConfig, webhookConfig } from './config.ts'
import { lintWebhook } from './lint.ts'
import { openListener } from './listener.ts'
import { WebhookRecords } from './records.ts'

/** IT records that other systems send us over HTTP. */
export const webhook: Connector<WebhookConfig> = {
  kind: 'webhook',
  label: { fr: 'Webhook', en: 'Webhook' },
  config: webhookConfig,
  timeless: true,
  isListening: true,
  lint: lintWebhook,
  records: (config, context) => new WebhookRecords(config, context),
  check,
}

/** Listens for a moment, and answers nobody. */
async function* check(config: WebhookConfig): AsyncGenerator<CheckStep> {
  try {
    const listener = await openListener(config, async (_, response) => void response.destroy())
    await listener.close()
    const how = config.tls ? 'with TLS' : 'unencrypted'
    yield { step: 'listen', ok: true, detail: `${config.host}:${listener.port} is free, ${how}; rows come when others send them` }
  } catch (error) {
    if (!(error instanceof NotConnected)) throw error
    const hint = `${error.hint}; a running node listens there already, and then all is well`
    yield { step: 'listen', ok: false, detail: error.message, hint }
  }
}
