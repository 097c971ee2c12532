import { useState } from 'react'
import type { Signal } from '../../../src/api/schemas.ts'
import { formatNumber, formatUnit, labelOf } from '../format.ts'
import { shownRange, shownUnit } from '../live/shown.ts'
import { isPeriod } from '../live/trend-columns.ts'
import { useLive, useShape } from '../live/use-live.ts'
import { DependentsHere } from '../parts/dependents-here.tsx'
import { Elsewhere } from '../parts/elsewhere.tsx'
import { HourStrip } from '../parts/hour-strip.tsx'
import { SampleTable } from '../parts/sample-table.tsx'
import { SignalContracts } from '../parts/signal-contracts.tsx'
import { SignalNow } from '../parts/signal-now.tsx'
import { TrendSection } from '../parts/trend-section.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

interface SignalPageProps {
  readonly id: string
  readonly period: string
  /** A fixed period of the trend, RFC 3339; empty: up to now. */
  readonly from: string
  readonly to: string
  /** What is drawn over the trend: `fact:jam`, `record:flight`. */
  readonly lanes: readonly string[]
}

export function SignalPage({ id, period, from, to, lanes }: SignalPageProps) {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  useShape()
  const index = plant.indexOf(id)
  const [follow, setFollow] = useState(true)
  const signal = index === undefined ? undefined : plant.signals[index]
  if (!signal || index === undefined) {
    return (
      <>
        <h1>{words.signal.unknown}</h1>
        <p>{words.signal.unknownText(id)}</p>
        <p>
          <a href={hrefTo('namespace')}>{words.nav.namespace}</a>
        </p>
      </>
    )
  }
  const chosen = isPeriod(period) ? period : '1h'
  const label = labelOf(signal.label, locale)
  return (
    <div className="signal">
      <header className="page-head">
        <Crumbs id={id} />
        <h1>{label ?? id.slice(id.lastIndexOf('/') + 1)}</h1>
      </header>
      <div className="signal-columns">
        <SignalNow index={index} signal={signal} />
        <div className="signal-side">
          <Origin signal={signal} />
          <SignalContracts id={id} />
          <DependentsHere id={id} />
          <Elsewhere id={id} />
        </div>
      </div>
      <HourStrip id={id} />
      <TrendSection {...{ signal, index, from, to, lanes, follow }} period={chosen} onFollow={setFollow} />
      <SampleTable signal={signal} index={index} />
    </div>
  )
}

function Crumbs({ id }: { id: string }) {
  const { words } = useLanguage()
  const parts = id.split('/')
  return (
    <nav className="crumbs" aria-label={words.value.signal}>
      {parts.map((part, i) => {
        const path = parts.slice(0, i + 1).join('/')
        if (i === parts.length - 1) return <b key={path}>{part}</b>
        return (
          <span key={path}>
            <a href={hrefTo('namespace', { at: path })}>{part}</a> /{' '}
          </span>
        )
      })}
    </nav>
  )
}

function Origin({ signal }: { signal: Signal }) {
  const { locale, words } = useLanguage()
  const number = (value: number) => formatNumber(value, locale, signal.decimals)
  const shown = shownUnit(signal)
  const unit = formatUnit(shown, locale)
  const range = shownRange(signal)
  return (
    <section className="panel">
      <h2>{words.signal.origin}</h2>
      <dl className="facts">
        {signal.node && (
          <>
            <dt>{words.nodes.measuredBy}</dt>
            <dd>
              <a href={hrefTo('node', { at: signal.node })}>{signal.node}</a>
            </dd>
          </>
        )}
        <dt>{words.signal.connection}</dt>
        <dd>{signal.node ? signal.connection : <a href={hrefTo('connections', { at: signal.connection })}>{signal.connection}</a>}</dd>
        <dt>{words.signal.address}</dt>
        <dd>
          <code>{signal.address}</code>
        </dd>
        <dt>{words.signal.type}</dt>
        <dd>{words.signal.types[signal.dataType]}</dd>
        <dt>{words.value.unit}</dt>
        <dd>
          {signal.unit ? `${unit} ` : words.value.noUnit} {shown && unit !== shown && <span className="soft">UCUM {shown}</span>}{' '}
          {signal.display && (
            <span className="soft">· {words.value.storedIn(`${formatUnit(signal.unit, locale)} (UCUM ${signal.unit})`)}</span>
          )}
        </dd>
        <dt>{words.signal.normal}</dt>
        <dd>{range ? `${number(range[0])} … ${number(range[1])} ${unit}` : words.signal.noRange}</dd>
      </dl>
    </section>
  )
}
