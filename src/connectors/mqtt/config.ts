import { z } from 'zod'
import { duration, secret, signalBase } from '../../core/config-parts.ts'
import { LIMITS } from '../../core/limits.ts'
import { isSignalId } from '../../core/names.ts'
import { parsePath } from '../../lib/json-path.ts'

const SEGMENT_GLOB = /^[^/#+]+(\/[^/#+]+){0,2}$/

const user = z.strictObject({
  name: z.string().min(1).max(256),
  password: secret.optional(),
})

const tls = z.strictObject({
  ca: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Authorities that may vouch for the broker: a file (PEM), relative to the folder of ecluse.yaml, or ${file:/path}; default those of the system',
    ),
  certificate: z
    .string()
    .min(1)
    .optional()
    .describe('Our own certificate, where the broker asks for one: a file (PEM), relative to the folder of ecluse.yaml, or ${file:/path}'),
  key: secret.optional().describe('Our private key (PEM): ${file:/path}'),
  serverName: z.string().min(1).max(253).optional().describe('Name the certificate must have, when it is not the one in the url'),
})

const path = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => parsePath(text) !== undefined, 'a path is names and indices: value, sensors[0].t, ["odd name"].v')
const templateIds = z
  .string()
  .min(1)
  .max(LIMITS.idLength)
  .refine(
    (text) => isSignalId(text.replace(/\{\d+\}/g, 'x')),
    'an id is segments of letters, digits, _ . : - joined by /, with {1}, {2} ... for what + stood for',
  )

export const plainSignal = signalBase.extend({
  id: templateIds.describe('Equipment path and name; {1} is what the first + of the topic stood for'),
  topic: z.string().min(1).max(1024).describe('Topic, exact or with + for one level'),
  dataType: z.enum(['number', 'boolean', 'text']).default('number'),
  jsonPath: path.optional().describe('Where the value is in a JSON message, e.g. sensors[0].t; without it the whole message is the value'),
  whenMissing: z
    .enum(['bad', 'skip'])
    .default('bad')
    .describe('A message without the path: bad makes the signal Bad (no data), skip waits for the next'),
  timestamp: z
    .strictObject({ jsonPath: path, format: z.enum(['iso', 'unix-s', 'unix-ms', 'unix-us']) })
    .optional()
    .describe("The device's time in the message; without it, the time of arrival"),
})
export type PlainSignal = z.infer<typeof plainSignal>

export const sparkplugSignal = signalBase.partial({ id: true }).extend({
  metric: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^[^/]+\/[^/]+\/[^/]*\/.+$/, 'an address is group/node/device/metric; for a metric of the edge node itself group/node//metric')
    .describe('group/node/device/metric, as browse shows it'),
})
export type SparkplugSignal = z.infer<typeof sparkplugSignal>

const common = {
  url: z
    .string()
    .regex(/^mqtts?:\/\/[^/?#@]+\/?$/, 'a broker is mqtt://host:port or mqtts://host:port; name and password go under user')
    .describe('mqtts://broker.example:8883; mqtt:// is without encryption'),
  protocolVersion: z.literal([4, 5]).default(5).describe('5, or 4 for MQTT 3.1.1'),
  clientId: z.string().min(1).max(65_535).optional().describe('Default ecluse-SITE-CONNECTION; must be the only one at the broker'),
  cleanStart: z
    .boolean()
    .default(false)
    .describe('false: the broker keeps our subscriptions and QoS 1 messages while we are away; true: it forgets them'),
  sessionExpiry: duration.default(86_400_000).describe('How long the broker keeps them (MQTT 5); default 24h'),
  user: user.optional(),
  tls: tls.optional(),
  keepAlive: duration
    .refine((ms) => ms >= 1000 && ms <= 65_535_000, 'keepAlive is between 1s and 65535s')
    .default(30_000)
    .describe('Silence after which either side takes the line for dead; default 30s'),
  qos: z.literal([0, 1]).default(1).describe('Highest quality of service we ask for'),
} as const

export const sparkplugConfig = z.strictObject({
  ...common,
  format: z.literal('sparkplug').describe('Sparkplug B, as a host application'),
  groups: z
    .array(z.string().regex(SEGMENT_GLOB, 'group, group/node or group/node/device, with * and ? inside a part'))
    .min(1)
    .max(1000)
    .default(['*'])
    .describe('Which groups, edge nodes and devices to collect'),
  hostId: z
    .string()
    .regex(/^[^/+#]+$/)
    .max(256)
    .default('ecluse')
    .describe('Our Sparkplug host id, the last part of the STATE topic'),
  primaryHost: z.boolean().default(false).describe('Publish STATE: edge nodes that wait for this host start, and stop when we are gone'),
  rebirthTimeout: duration
    .default(10_000)
    .describe('An edge node that does not answer a rebirth request by then is taken for dead; default 10s'),
  rebirthInterval: duration.default(5_000).describe('Shortest time between two rebirth requests to one edge node; default 5s'),
  idTemplate: z
    .string()
    .regex(/\{metric\}/, 'the template must hold {metric}, else all metrics get one id')
    .default('{group}/{node}/{device}/{metric}')
    .describe('How ids are made of addresses; empty parts fall away'),
  discover: z.boolean().default(true).describe('false: only the metrics under signals are collected'),
  signals: z.array(sparkplugSignal).max(200_000).default([]).describe('What is known beforehand of some metrics'),
})
export type SparkplugConfig = z.infer<typeof sparkplugConfig>

export const plainConfig = z.strictObject({
  ...common,
  format: z.literal('plain').describe('Numbers, text or JSON in topics of your own'),
  signals: z.array(plainSignal).min(1).max(200_000).describe('What is read'),
})
export type PlainConfig = z.infer<typeof plainConfig>

export const mqttConfig = z.discriminatedUnion('format', [sparkplugConfig, plainConfig])
export type MqttConfig = z.infer<typeof mqttConfig>
