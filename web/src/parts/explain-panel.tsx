import { type FormEvent, useCallback, useState } from 'react'
import type { PolicyExplanation } from '../../../src/api/schemas.ts'
import { explainPolicy, type Question } from '../api.ts'
import { useAnswer } from '../pages/use-answer.ts'
import { amend, hrefTo, hrefToConduit } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

const AGAIN_MS = 60_000
const SEND = 'send'
/** Characters of a word. */
const WORD = 256

interface ExplainPanelProps {
  readonly question: Question
  /** What may be asked about, as it is written. */
  readonly subjects: readonly string[]
  readonly objects: readonly string[]
}

/** Whether SUBJECT may do ACTION with OBJECT, and the line that says so. The question is in the link. */
export function ExplainPanel({ question, subjects, objects }: ExplainPanelProps) {
  const { words } = useLanguage()
  const text = words.policy
  const [asked, setAsked] = useState<Question>({ ...question, action: question.action || SEND })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    amend(hrefTo('policy', { ...asked }))
  }
  const field = (name: 'subject' | 'object', known: readonly string[]) => (
    <label>
      <span>{text[name]}</span>
      <input
        type="text"
        required
        maxLength={WORD}
        list={`explain-${name}`}
        value={asked[name]}
        placeholder={name === 'object' ? text.objectHint : undefined}
        onChange={({ target }) => setAsked({ ...asked, [name]: target.value })}
      />
      <datalist id={`explain-${name}`}>
        {known.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </label>
  )
  return (
    <section className="panel zone-panel" aria-labelledby="policy-explain">
      <h2 id="policy-explain">{text.explain}</h2>
      <p className="soft">{text.explainHelp}</p>
      <form className="tools" onSubmit={submit}>
        {field('subject', subjects)}
        <label>
          <span>{text.action}</span>
          <select value={asked.action} onChange={({ target }) => setAsked({ ...asked, action: target.value })}>
            <option value={SEND}>{text.send}</option>
            {Object.entries(words.people.permissions).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {field('object', objects)}
        <button type="submit">{text.ask}</button>
      </form>
      {question.subject !== '' && question.object !== '' && <Explained {...question} />}
    </section>
  )
}

function Explained({ subject, action, object }: Question) {
  const { words } = useLanguage()
  const read = useCallback(() => explainPolicy({ subject, action, object }), [subject, action, object])
  const { data, problem, loading } = useAnswer(read, AGAIN_MS)
  return (
    <div aria-live="polite" className="zone-explained">
      {problem && <p className="problem">{problem}</p>}
      {loading && !data && <p className="soft">{words.account.working}…</p>}
      {!problem &&
        data?.answers.map((answer) => (
          <AnswerLine key={`${answer.place} ${'name' in answer ? answer.name : answer.role}`} answer={answer} />
        ))}
    </div>
  )
}

function AnswerLine({ answer }: { answer: PolicyExplanation['answers'][number] }) {
  const { words } = useLanguage()
  const text = words.policy
  const { permitted, path, place } = answer
  const zone = (name: string | undefined) => name ?? words.zones.outside
  const parts = words.zones.parts
  return (
    <p>
      {!permitted && <Mark of={2} />} <b>{permitted ? text.yes : text.no}</b>
      {` · ${
        answer.about === 'role'
          ? text.ofRole(
              answer.role,
              words.people.permissions[answer.permission as keyof typeof words.people.permissions],
              zone(answer.zone),
            )
          : text.ofCrossing(
              ...([parts[answer.part as keyof typeof parts] ?? answer.part, answer.name, zone(answer.from)] as const),
              ...([zone(answer.to), answer.transport] as const),
            )
      } · ${answer.about === 'role' ? (permitted ? text.granted : text.notGranted) : words.zones.reasons[answer.reason]}`}
      {answer.about === 'crossing' && answer.conduit !== undefined && (
        <>
          {' '}
          (<a href={hrefToConduit(answer.conduit)}>{answer.conduit}</a>)
        </>
      )}
      <br />
      <code>{text.decidedBy(place, path.join('.'))}</code>
    </p>
  )
}
