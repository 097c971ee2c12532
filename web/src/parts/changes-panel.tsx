import { type FormEvent, useCallback, useState } from 'react'
import type { ChangeView } from '../../../src/api/schemas.ts'
import { approveChange, readChanges } from '../api.ts'
import { formatNumber } from '../format.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { useLanguage } from '../words/index.ts'
import { TimeText } from './field-value.tsx'

const AGAIN_MS = 15_000
const REASON_LENGTH = 200

/** Changes of the configuration: who proposed and who approved each, and what is still missing. `beat` changes when there may be a new one. */
export function ChangesPanel({ beat }: { beat: number }) {
  const { locale, words } = useLanguage()
  const text = words.plan.approvals
  const [own, setOwn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when something was proposed or approved
  const read = useCallback(() => readChanges(), [beat, own])
  const { data, problem } = useAnswer(read, AGAIN_MS)
  if (problem) return <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>
  if (!data) return <p className="soft">{words.account.working}…</p>
  const { rule, running, changes } = data
  return (
    <section className="panel" aria-labelledby="changes">
      <h2 id="changes">{text.title}</h2>
      <p>
        {rule.approvals === 0 ? text.notAsked : text.asked(formatNumber(rule.approvals, locale), rule.by.join(', '))}{' '}
        <span
          className={running.state === 'missing' ? 'problem' : undefined}
        >{`${text.running(running.version)} ${text.states[running.state]}`}</span>
      </p>
      {changes.length === 0 && <p className="soft">{text.none}</p>}
      <ul className="lineage-items">
        {changes.map((change) => (
          <li key={change.digest}>
            <One change={change} onApproved={() => setOwn((before) => before + 1)} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function One({ change, onApproved }: { change: ChangeView; onApproved: () => void }) {
  const { locale, words } = useLanguage()
  const text = words.plan.approvals
  const { digest, proposed, approvals, missing, isRunning } = change
  const said = (who: string, why: string) => `${who}: ${why}`
  return (
    <>
      <code>{digest.slice(0, 16)}</code> {isRunning && <strong>{text.inForce}</strong>}{' '}
      {missing === 0 ? text.complete : text.missing(formatNumber(missing, locale))}
      <ul>
        <li>
          {text.proposed} <TimeText time={proposed.time} /> {said(proposed.who, proposed.reason)}
        </li>
        {approvals.map(({ who, reason, time }) => (
          <li key={who}>
            {text.approved} <TimeText time={time} /> {said(who, reason)}
          </li>
        ))}
      </ul>
      {missing > 0 && (
        <ReasonForm label={text.approve} name={digest.slice(0, 16)} act={(why) => approveChange(digest, why)} onDone={onApproved} />
      )}
    </>
  )
}

type Acted = Promise<
  { readonly ok: true } | { readonly ok: false; readonly problem: { readonly message: string; readonly hint?: string | undefined } }
>

/** A button that asks why; what is refused is said beside it. */
export function ReasonForm({
  label,
  name,
  act,
  onDone,
}: {
  label: string
  /** What it is about, for who hears the page instead of seeing it. */
  name: string
  act: (reason: string) => Acted
  onDone: () => void
}) {
  const { words } = useLanguage()
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void act(reason).then((answer) => {
      setProblem(answer.ok ? undefined : [answer.problem.message, answer.problem.hint].filter(Boolean).join(' '))
      if (answer.ok) onDone()
    })
  }
  return (
    <form className="lineage-bar" onSubmit={submit} aria-label={`${label} ${name}`}>
      <label>
        {words.plan.approvals.reason}{' '}
        <input type="text" required maxLength={REASON_LENGTH} value={reason} onChange={({ target }) => setReason(target.value)} />
      </label>
      <button type="submit">{label}</button>
      <output className="problem">{problem}</output>
    </form>
  )
}
