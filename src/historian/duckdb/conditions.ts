import { type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { QueryRefused } from '../../core/historian.ts'
import type { Micros } from '../../core/time.ts'
import type { StoreLimits } from './limits.ts'
import { at, type Parameters } from './rows.ts'

/** A WHERE clause whose texts are parameters. */
export class Conditions {
  readonly #parts: string[] = []
  readonly #values: DuckDBValue[] = []
  readonly #types: DuckDBType[] = []

  /** Holds as it is. */
  add(sql: string): void {
    this.#parts.push(sql)
  }

  /** `column` compared with a text, if there is one. */
  compare(column: string, operator: '=' | '>', text: string | undefined): void {
    if (text === undefined) return
    this.#parts.push(`${column} ${operator} ${this.#bind(text.toWellFormed(), VARCHAR)}`)
  }

  /** `column` is one of these texts, if they are given. Throws QueryRefused when they are too many. */
  oneOf(column: string, texts: string | readonly string[] | undefined, limits: StoreLimits): void {
    const one = typeof texts === 'string' ? texts : texts?.length === 1 ? texts[0] : undefined
    this.compare(column, '=', one)
    if (texts === undefined || typeof texts === 'string' || one !== undefined) return
    if (texts.length > limits.statedKeys) throw new QueryRefused(`${texts.length} keys in one query, the limit is ${limits.statedKeys}`)
    const list = listValue(texts.map((text) => text.toWellFormed()))
    this.#parts.push(`${column} IN (SELECT unnest(${this.#bind(list, LIST(VARCHAR))}))`)
  }

  /** Overlaps [from, to); null stands for since ever, and for ever. */
  overlapping(from: string, to: string, span: { readonly from: Micros; readonly to: Micros } | undefined): void {
    if (!span) return
    this.#parts.push(`(${from} IS NULL OR ${from} < ${at(span.to)})`, `(${to} IS NULL OR ${to} > ${at(span.from)})`)
  }

  /** Versions known at a time (absent: now): all of them, or the newest of each thing. */
  known(asKnownAt: Micros | undefined, isEvery: boolean | undefined): void {
    if (asKnownAt !== undefined) this.#parts.push(`known <= ${at(asKnownAt)}`)
    if (!isEvery) this.#parts.push(asKnownAt === undefined ? 'until IS NULL' : `(until IS NULL OR until > ${at(asKnownAt)})`)
  }

  get sql(): string {
    return this.#parts.length === 0 ? '' : `WHERE ${this.#parts.join(' AND ')}`
  }

  get parameters(): Parameters {
    return { values: this.#values, types: this.#types }
  }

  #bind(value: DuckDBValue, type: DuckDBType): string {
    this.#types.push(type)
    return `$${this.#values.push(value)}`
  }
}

/** How many rows and characters an answer may have. */
export const mostOf = (limit: number, { statedRows, statedLength }: StoreLimits): { rows: number; length: number } => ({
  rows: Math.min(Math.max(0, Math.floor(limit)), statedRows),
  length: statedLength,
})
