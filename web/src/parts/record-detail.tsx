import { useCallback } from 'react'
import type { RecordKindView, RecordView, UnknownEquipmentList } from '../../../src/api/schemas.ts'
import { readRecords } from '../api.ts'
import { bySource, keyText, standingOf } from '../live/record-rows.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { RecordElsewhere } from './elsewhere.tsx'
import { EquipmentLink } from './equipment-link.tsx'
import { FieldText, TimeText } from './field-value.tsx'
import { Mark } from './status-mark.tsx'
import { Suggestions } from './unknown-panel.tsx'
import { VersionHistory } from './version-history.tsx'

const AGAIN_MS = 15_000
/** Versions read of one record. */
const MOST = 1_000

interface RecordDetailProps {
  readonly kind: RecordKindView
  readonly record: readonly string[]
  readonly version: string
  readonly knownAt: string
  readonly unknown: UnknownEquipmentList | undefined
  onClose(): void
}

/** One record: what each source says of it, what it is about, and how it came to be what it is. */
export function RecordDetail({ kind, record, version, knownAt, unknown, onClose }: RecordDetailProps) {
  const { words } = useLanguage()
  const text = words.records
  const key = JSON.stringify(record)
  const read = useCallback(
    () => readRecords({ kind: kind.name, key: JSON.parse(key) as string[], asKnownAt: knownAt, versions: 'all', limit: MOST }),
    [kind.name, key, knownAt],
  )
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const sources = bySource(data?.records ?? [], kind.sources)
  const newest = sources.flatMap(({ versions }) => versions.slice(-1))
  const main = newest.find(({ authoritative }) => authoritative) ?? newest[0]
  return (
    <section className="panel detail" aria-labelledby="record-name">
      <header className="panel-head">
        <h2 id="record-name">{keyText(record)}</h2>
        {main?.isDeleted && <span className="status">{text.deletedLong}</span>}
        <button type="button" className="quiet" onClick={onClose}>
          {text.close}
        </button>
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && !main && <p className="soft">{text.gone}</p>}
      {main && kind.equipment && <About main={main} kind={kind} unknown={unknown} />}
      {main && <SideBySide kind={kind} newest={newest} />}
      {main && <VersionHistory kind={kind} sources={sources} named={version} />}
      {main && <RecordElsewhere kind={kind.name} record={record} />}
      {data?.truncated && <p className="quality-more">{text.versionsTruncated}</p>}
    </section>
  )
}

function About({ main, kind, unknown }: { main: RecordView; kind: RecordKindView; unknown: UnknownEquipmentList | undefined }) {
  const { words } = useLanguage()
  const text = words.records
  const standing = standingOf(main, kind)
  const said = main.values[kind.equipment?.field ?? '']
  const name = unknown?.names.find((one) => one.kind === kind.name && one.name === said)
  return (
    <div className="about">
      <h3>{text.equipment}</h3>
      {standing === 'known' && (
        <p>
          <EquipmentLink path={main.equipment ?? ''} /> <span className="soft">{text.saidAs(String(said))}</span>
        </p>
      )}
      {standing === 'none' && <p className="soft">{text.noEquipment}</p>}
      {standing === 'unknown' && (
        <>
          <p>
            <Mark of={1} /> {text.unknownName(String(said))}
          </p>
          {name && <Suggestions of={name} />}
        </>
      )}
    </div>
  )
}

/** A column per source, the one that counts first; what the others say otherwise is in bold. */
function SideBySide({ kind, newest }: { kind: RecordKindView; newest: readonly RecordView[] }) {
  const { words } = useLanguage()
  const text = words.records
  const fields = kind.fields.filter(({ name }) => !kind.key.includes(name))
  return (
    <>
      <h3>{newest.length > 1 ? text.sideBySide : text.values}</h3>
      <div className="scroll-x">
        <table className="samples sides">
          <thead>
            <tr>
              <th scope="col">{text.field}</th>
              {newest.map((one) => (
                <th key={one.source} scope="col">
                  {one.source} {newest.length > 1 && <span className="badge">{one.authoritative ? text.counts : text.countsNot}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {fields.map(({ name, unit }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {newest.map((one) => {
                  const isOther = one.disagrees?.includes(name) ?? false
                  return (
                    <td key={one.source} className={isOther ? 'differs' : undefined}>
                      <FieldText value={one.values[name]} unit={unit} />
                      {isOther && <span className="differs-mark">≠ {text.differs}</span>}
                    </td>
                  )
                })}
              </tr>
            ))}
            <tr className="soft">
              <th scope="row">{text.known}</th>
              {newest.map((one) => (
                <td key={one.source}>
                  <TimeText time={one.knownTime} /> · {text.revision(String(one.revision))}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </>
  )
}
