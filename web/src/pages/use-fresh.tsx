import { type ReactNode, useRef, useState } from 'react'
import type { Answer } from '../api.ts'
import { signInAgain } from '../api-people.ts'
import { useLanguage } from '../words/index.ts'
import { Field } from './account-form.tsx'

export interface Fresh {
  /** Does something that changes accounts. Where the sign-in is too long ago it asks for the password, then does it. */
  act<T>(run: () => Promise<Answer<T>>, onDone: (data: T) => void): void
  /** What went wrong last. */
  readonly problem: string | undefined
  /** The question for the password, while there is one. */
  readonly question: ReactNode
}

export function useFresh(): Fresh {
  const [problem, setProblem] = useState<string>()
  const [isAsking, setAsking] = useState(false)
  const waiting = useRef<() => void>(undefined)
  const act: Fresh['act'] = (run, onDone) => {
    setProblem(undefined)
    void run().then((answer) => {
      if (answer.ok) return onDone(answer.data)
      if (answer.problem.code !== 'sign-in-again')
        return setProblem([answer.problem.message, answer.problem.hint].filter(Boolean).join(' '))
      waiting.current = () => act(run, onDone)
      setAsking(true)
    })
  }
  const done = (isGood: boolean) => {
    setAsking(false)
    if (isGood) waiting.current?.()
  }
  return { act, problem, question: isAsking && <Again onDone={done} /> }
}

function Again({ onDone }: { onDone: (isGood: boolean) => void }) {
  const { words } = useLanguage()
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string>()
  const ask = () =>
    void signInAgain({ password }).then((answer) =>
      answer.ok ? onDone(true) : setProblem([answer.problem.message, answer.problem.hint].filter(Boolean).join(' ')),
    )
  return (
    <form
      className="panel people-form"
      aria-labelledby="fresh-title"
      onSubmit={(event) => {
        event.preventDefault()
        ask()
      }}
    >
      <div>
        <h2 id="fresh-title">{words.people.again}</h2>
        <p className="soft">{words.people.againHelp}</p>
      </div>
      <Field label={words.account.password} value={password} type="password" complete="current-password" onChange={setPassword} />
      <button type="submit" className="strong">
        {words.people.goOn}
      </button>
      <button type="button" className="quiet" onClick={() => onDone(false)}>
        {words.people.cancel}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
    </form>
  )
}
