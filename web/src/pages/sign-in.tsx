import { useState } from 'react'
import { signIn } from '../api.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'

export function SignInPage({ onDone }: { onDone: () => void }) {
  const { words } = useLanguage()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    const answer = await signIn(name, password)
    setBusy(false)
    if (answer.ok) return onDone()
    setProblem(answer.status === 401 ? words.account.refused : [answer.problem.message, answer.problem.hint].filter(Boolean).join(' '))
  }
  return (
    <AccountForm
      title={words.account.signIn}
      intro={words.account.noAccount}
      action={words.account.signIn}
      problem={problem}
      busy={busy}
      onSubmit={() => void submit()}
    >
      <Field label={words.account.name} value={name} complete="username" onChange={setName} />
      <Field label={words.account.password} value={password} type="password" complete="current-password" onChange={setPassword} />
    </AccountForm>
  )
}
