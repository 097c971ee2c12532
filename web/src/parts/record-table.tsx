import { useCallback, useDeferredValue, useMemo, useState } from 'react'
import type { RecordKindView, UnknownEquipmentList } from '../../../src/api/schemas.ts'
import { readRecordPages } from '../api.ts'
import { formatNumber, formatUnit, labelOf } from '../format.ts'
import { isSpan, SPANS, type Span, spanTimes } from '../live/local-time.ts'
import { findRows, keyText, type RecordRow, recordRows, sorted, sortKey, stateOf } from '../live/record-rows.ts'
import { useLive } from '../live/use-live.ts'
import type { RecordsPlace } from '../pages/records.tsx'
import { useAnswer } from '../pages/use-answer.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'
import { EquipmentLink } from './equipment-link.tsx'
import { ColumnTime, FieldText } from './field-value.tsx'
import { KnownAt } from './known-at.tsx'
import { type Column, RowGrid, type Sorting } from './row-grid.tsx'
import { Mark } from './status-mark.tsx'

/** The most that one answer holds, and pages of it: several sources tell the same records. */
const PAGE = 10_000
const PAGES = 3
const MOST = PAGE * PAGES
/** Read again when the kind has changed; besides that, because the span of time around now moves. */
const AGAIN_MS = 600_000

interface RecordTableProps {
  readonly kind: RecordKindView
  readonly place: RecordsPlace
  readonly unknown: UnknownEquipmentList | undefined
  onChange(entries: { key?: readonly string[]; q?: string; known?: string; span?: string }): void
}

/** The records of one kind: the newest version of each, or what was known of it at a time. */
export function RecordTable({ kind, place: { record, query, knownAt, span }, onChange }: RecordTableProps) {
  const { locale, words } = useLanguage()
  const { stream } = useLive()
  const text = words.records
  // Of more than can be read, what holds about now is what is looked for.
  const isMuch = kind.counts.reduce((sum, { records }) => sum + records, 0) > MOST
  const chosen: Span = isSpan(span) ? span : isMuch && kind.validity ? '7d' : 'all'
  const [sorting, setSorting] = useState<Sorting>({ column: 'known', descending: true })
  const state = knownAt === '' ? stateOf(kind) : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: `state` says when there is something new
  const read = useCallback(() => {
    const nowMs = Date.now() + stream.state().offsetMs
    return readRecordPages({ kind: kind.name, asKnownAt: knownAt, ...spanTimes(chosen, nowMs), limit: PAGE }, PAGES)
  }, [stream, kind.name, knownAt, chosen, state])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const rows = useMemo(() => recordRows(data?.records ?? [], kind), [data, kind])
  const asked = useDeferredValue(query)
  const shown = useMemo(
    () => sorted(findRows(rows, asked), (row) => sortKey(row, sorting.column), sorting.descending),
    [rows, asked, sorting],
  )
  const columns = useMemo(() => columnsOf(kind, rows, locale, words), [kind, rows, locale, words])
  const number = (count: number) => formatNumber(count, locale)
  return (
    <section className="panel" aria-labelledby="records-of">
      <h2 id="records-of">{labelOf(kind.label, locale) ?? kind.name}</h2>
      <search className="tools">
        <label>
          <span>{text.search}</span>
          <input type="search" value={query} placeholder={text.searchHint} onChange={(event) => onChange({ q: event.target.value })} />
        </label>
        {kind.validity && (
          <label>
            <span>{text.span}</span>
            <select value={chosen} onChange={(event) => onChange({ span: event.target.value })}>
              {(Object.keys(SPANS) as Span[]).map((name) => (
                <option key={name} value={name}>
                  {text.spans[name]}
                </option>
              ))}
            </select>
          </label>
        )}
        <KnownAt value={knownAt} onChange={(known) => onChange({ known })} />
        <output className="soft">{data && text.found(number(shown.length), number(rows.length))}</output>
      </search>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && rows.length === 0 && <p className="soft">{text.none}</p>}
      {rows.length > 0 && shown.length === 0 && <p className="soft">{text.nothing}</p>}
      {shown.length > 0 && (
        <RowGrid
          label={text.table(labelOf(kind.label, locale) ?? kind.name)}
          columns={columns}
          rows={shown}
          sorting={sorting}
          openKey={record.length > 0 ? JSON.stringify(record) : undefined}
          keyOf={({ id }) => id}
          onSort={setSorting}
          onOpen={({ main }) => onChange({ key: main.key })}
        />
      )}
      {data?.truncated && <p className="quality-more">{text.truncated(number(MOST))}</p>}
      {shown.length > 0 && <p className="soft hint">{text.keys}</p>}
    </section>
  )
}

function columnsOf(kind: RecordKindView, rows: readonly RecordRow[], locale: Locale, words: Words): Column<RecordRow>[] {
  const text = words.records
  const fields = kind.fields.filter(({ name }) => !kind.key.includes(name) && name !== kind.equipment?.field)
  return [
    {
      ...{ name: 'key', title: kind.key.join(' · '), width: 'minmax(160px, 1.4fr)', least: 160 },
      cell: ({ main }) => <b className={main.isDeleted ? 'gone' : undefined}>{keyText(main.key)}</b>,
    },
    ...(rows.some((row) => row.main.isDeleted || row.equipment === 'unknown' || row.disagrees.length > 0)
      ? [{ ...{ name: 'state', title: text.state, width: '170px', least: 170 }, cell: (row: RecordRow) => <RowState row={row} /> }]
      : []),
    ...(kind.equipment
      ? [
          {
            ...{ name: 'equipment', title: text.equipment, width: 'minmax(150px, 1.4fr)', least: 150 },
            cell: ({ main, equipment }: RecordRow) =>
              equipment === 'known' && main.equipment ? (
                <EquipmentLink path={main.equipment} isInGrid />
              ) : (
                <FieldText value={main.values[kind.equipment?.field ?? '']} />
              ),
          },
        ]
      : []),
    ...fields.map(({ name, type, unit }) => ({
      name: `field:${name}`,
      title: unit ? `${name} (${formatUnit(unit, locale)})` : name,
      ...(type === 'time' ? { width: '128px', least: 128 } : { width: 'minmax(90px, 1fr)', least: 90 }),
      isNumber: type === 'number',
      cell: ({ main }: RecordRow) => (type === 'time' ? <ColumnTime time={main.values[name]} /> : <FieldText value={main.values[name]} />),
    })),
    {
      ...{ name: 'source', title: text.source, width: 'minmax(100px, 1fr)', least: 100 },
      cell: ({ main, others }) => (
        <>
          {main.source}
          {others.length > 0 && <span className="soft"> {text.andOthers(formatNumber(others.length, locale))}</span>}
        </>
      ),
    },
    { ...{ name: 'known', title: text.known, width: '128px', least: 128 }, cell: ({ main }) => <ColumnTime time={main.knownTime} /> },
  ]
}

/** Nothing where all is well: the name of the equipment unknown, sources that disagree, a record that is no more. */
function RowState({ row: { main, disagrees, equipment } }: { row: RecordRow }) {
  const { words } = useLanguage()
  const text = words.records
  if (main.isDeleted) return <span className="soft">{text.deleted}</span>
  if (equipment === 'unknown')
    return (
      <span className="status">
        <Mark of={1} /> {text.unknownShort}
      </span>
    )
  if (disagrees.length > 0)
    return (
      <span className="status" title={disagrees.join(', ')}>
        <Mark of={1} /> {text.disagreeShort}
      </span>
    )
  return null
}
