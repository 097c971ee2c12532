import { useCallback, useState } from 'react'
import { readProfile } from '../api-people.ts'
import { MfaPanel } from '../parts/mfa-panel.tsx'
import { PasswordPanel } from '../parts/password-panel.tsx'
import { GrantTable } from '../parts/role-table.tsx'
import { SessionTable } from '../parts/session-table.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'
import { useFresh } from './use-fresh.tsx'

const AGAIN_MS = 15_000

/** One's own account. `onWhole`: a second factor that was missing has been set up. */
export function ProfilePage({ isRequired = false, onWhole }: { isRequired?: boolean; onWhole?: () => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [beat, setBeat] = useState(0)
  const fresh = useFresh()
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when something was changed
  const askProfile = useCallback(() => readProfile(), [beat])
  const { data, problem } = useAnswer(askProfile, AGAIN_MS)
  const changed = () => setBeat((before) => before + 1)
  return (
    <>
      <header className="page-head">
        <h1>{text.profile}</h1>
        <p className="soft">{isRequired ? text.required : data?.name}</p>
      </header>
      {(fresh.problem ?? problem) && (
        <p role="alert" className="problem">
          {fresh.problem ?? problem}
        </p>
      )}
      {fresh.question}
      {data && <MfaPanel of={data} fresh={fresh} onChanged={changed} {...(onWhole && { onWhole })} />}
      {data && !isRequired && (
        <>
          {data.hasPassword && <PasswordPanel />}
          <SessionTable sessions={data.sessions} fresh={fresh} onChanged={changed} />
          <section className="panel gaps" aria-labelledby="profile-may">
            <h2 id="profile-may">{text.whatYouMay}</h2>
            {data.grants.length === 0 ? (
              <p>{text.whatNothing}</p>
            ) : (
              <GrantTable rows={data.grants.map((grant) => ({ grant }))} label={text.table(text.whatYouMay)} />
            )}
          </section>
        </>
      )}
    </>
  )
}
