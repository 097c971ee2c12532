import type { Connector } from '../../core/connector.ts'
import { checkNats } from './check.ts'
import { type NatsConfig, natsConfig } from './config.ts'
import { lintNats } from './lint.ts'
import { NatsRecords } from './records.ts'

/** IT records published at a NATS server, on subjects or in JetStream. */
export const nats: Connector<NatsConfig> = {
  kind: 'nats',
  label: { fr: 'NATS', en: 'NATS' },
  config: natsConfig,
  timeless: true,
  lint: lintNats,
  records: (config, context) => new NatsRecords(config, context),
  check: checkNats,
}
