import type { Quoting } from './query.ts'

/** A column of a result, and how one of its cells is read: a value of a `Row`. Throws Unreadable. */
export interface Column {
  readonly name: string
  /** How its values are written when they come back as a cursor. */
  readonly kind: CursorKind
  read(raw: unknown): unknown
}

/** `utc` is RFC 3339 text of an instant, where the database writes instants otherwise. */
export type CursorKind = 'number' | 'text' | 'utc'

/** A cell that is no value of an IT record, with the reason. */
export class Unreadable extends Error {
  override name = 'Unreadable'
}

export interface Page {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
}

/** A line to a database, or an open file. */
export interface Session {
  /** What TLS came to; undefined when the line is not encrypted. */
  readonly tls: string | undefined
  /** Pages of one query, as the database was when it began; nothing is left behind when the reader stops early. Sizes are those of `SQL_LIMITS`. */
  read(query: string): AsyncGenerator<Page, void, undefined>
  /** Cuts the line: whatever is pending fails. */
  destroy(): void
  /** Where something goes on for a while after `destroy`: when it ended. */
  readonly ended?: Promise<void>
}

/** Why something failed, in words for people. */
export interface Explained {
  readonly step: 'tcp' | 'tls' | 'sign-in' | 'query'
  readonly message: string
  readonly hint?: string
}

/** A kind of database: how it is reached, how it writes, what its errors mean. */
export interface Dialect<Config> {
  readonly quoting: Quoting
  /** Where the database is, for messages. */
  place(config: Config): string
  /** One attempt. Throws what the library throws. `directory` is where relative paths start. */
  open(config: Config, directory: string): Promise<Session>
  /** A cursor as a literal of the query. */
  literal(kind: CursorKind, text: string): string
  /** A column's name as an identifier. */
  quote(name: string): string
  explain(error: unknown, config: Config): Explained
}
