import type { FormEvent, ReactNode } from 'react'
import { LanguageSwitch, ThemeSwitch } from '../frame/switches.tsx'
import { useLanguage } from '../words/index.ts'

interface AccountFormProps {
  title: string
  intro: string
  action: string
  problem: string | undefined
  busy: boolean
  onSubmit(): void
  children: ReactNode
}

/** The sheet that sign-in and welcome share. */
export function AccountForm({ title, intro, action, problem, busy, onSubmit, children }: AccountFormProps) {
  const { words } = useLanguage()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!busy) onSubmit()
  }
  return (
    <div className="door">
      <header className="door-top">
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main className="door-sheet">
        <p className="door-name">
          <img src="./mark.svg" alt="" width="28" height="28" /> Écluse
        </p>
        <p className="soft">{words.account.promise}</p>
        <h1>{title}</h1>
        <p>{intro}</p>
        <form onSubmit={submit}>
          {children}
          <p role="alert" className="problem">
            {problem}
          </p>
          <button type="submit" className="strong" aria-disabled={busy}>
            {busy ? words.account.working : action}
          </button>
        </form>
      </main>
    </div>
  )
}

interface FieldProps {
  label: string
  value: string
  type?: 'text' | 'password'
  complete: string
  help?: string
  onChange(value: string): void
}

export function Field({ label, value, type = 'text', complete, help, onChange }: FieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input type={type} value={value} autoComplete={complete} required onChange={(event) => onChange(event.target.value)} />
      {help && <small className="soft">{help}</small>}
    </label>
  )
}
