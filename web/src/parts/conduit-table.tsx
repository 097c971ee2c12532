import { useState } from 'react'
import { formatNumber, formatSecond, labelOf } from '../format.ts'
import { type ConduitRow, NO_ZONE, nameOfRow, worstFirst } from '../live/zone-rows.ts'
import { hrefTo, hrefToConduit } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { ConduitStates, Dials, ReviewDays } from './conduit-states.tsx'

/** Rows shown at first: a page with a thousand conduits opens as fast. */
const PAGE = 100

const refusedOf = ({ refused }: ConduitRow): number => Object.values(refused).reduce((sum, count) => sum + count, 0)
const wayOf = ({ from, to }: ConduitRow): string => `${from ?? NO_ZONE} ${to ?? NO_ZONE}`

const ORDERS = {
  state: worstFirst,
  conduit: (a: ConduitRow, b: ConduitRow) => nameOfRow(a).localeCompare(nameOfRow(b)),
  way: (a: ConduitRow, b: ConduitRow) => wayOf(a).localeCompare(wayOf(b)),
  passed: (a: ConduitRow, b: ConduitRow) => b.passed - a.passed,
  refused: (a: ConduitRow, b: ConduitRow) => refusedOf(b) - refusedOf(a),
  lastSeen: (a: ConduitRow, b: ConduitRow) => (b.lastSeen ?? '').localeCompare(a.lastSeen ?? ''),
  review: (a: ConduitRow, b: ConduitRow) => (a.daysLeft ?? 0) - (b.daysLeft ?? 0),
  owner: (a: ConduitRow, b: ConduitRow) => (a.conduit?.owner ?? '').localeCompare(b.conduit?.owner ?? ''),
}
type Column = keyof typeof ORDERS
const NUMBERS = new Set<Column>(['passed', 'refused'])
/** In which each first stands: names upwards, everything else with the most or the most urgent first. */
const DESCENDING = new Set<Column>(['passed', 'refused', 'lastSeen'])

/** The drawing as a list; every column sorts. */
export function ConduitTable({ rows }: { rows: readonly ConduitRow[] }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const [{ column, isTurned }, setOrder] = useState<{ column: Column; isTurned: boolean }>({ column: 'state', isTurned: false })
  const [limit, setLimit] = useState(PAGE)
  const ordered = rows.toSorted((a, b) => (isTurned ? ORDERS[column](b, a) : ORDERS[column](a, b)))
  const { state, conduit, passed, refused, lastSeen, review, owner } = text
  const titles: Readonly<Record<Column, string>> = { state, conduit, way: text.way, passed, refused, lastSeen, review, owner }
  const sort = (next: Column) => setOrder({ column: next, isTurned: column === next && !isTurned })
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll-x zone-list" aria-label={text.list} tabIndex={0}>
        <table className="samples">
          <thead>
            <tr>
              {(Object.keys(titles) as Column[]).map((name) => (
                <th
                  key={name}
                  scope="col"
                  className={NUMBERS.has(name) ? 'number' : undefined}
                  aria-sort={column === name ? (isTurned === DESCENDING.has(name) ? 'ascending' : 'descending') : undefined}
                >
                  <button type="button" onClick={() => sort(name)}>
                    {`${titles[name]}${column === name ? (isTurned === DESCENDING.has(name) ? ' ▴' : ' ▾') : ''}`}
                  </button>
                </th>
              ))}
              <th scope="col">{text.dials}</th>
              <th scope="col">{text.transports}</th>
            </tr>
          </thead>
          <tbody>
            {ordered.slice(0, limit).map((row) => (
              <Row key={`${row.conduit === undefined} ${nameOfRow(row)}`} row={row} />
            ))}
          </tbody>
        </table>
      </section>
      {ordered.length > limit && (
        <p>
          <button type="button" className="quiet" onClick={() => setLimit(ordered.length)}>
            {text.more(formatNumber(ordered.length - limit, locale))}
          </button>
        </p>
      )}
    </>
  )
}

function Row({ row }: { row: ConduitRow }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const { conduit, from, to, passed, flows, lastSeen, daysLeft } = row
  const label = labelOf(conduit?.label, locale)
  const refused = refusedOf(row)
  return (
    <tr>
      <td>
        <ConduitStates row={row} />
      </td>
      <th scope="row">
        {conduit ? <a href={hrefToConduit(conduit.name)}>{conduit.name}</a> : <a href={hrefTo('security')}>{text.undeclared}</a>}
        {label && <small className="soft"> {label}</small>}
      </th>
      <td>
        <a href={hrefTo('zones', { zone: from ?? NO_ZONE, to: to ?? NO_ZONE })}>{`${from ?? text.outside} → ${to ?? text.outside}`}</a>
      </td>
      <td className="number">{formatNumber(passed, locale)}</td>
      <td className="number">{refused > 0 ? <b>{formatNumber(refused, locale)}</b> : 0}</td>
      <td>{lastSeen ? formatSecond(new Date(lastSeen), locale) : flows.length === 0 ? text.never : '–'}</td>
      <td>{daysLeft === undefined ? '–' : <ReviewDays daysLeft={daysLeft} />}</td>
      <td>{conduit?.owner ?? '–'}</td>
      <td>
        <Dials row={row} />
      </td>
      <td>{conduit?.transports.join(', ') ?? [...new Set(flows.map(({ protocol }) => protocol))].join(', ')}</td>
    </tr>
  )
}
