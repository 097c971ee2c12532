import { useState } from 'react'
import { chooseInvited } from '../api-people.ts'
import { useLanguage } from '../words/index.ts'
import { AccountForm, Field } from './account-form.tsx'
import { useNotice } from './use-notice.tsx'
import { PASSWORD_CHARACTERS } from './welcome.tsx'

/** Reached by the link of an invitation: the person chooses the password. */
export function InvitationPage({ token, onDone }: { token: string; onDone: () => void }) {
  const { words } = useLanguage()
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [problem, setProblem] = useState<string>()
  const [busy, setBusy] = useState(false)
  const notice = useNotice()
  const submit = async () => {
    if ([...password].length < PASSWORD_CHARACTERS) return setProblem(words.account.short)
    if (password !== again) return setProblem(words.account.differ)
    setBusy(true)
    const answer = await chooseInvited(token, password, notice.id)
    setBusy(false)
    if (answer.ok) return onDone()
    setProblem([answer.problem.message, answer.problem.hint].filter(Boolean).join(' '))
  }
  return (
    <AccountForm
      title={words.people.invited}
      intro={words.people.invitedText}
      action={words.people.choose}
      problem={problem}
      busy={busy}
      onSubmit={() => void submit()}
    >
      {notice.panel}
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
