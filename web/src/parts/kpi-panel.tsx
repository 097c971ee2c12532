import { useState } from 'react'
import type { Definition, FactView } from '../../../src/api/schemas.ts'
import { formatDate, formatNumber, formatShare, formatUnit } from '../format.ts'
import { isOut, type KpiSeries, type KpiTarget, lastEnded, type Scale, scaleOf, stepOf } from '../live/kpis.ts'
import { hrefTo } from '../router.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'
import { EquipmentLink } from './equipment-link.tsx'
import { factReason } from './fact-table.tsx'
import { KpiBars } from './kpi-bars.tsx'
import { PassportLink } from './passport-link.tsx'
import { Mark } from './status-mark.tsx'

interface KpiPanelProps {
  readonly definition: Definition
  readonly title: string
  readonly series: readonly KpiSeries[]
  readonly target: KpiTarget
  readonly chosen: boolean
}

/** One KPI: what it should be, and a row for each place with its last periods. */
export function KpiPanel({ definition, title, series, target, chosen }: KpiPanelProps) {
  const { locale, words } = useLanguage()
  const text = words.kpis
  const scale = scaleOf(series, target)
  const unit = series.flatMap(({ name, periods }) => periods.map(({ values }) => values[name]?.unit)).find((one) => one !== undefined)
  return (
    <section className={`panel card card-${definition.isStopped ? 2 : 0}`} id={`kpi-${definition.name}`} aria-current={chosen || undefined}>
      <header className="panel-head">
        <h2>
          {definition.isStopped && <Mark of={2} />} {title}
        </h2>
        <span className="soft">
          {[rangeText(target, unit, locale, words), target.trend && text.trends[target.trend]].filter(Boolean).join(' · ')}
        </span>
        <a href={hrefTo('results', { of: definition.name })}>{text.allResults}</a>
      </header>
      {definition.isStopped && <p className="problem">{words.results.stopped}</p>}
      {series.length === 0 && <p className="soft">{text.none}</p>}
      <ul className="kpi-rows">
        {series.map((one) => (
          <KpiRow key={one.equipment ?? ''} definition={definition} series={one} target={target} scale={scale} title={title} />
        ))}
      </ul>
    </section>
  )
}

function rangeText({ range: [low, high] }: KpiTarget, unit: string | undefined, locale: Locale, words: Words): string | undefined {
  const number = (value: number) => `${formatNumber(value, locale)} ${formatUnit(unit, locale)}`.trimEnd()
  if (low !== undefined && high !== undefined) return words.kpis.between(formatNumber(low, locale), number(high))
  if (low !== undefined) return words.contracts.atLeast(number(low))
  return high === undefined ? undefined : words.contracts.atMost(number(high))
}

interface KpiRowProps {
  readonly definition: Definition
  readonly series: KpiSeries
  readonly target: KpiTarget
  readonly scale: Scale
  readonly title: string
}

function KpiRow({ definition, series, target, scale, title }: KpiRowProps) {
  const { locale, words } = useLanguage()
  const text = words.kpis
  const [pointed, setPointed] = useState<number>()
  const last = series.periods.length - 1
  const at = pointed === undefined || pointed > last ? lastEnded(series) : pointed
  const fact = series.periods[at]
  const step = stepOf(series)
  const worse = step !== undefined && target.trend !== undefined && (target.trend === 'higher' ? step < 0 : step > 0)
  return (
    <li className="kpi-row">
      <div className="kpi-place">
        {series.equipment === undefined ? <span>{text.wholeSite}</span> : <EquipmentLink path={series.equipment} />}
        {step !== undefined && (
          <small className="soft">
            {step > 0 ? '▲' : step < 0 ? '▼' : '='} {formatNumber(Math.abs(step), locale)} {worse ? text.worse : text.sinceBefore}
          </small>
        )}
      </div>
      <KpiBars
        series={series}
        target={target}
        scale={scale}
        at={at}
        label={text.bars(title, series.equipment ?? text.wholeSite)}
        onPoint={setPointed}
      />
      <Period fact={fact} name={series.name} target={target} definition={definition.name} isPointed={pointed !== undefined} />
    </li>
  )
}

interface PeriodProps {
  readonly fact: FactView
  readonly name: string
  readonly target: KpiTarget
  readonly definition: string
  readonly isPointed: boolean
}

/** The figure of one period in words, and the way to its inputs. */
function Period({ fact, name, target, definition, isPointed }: PeriodProps) {
  const { locale, words } = useLanguage()
  const text = words.kpis
  const { value, unit, status, coverage, reasons } = fact.values[name] ?? {
    value: null,
    status: 'Bad' as const,
    coverage: null,
    reasons: [],
  }
  const out = typeof value === 'number' && isOut(value, target)
  const shown = typeof value === 'number' ? formatNumber(value, locale) : String(value ?? '—')
  return (
    <div className="kpi-period" aria-live={isPointed ? 'polite' : undefined}>
      <p>
        {(status !== 'Good' || out) && <Mark of={status === 'Bad' ? 2 : 1} out={out && status === 'Good'} />}{' '}
        <b className="kpi-value">{shown}</b> <span className="unit">{formatUnit(unit, locale)}</span>{' '}
        {out && <span>{words.levels.out}</span>} {status !== 'Good' && <span>{words.status[status]}</span>}
      </p>
      <p className="soft">
        {`${formatDate(new Date(fact.from), locale)} → ${fact.to === null ? words.results.goesOn : formatDate(new Date(fact.to), locale)}`}
        {coverage !== null && ` · ${text.covered(formatShare(coverage, locale))}`}
      </p>
      {reasons.length > 0 && <p className="soft">{reasons.map((reason) => factReason(reason, words)).join(' · ')}</p>}
      <a href={hrefTo('results', { of: definition, key: fact.key, span: 'all' })}>{text.inputs}</a>{' '}
      <PassportLink of={{ definition, key: fact.key, value: name }} what={`${definition} ${fact.key}`} />
    </div>
  )
}
