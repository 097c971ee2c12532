import { z } from 'zod'
import { clientTls } from '../../core/client-tls.ts'
import { byteSize, duration, secret } from '../../core/config-parts.ts'
import { feedBase } from '../../core/record-kinds.ts'
import { parsePath } from '../../lib/json-path.ts'
import { REST_LIMITS } from './limits.ts'

const address = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/, 'an address is https://host/path; name and password go under auth, parameters under query')

/** What may stand in a header's value. */
const headerText = secret.regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'only visible ASCII characters can be sent')
const parameter = z.string().min(1).max(256)

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('basic'),
    user: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^:\p{Cc}]+$/u, 'a user name has no colon'),
    password: secret,
  }),
  z.strictObject({ type: z.literal('bearer'), token: headerText }),
  z.strictObject({
    type: z.literal('header'),
    name: z
      .string()
      .max(128)
      .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'a name of a header is letters, digits and -'),
    value: headerText,
  }),
  z.strictObject({
    type: z.literal('oauth2'),
    tokenUrl: address.describe('Where a token is asked for with the client credentials (RFC 6749, 4.4)'),
    clientId: z.string().min(1).max(512),
    clientSecret: secret,
    scope: z.string().max(1024).optional(),
  }),
])
export type RestAuth = z.output<typeof auth>

const rowsPath = z
  .string()
  .max(512)
  .refine((text) => text === '' || parsePath(text) !== undefined, 'a path is names and indices: data.items, result[0].rows')

const until = z
  .enum(['empty', 'short'])
  .default('empty')
  .describe('Which page is the last: the first one without rows, or (one request less) the first with fewer rows than `size`')
const size = z.int().min(1).max(1_000_000)

const paging = z.union([
  z.enum(['none', 'odata']),
  z.strictObject({
    page: parameter.describe('Parameter that takes the number of the page'),
    first: z.int().min(0).max(1).default(1).describe('Number of the first page'),
    size: size.optional(),
    sizeParameter: parameter.default('size').describe('Parameter that takes `size`'),
    until,
  }),
  z.strictObject({
    offset: parameter.describe('Parameter that takes the number of rows to pass over'),
    size: size.optional(),
    sizeParameter: parameter.default('limit').describe('Parameter that takes `size`'),
    until,
  }),
  z.strictObject({ next: z.string().min(1).max(512).describe('Path of the link to the next page in the answer, or `Link header`') }),
])
export type RestPaging = z.output<typeof paging>

const feed = feedBase.extend({
  path: z
    .string()
    .max(1024)
    .regex(/^(?![/\\]|[a-z][a-z0-9+.-]*:)[^?#\s\\]*$/i, 'a path goes on from the url: flights or v1/flights; parameters go under query')
    .describe('Under the url'),
  query: z.record(parameter, z.string().max(4096)).default({}).describe('Parameters of every request'),
  rows: rowsPath.default('').describe('Where the rows are in the answer, e.g. data.items; absent: the answer is the list'),
  every: duration
    .refine((ms) => ms >= REST_LIMITS.everyMs, `at least ${REST_LIMITS.everyMs}ms`)
    .prefault('1min')
    .describe('How often to read'),
  paging: paging.default('none').describe('How the server gives more rows than one answer holds'),
  pageSize: size.optional().describe('OData: rows to ask for per page'),
  maxPages: z.int().min(1).max(REST_LIMITS.pages).default(1000).describe('A reading with more pages is given up, with an error'),
  cursor: z
    .strictObject({
      field: rowsPath.min(1).describe('Column whose highest value so far is sent, e.g. updatedAt'),
      parameter: parameter.optional().describe('Parameter that takes it: rows from this value on (with it, better than after it)'),
      overlap: duration
        .optional()
        .describe('A cursor that is a time goes back this far, for rows that were stamped before and written after others, e.g. 5min'),
      start: z.string().max(REST_LIMITS.cursorValue).optional().describe('Its first value; absent: the first reading takes all'),
    })
    .optional()
    .describe('Read only what is new'),
  snapshot: z.boolean().default(false).describe('Every reading is all there is: what is missing in it is deleted'),
  delta: z.boolean().default(false).describe('OData: all there is once, then changes and deletions by delta links'),
  key: z.array(z.string().min(1).max(128)).max(8).optional().describe('OData delta: key columns, where deletions name them in an id only'),
})
export type RestFeed = z.output<typeof feed>

export const restConfig = z.strictObject({
  url: address.describe('Beginning of every address, e.g. https://aodb.example/api'),
  auth: auth.default({ type: 'none' }).describe('How we say who we are'),
  tls: clientTls.optional(),
  insecure: z.boolean().default(false).describe('true: unencrypted http:// to another machine is wanted'),
  timeout: duration
    .refine((ms) => ms >= 10, 'at least 10ms')
    .prefault('30s')
    .describe('Longest time of one answer, from the request to its last byte'),
  maxBody: byteSize
    .refine((bytes) => bytes >= 1 && bytes <= REST_LIMITS.bodyBytes, `at most ${REST_LIMITS.bodyBytes / 1024 / 1024}MiB`)
    .prefault('16MiB')
    .describe('Longest answer'),
  records: z.array(feed).min(1).max(REST_LIMITS.feeds).describe('What is read'),
})
export type RestConfig = z.output<typeof restConfig>
