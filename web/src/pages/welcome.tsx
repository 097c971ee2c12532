import { useState } from 'react'
import { createAccount, signIn, whoAmI } from '../api.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'
import { useNotice } from './use-notice.tsx'

/** Shortest password accepted here; the node has the last word. */
export const PASSWORD_CHARACTERS = 15

/** Reached by the one-time link that the node prints at its first start. */
export function WelcomePage({ token, onDone }: { token: string; onDone: () => void }) {
  const { words } = useLanguage()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const notice = useNotice()
  const submit = async () => {
    if (token === '') return setProblem(words.account.noToken)
    if (password.length < PASSWORD_CHARACTERS) return setProblem(words.account.short)
    if (password !== again) return setProblem(words.account.differ)
    setBusy(true)
    const created = await createAccount(token, name, password, notice.id)
    // The node may have signed the new account in already.
    const entered = created.ok && !(await whoAmI()).ok ? await signIn(name, password, notice.id) : created
    setBusy(false)
    if (entered.ok) return onDone()
    setProblem([entered.problem.message, entered.problem.hint].filter(Boolean).join(' '))
  }
  return (
    <AccountForm
      title={words.account.welcome}
      intro={token === '' ? words.account.noToken : words.account.welcomeText}
      action={words.account.create}
      problem={problem}
      busy={busy}
      onSubmit={() => void submit()}
    >
      {notice.panel}
      <Field label={words.account.name} value={name} complete="username" onChange={setName} />
      <Field
        label={words.account.password}
        value={password}
        type="password"
        complete="new-password"
        help={words.account.passwordHelp}
        onChange={setPassword}
      />
      <Field label={words.account.passwordAgain} value={again} type="password" complete="new-password" onChange={setAgain} />
    </AccountForm>
  )
}
