import { NotConnected } from '../../core/errors.ts'
import { fault } from '../../core/peer-faults.ts'
import type { RecordDelivery, Row } from '../../core/record-source.ts'
import { SQL_LIMITS } from './limits.ts'
import { type Column, type Page, Unreadable } from './session.ts'

/** Rows of a page by column name; those with a cell that cannot be read apart. Throws NotConnected when the columns cannot be told apart. */
export function toRows(page: Page | undefined): { rows: Row[]; unreadable: NonNullable<RecordDelivery['unreadable']> } {
  const rows: Row[] = []
  const unreadable: { row: string; reason: string }[] = []
  if (!page) return { rows, unreadable }
  checkColumns(page.columns)
  for (const cells of page.rows) {
    const row: [string, unknown][] = []
    let reason: string | undefined
    page.columns.forEach(({ name, read }, i) => {
      try {
        row.push([name, read(cells[i])])
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        reason ??= `${name}: ${error.message}`
      }
    })
    if (reason === undefined) rows.push(Object.fromEntries(row))
    else unreadable.push({ row: JSON.stringify(Object.fromEntries(row)), reason })
  }
  return { rows, unreadable }
}

function checkColumns(columns: readonly Column[]): void {
  if (columns.length > SQL_LIMITS.columns)
    throw new NotConnected(`the query has ${columns.length} columns; at most ${SQL_LIMITS.columns} are read`, {
      hint: 'name those you need',
      fault: fault('query-columns', { detail: `${columns.length} > ${SQL_LIMITS.columns}` }),
    })
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name))
      throw new NotConnected(`the query has two columns ${name}`, {
        hint: `name them apart: AS ${name}_2`,
        fault: fault('query-columns', { detail: `2 × ${name}` }),
      })
    names.add(name)
  }
}
