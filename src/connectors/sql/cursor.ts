import type { Column, CursorKind } from './session.ts'

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

/** What `:cursor` is: the kind and the text of the last value read. Encoded as `number:17`, `utc:2026-11-27T08:00:00Z`. */
export interface Cursor {
  readonly kind: CursorKind
  readonly text: string
}

export function encodeCursor({ kind, text }: Cursor): string {
  return `${kind}:${text}`
}

/** Undefined when it is no cursor of ours: the file changed its mind, or another version wrote it. */
export function decodeCursor(encoded: string): Cursor | undefined {
  const parts = /^(number|text|utc):(.*)$/s.exec(encoded)
  if (!parts) return undefined
  const [, kind, text] = parts as unknown as [string, CursorKind, string]
  return kind === 'number' && !NUMBER.test(text) ? undefined : { kind, text }
}

export function startOf(start: number | string): Cursor {
  return typeof start === 'number' ? { kind: 'number', text: String(start) } : { kind: 'text', text: start }
}

/** Of a value that was read; undefined when it cannot be one (null, a truth value). */
export function cursorOf(value: unknown, column: Column): Cursor | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const kind = typeof value === 'number' ? 'number' : column.kind
  const text = String(value)
  return kind === 'number' && !NUMBER.test(text) ? undefined : { kind, text }
}
