import { z } from 'zod'
import { clientTls } from '../../core/client-tls.ts'
import { byteSize, duration, secret } from '../../core/config-parts.ts'
import { deletedWhen } from '../../core/deleted-when.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { parsePath } from '../../lib/json-path.ts'
import { KAFKA_LIMITS } from './limits.ts'

const path = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => parsePath(text) !== undefined, 'a path is names and indices: data.items, result[0].rows')
const header = z.string().min(1).max(128)

const column = z
  .union([
    z.strictObject({
      key: z.union([z.literal('text'), z.strictObject({ json: path })]).describe('The key as text, or what stands at a path of a JSON key'),
    }),
    z.strictObject({ header }),
  ])
  .describe('A column that is not in the value')

const feed = feedBase.extend({
  topic: z
    .string()
    .regex(/^[\w.-]{1,249}$/, 'a topic is letters, digits, . _ and -')
    .describe('Topic; its values are JSON, and one without value says that its record is gone'),
  rows: path.optional().describe('Where the rows are in the value; absent: it is a row, or a list of rows'),
  columns: z
    .record(z.string().min(1).max(128), column)
    .refine((columns) => Object.keys(columns).length <= 16, 'at most 16')
    .optional()
    .describe('Columns that come from the key or from headers, e.g. { id: { key: text } }'),
  deletedWhen: z
    .union([z.strictObject({ header, equals: z.string().max(256) }), deletedWhen])
    .optional()
    .describe('What else says that a record is gone: a header, or a field'),
})
export type KafkaFeed = z.output<typeof feed>

export const kafkaConfig = z.strictObject({
  brokers: z
    .array(
      z
        .string()
        .max(300)
        .regex(/^([\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i, 'a broker is host:port'),
    )
    .min(1)
    .max(KAFKA_LIMITS.brokers)
    .describe('Brokers to begin with'),
  group: z
    .string()
    .regex(/^[\w.-]{1,249}$/, 'letters, digits, . _ and -')
    .describe('Our consumer group: its offsets are kept at the brokers'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
      user: z.string().min(1).max(256),
      password: secret,
    })
    .optional()
    .describe('How we say who we are'),
  tls: clientTls.optional().describe('Encrypted when this is there, be it empty: tls: {}'),
  insecure: z.boolean().default(false).describe('true: unencrypted lines to other machines are wanted'),
  timeout: duration
    .refine((ms) => ms >= 10, 'at least 10ms')
    .prefault('10s')
    .describe('Longest time of reaching a broker, and of its answers'),
  maxMessage: byteSize
    .refine((bytes) => bytes >= 1 && bytes <= KAFKA_LIMITS.messageBytes, `at most ${KAFKA_LIMITS.messageBytes / 1024 / 1024}MiB`)
    .prefault('1MiB')
    .describe('Largest value that is read'),
  records: z.array(feed).min(1).max(KAFKA_LIMITS.feeds).describe('What is read'),
})
export type KafkaConfig = z.output<typeof kafkaConfig>

export function brokerOf(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}
