import { useEffect, useState } from 'react'
import type { SignInWays } from '../../../src/api/schemas.ts'
import { signIn } from '../api.ts'
import { readWays } from '../api-people.ts'
import { labelOf } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'

/** `problem`: what a provider's sign-in came back with. */
export function SignInPage({ problem: came = '', onDone }: { problem?: string; onDone: () => void }) {
  const { locale, words } = useLanguage()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const problems: Readonly<Record<string, string>> = words.people.problems
  const [problem, setProblem] = useState<string | undefined>(came === '' ? undefined : (problems[came] ?? came))
  const [ways, setWays] = useState<SignInWays>()
  useEffect(() => {
    void readWays().then((answer) => answer.ok && setWays(answer.data))
  }, [])
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
      {ways?.provider && (
        <p>
          <a href="/api/v1/oidc/start">{labelOf(ways.provider.label, locale) ?? words.people.withProvider}</a>
        </p>
      )}
    </AccountForm>
  )
}
