import { useCallback, useRef, useState } from 'react'
import type { QuarantineList } from '../../../src/api/schemas.ts'
import { discardRows, readQuarantine, releaseRows } from '../api.ts'
import { formatNumber } from '../format.ts'
import { useLive } from '../live/use-live.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { TimeText } from './field-value.tsx'

const AGAIN_MS = 15_000
/** Rows read, and shown at once. */
const MOST = 1_000
const ROWS_PER_PAGE = 50

type Decide = 'release' | 'discard'

/** What became of a decision. */
interface Settled {
  readonly how: Decide
  readonly count: number
  readonly refused: readonly { readonly id: string; readonly reason: string }[]
}

/** Rows that are no record of their kind, newest first: as they came, with the reason, until somebody releases or discards them. */
export function QuarantinePanel() {
  const { locale, words } = useLanguage()
  const { permissions } = useLive()
  const text = words.records
  const [beat, setBeat] = useState(0)
  const [page, setPage] = useState(0)
  const [answer, setAnswer] = useState<Settled | string>()
  const [reason, setReason] = useState('')
  const asked = useRef<HTMLInputElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when rows have been released
  const read = useCallback(() => readQuarantine(MOST), [beat])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  const mayRelease = permissions.includes('operate')
  const rows = data?.rows ?? []
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_PER_PAGE))
  const at = Math.min(page, pages - 1)
  const shown = rows.slice(at * ROWS_PER_PAGE, (at + 1) * ROWS_PER_PAGE)
  const number = (count: number) => formatNumber(count, locale)
  /** Nothing is decided without a reason. */
  const decide = (how: Decide, ids: readonly string[]) => {
    if (reason.trim() === '') {
      setAnswer(text.whyMissing)
      asked.current?.focus()
      return
    }
    const done = (said: Settled | string) => {
      setAnswer(said)
      setBeat((before) => before + 1)
    }
    if (how === 'release')
      void releaseRows(ids, reason).then((said) =>
        done(said.ok ? { how, count: said.data.released.length, refused: said.data.refused } : said.problem.message),
      )
    else
      void discardRows(ids, reason).then((said) =>
        done(said.ok ? { how, count: said.data.discarded.length, refused: said.data.refused } : said.problem.message),
      )
  }
  return (
    <section className="panel" aria-labelledby="quarantine">
      <header className="panel-head">
        <h2 id="quarantine">{text.quarantine}</h2>
        <output className="soft">{data && text.rows(number(rows.length) + (data.truncated ? '+' : ''))}</output>
        {mayRelease && shown.length > 1 && (
          <>
            <button
              type="button"
              className="quiet"
              onClick={() =>
                decide(
                  'release',
                  shown.map(({ id }) => id),
                )
              }
            >
              {text.releaseShown(number(shown.length))}
            </button>
            <button
              type="button"
              className="quiet"
              onClick={() =>
                decide(
                  'discard',
                  shown.map(({ id }) => id),
                )
              }
            >
              {text.discardShown(number(shown.length))}
            </button>
          </>
        )}
        {pages > 1 && (
          <span className="pager">
            <button type="button" className="quiet" aria-disabled={at === 0} onClick={() => at > 0 && setPage(at - 1)}>
              {words.quality.previousPage}
            </button>
            <button type="button" className="quiet" aria-disabled={at === pages - 1} onClick={() => at < pages - 1 && setPage(at + 1)}>
              {words.quality.nextPage}
            </button>
          </span>
        )}
      </header>
      <p className="soft">{text.quarantineHelp}</p>
      {!mayRelease && rows.length > 0 && <p className="soft">{text.mayNotRelease}</p>}
      {mayRelease && rows.length > 0 && (
        <label className="why">
          <span>{text.why}</span>
          <input ref={asked} type="text" maxLength={500} required value={reason} onChange={(event) => setReason(event.target.value)} />
        </label>
      )}
      <div role="status">{answer !== undefined && <Answer answer={answer} />}</div>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && loading && <p className="soft">{words.account.working}…</p>}
      {data && rows.length === 0 && <p>{text.quarantineNone}</p>}
      {shown.length > 0 && <Rows rows={shown} onDecide={mayRelease ? decide : undefined} />}
    </section>
  )
}

function Answer({ answer }: { answer: Settled | string }) {
  const { locale, words } = useLanguage()
  const text = words.records
  if (typeof answer === 'string') return <p className="problem">{answer}</p>
  const number = (count: number) => formatNumber(count, locale)
  return (
    <>
      <p>
        <b>{(answer.how === 'release' ? text.released : text.discarded)(number(answer.count), number(answer.refused.length))}</b>
      </p>
      <ul>
        {answer.refused.slice(0, 5).map(({ id, reason }) => (
          <li key={id}>
            <code>{id}</code> {reason}
          </li>
        ))}
      </ul>
    </>
  )
}

function Rows({ rows, onDecide }: { rows: QuarantineList['rows']; onDecide: ((how: Decide, ids: readonly string[]) => void) | undefined }) {
  const { words } = useLanguage()
  const text = words.records
  return (
    <div className="scroll-x">
      <table className="samples quarantine">
        <thead>
          <tr>
            <th scope="col">{text.known}</th>
            <th scope="col">{text.kind}</th>
            <th scope="col">{text.source}</th>
            <th scope="col">{text.reason}</th>
            <th scope="col">{text.raw}</th>
            {onDecide && (
              <th scope="col">
                <span className="unseen">{text.release}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, kind, source, reason, row, knownTime }) => (
            <tr key={id}>
              <td>
                <TimeText time={knownTime} />
              </td>
              <td>{kind}</td>
              <td>{source}</td>
              <td className="long">{reason}</td>
              <td className="long">
                <code>{row}</code>
              </td>
              {onDecide && (
                <td>
                  <button type="button" className="quiet" aria-label={text.releaseRow(reason)} onClick={() => onDecide('release', [id])}>
                    {text.release}
                  </button>{' '}
                  <button type="button" className="quiet" aria-label={text.discardRow(reason)} onClick={() => onDecide('discard', [id])}>
                    {text.discard}
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
