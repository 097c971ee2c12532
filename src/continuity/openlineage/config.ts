import { z } from 'zod'
import { clientTls } from '../../core/client-tls.ts'
import { duration, secret, zoneName } from '../../core/config-parts.ts'

/** Where others are told what was computed of what. */
export const openLineageConfig = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(2_048)
      .describe('Where each run event is posted, e.g. https://catalog.example/api/v1/lineage'),
    token: secret.optional(),
    tls: clientTls.optional(),
    zone: zoneName.optional().describe('The zone of the receiver; needed once zones are declared'),
    delay: duration.prefault('5min').describe('How long after the end of an hour it is told: late readings come until then'),
  })
  .describe('Run events of OpenLineage 2-0-2, hour by hour; absent: nobody is told')
export type OpenLineageConfig = z.output<typeof openLineageConfig>
