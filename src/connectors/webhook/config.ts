import { z } from 'zod'
import { byteSize, duration, hostName, secret } from '../../core/config-parts.ts'
import { deletedWhen } from '../../core/deleted-when.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { parsePath } from '../../lib/json-path.ts'
import { WEBHOOK_LIMITS } from './limits.ts'

const shared = secret.min(WEBHOOK_LIMITS.secretLength, `at least ${WEBHOOK_LIMITS.secretLength} characters`).max(4096)
const header = z
  .string()
  .max(128)
  .regex(/^[a-z0-9-]+$/i, 'a name of a header is letters, digits and -')

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bearer'), token: shared }),
  z.strictObject({
    type: z.literal('hmac'),
    secret: shared,
    signature: header.default('X-Signature').describe('Header with the HMAC-SHA256 of `TIMESTAMP.BODY` in hex, alone or after `sha256=`'),
    timestamp: header.default('X-Timestamp').describe('Header with the seconds since 1970'),
    window: duration.prefault('5min').describe('How far the timestamp may be off; within it no request is taken twice'),
  }),
])
export type WebhookAuth = z.output<typeof auth>

const tls = z.strictObject({
  certificate: z
    .string()
    .max(256 * 1024)
    .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'PEM text is wanted: ${file:/path/to/certificate.pem}')
    .describe('Our certificate and those between it and its authority (PEM): ${file:/path}'),
  key: secret.describe('Its private key (PEM): ${file:/path}'),
  clientCa: z
    .string()
    .max(256 * 1024)
    .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'PEM text is wanted: ${file:/path/to/ca.pem}')
    .optional()
    .describe('Authorities of the senders (PEM); then only senders with a certificate of theirs get in'),
})

const feed = feedBase.extend({
  path: z
    .string()
    .max(256)
    .regex(/^\/[\w./~-]*$/, 'a path begins with /: /flights')
    .describe('Where its rows are sent to'),
  rows: z
    .string()
    .min(1)
    .max(512)
    .refine((text) => parsePath(text) !== undefined, 'a path is names and indices: data.items, result[0].rows')
    .optional()
    .describe('Where the rows are in the body; absent: the body is a row, a list of rows, or { rows, deleted }'),
  deletedWhen: deletedWhen.optional(),
})
export type WebhookFeed = z.output<typeof feed>

export const webhookConfig = z.strictObject({
  host: hostName.default('127.0.0.1').describe('Address to listen on; 127.0.0.1 is this machine alone'),
  port: z.int().min(0).max(65_535).describe('Port to listen on'),
  tls: tls.optional(),
  insecure: z.boolean().default(false).describe('true: listening for other machines without encryption is wanted'),
  auth: auth.describe('How senders show who they are; there is no way without'),
  maxBody: byteSize
    .refine((bytes) => bytes >= 1 && bytes <= WEBHOOK_LIMITS.bodyBytes, `at most ${WEBHOOK_LIMITS.bodyBytes / 1024 / 1024}MiB`)
    .prefault('1MiB')
    .describe('Longest body'),
  timeout: duration
    .refine((ms) => ms >= 10 && ms <= 600_000, 'between 10ms and 10min')
    .prefault('10s')
    .describe('Longest time a request may take to arrive'),
  patience: duration
    .refine((ms) => ms >= 10 && ms <= 600_000, 'between 10ms and 10min')
    .prefault('30s')
    .describe('Longest time a sender waits for the disk; then the answer is 503'),
  records: z.array(feed).min(1).max(WEBHOOK_LIMITS.feeds).describe('What is taken'),
})
export type WebhookConfig = z.output<typeof webhookConfig>
