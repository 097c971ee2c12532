import { type FormEvent, useState } from 'react'
import type { Profile, RecoveryCodes, TotpBegun } from '../../../src/api/schemas.ts'
import { addKey, beginTotp, confirmTotp, newRecovery, removeKey, removeTotp } from '../api-people.ts'
import { Field } from '../pages/account-form.tsx'
import type { Fresh } from '../pages/use-fresh.tsx'
import { useLanguage } from '../words/index.ts'
import { Once } from './once.tsx'

interface MfaProps {
  readonly of: Profile
  readonly fresh: Fresh
  onChanged(): void
  /** Where one was required and missing: it is there now. */
  onWhole?(): void
}

/** The second factors of one's account: an app, security keys, codes for when they are lost. */
export function MfaPanel({ of, fresh, onChanged, onWhole }: MfaProps) {
  const { words } = useLanguage()
  const text = words.people
  const [codes, setCodes] = useState<readonly string[]>([])
  const enrolled = ({ codes }: RecoveryCodes) => {
    setCodes(codes)
    onChanged()
  }
  const hasOne = of.mfa.code || of.passkeys.length > 0
  return (
    <section className="panel gaps" aria-labelledby="profile-mfa">
      <h2 id="profile-mfa">{text.secondFactor}</h2>
      <p className="soft">{text.secondFactorHelp}</p>
      {codes.length > 0 && (
        <div className="people-once" role="status">
          <h3>{text.recovery}</h3>
          <p>{text.recoveryHelp}</p>
          <ul className="people-codes">
            {codes.map((code) => (
              <li key={code}>{code}</li>
            ))}
          </ul>
          {onWhole && (
            <button type="button" className="strong" onClick={onWhole}>
              {text.goOn}
            </button>
          )}
        </div>
      )}
      {of.mfa.code ? (
        <p>
          {text.appIs}{' '}
          <button type="button" className="quiet" onClick={() => fresh.act(removeTotp, onChanged)}>
            {text.removeApp}
          </button>
        </p>
      ) : (
        <App fresh={fresh} onDone={enrolled} />
      )}
      <Keys of={of} fresh={fresh} onChanged={onChanged} onDone={enrolled} />
      {hasOne && (
        <p>
          {text.recoveryLeft(String(of.mfa.recoveryLeft))}{' '}
          <button type="button" className="quiet" onClick={() => fresh.act(newRecovery, enrolled)}>
            {text.newRecovery}
          </button>
        </p>
      )}
    </section>
  )
}

function App({ fresh, onDone }: { fresh: Fresh; onDone: (codes: RecoveryCodes) => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [begun, setBegun] = useState<TotpBegun>()
  const [code, setCode] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fresh.act(() => confirmTotp(code), onDone)
  }
  if (!begun)
    return (
      <p>
        <button type="button" className="quiet" onClick={() => fresh.act(beginTotp, setBegun)}>
          {text.setUpApp}
        </button>
      </p>
    )
  return (
    <form className="people-form" onSubmit={submit}>
      <div>
        <Once title={text.appScan} secret={begun.secret} copy={words.value.copy} />
        <p>
          <a href={begun.uri}>{text.openApp}</a>
        </p>
      </div>
      <Field label={text.code} value={code} complete="one-time-code" onChange={setCode} />
      <button type="submit" className="strong">
        {text.confirm}
      </button>
    </form>
  )
}

function Keys({ of, fresh, onChanged, onDone }: MfaProps & { onDone: (codes: RecoveryCodes) => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [label, setLabel] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fresh.act(
      () => addKey(label),
      (codes) => {
        setLabel('')
        onDone(codes)
      },
    )
  }
  return (
    <>
      {of.passkeys.length === 0 && <p className="soft">{text.noKeys}</p>}
      <ul>
        {of.passkeys.map((key) => (
          <li key={key.id}>
            {key.label}{' '}
            <button
              type="button"
              className="quiet"
              aria-label={text.removeKey(key.label)}
              onClick={() => fresh.act(() => removeKey(key.id), onChanged)}
            >
              {text.remove}
            </button>
          </li>
        ))}
      </ul>
      <form className="people-form" onSubmit={submit}>
        <Field label={text.keyLabel} value={label} complete="off" onChange={setLabel} />
        <button type="submit" className="quiet">
          {text.addKey}
        </button>
      </form>
    </>
  )
}
