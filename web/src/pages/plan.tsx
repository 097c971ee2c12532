import { type ChangeEvent, type FormEvent, useCallback, useEffect, useState } from 'react'
import type { KeptConfigurationView, PlanAnswer } from '../../../src/api/schemas.ts'
import { makePlan, proposeChange, readRunningConfiguration } from '../api.ts'
import { useLive } from '../live/use-live.ts'
import { ChangesPanel, ReasonForm } from '../parts/changes-panel.tsx'
import { PlanResult } from '../parts/plan-result.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

/** The running files change with a restart only. */
const AGAIN_MS = 86_400_000
const NAME = 'ecluse.yaml'

/** What a changed file would break, before anybody applies it. */
export function PlanPage() {
  const { words } = useLanguage()
  const { permissions } = useLive()
  return (
    <>
      <header className="page-head">
        <h1>{words.plan.title}</h1>
        <p className="soft">
          {words.plan.intro} <a href={hrefTo('lineage')}>{words.nav.lineage}</a>
        </p>
      </header>
      {permissions.includes('operate') ? <Allowed /> : <p>{words.plan.mayNot}</p>}
    </>
  )
}

function Allowed() {
  const { words } = useLanguage()
  const { data, problem } = useAnswer(readRunningConfiguration, AGAIN_MS)
  if (problem) return <p role="alert" className="problem">{`${words.plan.notKept} · ${problem}`}</p>
  return data ? <Candidate running={data} /> : <p className="soft">{words.account.working}…</p>
}

function Candidate({ running: { files } }: { running: KeptConfigurationView }) {
  const { locale, words } = useLanguage()
  const text = words.plan
  const [chosen, setChosen] = useState(files[0]?.name ?? '')
  const [other, setOther] = useState(NAME)
  const [content, setContent] = useState(files[0]?.text ?? '')
  const [state, setState] = useState<{
    readonly answer?: PlanAnswer
    readonly offered?: Offered
    readonly problem?: string
    readonly isWorking?: boolean
  }>({})
  const [beat, setBeat] = useState(0)
  const name = chosen === '' ? other.trim() : chosen
  const asRuns = useCallback((of: string) => files.find((file) => file.name === of)?.text ?? '', [files])
  const choose = ({ target }: ChangeEvent<HTMLSelectElement>) => {
    setChosen(target.value)
    setContent(asRuns(target.value))
  }
  const open = ({ target }: ChangeEvent<HTMLInputElement>) => void target.files?.[0]?.text().then(setContent)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setState({ isWorking: true })
    const offered = { name, text: content }
    void makePlan([offered], locale).then((answer) =>
      setState(
        answer.ok ? { answer: answer.data, offered } : { problem: [answer.problem.message, answer.problem.hint].filter(Boolean).join(' ') },
      ),
    )
  }
  return (
    <>
      <form className="panel plan-form" onSubmit={submit}>
        <div className="lineage-bar">
          <label>
            {text.file}{' '}
            <select value={chosen} onChange={choose}>
              {files.map((file) => (
                <option key={file.name}>{file.name}</option>
              ))}
              <option value="">{text.otherFile}</option>
            </select>
          </label>
          {chosen === '' && (
            <label>
              {text.fileName} <input type="text" required maxLength={256} value={other} onChange={({ target }) => setOther(target.value)} />
            </label>
          )}
          <label>
            {text.open} <input type="file" accept=".yaml,.yml" onChange={open} />
          </label>
        </div>
        <label>
          {text.text}
          <textarea rows={18} spellCheck={false} value={content} onChange={({ target }) => setContent(target.value)} />
        </label>
        <p className="lineage-bar">
          <button type="submit" disabled={state.isWorking === true}>
            {text.compare}
          </button>
          {chosen !== '' && (
            <button type="button" className="quiet" onClick={() => setContent(asRuns(chosen))}>
              {text.reset}
            </button>
          )}
          <output className="soft">{state.isWorking && text.working}</output>
        </p>
        <p className="soft">{text.help}</p>
      </form>
      {state.problem && <p role="alert" className="problem">{`${text.problem} · ${state.problem}`}</p>}
      {state.answer && <Shown answer={state.answer} />}
      {state.answer?.ok && state.offered && state.answer.plan?.changesTotal !== 0 && (
        <Propose key={state.answer.digest} file={state.offered} digest={state.answer.digest ?? ''} onDone={() => setBeat(beat + 1)} />
      )}
      <ChangesPanel beat={beat} />
    </>
  )
}

interface Offered {
  readonly name: string
  readonly text: string
}

/** What was compared is what is proposed, whatever has been typed since. */
function Propose({ file, digest, onDone }: { file: Offered; digest: string; onDone: () => void }) {
  const { locale, words } = useLanguage()
  const text = words.plan.approvals
  const [isDone, setDone] = useState(false)
  const done = () => {
    setDone(true)
    onDone()
  }
  return (
    <section className="panel" aria-labelledby="propose">
      <h3 id="propose">{text.proposeTitle}</h3>
      <p className="soft">{text.help}</p>
      {isDone ? (
        <p role="status">{text.isProposed}</p>
      ) : (
        <ReasonForm label={text.propose} name={digest.slice(0, 16)} act={(why) => proposeChange([file], why, locale)} onDone={done} />
      )}
    </section>
  )
}

/** Takes the focus, so that who reads with a screen reader or the keyboard is where the answer is. */
function Shown({ answer }: { answer: PlanAnswer }) {
  const { words } = useLanguage()
  const [heading, setHeading] = useState<HTMLHeadingElement | null>(null)
  useEffect(() => heading?.focus(), [heading])
  return (
    <>
      <h2 ref={setHeading} tabIndex={-1} className="plan-result">
        {words.plan.result}
      </h2>
      <PlanResult answer={answer} />
    </>
  )
}
