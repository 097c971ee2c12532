import type { ReactNode } from 'react'
import type { PolicyAnswer, PolicyRights } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { hrefTo, hrefToConduit } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** Conduits of one pair that are named in a cell; more are counted, and where the table is wide, more than one. */
const NAMED = 6
const NARROW = 8

interface MatrixProps {
  readonly label: string
  readonly corner: string
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  readonly cell: (row: string, column: string) => ReactNode
}

function Matrix({ label, corner, rows, columns, cell }: MatrixProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="scroll-x zone-list zone-matrix" aria-label={label} tabIndex={0}>
      <table className="samples">
        <thead>
          <tr>
            {[corner, ...columns].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              <th scope="row">{row}</th>
              {columns.map((column) => (
                <td key={column} className="wraps">
                  {cell(row, column)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Zones that send × zones that receive, with the conduits between them and those that are not open marked. */
export function CrossingMatrix({ of: { zones, conduits } }: { of: PolicyAnswer }) {
  const { locale, words } = useLanguage()
  const names = zones.map(({ name }) => name)
  const between = Map.groupBy(conduits, ({ from, to }) => JSON.stringify([from, to]))
  const cell = (from: string, to: string) => {
    const found = between.get(JSON.stringify([from, to])) ?? []
    if (from === to) return '·'
    if (found.length === 0) return '–'
    const closed = found.filter(({ state }) => state !== 'open')
    if (found.length > (zones.length > NARROW ? 1 : NAMED))
      return (
        <a href={hrefTo('zones', { zone: from, to })}>
          {closed.length > 0 && <Mark of={2} />} {words.zones.count(formatNumber(found.length, locale))}
        </a>
      )
    return found.map(({ name, state }, i) => (
      <span key={name}>
        {i > 0 && ', '}
        {state !== 'open' && <Mark of={2} />} <a href={hrefToConduit(name)}>{name}</a>
        {state !== 'open' && ` (${words.zones.states[state]})`}
      </span>
    ))
  }
  return <Matrix label={words.policy.crossings} corner={words.policy.from} rows={names} columns={names} cell={cell} />
}

/** What each role may over each zone. */
export function RightsMatrix({ rights }: PolicyRights) {
  const { words } = useLanguage()
  const may = new Map(rights.map((one) => [JSON.stringify([one.role, one.zone]), one.may]))
  const cell = (role: string, zone: string) =>
    may
      .get(JSON.stringify([role, zone]))
      ?.map((one) => words.people.permissions[one])
      .join(', ') || '–'
  return (
    <Matrix
      label={words.policy.rights}
      corner={words.policy.role}
      rows={[...new Set(rights.map(({ role }) => role))]}
      columns={[...new Set(rights.map(({ zone }) => zone))]}
      cell={cell}
    />
  )
}
