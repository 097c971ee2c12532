import { readJson as readExactJson } from '../../lib/exact-json.ts'
import { SQL_LIMITS } from './limits.ts'
import { Unreadable } from './session.ts'

/** Cells as the databases write them, and the values they are. All are given text that is not null. */

/** A whole number: exact as a number up to 2^53, as its text beyond. */
export function readInteger(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** A floating-point number; NaN and infinities stay text, which is no number of a record. */
export function readFloat(text: string): number | string {
  const value = Number(text)
  return Number.isFinite(value) && text.trim() !== '' ? value : text
}

export function readText(text: string): string {
  if (text.length > SQL_LIMITS.cellChars) throw new Unreadable(`${text.length} characters; at most ${SQL_LIMITS.cellChars} are read`)
  return text
}

export function readJson(text: string): unknown {
  const read = readExactJson(readText(text), { depth: SQL_LIMITS.jsonDepth, values: SQL_LIMITS.jsonValues })
  if ('problem' in read) throw new Unreadable(`no JSON that can be read: ${read.problem}`)
  return read.value
}

/** `2026-11-27 08:00:00.5` without zone as `2026-11-27T08:00:00.5`; what is written otherwise (infinity, years BC) stays as it is. */
export function readLocalTime(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)$/, '$1T$2')
}

/** The same for an instant that the database wrote in UTC, with or without `+00`. */
export function readInstant(text: string): string {
  return text.replace(/^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:\+00(?::?00)?)?$/, '$1T$2Z')
}

export function refuseBinary(type: string): () => never {
  return () => {
    throw new Unreadable(`${type} is binary: leave the column out of the query, or turn it into text there`)
  }
}
