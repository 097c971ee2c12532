import { z } from 'zod'
import { duration, secret, signalBase } from '../core/config-parts.ts'
import type { Connector, LintFinding } from '../core/connector.ts'
import { feedBase } from '../core/record-kinds.ts'

/** A system that exists in tests only: every kind of field a connector may describe, and no device. */
const config = z.strictObject({
  endpoint: z.string().regex(/^[a-z]+:\/\//, 'an endpoint looks like fake://10.0.0.1'),
  mode: z.enum(['polling', 'subscribing']).default('polling'),
  period: duration.prefault('1s'),
  defaults: z.strictObject({ unit: z.string().optional(), decimals: z.int().optional() }).optional(),
  user: z.union([z.literal('anonymous'), z.strictObject({ name: z.string(), password: secret })]).default('anonymous'),
  signals: z
    .array(signalBase.extend({ address: z.int().min(0).max(65_535) }))
    .min(1)
    .max(20_000),
})
type Config = z.output<typeof config>

export const fakeConnector: Connector<Config> = {
  kind: 'fake',
  label: { fr: 'Faux', en: 'Fake' },
  config,
  lint: ({ endpoint, signals }) => {
    const found: LintFinding[] = []
    if (endpoint.startsWith('insecure:')) {
      found.push({
        path: ['endpoint'],
        code: 'W_FAKE_INSECURE',
        message: 'nobody checks who answers',
        hint: 'use fake://',
        level: 'warning',
      })
    }
    const seen = new Set<number>()
    signals.forEach(({ address }, index) => {
      if (seen.size === seen.add(address).size)
        found.push({
          path: ['signals', index, 'address'],
          code: 'E_FAKE_TWICE',
          message: `address ${address} is read twice`,
          level: 'error',
        })
    })
    return found
  },
  source: () => {
    throw new Error('the fake connector has no device')
  },
  check: async function* () {
    yield { step: 'tcp', ok: true, detail: 'no device' }
  },
}

const tables = z.strictObject({
  records: z.array(feedBase.extend({ table: z.string(), snapshot: z.boolean().default(false) })).max(16),
})

/** A system that has IT records only. */
const fakeTables: Connector<z.output<typeof tables>> = {
  kind: 'tables',
  label: { fr: 'Tables', en: 'Tables' },
  config: tables,
  records: () => {
    throw new Error('the fake tables have no database')
  },
  check: async function* () {
    yield { step: 'tcp', ok: true, detail: 'no database' }
  },
}

/** As the list of connectors holds it. */
// biome-ignore lint/suspicious/noExplicitAny: the list holds connectors of any configuration, as src/connectors/index.ts does
export const fakeConnectors: readonly Connector<any>[] = [fakeConnector, fakeTables, { ...fakeConnector, kind: 'timeless', timeless: true }]
