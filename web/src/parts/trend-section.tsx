import type { Signal } from '../../../src/api/schemas.ts'
import { PERIODS, type Period } from '../live/trend-columns.ts'
import { useTrend } from '../pages/use-trend.ts'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { TrendChart } from './trend-chart.tsx'

interface TrendSectionProps {
  signal: Signal
  index: number
  period: Period
  follow: boolean
  onFollow(follow: boolean): void
}

export function TrendSection({ signal, index, period, follow, onFollow }: TrendSectionProps) {
  const { words } = useLanguage()
  return (
    <section className="panel">
      <header className="panel-head">
        <h2>{words.signal.trend}</h2>
        <fieldset className="switch">
          <legend className="unseen">{words.signal.range}</legend>
          {(Object.keys(PERIODS) as Period[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={period === name}
              onClick={() => amend(hrefTo('signal', { id: signal.id, range: name }))}
            >
              {words.signal.ranges[name]}
            </button>
          ))}
        </fieldset>
        <label className="check">
          <input type="checkbox" checked={follow} onChange={(event) => onFollow(event.target.checked)} /> {words.signal.follow}
        </label>
      </header>
      {signal.dataType === 'text' ? (
        <p className="soft">{words.signal.noTrend}</p>
      ) : (
        <TrendBody signal={signal} index={index} period={period} follow={follow} />
      )}
    </section>
  )
}

function TrendBody({ signal, index, period, follow }: Omit<TrendSectionProps, 'onFollow'>) {
  const { words } = useLanguage()
  const { columns, version, end, bucketed, problem, loading } = useTrend(signal, index, period, follow)
  return (
    <>
      {problem && <p role="alert">{`${words.signal.truncatedTrend}: ${problem}`}</p>}
      {!loading && columns.time.length === 0 && <p className="soft">{words.signal.noPoints}</p>}
      <TrendChart signal={signal} period={period} columns={columns} version={version} end={end} />
      <ul className="legend">
        {signal.range && <li className="legend-band">{words.signal.legend.normal}</li>}
        <li className="legend-uncertain">{words.signal.legend.uncertain}</li>
        <li className="legend-bad">{words.signal.legend.bad}</li>
        {bucketed && <li className="legend-envelope">{words.signal.bucketed}</li>}
      </ul>
    </>
  )
}
