import { doneAnswer, endedAnswer, invitation, userList } from '../api/people-schemas.ts'
import type { User } from '../api/schemas.ts'
import { type ClientOptions, connectClient } from './client.ts'
import { type CommonOptions, EXIT, type Exit, type Verb } from './context.ts'
import { table, writeResult } from './output.ts'

export type UserOptions = CommonOptions & ClientOptions

/** `ecluse user list` */
export async function userListing(verb: Verb, options: UserOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const words = verb.words.people
  const found = await client.get('/api/v1/users', {}, userList)
  writeResult(verb.io, options.output, found.users, () =>
    found.users.length === 0
      ? words.none
      : table<User>(
          [
            { title: words.name, cell: ({ name }) => name },
            { title: words.roles, cell: ({ roles }) => roles.join(', ') || words.noRoles },
            { title: words.state, cell: ({ state }) => words.states[state] },
            { title: words.factor, cell: ({ mfa }) => words.factors(mfa.code, mfa.passkeys, mfa.isRequired) },
            { title: words.sessions, cell: ({ sessions }) => String(sessions), right: true },
            { title: words.lastSignIn, cell: ({ lastSignIn }) => lastSignIn ?? words.never },
          ],
          found.users,
        ),
  )
  return EXIT.ok
}

/** `ecluse user add NAME --role ROLE` */
export async function userAdd(verb: Verb, name: string, options: UserOptions & { readonly role?: readonly string[] }): Promise<Exit> {
  const client = await connectClient(verb, options)
  const made = await client.post('/api/v1/users', { name, roles: options.role ?? [] }, invitation)
  writeResult(verb.io, options.output, made, () => verb.words.people.link(made.name, made.link, made.until))
  return EXIT.ok
}

/** `ecluse user link NAME` */
export async function userLink(verb: Verb, name: string, options: UserOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const made = await client.post(`${pathOf(name)}/invitation`, {}, invitation)
  writeResult(verb.io, options.output, made, () => verb.words.people.link(made.name, made.link, made.until))
  return EXIT.ok
}

export interface UserChange {
  readonly roles?: readonly string[]
  readonly isDisabled?: boolean
  readonly resetMfa?: true
}

/** `ecluse user disable|enable|roles|reset-mfa NAME` */
export async function userChange(verb: Verb, name: string, change: UserChange, options: UserOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.post(pathOf(name), change, doneAnswer)
  writeResult(verb.io, options.output, answer, () => verb.words.people.done(name))
  return EXIT.ok
}

/** `ecluse user remove NAME` */
export async function userRemove(verb: Verb, name: string, options: UserOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.remove(pathOf(name), doneAnswer)
  writeResult(verb.io, options.output, answer, () => verb.words.people.removed(name))
  return EXIT.ok
}

/** `ecluse user sign-out NAME` */
export async function userSignOut(verb: Verb, name: string, options: UserOptions): Promise<Exit> {
  const client = await connectClient(verb, options)
  const answer = await client.post(`${pathOf(name)}/sign-out`, {}, endedAnswer)
  writeResult(verb.io, options.output, answer, () => verb.words.people.ended(answer.ended))
  return EXIT.ok
}

const pathOf = (name: string): string => `/api/v1/users/${encodeURIComponent(name)}`
