import { type FormEvent, useId, useState } from 'react'
import type { BaselineAnswer } from '../../../src/api/schemas.ts'
import { acceptBaseline, learnBaseline } from '../api.ts'
import { formatInstant, formatNumber } from '../format.ts'
import { byFlow, whatText } from '../live/services.ts'
import { useLive } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'

/** What is taken for usual, and what was learned since: whoever may operate reviews it here and accepts exactly that. */
export function BaselinePanel({ of, onDone }: { of: BaselineAnswer; onDone: () => void }) {
  const { state, accepted, candidateHash, learningSince } = of
  const { locale, words } = useLanguage()
  const { permissions } = useLive()
  const text = words.security
  const mayOperate = permissions.includes('operate')
  return (
    <section className="panel zone-panel" aria-labelledby="security-baseline">
      <h2 id="security-baseline">{text.baseline}</h2>
      <p className={state === 'damaged' ? 'problem' : undefined}>{text.baselines[state]}</p>
      {accepted && (
        <p>
          {text.acceptedBy(
            formatNumber(accepted.flows, locale),
            accepted.who,
            formatInstant(new Date(accepted.time), locale),
            accepted.reason,
          )}
        </p>
      )}
      {learningSince !== undefined && <p className="soft">{text.learningSince(formatInstant(new Date(learningSince), locale))}</p>}
      {candidateHash !== undefined && <Changes of={of} />}
      {candidateHash !== undefined && mayOperate && <Accept hash={candidateHash} onDone={onDone} />}
      {candidateHash === undefined && mayOperate && <Learn onDone={onDone} />}
    </section>
  )
}

/** What would come into force and what would go, flow by flow. */
function Changes({ of: { changes, changesTotal } }: { of: BaselineAnswer }) {
  const { locale, words } = useLanguage()
  const text = words.security
  if (changesTotal === 0) return <p>{text.noChanges}</p>
  return (
    <>
      <p>{text.waiting(formatNumber(changesTotal, locale))}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll-x" aria-label={text.learned} tabIndex={0}>
        <table className="samples">
          <thead>
            <tr>
              <th scope="col">{text.change}</th>
              <th scope="col">{text.flow}</th>
              <th scope="col">{text.what}</th>
            </tr>
          </thead>
          <tbody>
            {byFlow(changes).map(({ change, flow, protocol, whats }) => (
              <tr key={`${change} ${flow}`}>
                <td>{change === 'added' ? text.added : text.removed}</td>
                <th scope="row">{flow}</th>
                <td className="wraps">{whats.map((what) => whatText(protocol, what, text)).join(' · ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {changesTotal > changes.length && <p className="problem">{text.notAllShown(formatNumber(changes.length, locale))}</p>}
    </>
  )
}

/** Accepts the hash that was on the page when the box was ticked: something new meanwhile takes the tick away, and the node refuses it. */
function Accept({ hash, onDone }: { hash: string; onDone: () => void }) {
  const { words } = useLanguage()
  const text = words.security
  const field = useId()
  const [reason, setReason] = useState('')
  const [reviewed, setReviewed] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const isReviewed = reviewed === hash
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (!isReviewed) return setProblem(text.reviewMissing)
    if (reason.trim() === '') return setProblem(text.acceptMissing)
    void acceptBaseline(hash, reason).then((answer) => {
      setProblem(answer.ok ? undefined : answer.problem.message)
      onDone()
    })
  }
  return (
    <form className="tools" onSubmit={send}>
      <p>
        {text.hash} <code className="wraps">{hash}</code>
      </p>
      <label>
        <input type="checkbox" checked={isReviewed} onChange={({ target }) => setReviewed(target.checked ? hash : undefined)} />{' '}
        {text.reviewed}
      </label>
      {reviewed !== undefined && !isReviewed && (
        <output className="problem" aria-live="polite">
          {text.changedMeanwhile}
        </output>
      )}
      <label htmlFor={field}>{text.acceptReason}</label>
      <input id={field} value={reason} maxLength={500} onChange={({ target }) => setReason(target.value)} />
      <button type="submit">{text.accept}</button>
      {problem && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
    </form>
  )
}

function Learn({ onDone }: { onDone: () => void }) {
  const { words } = useLanguage()
  const [problem, setProblem] = useState<string>()
  const begin = () =>
    void learnBaseline().then((answer) => {
      setProblem(answer.ok ? undefined : answer.problem.message)
      onDone()
    })
  return (
    <p>
      <button type="button" onClick={begin}>
        {words.security.learn}
      </button>{' '}
      <span className="soft">{words.security.learnText}</span>
      {problem && (
        <span role="alert" className="problem">
          {problem}
        </span>
      )}
    </p>
  )
}
