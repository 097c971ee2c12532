import type { Connector } from '../../core/connector.ts'
import { checkRest } from './check.ts'
import { type RestConfig, restConfig } from './config.ts'
import { lintRest } from './lint.ts'
import { RestRecords } from './records.ts'

/** IT records of a system asked over HTTP: JSON in pages, OData. */
export const rest: Connector<RestConfig> = {
  kind: 'rest',
  label: { fr: 'REST et OData', en: 'REST and OData' },
  config: restConfig,
  timeless: true,
  lint: lintRest,
  records: (config, context) => new RestRecords(config, context),
  check: checkRest,
}
