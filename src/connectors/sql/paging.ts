import { SQL_LIMITS } from './limits.ts'

/** How many rows the next page asks for: twice as many while pages stay small, half when one was large. */
export function nextPageRows(rows: number, chars: number): number {
  if (chars > SQL_LIMITS.pageChars) return Math.max(1, Math.floor(rows / 2))
  return chars * 2 > SQL_LIMITS.pageChars ? rows : Math.min(SQL_LIMITS.pageRows, rows * 2)
}

/** Characters (or bytes) of a row, roughly. */
export function sizeOf(row: readonly unknown[]): number {
  let size = 0
  for (const cell of row) size += typeof cell === 'string' || cell instanceof Uint8Array ? cell.length : 8
  return size
}
