import { memo } from 'react'
import { formatNumber, labelOf } from '../format.ts'
import { type Branch, totalOf, worstOf } from '../live/branches.ts'
import type { Row } from '../live/find.ts'
import { levelOf } from '../live/judge.ts'
import { useLive, useNow, useSample } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark, StatusWord } from './status-mark.tsx'
import { Age, UnitText, ValueText } from './value.tsx'

interface TreeRowProps {
  row: Row
  index: number
  top: number
  active: boolean
  onPick(): void
}

/** One row of the tree. Keys are handled by the grid around it. */
export const TreeRow = memo(
  function TreeRow({ row, index, top, active, onPick }: TreeRowProps) {
    return (
      // biome-ignore lint/a11y/useSemanticElements lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: row of a treegrid, focus and keys are the grid's
      <div
        role="row"
        id={`row-${index}`}
        className={`tree-row${active ? ' tree-active' : ''}`}
        aria-rowindex={index + 2}
        aria-level={row.depth + 1}
        aria-expanded={row.branch ? row.open : undefined}
        aria-selected={active}
        style={{ transform: `translateY(${top}px)` }}
        onClick={onPick}
      >
        {row.branch ? (
          <BranchCells branch={row.branch} open={row.open} />
        ) : (
          <SignalCells index={row.index} name={row.name} depth={row.depth} />
        )}
      </div>
    )
  },
  (a, b) =>
    a.row.key === b.row.key &&
    a.index === b.index &&
    a.top === b.top &&
    a.active === b.active &&
    opened(a.row) === opened(b.row) &&
    a.row.branch === b.row.branch,
)

const opened = (row: Row) => row.branch !== undefined && row.open

function BranchCells({ branch, open }: { branch: Branch; open: boolean }) {
  const { locale, words } = useLanguage()
  useNow()
  const worst = worstOf(branch)
  const number = (value: number) => formatNumber(value, locale)
  const [, uncertain, bad, waiting] = branch.counts
  const abnormal = [
    bad > 0 && `${number(bad)} ${words.status.Bad}`,
    uncertain > 0 && `${number(uncertain)} ${words.status.Uncertain}`,
    waiting > 0 && `${number(waiting)} ${words.status.waiting}`,
  ].filter(Boolean)
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cell of a treegrid */}
      <span role="gridcell" className="tree-name tree-branch" style={{ paddingInlineStart: `${branch.depth * 1.1}em` }}>
        <svg viewBox="0 0 16 16" width="12" height="12" className={open ? 'twist twist-open' : 'twist'} aria-hidden="true">
          <path d="m5 3 5 5-5 5" />
        </svg>
        {branch.name}
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cell of a treegrid */}
      <span role="gridcell" className="tree-sum">
        {worst !== 0 && <Mark of={worst} />}
        <span className="soft">{[...abnormal, words.overview.signals(number(totalOf(branch)))].join(' · ')}</span>
      </span>
    </>
  )
}

function SignalCells({ index, name, depth }: { index: number; name: string; depth: number }) {
  const { locale } = useLanguage()
  const { plant } = useLive()
  const sample = useSample(index)
  const signal = plant.signals[index]
  const cells = [
    <a
      key="name"
      className="tree-link"
      href={hrefTo('signal', { id: signal.id })}
      tabIndex={-1}
      title={signal.id}
      style={{ paddingInlineStart: `${depth * 1.1 + 1.2}em` }}
    >
      {name}
    </a>,
    <SignalNote key="label" label={labelOf(signal.label, locale)} node={signal.node} />,
    <ValueText key="value" sample={sample} signal={signal} />,
    <UnitText key="unit" signal={signal} />,
    <StatusWord key="status" sample={sample} level={levelOf(signal, sample)} />,
    <Age key="age" sample={sample} />,
  ]
  return COLUMNS.map((column, i) => (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: cell of a treegrid
    <span key={column} role="gridcell" className={`tree-${column}`}>
      {cells[i]}
    </span>
  ))
}

/** What it is, and which node measures it where that is another. */
function SignalNote({ label, node }: { label: string | undefined; node: string | undefined }) {
  const { words } = useLanguage()
  return (
    <>
      {label}
      {node && (
        <span className="soft" title={`${words.nodes.measuredBy} ${node}`}>
          {label && ' · '}
          {node}
        </span>
      )}
    </>
  )
}

const COLUMNS = ['name', 'label', 'value', 'unit', 'state', 'age'] as const
