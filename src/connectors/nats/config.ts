import { z } from 'zod'
import { clientTls } from '../../core/client-tls.ts'
import { byteSize, duration, secret } from '../../core/config-parts.ts'
import { deletedWhen } from '../../core/deleted-when.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { parsePath } from '../../lib/json-path.ts'
import { NATS_LIMITS } from './limits.ts'

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('user'), user: z.string().min(1).max(256), password: secret }),
  z.strictObject({ type: z.literal('token'), token: secret }),
  z.strictObject({ type: z.literal('nkey'), seed: secret.describe('Seed of a user nkey (SU...): ${file:/path}') }),
  z.strictObject({ type: z.literal('creds'), creds: secret.describe('Text of a .creds file: ${file:/path}') }),
])

const header = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[!-9;-~]+$/, 'a name of a header has no colon and no blank')

const column = z
  .union([z.strictObject({ header }), z.strictObject({ subject: z.int().min(1).max(64).describe('Which part of the subject, from 1') })])
  .describe('A column that is not in the value')

const name = z.string().regex(/^[\w-]{1,128}$/, 'letters, digits, _ and -')

const feed = feedBase.extend({
  subject: z
    .string()
    .max(512)
    .regex(
      /^[^\s.*>]+(\.([^\s.*>]+|\*))*(\.>)?$|^\*(\.([^\s.*>]+|\*))*(\.>)?$|^>$/,
      'a subject is parts with dots between: it.flights.*, it.>',
    )
    .describe('Subject, with * for one part and > for all that follow'),
  stream: z
    .strictObject({
      name: name.describe('The JetStream stream that keeps these messages'),
      durable: name.describe('Name of our consumer there; made when there is none. Its place is kept at the server'),
    })
    .optional()
    .describe('Read from a stream, acknowledged after our disk; absent: only what is published while we listen'),
  rows: z
    .string()
    .min(1)
    .max(512)
    .refine((text) => parsePath(text) !== undefined, 'a path is names and indices: data.items, result[0].rows')
    .optional()
    .describe('Where the rows are in the message; absent: it is a row, or a list of rows'),
  columns: z
    .record(z.string().min(1).max(128), column)
    .refine((columns) => Object.keys(columns).length <= 16, 'at most 16')
    .optional()
    .describe('Columns that come from headers or from the subject, e.g. { id: { subject: 3 } }'),
  deletedWhen: z
    .union([z.literal('empty'), z.strictObject({ header, equals: z.string().max(256) }), deletedWhen])
    .optional()
    .describe('What says that a record is gone: an empty message, a header, or a field'),
})
export type NatsFeed = z.output<typeof feed>

export const natsConfig = z.strictObject({
  url: z
    .string()
    .max(512)
    .regex(/^(nats|tls):\/\/[^/?#@\s]+\/?$/, 'a server is tls://host:port or nats://host:port; credentials go under auth')
    .describe('tls://nats.example:4222; nats:// is without encryption'),
  auth: auth.default({ type: 'none' }).describe('How we say who we are'),
  tls: clientTls.optional(),
  insecure: z.boolean().default(false).describe('true: unencrypted nats:// to another machine is wanted'),
  timeout: duration
    .refine((ms) => ms >= 10, 'at least 10ms')
    .prefault('10s')
    .describe('Longest time of reaching the server'),
  maxMessage: byteSize
    .refine((bytes) => bytes >= 1 && bytes <= NATS_LIMITS.messageBytes, `at most ${NATS_LIMITS.messageBytes / 1024 / 1024}MiB`)
    .prefault('1MiB')
    .describe('Largest message that is read'),
  records: z.array(feed).min(1).max(NATS_LIMITS.feeds).describe('What is read'),
})
export type NatsConfig = z.output<typeof natsConfig>

/** Where the server is. */
export function endpointOf(url: string): { host: string; port: number; encrypted: boolean } {
  const { protocol, hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 4222, encrypted: protocol === 'tls:' }
}
