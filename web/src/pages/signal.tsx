import { useState } from 'react'
import type { Signal } from '../../../src/api/schemas.ts'
import { formatNumber, formatUnit, labelOf } from '../format.ts'
import { shownRange, shownUnit } from '../live/shown.ts'
import { isPeriod } from '../live/trend-columns.ts'
import { useLive, useShape } from '../live/use-live.ts'
import { CurrentValue } from '../parts/current-value.tsx'
import { DependentsHere } from '../parts/dependents-here.tsx'
import { Elsewhere } from '../parts/elsewhere.tsx'
import { HourStrip } from '../parts/hour-strip.tsx'
import { Places } from '../parts/places.tsx'
import { SampleTable } from '../parts/sample-table.tsx'
import { SignalContracts } from '../parts/signal-contracts.tsx'
import { SignalRules } from '../parts/signal-rules.tsx'
import { TrendSection } from '../parts/trend-section.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useWhy } from './use-why.ts'

interface SignalPageProps {
  readonly id: string
  readonly period: string
  /** A fixed period of the trend, RFC 3339; empty: up to now. */
  readonly from: string
  readonly to: string
  /** What is drawn over the trend: `fact:jam`, `record:flight`. */
  readonly lanes: readonly string[]
}

export function SignalPage({ id, ...shown }: SignalPageProps) {
  const { words } = useLanguage()
  const { plant } = useLive()
  useShape()
  const index = plant.indexOf(id)
  const signal = index === undefined ? undefined : plant.signals[index]
  if (signal && index !== undefined) return <KnownSignal {...shown} id={id} signal={signal} index={index} />
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

interface KnownSignalProps extends SignalPageProps {
  readonly signal: Signal
  readonly index: number
}

/** What it is now and where it comes from, its trend, then what is known about it, then its samples. */
function KnownSignal({ id, period, from, to, lanes, signal, index }: KnownSignalProps) {
  const { locale } = useLanguage()
  const [follow, setFollow] = useState(true)
  const why = useWhy(index, signal)
  return (
    <div className="signal">
      <header className="page-head">
        <Crumbs id={id} />
        <h1>{labelOf(signal.label, locale) ?? id.slice(id.lastIndexOf('/') + 1)}</h1>
      </header>
      <div className="signal-columns">
        <CurrentValue index={index} signal={signal} why={why} />
        <Origin signal={signal} />
      </div>
      <TrendSection {...{ signal, index, from, to, lanes, follow }} period={isPeriod(period) ? period : '1h'} onFollow={setFollow} />
      <HourStrip id={id} />
      <div className="signal-columns">
        <div className="signal-side">
          {why && <Places places={why.equipment} />}
          {why && <SignalRules why={why} signal={signal} />}
        </div>
        <div className="signal-side">
          <SignalContracts id={id} />
          <DependentsHere id={id} />
          <Elsewhere id={id} />
        </div>
      </div>
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
