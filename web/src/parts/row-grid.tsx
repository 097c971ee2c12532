import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useLanguage } from '../words/index.ts'

const ROW_PX = 28
/** Rows drawn beyond what is seen, above and below. */
const OVERSCAN_ROWS = 12
/** Rows that Page Up and Page Down jump. */
const PAGE_ROWS = 15

export interface Column<T> {
  readonly name: string
  readonly title: string
  /** A track of the CSS grid: `minmax(120px, 1fr)`. */
  readonly width: string
  /** Pixels it needs at least; the table scrolls sideways where they do not fit. */
  readonly least: number
  readonly isNumber?: boolean
  cell(row: T): ReactNode
}

export interface Sorting {
  readonly column: string
  readonly descending: boolean
}

interface RowGridProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly sorting: Sorting
  /** The row that is open below, by its key. */
  readonly openKey?: string | undefined
  keyOf(row: T): string
  onSort(sorting: Sorting): void
  onOpen(row: T): void
}

/** A table of any length: only what is seen is in the document. One stop for the Tab key; arrows move, Enter opens, a head sorts. */
export function RowGrid<T>({ label, columns, rows, sorting, openKey, keyOf, onSort, onOpen }: RowGridProps<T>) {
  const { words } = useLanguage()
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const [active, setActive] = useState(openKey)
  const at = Math.max(
    0,
    rows.findIndex((row) => keyOf(row) === (active ?? openKey)),
  )
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls once, to the row that the link named
  useEffect(() => {
    if (openKey !== undefined && at > 0) virtual.scrollToIndex(at, { align: 'center' })
  }, [openKey === undefined])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== box.current || rows.length === 0) return
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_ROWS, PageUp: -PAGE_ROWS, Home: -1e9, End: 1e9 }
    const step = steps[event.key]
    if (event.key === 'Enter' || event.key === ' ') onOpen(rows[at])
    else if (step === undefined) return
    else {
      const to = Math.max(0, Math.min(rows.length - 1, at + step))
      setActive(keyOf(rows[to]))
      virtual.scrollToIndex(to)
    }
    event.preventDefault()
  }
  const style = {
    gridTemplateColumns: columns.map(({ width }) => width).join(' '),
    minWidth: columns.reduce((sum, { least }) => sum + least + 12, 12),
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a native table cannot be virtualised by rows; the ARIA grid pattern is made for it
    <div
      ref={box}
      className="row-grid"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={rows[at] ? `${id}-${at}` : undefined}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: group of a grid */}
      <div role="rowgroup" className="row-grid-top" style={{ minWidth: style.minWidth }}>
        {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: row of a grid; focus stays on the grid */}
        <div role="row" className="row-grid-head" aria-rowindex={1} style={style}>
          {columns.map(({ name, title, isNumber }) => {
            const isSorted = sorting.column === name
            const direction = sorting.descending ? 'descending' : 'ascending'
            return (
              // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cell of a grid
              <span key={name} role="columnheader" aria-sort={isSorted ? direction : undefined} className={isNumber ? 'number' : undefined}>
                <button
                  type="button"
                  title={words.records.sortBy(title)}
                  onClick={() => onSort({ column: name, descending: isSorted && !sorting.descending })}
                >
                  {title}
                  {isSorted && <span aria-hidden="true">{sorting.descending ? ' ▾' : ' ▴'}</span>}
                </button>
              </span>
            )
          })}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: group of a grid */}
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: style.minWidth, position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index]
          const key = keyOf(row)
          return (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: row of a grid, focus and keys are the grid's
            <div
              key={key}
              role="row"
              id={`${id}-${index}`}
              className={`row-grid-row${index === at ? ' row-active' : ''}${key === openKey ? ' row-open' : ''}`}
              aria-rowindex={index + 2}
              aria-selected={key === openKey}
              style={{ ...style, transform: `translateY(${start}px)` }}
              onClick={({ target }) => {
                if (target instanceof Element && target.closest('a')) return
                setActive(key)
                onOpen(row)
              }}
            >
              {columns.map(({ name, isNumber, cell }) => (
                // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cell of a grid
                <span key={name} role="gridcell" className={isNumber ? 'number' : undefined}>
                  {cell(row)}
                </span>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
