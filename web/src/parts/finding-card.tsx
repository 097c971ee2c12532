import { type FormEvent, useId, useState } from 'react'
import type { FindingView } from '../../../src/api/schemas.ts'
import { acknowledgeFinding } from '../api.ts'
import { formatInstant, formatNumber } from '../format.ts'
import { useLive } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'

/** One finding: what, what to do, who answers for it, and what proves it. Whoever may operate says why it is left. */
export function FindingCard({ finding, onDone }: { finding: FindingView; onDone: () => void }) {
  const { locale, words } = useLanguage()
  const { permissions } = useLive()
  const text = words.security
  const names: Readonly<Record<string, string>> = text.evidenceNames
  const moment = (time: string) => formatInstant(new Date(time), locale)
  const { severity, state, text: what, advice, owner, techniques, evidence, count, firstSeen, lastSeen, acknowledged } = finding
  const rows: [string, string][] = [
    ...(owner === undefined ? [] : [[text.owner, owner] as [string, string]]),
    [text.resembles, techniques.map(({ id, name }) => `${id} ${name}`).join(', ')],
    [
      text.evidence,
      Object.entries(evidence)
        .map(([name, value]) => `${names[name] ?? name} ${value}`)
        .join(' · '),
    ],
    [text.seen, text.times(formatNumber(count, locale), moment(firstSeen), moment(lastSeen))],
    ...(acknowledged
      ? [[text.acknowledged, text.by(acknowledged.who, moment(acknowledged.time), acknowledged.reason)] as [string, string]]
      : []),
  ]
  const isOpen = state === 'open'
  return (
    <article className="panel" aria-labelledby={`finding-${finding.id}`}>
      <h3 id={`finding-${finding.id}`}>
        <span className={isOpen && severity === 'critical' ? 'problem' : undefined}>
          {text.severities[severity]} · {text.states[state]}
        </span>
        {' · '}
        {what[locale]}
      </h3>
      <p>{advice[locale]}</p>
      <dl className="evidence-facts">
        {rows.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {isOpen && permissions.includes('operate') && <Acknowledge id={finding.id} onDone={onDone} />}
    </article>
  )
}

function Acknowledge({ id, onDone }: { id: string; onDone: () => void }) {
  const { words } = useLanguage()
  const text = words.security
  const field = useId()
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string>()
  const send = (event: FormEvent) => {
    event.preventDefault()
    if (reason.trim() === '') {
      setProblem(text.reasonMissing)
      return
    }
    void acknowledgeFinding(id, reason).then((answer) => {
      setProblem(answer.ok ? undefined : answer.problem.message)
      if (answer.ok) onDone()
    })
  }
  return (
    <form className="tools" onSubmit={send}>
      <label htmlFor={field}>{text.reason}</label>
      <input id={field} value={reason} maxLength={500} onChange={({ target }) => setReason(target.value)} />
      <button type="submit" className="quiet">
        {text.acknowledge}
      </button>
      {problem && (
        <span role="alert" className="problem">
          {problem}
        </span>
      )}
    </form>
  )
}
