import { type FormEvent, useState } from 'react'
import { changePassword } from '../api-people.ts'
import { Field } from '../pages/account-form.tsx'
import { useLanguage } from '../words/index.ts'

/** Another password for one's own account. */
export function PasswordPanel() {
  const { words } = useLanguage()
  const text = words.people
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [said, setSaid] = useState<{ text: string; isProblem: boolean }>()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (next !== again) return setSaid({ text: words.account.differ, isProblem: true })
    void changePassword(current, next).then((answer) => {
      if (!answer.ok) return setSaid({ text: [answer.problem.message, answer.problem.hint].filter(Boolean).join(' '), isProblem: true })
      for (const clear of [setCurrent, setNext, setAgain]) clear('')
      setSaid({ text: text.passwordChanged, isProblem: false })
    })
  }
  return (
    <section className="panel gaps" aria-labelledby="profile-password">
      <h2 id="profile-password">{text.changePassword}</h2>
      <form className="people-form" onSubmit={submit}>
        <Field label={text.current} value={current} type="password" complete="current-password" onChange={setCurrent} />
        <Field
          label={text.next}
          value={next}
          type="password"
          complete="new-password"
          help={words.account.passwordHelp}
          onChange={setNext}
        />
        <Field label={text.nextAgain} value={again} type="password" complete="new-password" onChange={setAgain} />
        <button type="submit" className="strong">
          {text.changePassword}
        </button>
      </form>
      <p role={said?.isProblem ? 'alert' : 'status'} className={said?.isProblem ? 'problem' : undefined}>
        {said?.text}
      </p>
    </section>
  )
}
