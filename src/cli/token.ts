import { doneAnswer, newToken, tokenList } from '../api/people-schemas.ts'
import type { Token } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'

type TokenOptions = CommonOptions & ClientOptions

/** `ecluse token list` */
export async function tokenListing(verb: Verb, options: TokenOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.people
  const { tokens } = await client.get('/api/v1/tokens', {}, tokenList)
  writeResult(verb.io, options.output, tokens, () =>
    tokens.length === 0
      ? words.none
      : table<Token>(
          [
            { title: words.name, cell: ({ name }) => name },
            { title: words.may, cell: ({ may }) => may.join(', ') },
            { title: words.zones, cell: ({ zones }) => zones.join(', ') },
            { title: words.by, cell: ({ createdBy }) => createdBy },
            { title: words.until, cell: ({ expiresTime, isExpired }) => (isExpired ? words.expired : expiresTime) },
            { title: words.used, cell: ({ usedTime, usedFrom }) => (usedTime ? `${usedTime} ${usedFrom ?? ''}` : words.never) },
          ],
          tokens,
        ),
  )
  return EXIT.ok
}

interface AddOptions extends TokenOptions {
  readonly may: readonly string[]
  readonly zone: readonly string[]
  readonly days: number
}

/** `ecluse token add NAME --may read --zone field --days 90` */
export async function tokenAdd(verb: Verb, name: string, { may, zone, days, ...options }: AddOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const made = await client.post('/api/v1/tokens', { name, may, zones: zone, days }, newToken)
  writeResult(verb.io, options.output, made, () => verb.words.people.secret(made.token.name, made.token.expiresTime, made.secret))
  return EXIT.ok
}

/** `ecluse token revoke NAME` */
export async function tokenRevoke(verb: Verb, name: string, options: TokenOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.post(`/api/v1/tokens/${encodeURIComponent(name)}/revocation`, {}, doneAnswer)
  writeResult(verb.io, options.output, answer, () => verb.words.people.done(name))
  return EXIT.ok
}
