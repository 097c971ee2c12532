import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type { Row } from '../live/find.ts'
import { stepOf } from '../live/tree-keys.ts'
import { go, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { TreeRow } from './tree-row.tsx'

const ROW_PX = 26
/** Letters typed within this time belong together. */
const TYPE_AHEAD_MS = 700
/** Rows drawn beyond what is seen, above and below. */
const OVERSCAN_ROWS = 12

/** The virtualised tree: only what is seen is in the document. One stop for the Tab key; `aria-activedescendant` names the current row. */
export function SignalTree({
  rows,
  startAt,
  onToggle,
}: {
  rows: readonly Row[]
  startAt: string
  onToggle(path: string, open: boolean): void
}) {
  const { words } = useLanguage()
  const box = useRef<HTMLDivElement>(null)
  const typed = useRef({ text: '', at: 0 })
  const [active, setActive] = useState(startAt)
  const at = Math.max(
    0,
    rows.findIndex((row) => row.key === active),
  )
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls once, to the place the link named
  useEffect(() => {
    if (startAt !== '') virtual.scrollToIndex(at, { align: 'start' })
  }, [startAt])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const letter = event.key.length === 1 && event.key !== ' '
    if (letter) {
      const fresh = event.timeStamp - typed.current.at > TYPE_AHEAD_MS
      typed.current = { text: (fresh ? '' : typed.current.text) + event.key.toLowerCase(), at: event.timeStamp }
    }
    const step = stepOf(event.key, rows, at, letter ? typed.current.text : '')
    if (!step) return
    event.preventDefault()
    if (step.kind === 'toggle') onToggle(step.path, step.open)
    else if (step.kind === 'enter') enter(step.row)
    else {
      setActive(rows[step.to].key)
      virtual.scrollToIndex(step.to)
    }
  }
  const enter = (row: Row) => (row.branch ? onToggle(row.branch.path, !row.open) : go(hrefTo('signal', { id: row.key })))

  const heads = [words.value.signal, words.value.label, words.value.value, words.value.unit, words.value.status, words.value.age]
  return (
    <div
      ref={box}
      className="tree"
      // A native table cannot be virtualised by rows and nested by level; the ARIA treegrid pattern is made for it.
      role="treegrid"
      tabIndex={0}
      aria-label={words.namespace.tree}
      aria-rowcount={rows.length + 1}
      aria-activedescendant={rows[at] ? `row-${at}` : undefined}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: rows of a treegrid; focus stays on the grid */}
      <div role="row" className="tree-head" aria-rowindex={1}>
        {heads.map((head) => (
          // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cells of a treegrid
          <span key={head} role="columnheader">
            {head}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: group of a treegrid */}
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <TreeRow
            key={rows[index].key}
            row={rows[index]}
            index={index}
            top={start}
            active={index === at}
            onPick={() => {
              setActive(rows[index].key)
              if (rows[index].branch) enter(rows[index])
            }}
          />
        ))}
      </div>
    </div>
  )
}
