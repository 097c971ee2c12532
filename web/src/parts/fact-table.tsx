import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import type { Definition, FactView } from '../../../src/api/schemas.ts'
import { readFacts } from '../api.ts'
import { formatNumber, formatSecond, formatSpan, formatUnit } from '../format.ts'
import { coverageOf, factKey, findFacts, ownKey, reasonsOf, shownKey, valueNames, worstOfFact } from '../live/fact-rows.ts'
import { isSpan, SPANS, type Span, spanTimes } from '../live/local-time.ts'
import { sorted } from '../live/record-rows.ts'
import { useLive } from '../live/use-live.ts'
import type { ResultsPlace } from '../pages/results.tsx'
import { useAnswer } from '../pages/use-answer.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'
import { CoverageBar } from './coverage-bar.tsx'
import { EquipmentLink } from './equipment-link.tsx'
import { ColumnTime, FieldText } from './field-value.tsx'
import { KnownAt } from './known-at.tsx'
import { reasonText } from './reason-text.ts'
import { type Column, RowGrid, type Sorting } from './row-grid.tsx'
import { Mark } from './status-mark.tsx'

const MOST = 10_000
/** Read again when something was published; besides that, because the period up to now moves. */
const AGAIN_MS = 600_000
/** Values that have columns of their own; the rest is in the detail. */
const VALUE_COLUMNS = 6

interface FactTableProps {
  readonly definition: Definition
  readonly place: ResultsPlace
  onChange(entries: { key?: string; q?: string; known?: string; span?: string }): void
}

/** The results of one definition, newest first, those that go on marked as such. */
export function FactTable({ definition: { name, published, withdrawn }, place: { fact, query, knownAt, span }, onChange }: FactTableProps) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const text = words.results
  const chosen: Span = isSpan(span) ? span : '7d'
  const [sorting, setSorting] = useState<Sorting>({ column: 'from', descending: true })
  const state = knownAt === '' ? `${published} ${withdrawn}` : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: `state` says when there is something new
  const read = useCallback(() => {
    const nowMs = Date.now() + stream.state().offsetMs
    return readFacts({ definition: [name], asKnownAt: knownAt, ...spanTimes(chosen, nowMs), order: 'newest', limit: MOST })
  }, [stream, name, knownAt, chosen, state])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const facts = data?.facts ?? []
  const asked = useDeferredValue(query)
  const shown = useMemo(
    () => sorted(findFacts(data?.facts ?? [], asked), (one) => factKey(one, sorting.column), sorting.descending),
    [data, asked, sorting],
  )
  const columns = useMemo(() => columnsOf(data?.facts ?? [], locale, words), [data, locale, words])
  const number = (count: number) => formatNumber(count, locale)
  return (
    <section className="panel" aria-labelledby="facts-of">
      <h2 id="facts-of">{text.latest}</h2>
      <search className="tools">
        <label>
          <span>{words.records.search}</span>
          <input type="search" value={query} placeholder={text.searchHint} onChange={(event) => onChange({ q: event.target.value })} />
        </label>
        <label>
          <span>{text.span}</span>
          <select value={chosen} onChange={(event) => onChange({ span: event.target.value })}>
            {(Object.keys(SPANS) as Span[]).map((one) => (
              <option key={one} value={one}>
                {text.spans[one]}
              </option>
            ))}
          </select>
        </label>
        <KnownAt value={knownAt} onChange={(known) => onChange({ known })} />
        <output className="soft">{data && text.found(number(shown.length), number(facts.length))}</output>
      </search>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && shown.length === 0 && <p className="soft">{facts.length === 0 ? text.none : text.nothing}</p>}
      {shown.length > 0 && (
        <RowGrid
          label={text.table(name)}
          columns={columns}
          rows={shown}
          sorting={sorting}
          openKey={fact === '' ? undefined : fact}
          keyOf={({ key }) => key}
          onSort={setSorting}
          onOpen={({ key }) => onChange({ key })}
        />
      )}
      {data?.truncated && <p className="quality-more">{text.truncated(number(MOST))}</p>}
      {shown.length > 0 && <p className="soft hint">{words.records.keys}</p>}
    </section>
  )
}

function columnsOf(facts: readonly FactView[], locale: Locale, words: Words): Column<FactView>[] {
  const text = words.results
  const hasPlace = facts.some(({ equipment }) => equipment !== undefined)
  return [
    { ...{ name: 'from', title: text.begin, width: '128px', least: 128 }, cell: ({ from }) => <ColumnTime time={from} /> },
    {
      ...{ name: 'lasts', title: text.lasts, width: '84px', least: 84, isNumber: true },
      cell: ({ from, to }) =>
        to === null ? <span className="badge">{text.goesOn}</span> : formatSpan((Date.parse(to) - Date.parse(from)) / 1000, locale),
    },
    ...(hasPlace
      ? [
          {
            ...{ name: 'equipment', title: words.records.equipment, width: 'minmax(132px, 1.2fr)', least: 132 },
            cell: ({ equipment }: FactView) => equipment && <EquipmentLink path={equipment} isInGrid />,
          },
        ]
      : []),
    ...(facts.some((fact) => ownKey(fact) !== '')
      ? [
          {
            ...{ name: 'key', title: text.key, width: 'minmax(170px, 1.4fr)', least: 170 },
            cell: (fact: FactView) => <b title={fact.key}>{shownKey(ownKey(fact), (time) => formatSecond(new Date(time), locale))}</b>,
          },
        ]
      : []),
    {
      ...{ name: 'status', title: words.value.status, width: 'minmax(104px, 0.6fr)', least: 104 },
      cell: (fact) => <FactStatus fact={fact} />,
    },
    {
      ...{ name: 'coverage', title: text.coverage, width: '88px', least: 88 },
      cell: (fact) => <FactCoverage share={coverageOf(fact)} />,
    },
    ...valueNames(facts)
      .slice(0, VALUE_COLUMNS)
      .map((name) => ({
        ...{ name: `value:${name}`, title: titleOf(facts, name, locale), width: 'minmax(92px, 1fr)', least: 92 },
        isNumber: facts.some(({ values }) => typeof values[name]?.value === 'number'),
        cell: ({ values }: FactView) => <FieldText value={values[name]?.value} />,
      })),
  ]
}

function titleOf(facts: readonly FactView[], name: string, locale: Locale): string {
  const unit = facts.find(({ values }) => values[name]?.unit !== undefined)?.values[name]?.unit
  return unit && formatUnit(unit, locale) ? `${name} (${formatUnit(unit, locale)})` : name
}

function FactStatus({ fact }: { fact: FactView }) {
  const { words } = useLanguage()
  const of = worstOfFact(fact)
  const reasons = reasonsOf(fact).map((reason) => factReason(reason, words))
  const status = (['Good', 'Uncertain', 'Bad'] as const)[of]
  return (
    <span className={`status status-${status}`} title={reasons.join(' · ')}>
      <Mark of={of} />
      {words.status[status]}
    </span>
  )
}

/** Reasons of results, then those of samples, then the name itself. */
export function factReason(reason: string, words: Words): string {
  const own: Readonly<Record<string, string>> = words.results.reasons
  return own[reason] ?? reasonText(reason, words)
}

/** Grey for what was covered, hollow for what was not; a dash where time plays no part. */
export function FactCoverage({ share }: { share: number | null }) {
  const { words } = useLanguage()
  if (share === null)
    return (
      <span className="soft" title={words.results.noTime}>
        —
      </span>
    )
  return <CoverageBar covered={{ good: share, uncertain: 0, bad: 0, unknown: 1 - share }} />
}
