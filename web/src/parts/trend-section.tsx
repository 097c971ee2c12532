import { useMemo, useState } from 'react'
import type { Signal } from '../../../src/api/schemas.ts'
import { formatDate } from '../format.ts'
import { PERIODS, type Period, type Window, windowAround } from '../live/trend-columns.ts'
import { useBands } from '../pages/use-bands.ts'
import { useTrend } from '../pages/use-trend.ts'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { BandList } from './band-list.tsx'
import { Overlay } from './overlay.tsx'
import { Switch } from './switch.tsx'
import { TrendChart } from './trend-chart.tsx'

interface TrendSectionProps {
  signal: Signal
  index: number
  period: Period
  /** A fixed period, RFC 3339; empty: up to now. */
  from: string
  to: string
  /** Chosen lanes: `fact:jam`, `record:flight`. */
  lanes: readonly string[]
  follow: boolean
  onFollow(follow: boolean): void
}

export function TrendSection(props: TrendSectionProps) {
  const { signal, period, from, to, lanes, follow, onFollow } = props
  const { locale, words } = useLanguage()
  const fixed = useMemo(() => windowAround(from, to), [from, to])
  const time = (ms: number) => formatDate(new Date(ms), locale)
  const endMs = fixed?.endMs ?? 0
  const fixedName = fixed && words.signal.fixed(time(endMs - fixed.seconds * 1000), time(endMs))
  return (
    <section className="panel">
      <header className="panel-head">
        <h2>{words.signal.trend}</h2>
        <Switch
          legend={words.signal.range}
          names={Object.keys(PERIODS) as Period[]}
          labels={words.signal.ranges}
          chosen={fixed ? undefined : period}
          onChoose={(name) => amend(hrefTo('signal', { id: signal.id, range: name, band: lanes }))}
        />
        {fixed ? (
          <span>{fixedName}</span>
        ) : (
          <label className="check">
            <input type="checkbox" checked={follow} onChange={(event) => onFollow(event.target.checked)} /> {words.signal.follow}
          </label>
        )}
      </header>
      {signal.dataType === 'text' ? (
        <p className="soft">{words.signal.noTrend}</p>
      ) : (
        <TrendBody {...props} fixed={fixed} spanName={fixedName ?? words.signal.ranges[period]} />
      )}
    </section>
  )
}

function TrendBody(props: TrendSectionProps & { fixed: Window | undefined; spanName: string }) {
  const { signal, index, period, from, to, lanes, follow, fixed, spanName } = props
  const { words } = useLanguage()
  const seconds = fixed?.seconds ?? PERIODS[period]
  const window = useMemo(() => ({ seconds, endMs: fixed?.endMs }), [seconds, fixed])
  const { columns, version, end, bucketed, problem, loading } = useTrend(signal, index, window, follow)
  const [isOpen, setOpen] = useState(lanes.length > 0)
  const { choices, bands, named, lanesShown } = useBands(signal.id, seconds, end, lanes, isOpen || lanes.length > 0)
  const choose = (band: readonly string[]) => amend(hrefTo('signal', { id: signal.id, range: period, from, to, band }))
  return (
    <>
      {problem && <p role="alert">{`${words.signal.truncatedTrend}: ${problem}`}</p>}
      {!loading && columns.time.length === 0 && <p className="soft">{words.signal.noPoints}</p>}
      <TrendChart {...{ signal, seconds, spanName, columns, version, bands }} end={end} lanes={lanesShown} />
      <ul className="legend">
        {signal.range && <li className="legend-band">{words.signal.legend.normal}</li>}
        <li className="legend-uncertain">{words.signal.legend.uncertain}</li>
        <li className="legend-bad">{words.signal.legend.bad}</li>
        {bucketed && <li className="legend-envelope">{words.signal.bucketed}</li>}
      </ul>
      <details className="explain" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{words.bands.title}</summary>
        {isOpen && <BandList choices={choices} lanes={lanes} bands={bands} named={named} onChoose={choose} />}
      </details>
      <Overlay signal={signal} />
    </>
  )
}
