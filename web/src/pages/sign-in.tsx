import { useState } from 'react'
import { signIn } from '../api.ts'
import { labelOf } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'
import { useNotice } from './use-notice.tsx'

/** `problem`: what a provider's sign-in came back with. */
export function SignInPage({ problem: came = '', onDone }: { problem?: string; onDone: () => void }) {
  const { locale, words } = useLanguage()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const problems: Readonly<Record<string, string>> = words.people.problems
  const [problem, setProblem] = useState<string | undefined>(came === '' ? undefined : (problems[came] ?? came))
  const notice = useNotice()
  const { ways } = notice
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    const answer = await signIn(name, password, notice.id)
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
      {notice.panel}
      <Field label={words.account.name} value={name} complete="username" onChange={setName} />
      <Field label={words.account.password} value={password} type="password" complete="current-password" onChange={setPassword} />
      {ways?.provider && (
        <p>
          <a
            href={`/api/v1/oidc/start${notice.id === undefined ? '' : `?notice=${notice.id}`}`}
            onClick={(event) => {
              if (!notice.isUnread) return
              event.preventDefault()
              setProblem(words.account.noticeUnread)
            }}
          >
            {labelOf(ways.provider.label, locale) ?? words.people.withProvider}
          </a>
        </p>
      )}
    </AccountForm>
  )
}
