import { useState } from 'react'
import type { RecordKindView, RecordView } from '../../../src/api/schemas.ts'
import { formatSecond } from '../format.ts'
import { planeOf, validSpan } from '../live/bitemporal.ts'
import { type Change, changesOf } from '../live/record-rows.ts'
import { useNow } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { BitemporalPlane } from './bitemporal-plane.tsx'
import { FieldText, TimeText } from './field-value.tsx'

interface VersionHistoryProps {
  readonly kind: RecordKindView
  readonly sources: readonly { source: string; versions: readonly RecordView[] }[]
  /** Source and number of the version that a link named. */
  readonly named: string
}

/** Per source: the drawing of both times, and the same as a list that says what changed. */
export function VersionHistory({ kind, sources, named }: VersionHistoryProps) {
  const { words } = useLanguage()
  const text = words.records
  const now = useNow()
  const span = validSpan(
    sources.flatMap(({ versions }) => versions),
    now,
  )
  return (
    <>
      <h3>{text.history}</h3>
      <p className="soft">{text.historyHelp}</p>
      {sources.map(({ source, versions }) => (
        <Source key={source} source={source} versions={versions} kind={kind} span={span} isAlone={sources.length === 1} named={named} />
      ))}
    </>
  )
}

interface SourceProps {
  readonly source: string
  readonly versions: readonly RecordView[]
  readonly kind: RecordKindView
  readonly span: { fromMs: number; toMs: number }
  readonly isAlone: boolean
  readonly named: string
}

function Source({ source, versions, kind, span, isAlone, named }: SourceProps) {
  const { words } = useLanguage()
  const text = words.records
  const [pointed, setPointed] = useState<number>()
  const namedHere = versions.find(({ revision }) => named === `${source} ${revision}`)?.revision
  return (
    <div className="history">
      {!isAlone && <h4>{text.saidBy(source)}</h4>}
      <div className="history-columns">
        <BitemporalPlane plane={planeOf(versions, span)} versions={versions} pointed={pointed ?? namedHere} />
        <ol className="versions" reversed>
          {versions.toReversed().map((version) => {
            const before = versions[versions.indexOf(version) - 1]
            const isNamed = named === `${source} ${version.revision}`
            return (
              <li
                key={version.revision}
                aria-current={isNamed || undefined}
                onPointerEnter={() => setPointed(version.revision)}
                onPointerLeave={() => setPointed(undefined)}
                className={pointed === version.revision || isNamed ? 'version pointed' : 'version'}
              >
                <p>
                  <b>{text.revision(String(version.revision))}</b> · {text.knownSince} <TimeText time={version.knownTime} />
                </p>
                <Validity version={version} />
                {before ? (
                  <Changes changes={changesOf(before, version)} kind={kind} />
                ) : (
                  <p className="soft">{version.revision === 1 ? text.firstVersion : text.olderVersions}</p>
                )}
              </li>
            )
          })}
        </ol>
      </div>
    </div>
  )
}

function Validity({ version: { validFrom, validTo } }: { version: RecordView }) {
  const { locale, words } = useLanguage()
  const text = words.records
  const time = (at: string | null, open: string) => (at === null ? open : formatSecond(new Date(at), locale))
  return <p className="soft">{text.valid(time(validFrom, text.sinceEver), time(validTo, text.forEver))}</p>
}

export function Changes({ changes, kind }: { changes: readonly Change[]; kind?: RecordKindView }) {
  const { words } = useLanguage()
  const own: Readonly<Record<string, string>> = words.records.own
  if (changes.length === 0) return <p className="soft">{words.records.noChange}</p>
  return (
    <ul className="changes">
      {changes.map(({ field, before, after }) => {
        const unit = kind?.fields.find(({ name }) => name === field)?.unit
        return (
          <li key={field}>
            <span className="change-field">{own[field] ?? field}</span> <span className="unseen">{words.records.from} </span>
            <s>
              <FieldText value={before} unit={unit} />
            </s>{' '}
            <span aria-hidden="true">→</span> <span className="unseen">{words.records.to} </span>
            <b>
              <FieldText value={after} unit={unit} />
            </b>
          </li>
        )
      })}
    </ul>
  )
}
