import { useCallback, useState } from 'react'
import type { Definition, FactView } from '../../../src/api/schemas.ts'
import { readFacts, recompute } from '../api.ts'
import { formatSecond, formatSpan } from '../format.ts'
import { factChanges, shownKey } from '../live/fact-rows.ts'
import { useLive } from '../live/use-live.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { FactElsewhere } from './elsewhere.tsx'
import { EquipmentLink } from './equipment-link.tsx'
import { FactInputs } from './fact-inputs.tsx'
import { FactCoverage, factReason } from './fact-table.tsx'
import { FieldText, TimeText } from './field-value.tsx'
import { PassportLink } from './passport-link.tsx'
import { Mark } from './status-mark.tsx'
import { Changes } from './version-history.tsx'

const AGAIN_MS = 15_000
/** Revisions read of one result. */
const MOST = 1_000

interface FactDetailProps {
  readonly definition: Definition
  readonly factKey: string
  readonly knownAt: string
  onClose(): void
}

/** One result: its values, what it was computed from, and every revision with why it was made. */
export function FactDetail({ definition: { name }, factKey, knownAt, onClose }: FactDetailProps) {
  const { locale, words } = useLanguage()
  const { permissions } = useLive()
  const text = words.results
  const read = useCallback(
    () => readFacts({ definition: [name], key: factKey, asKnownAt: knownAt, revisions: 'all', order: 'oldest', limit: MOST }),
    [name, factKey, knownAt],
  )
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const revisions = (data?.facts ?? []).filter(({ key }) => key === factKey).toSorted((a, b) => a.revision - b.revision)
  const fact = revisions.at(-1)
  return (
    <section className="panel detail" aria-labelledby="fact-name">
      <header className="panel-head">
        <h2 id="fact-name">{shownKey(factKey, (time) => formatSecond(new Date(time), locale))}</h2>
        {fact?.isWithdrawn && (
          <span className="status">
            <Mark of={1} /> {text.isWithdrawn}
          </span>
        )}
        {fact && <PassportLink of={{ definition: name, key: factKey, ...(knownAt && { known: knownAt }) }} what={`${name} ${factKey}`} />}
        {fact && fact.to === null && <span className="badge">{text.goesOn}</span>}
        <button type="button" className="quiet" onClick={onClose}>
          {words.records.close}
        </button>
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && !fact && <p className="soft">{text.gone}</p>}
      {fact && <When fact={fact} />}
      {fact && <Values fact={fact} knownAt={knownAt} />}
      {fact && <FactInputs inputs={fact.inputs} />}
      {fact && <Revisions revisions={revisions} />}
      {fact && <FactElsewhere definition={name} factKey={factKey} />}
      {fact && permissions.includes('operate') && <Again fact={fact} />}
    </section>
  )
}

/** Has the time of this one result computed again. */
function Again({ fact: { definition, from, to, key } }: { fact: FactView }) {
  const { words } = useLanguage()
  const { stream } = useLive()
  const text = words.results
  const [said, setSaid] = useState<{ key: string; text: string }>()
  const send = async () => {
    const end = to ?? new Date(Date.now() + stream.state().offsetMs).toISOString()
    const answer = await recompute(definition, from, end)
    setSaid({ key, text: answer.ok ? text.recomputing(answer.data.definitions.join(', ')) : answer.problem.message })
  }
  return (
    <div className="tools">
      <button type="button" className="quiet" title={text.recomputeHelp} onClick={() => void send()}>
        {text.recomputeThis}
      </button>
      <output>{said?.key === key && said.text}</output>
    </div>
  )
}

function When({ fact: { from, to, equipment, tolerance } }: { fact: FactView }) {
  const { locale, words } = useLanguage()
  const text = words.results
  const end = to === null ? text.goesOn : formatSecond(new Date(to), locale)
  const lasts = to === null ? '' : ` · ${formatSpan((Date.parse(to) - Date.parse(from)) / 1000, locale)}`
  return (
    <p>
      {`${formatSecond(new Date(from), locale)} → ${end}${lasts}`}
      {equipment !== undefined && (
        <>
          {' · '}
          <EquipmentLink path={equipment} />
        </>
      )}
      {tolerance !== undefined && <span className="soft">{` · ${text.tolerance(tolerance)}`}</span>}
    </p>
  )
}

function Values({ fact: { definition, key, values }, knownAt }: { fact: FactView; knownAt: string }) {
  const { words } = useLanguage()
  const text = words.results
  if (Object.keys(values).length === 0) return <p className="soft">{text.noValues}</p>
  return (
    <>
      <h3>{words.records.values}</h3>
      <div className="scroll-x">
        <table className="samples">
          <thead>
            <tr>
              <th scope="col">{words.records.name}</th>
              <th scope="col" className="number">
                {words.value.value}
              </th>
              <th scope="col">{words.value.status}</th>
              <th scope="col">{text.coverage}</th>
              <th scope="col">{words.signal.reasons}</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(values).map(([name, { value, unit, status, statusCode, coverage, reasons }]) => (
              <tr key={name}>
                <th scope="row">
                  {name}{' '}
                  <small>
                    <PassportLink
                      of={{ definition, key, value: name, ...(knownAt && { known: knownAt }) }}
                      what={`${definition} ${key} ${name}`}
                      short
                    />
                  </small>
                </th>
                <td className="number">
                  <b>
                    <FieldText value={value} unit={unit} />
                  </b>
                </td>
                <td>
                  <span className={`status status-${status}`} title={statusCode}>
                    <Mark of={status === 'Good' ? 0 : status === 'Uncertain' ? 1 : 2} />
                    {words.status[status]}
                  </span>
                </td>
                <td>
                  <FactCoverage share={coverage} />
                </td>
                <td className="long">{reasons.map((reason) => factReason(reason, words)).join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

/** Newest first: when each was known, what made it, and what it says otherwise than the one before. */
function Revisions({ revisions }: { revisions: readonly FactView[] }) {
  const { words } = useLanguage()
  const text = words.results
  return (
    <>
      <h3>{text.revisions}</h3>
      <ol className="versions" reversed>
        {revisions.toReversed().map((one) => {
          const before = revisions.find(({ revision }) => revision === one.revision - 1)
          return (
            <li key={one.revision} className="version">
              <p>
                <b>{words.records.revision(String(one.revision))}</b> · {words.records.knownSince} <TimeText time={one.knownTime} /> ·{' '}
                {text.causes[one.cause]}
              </p>
              {before && <Changes changes={factChanges(before, one)} />}
            </li>
          )
        })}
      </ol>
    </>
  )
}
