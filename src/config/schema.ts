import { z } from 'zod'
import { auditConfig, governanceConfig, openLineageConfig, usesConfig } from '../continuity/config.ts'
import { certificates } from '../core/client-tls.ts'
import { duration, label, secret } from '../core/config-parts.ts'
import { equipmentConfig } from '../core/equipment.ts'
import { NODE_ROLES } from '../core/node-view.ts'
import { peopleConfig } from '../core/people-config.ts'
import { recordKindsConfig } from '../core/record-kinds.ts'
import { isZone } from '../core/zone.ts'
import { correlateConfig } from '../correlate/config.ts'
import { linkConfig, spoolConfig } from '../gateway/config.ts'
import { flowsConfig } from '../gateway/flows/config.ts'
import { policyConfig } from '../gateway/policy/config.ts'
import { historianConfig } from '../historian/config.ts'
import { isNetwork } from '../lib/network-address.ts'
import { processConfig } from '../process/config.ts'
import { qualifyConfig } from '../qualify/config.ts'

/** An id of one segment, as a pattern, so that editors know it too. `@badName` is a sentence of words.ts. */
const name = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.:-]{0,63}$/u, '@badName')
  .describe('Letters, digits and _ . : -; at most 64')

/** The whole file except what stands under each connection, which its connector describes. */
export const ecluseConfig = z.strictObject({
  version: z.literal(1).describe('Version of this format'),
  site: z.strictObject({ id: name.describe('First segment of every signal id'), label: label.optional() }).describe('Where this is'),
  node: z
    .strictObject({
      id: name.default('node-1'),
      role: z
        .enum(NODE_ROLES)
        .default('all')
        .describe('edge: collects and sends on; relay: passes on between both; hub: receives; all: everything in one'),
      zone: name.optional().describe('The zone this program runs in; needed once zones are declared'),
    })
    .prefault({})
    .describe('This running program; unique in the site'),
  data: z.string().min(1).default('./data').describe('Directory of everything stored, relative to this file'),
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 127.0.0.1 is this machine alone'),
      port: z.int().min(0).max(65_535).default(8480).describe('0: any free port'),
      admin: z
        .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535) })
        .optional()
        .describe('A second address, for who administers only: it answers while the first is flooded'),
      requestsPerSecond: z
        .int()
        .min(1)
        .max(100_000)
        .default(200)
        .describe('From one address, and of one account or token; five seconds’ worth may come at once'),
      zone: name
        .optional()
        .describe('The zone of those who read from other machines; needed once zones are declared and others are let in'),
      tls: z
        .strictObject({
          certificate: certificates('The certificate, and those between it and its authority'),
          key: secret.describe('Its private key (PEM): ${file:/path}'),
        })
        .optional()
        .describe('TLS 1.3; absent: plain HTTP, for this machine or a reverse proxy on it'),
      proxies: z
        .array(z.string().max(64).refine(isNetwork, '@badNetwork'))
        .max(16)
        .default([])
        .describe('Addresses or networks of reverse proxies that are believed in what they say of a caller; none: nobody is'),
    })
    .prefault({})
    .describe('API and user interface'),
  spool: spoolConfig.prefault({}),
  historian: historianConfig.prefault({}),
  link: linkConfig.optional(),
  ...policyConfig,
  ...flowsConfig,
  ...peopleConfig,
  audit: auditConfig.prefault({}),
  governance: governanceConfig.prefault({}),
  openLineage: openLineageConfig.optional(),
  equipment: equipmentConfig,
  records: recordKindsConfig,
  ...processConfig,
  ...correlateConfig,
  results: z
    .strictObject({
      horizon: duration
        .prefault('7d')
        .describe('What changes later than this is stored and counted; `ecluse recompute` takes it into the results'),
    })
    .prefault({})
    .describe('What is computed from history'),
  ...qualifyConfig,
  uses: usesConfig,
  contracts: z
    .array(z.string().min(1))
    .max(256)
    .default([])
    .describe('Data contracts (*.odcs.yaml): paths and patterns, relative to this file'),
  connections: z.record(name, z.unknown()).default({}).describe('What to collect from, by name'),
})

/** The file as the program sees it: defaults filled in, durations in milliseconds, sizes in bytes, `data` absolute. */
export type EcluseConfig = Omit<z.output<typeof ecluseConfig>, 'connections'>

/** Keys of every connection, whatever its kind. */
export const connectionCommon = z.strictObject({
  kind: z.string().describe('The system to speak with'),
  label: label.optional(),
  zone: name.optional().describe('The zone of the device; default: that of this node'),
  silence: z
    .strictObject({
      uncertainAfter: duration.prefault('10s').describe('Silence after which values are Uncertain (last usable value)'),
      badAfter: duration.prefault('30s').describe('Silence after which values are Bad (no communication)'),
    })
    .prefault({})
    .describe('How long the device may say nothing at all'),
  lateness: duration
    .prefault('2s')
    .describe('How much later than its own time a reading may come in and still be waited for by what is computed'),
  clock: z
    .strictObject({
      maxOffset: duration.prefault('5s').describe('How far the device’s clock may be off from ours before its samples are Uncertain'),
      zone: z
        .string()
        .max(64)
        .refine(isZone, '@badZone')
        .optional()
        .describe('The device tells local wall-clock time as if it were UTC: its zone, e.g. Europe/Paris'),
    })
    .prefault({})
    .describe('The device’s clock'),
})
export type ConnectionCommon = z.output<typeof connectionCommon>
