import { useCallback, useState } from 'react'
import type { Lineage } from '../../../src/api/schemas.ts'
import { readLineage } from '../api.ts'
import { formatNumber, labelOf } from '../format.ts'
import { nameOf } from '../live/lineage-of.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

const AGAIN_MS = 300_000
/** Things read at once. */
const PAGE = 50
/** Hops of "to the end". */
const ALL_HOPS = 64

export interface LineageSideProps {
  readonly of: string
  readonly direction: Lineage['direction']
  readonly isWhole: boolean
}

/** One side of a thing: counts by kind, then groups by equipment that are read when they are opened. Lists all the way: nothing is only drawn. */
export function LineageSide({ of, direction, isWhole }: LineageSideProps) {
  const { locale, words } = useLanguage()
  const depth = isWhole ? ALL_HOPS : 1
  const read = useCallback(() => readLineage({ of, direction, depth, limit: 0 }), [of, direction, depth])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const text = words.lineage
  return (
    <section className="panel">
      <h2>{`${direction === 'forward' ? text.forward : text.backward}${data ? ` · ${formatNumber(data.total, locale)}` : ''}`}</h2>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data?.total === 0 && <p className="soft">{text.none}</p>}
      {data && <Counts counts={data.counts} />}
      {data?.groups.map(({ equipment, counts }) => (
        <Group
          key={`${of} ${depth} ${equipment ?? ''}`}
          {...{ of, direction, depth, equipment, counts }}
          isOpen={data.groups.length === 1 && data.total <= PAGE}
        />
      ))}
      {data && data.groupsTotal > data.groups.length && (
        <p className="soft">{text.groups(formatNumber(data.groups.length, locale), formatNumber(data.groupsTotal, locale))}</p>
      )}
    </section>
  )
}

export function Counts({ counts }: { counts: Lineage['counts'] }) {
  const { locale, words } = useLanguage()
  return (
    <ul className="lineage-counts">
      {counts.map(({ kind, count }) => (
        <li key={kind}>{words.lineage.count(formatNumber(count, locale), words.lineage.kinds[kind])}</li>
      ))}
    </ul>
  )
}

interface GroupProps {
  readonly of: string
  readonly direction: Lineage['direction']
  readonly depth: number
  readonly equipment: string | null
  readonly counts: Lineage['counts']
  readonly isOpen: boolean
}

function Group({ of, direction, depth, equipment, counts, isOpen }: GroupProps) {
  const { locale, words } = useLanguage()
  const [open, setOpen] = useState(isOpen)
  const text = words.lineage
  const said = counts.map(({ kind, count }) => text.count(formatNumber(count, locale), text.kinds[kind])).join(', ')
  return (
    <details className="lineage-group" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>{equipment ?? text.nowhere}</b> <span className="soft">{said}</span>
      </summary>
      {open && <Items {...{ of, direction, depth, equipment }} />}
    </details>
  )
}

function Items({ of, direction, depth, equipment }: Omit<GroupProps, 'counts' | 'isOpen'>) {
  const { locale, words } = useLanguage()
  const [limit, setLimit] = useState(PAGE)
  const read = useCallback(
    () => readLineage({ of, direction, depth, limit, equipment: equipment ?? '' }),
    [of, direction, depth, limit, equipment],
  )
  const { data, problem } = useAnswer(read, AGAIN_MS)
  const text = words.lineage
  if (problem) return <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>
  if (!data) return <p className="soft">{words.account.working}…</p>
  return (
    <>
      <ul className="lineage-items">
        {data.items.map((item) => (
          <li key={nameOf(item)}>
            <span className="soft">{text.kinds[item.kind]}</span> <a href={hrefTo('lineage', { of: nameOf(item) })}>{item.id}</a>{' '}
            {labelOf(item.label, locale)} <span className="soft">{`· ${text.why[item.why as keyof typeof text.why]}`}</span>
            {item.hops > 1 && <span className="soft">{` · ${item.from}`}</span>}
          </li>
        ))}
      </ul>
      {data.items.length < data.matching && (
        <p>
          <button type="button" className="quiet" onClick={() => setLimit((before) => Math.min(1_000, before + 4 * PAGE))}>
            {text.more}
          </button>{' '}
          <span className="soft">{text.shown(formatNumber(data.items.length, locale), formatNumber(data.matching, locale))}</span>
        </p>
      )}
    </>
  )
}
