import { useState } from 'react'
import type { OtherNode } from '../../../src/api/schemas.ts'
import { formatNumber, formatSpan } from '../format.ts'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { CertificateDays } from './certificate-days.tsx'
import { Mark } from './status-mark.tsx'
import { Switch } from './switch.tsx'

/** Rows drawn at once. */
const ROWS_PER_PAGE = 50

interface NodeTableProps {
  /** Worst first. */
  readonly nodes: readonly OtherNode[]
  readonly time: string
  readonly at: string
  readonly query: string
  readonly which: string
}

/** Every node whose log comes here, worst first, a page at a time. */
export function NodeTable({ nodes, time, at, query, which }: NodeTableProps) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const [asked, setAsked] = useState(0)
  const wanted = query.trim().toLowerCase()
  const found = nodes.filter((one) => one.node.toLowerCase().includes(wanted) && (which !== 'abnormal' || standingOf(one) !== 0))
  const pages = Math.max(1, Math.ceil(found.length / ROWS_PER_PAGE))
  const page = Math.min(asked, pages - 1)
  const shown = found.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE)
  const number = (count: number) => formatNumber(count, locale)
  const choose = (entries: { q?: string; which?: string }) => {
    setAsked(0)
    amend(hrefTo('node', { at, q: query, which, ...entries }))
  }
  const turn = (by: number) => page + by >= 0 && page + by < pages && setAsked(page + by)
  return (
    <section className="panel nodes" aria-labelledby="node-others">
      <h2 id="node-others">{text.others}</h2>
      {nodes.length === 0 ? (
        <p className="soft">{text.noOthers}</p>
      ) : (
        <>
          <search className="tools">
            <label>
              <span>{text.search}</span>
              <input type="search" value={query} placeholder={text.searchHint} onChange={(event) => choose({ q: event.target.value })} />
            </label>
            <Switch
              legend={text.state}
              names={['all', 'abnormal']}
              labels={text}
              chosen={which === 'abnormal' ? 'abnormal' : 'all'}
              onChoose={(name) => choose({ which: name === 'all' ? '' : name })}
            />
            <output className="soft">
              {shown.length > 0 &&
                text.found(number(page * ROWS_PER_PAGE + 1), number(page * ROWS_PER_PAGE + shown.length), number(found.length))}
            </output>
            {pages > 1 && (
              <span className="pager">
                <button type="button" className="quiet" aria-disabled={page === 0} onClick={() => turn(-1)}>
                  {words.quality.previousPage}
                </button>
                <button type="button" className="quiet" aria-disabled={page === pages - 1} onClick={() => turn(1)}>
                  {words.quality.nextPage}
                </button>
              </span>
            )}
          </search>
          {shown.length === 0 ? <p className="soft">{text.nothing}</p> : <Rows nodes={shown} time={time} at={at} />}
        </>
      )}
    </section>
  )
}

/** In the shapes of signals: silent nodes are bad, those that lost something or are doubtful uncertain, those not heard yet waiting. */
function standingOf({ state, lostRecords, unseenSignals = 0, certificate }: OtherNode): 0 | 1 | 2 | 3 {
  if (state === 'bad' || (certificate && certificate.daysLeft < 0 && state !== 'revoked')) return 2
  if (state === 'expected' || state === 'revoked') return 3
  return state === 'uncertain' || lostRecords > 0 || unseenSignals > 0 || certificate?.isEnding ? 1 : 0
}

function Rows({ nodes, time, at }: { nodes: readonly OtherNode[]; time: string; at: string }) {
  const { words } = useLanguage()
  const text = words.nodes
  return (
    <div className="scroll-x">
      <table className="samples">
        <thead>
          <tr>
            <th scope="col">{text.node}</th>
            <th scope="col">{text.state}</th>
            {[text.signals, text.lag, text.lost, text.lastHeard].map((name) => (
              <th key={name} scope="col" className="number">
                {name}
              </th>
            ))}
            <th scope="col">{text.certificate}</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((one) => (
            <Row key={one.node} one={one} time={time} chosen={one.node === at} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ one, time, chosen }: { one: OtherNode; time: string; chosen: boolean }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const standing = standingOf(one)
  const number = (count: number) => formatNumber(count, locale)
  const ago = (then: string) => words.value.ago(formatSpan((Date.parse(time) - Date.parse(then)) / 1000, locale))
  return (
    <tr aria-current={chosen || undefined}>
      <th scope="row">
        <a href={hrefTo('node', { at: one.node })} title={text.showGaps(one.node)}>
          {one.node}
        </a>
      </th>
      <td>
        {standing !== 0 && <Mark of={standing} />} {text.otherStates[one.state]}
        {one.revoked && <small className="soft"> {text.revoked(one.revoked.by, one.revoked.reason)}</small>}
      </td>
      <td className="number">
        {one.signals === 0 ? '—' : <a href={hrefTo('namespace', { q: one.node })}>{number(one.signals)}</a>}
        {one.unseenSignals !== undefined && <small className="soft"> {text.unseen(number(one.unseenSignals))}</small>}
      </td>
      <td className="number">
        <Lag of={one} />
      </td>
      <td className="number">{one.lostRecords > 0 ? <b>{number(one.lostRecords)}</b> : 0}</td>
      <td className="number">{one.lastHeardTime ? ago(one.lastHeardTime) : text.never}</td>
      <td>{one.certificate ? <CertificateDays of={one.certificate} /> : '—'}</td>
    </tr>
  )
}

function Lag({ of: { state, lagSeconds, behindRecords } }: { of: OtherNode }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  if (state === 'expected' || state === 'revoked') return '—'
  if (lagSeconds === undefined) return <span className="soft">{text.unknown}</span>
  if (lagSeconds === 0) return <span className="soft">{text.upToDate}</span>
  return `${formatSpan(lagSeconds, locale)}${behindRecords > 0 ? ` · ${text.records(formatNumber(behindRecords, locale))}` : ''}`
}
