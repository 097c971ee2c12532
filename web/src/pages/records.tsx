import { useEffect, useRef } from 'react'
import type { RecordKindView } from '../../../src/api/schemas.ts'
import { readRecordKinds, readUnknownEquipment } from '../api.ts'
import { formatAge, formatNumber, labelOf } from '../format.ts'
import { useNow } from '../live/use-live.ts'
import { EmptyPage } from '../parts/empty-page.tsx'
import { QuarantinePanel } from '../parts/quarantine-panel.tsx'
import { RecordDetail } from '../parts/record-detail.tsx'
import { RecordTable } from '../parts/record-table.tsx'
import { Mark } from '../parts/status-mark.tsx'
import { UnknownPanel } from '../parts/unknown-panel.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 15_000
const UNKNOWN_AGAIN_MS = 60_000

/** What to write in the configuration; the same in every language. */
const EXAMPLE = `records:
  flight:
    key: [number, day]
    fields:
      number: {}
      day: {}
      belt: {}
      first_bag: { type: time }
      last_bag: { type: time }
    validity: { from: first_bag, to: last_bag }
    equipment: { field: belt, system: flights }`

export interface RecordsPlace {
  readonly kind: string
  /** Values of the key fields of the record that is open; empty: none is. */
  readonly record: readonly string[]
  /** Source and number of the version that a link named: `aodb 3`. */
  readonly version: string
  readonly view: string
  readonly query: string
  readonly knownAt: string
  readonly span: string
}

export function RecordsPage(place: RecordsPlace) {
  const { words } = useLanguage()
  const text = words.records
  const kinds = useAnswer(readRecordKinds, AGAIN_MS)
  const unknown = useAnswer(readUnknownEquipment, UNKNOWN_AGAIN_MS)
  const all = kinds.data?.kinds ?? []
  const chosen = all.find(({ name }) => name === place.kind) ?? all[0]
  const waiting = all.flatMap(({ counts }) => counts).reduce((sum, { quarantined }) => sum + quarantined, 0)
  const change = (entries: { key?: readonly string[]; q?: string; known?: string; span?: string }) => {
    const { kind, record: key, query: q, knownAt: known, span } = place
    amend(hrefTo('records', { kind, key, q, known, span, ...entries }))
  }
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {kinds.problem && <p role="alert" className="problem">{`${text.problem} · ${kinds.problem}`}</p>}
      {!kinds.data && !kinds.problem && <p className="soft">{words.account.working}…</p>}
      {kinds.data && all.length === 0 && (
        <EmptyPage title={text.emptyTitle} paragraphs={[text.emptyText, text.emptyHow]} example={EXAMPLE} />
      )}
      {chosen && (
        <div className="split">
          <Kinds
            kinds={all}
            chosen={place.view === '' ? chosen.name : place.view}
            waiting={waiting}
            unknown={unknown.data?.names.length ?? 0}
          />
          <div className="split-main">
            {place.view === 'quarantine' && <QuarantinePanel />}
            {place.view === 'equipment' && <UnknownPanel list={unknown.data} problem={unknown.problem} />}
            {place.view === '' && (
              <>
                <RecordTable key={chosen.name} kind={chosen} place={place} unknown={unknown.data} onChange={change} />
                {place.record.length > 0 && (
                  <Shown at={place.record.join('\n')}>
                    <RecordDetail
                      kind={chosen}
                      record={place.record}
                      version={place.version}
                      knownAt={place.knownAt}
                      unknown={unknown.data}
                      onClose={() => change({ key: [] })}
                    />
                  </Shown>
                )}
              </>
            )}
          </div>
        </div>
      )}
    </>
  )
}

/** Comes into sight when something else is opened. */
export function Shown({ at, children }: { at: string; children: React.ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each thing that is opened
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' })
  }, [at])
  return (
    <div ref={box} className="shown">
      {children}
    </div>
  )
}

interface KindsProps {
  readonly kinds: readonly RecordKindView[]
  readonly chosen: string
  readonly waiting: number
  readonly unknown: number
}

/** The kinds with what is stored of each; below them what was set aside, and names that nobody declared. */
function Kinds({ kinds, chosen, waiting, unknown }: KindsProps) {
  const { locale, words } = useLanguage()
  const text = words.records
  const number = (count: number) => formatNumber(count, locale)
  return (
    <nav className="side-list" aria-label={text.kinds}>
      <ul>
        {kinds.map((kind) => (
          <li key={kind.name}>
            <a href={hrefTo('records', { kind: kind.name })} aria-current={chosen === kind.name || undefined}>
              <b>{labelOf(kind.label, locale) ?? kind.name}</b> <span className="side-count">{number(recordsOf(kind))}</span>
              <small className="soft">
                <LastChange kind={kind} />
              </small>
              <small className="soft">{kind.sources.length === 0 ? text.noSource : kind.sources.join(', ')}</small>
            </a>
          </li>
        ))}
      </ul>
      <ul>
        {(
          [
            ['quarantine', text.quarantine, waiting],
            ['equipment', text.unknown, unknown],
          ] as const
        ).map(([view, name, count]) => (
          <li key={view}>
            <a href={hrefTo('records', { view })} aria-current={chosen === view || undefined}>
              <b>
                {count > 0 && <Mark of={1} />} {name}
              </b>{' '}
              <span className="side-count">{number(count)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** Of several sources that tell the same records, the one that has most. */
const recordsOf = ({ counts }: RecordKindView): number => Math.max(0, ...counts.map(({ records }) => records))

function LastChange({ kind }: { kind: RecordKindView }) {
  const { locale, words } = useLanguage()
  const now = useNow()
  const newest = Math.max(...kind.counts.map(({ changedTime }) => (changedTime === undefined ? 0 : Date.parse(changedTime))))
  return newest > 0 ? words.records.changed(words.value.ago(formatAge(now - newest, locale))) : words.records.never
}
