import { useMemo } from 'react'
import { formatNumber } from '../format.ts'
import { CONDUIT_STATES, type ConduitRow, filterRows, NO_ZONE, standingOf, type ZoneFilter } from '../live/zone-rows.ts'
import { ConduitTable } from '../parts/conduit-table.tsx'
import { ZoneDrawing } from '../parts/zone-drawing.tsx'
import { ZoneLegend } from '../parts/zone-legend.tsx'
import { ZoneTable } from '../parts/zone-table.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { usePolicy } from './use-policy.ts'

/** What is declared against what is seen: a drawing, and the same as a list. */
export function ZonesPage({ filter }: { filter: ZoneFilter }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const { policy, flows, rows, problem } = usePolicy()
  const { zone, to, state, query } = filter
  const found = useMemo(() => filterRows(rows, { zone, to, state, query }), [rows, zone, to, state, query])
  const shown = useMemo(() => new Set(found), [found])
  const number = (count: number) => formatNumber(count, locale)
  const count = (is: (row: ConduitRow) => boolean) => number(rows.filter(is).length)
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        {flows && <p className="soft">{flows.sees[locale]}</p>}
        {flows && flows.flows.length < flows.total && <p>{text.cutShort(number(flows.flows.length), number(flows.total))}</p>}
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!policy && !problem && <p className="soft">{words.account.working}…</p>}
      {policy?.zones.length === 0 && <p>{text.noZones}</p>}
      {policy && policy.zones.length > 0 && (
        <>
          <p>
            {text.summary(
              number(policy.zones.length),
              number(policy.conduits.length),
              count(({ states }) => states.includes('silent')),
              count((row) => standingOf(row) > 0),
            )}
          </p>
          <Tools filter={filter} zones={policy.zones.map(({ name }) => name)} found={found.length} total={rows.length} />
          <figure className="panel zone-panel" aria-label={text.map}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <section className="scroll-x" aria-label={text.map} tabIndex={0}>
              <ZoneDrawing zones={policy.zones} rows={rows} shown={shown} from={zone} to={to} />
            </section>
            <figcaption>
              <ZoneLegend />
            </figcaption>
          </figure>
          <div className="panel zone-panel">
            <h2>{text.list}</h2>
            {found.length === 0 ? <p className="soft">{text.nothing}</p> : <ConduitTable rows={found} />}
          </div>
          <ZoneTable of={policy} />
        </>
      )}
    </>
  )
}

interface ToolsProps {
  readonly filter: ZoneFilter
  readonly zones: readonly string[]
  readonly found: number
  readonly total: number
}

function Tools({ filter: { zone, to, state, query }, zones, found, total }: ToolsProps) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const choose = (entries: { zone?: string; to?: string; state?: string; q?: string }) =>
    amend(hrefTo('zones', { zone, to, state, q: query, ...entries }))
  const zoneName = (name: string) => (name === NO_ZONE ? text.outside : name)
  return (
    <search className="tools">
      <label>
        <span>{text.search}</span>
        <input type="search" value={query} placeholder={text.searchHint} onChange={({ target }) => choose({ q: target.value })} />
      </label>
      <label>
        <span>{text.zone}</span>
        <select value={zone} onChange={({ target }) => choose({ zone: target.value, to: '' })}>
          <option value="">{text.every}</option>
          {zones.map((name) => (
            <option key={name}>{name}</option>
          ))}
          <option value={NO_ZONE}>{text.outside}</option>
        </select>
      </label>
      <label>
        <span>{text.state}</span>
        <select value={state} onChange={({ target }) => choose({ state: target.value })}>
          <option value="">{text.every}</option>
          <option value="abnormal">{text.abnormal}</option>
          {CONDUIT_STATES.map((name) => (
            <option key={name} value={name}>
              {text.states[name]}
            </option>
          ))}
        </select>
      </label>
      <output className="soft">{text.found(formatNumber(found, locale), formatNumber(total, locale))}</output>
      {to !== '' && <b>{text.pair(zoneName(zone), zoneName(to))}</b>}
      {found < total && (
        <button type="button" className="quiet" onClick={() => amend(hrefTo('zones'))}>
          {text.clear}
        </button>
      )}
    </search>
  )
}
