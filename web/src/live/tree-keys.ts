import type { Row } from './find.ts'

/** What a key does in the tree: moves to a row, opens or closes a branch, follows a link; nothing for keys that are not ours. */
export type Step =
  | { readonly kind: 'move'; readonly to: number }
  | { readonly kind: 'toggle'; readonly path: string; readonly open: boolean }
  | { readonly kind: 'enter'; readonly row: Row }

/** Rows that Page Up and Page Down jump. */
const PAGE_ROWS = 20

/** The keys of the ARIA tree pattern: arrows, Home, End, Page Up and Down, Enter, and letters through `typed` (the text so far). */
export function stepOf(key: string, rows: readonly Row[], at: number, typed: string): Step | undefined {
  const row = rows[at]
  const move = (to: number): Step => ({ kind: 'move', to: Math.max(0, Math.min(rows.length - 1, to)) })
  if (!row) return rows.length > 0 && key === 'ArrowDown' ? move(0) : undefined
  switch (key) {
    case 'ArrowDown':
      return move(at + 1)
    case 'ArrowUp':
      return move(at - 1)
    case 'PageDown':
      return move(at + PAGE_ROWS)
    case 'PageUp':
      return move(at - PAGE_ROWS)
    case 'Home':
      return move(0)
    case 'End':
      return move(rows.length - 1)
    case 'ArrowRight':
      if (row.branch && !row.open) return { kind: 'toggle', path: row.branch.path, open: true }
      return row.branch ? move(at + 1) : undefined
    case 'ArrowLeft':
      if (row.branch && row.open) return { kind: 'toggle', path: row.branch.path, open: false }
      return move(parentOf(rows, at))
    case 'Enter':
      return { kind: 'enter', row }
    default:
      return typed === '' ? undefined : typeAhead(rows, at, typed, move)
  }
}

function parentOf(rows: readonly Row[], at: number): number {
  for (let i = at - 1; i >= 0; i--) if (rows[i].depth < rows[at].depth) return i
  return at
}

const nameOf = (row: Row): string => (row.branch ? row.branch.name : row.name).toLowerCase()

function typeAhead(rows: readonly Row[], at: number, typed: string, move: (to: number) => Step): Step | undefined {
  // One letter goes on to the next match; more letters may stay where they are.
  const start = typed.length === 1 ? 1 : 0
  for (let i = start; i < rows.length + start; i++) {
    const to = (at + i) % rows.length
    if (nameOf(rows[to]).startsWith(typed)) return move(to)
  }
  return undefined
}
