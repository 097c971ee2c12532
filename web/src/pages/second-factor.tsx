import { useState } from 'react'
import type { Session } from '../../../src/api/schemas.ts'
import { type Answer, signOut } from '../api.ts'
import { showCode, showKey } from '../api-people.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'

/** Name and password were right; the second factor is still to be shown. */
export function SecondFactorPage({ who, onDone, onSignedOut }: { who: Session; onDone: () => void; onSignedOut: () => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [code, setCode] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const ask = async (show: () => Promise<Answer<Session>>) => {
    setBusy(true)
    const answer = await show()
    setBusy(false)
    if (answer.ok) return onDone()
    setProblem(
      answer.problem.code === 'key-failed' ? text.keyFailed : [answer.problem.message, answer.problem.hint].filter(Boolean).join(' '),
    )
  }
  return (
    <AccountForm
      title={text.factorTitle}
      intro={`${who.name} · ${text.factorText}`}
      action={words.account.signIn}
      problem={problem}
      busy={busy}
      onSubmit={() => void ask(() => showCode(code))}
    >
      <Field label={text.factorCode} value={code} complete="one-time-code" onChange={setCode} />
      {who.factors?.includes('passkey') && (
        <p>
          <button type="button" className="quiet" onClick={() => void ask(showKey)}>
            {text.useKey}
          </button>
        </p>
      )}
      <p>
        <button type="button" className="quiet" onClick={() => void signOut().then(onSignedOut)}>
          {text.startAgain}
        </button>
      </p>
    </AccountForm>
  )
}
