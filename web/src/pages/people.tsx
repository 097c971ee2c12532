import { useCallback, useState } from 'react'
import type { Session } from '../../../src/api/schemas.ts'
import { readTokens, readUsers } from '../api-people.ts'
import { labelOf } from '../format.ts'
import { GrantTable } from '../parts/role-table.tsx'
import { TokenPanel } from '../parts/token-panel.tsx'
import { UserPanel } from '../parts/user-panel.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'
import { useFresh } from './use-fresh.tsx'

const AGAIN_MS = 15_000

/** Who may come in, and what they may do. */
export function PeoplePage({ who }: { who: Session }) {
  const { words } = useLanguage()
  const text = words.people
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
        <p>
          <a href={hrefTo('profile')}>{text.ownProfile}</a>
        </p>
      </header>
      {who.everywhere?.includes('administer') ? <Allowed /> : <p>{text.mayNot}</p>}
    </>
  )
}

function Allowed() {
  const { locale, words } = useLanguage()
  const text = words.people
  const [beat, setBeat] = useState(0)
  const fresh = useFresh()
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when something was changed
  const askUsers = useCallback(() => readUsers(), [beat])
  const users = useAnswer(askUsers, AGAIN_MS)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when something was changed
  const askTokens = useCallback(() => readTokens(), [beat])
  const tokens = useAnswer(askTokens, AGAIN_MS)
  const changed = () => setBeat((before) => before + 1)
  const problem = fresh.problem ?? users.problem ?? tokens.problem
  const { data } = users
  const rows = data?.roles.flatMap(({ name, label, grants, mfa }) =>
    (grants.length > 0 ? grants : [undefined]).map((grant) => ({
      role: labelOf(label, locale) ?? name,
      id: name,
      mfa,
      ...(grant && { grant }),
    })),
  )
  return (
    <>
      {problem && (
        <p role="alert" className="problem">
          {problem}
        </p>
      )}
      {fresh.question}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data && <UserPanel list={data} fresh={fresh} onChanged={changed} />}
      {data && tokens.data && <TokenPanel list={tokens.data} zones={data.zones} fresh={fresh} onChanged={changed} />}
      {rows && (
        <section className="panel gaps" aria-labelledby="people-roles">
          <h2 id="people-roles">{text.roles}</h2>
          <p className="soft">{text.rolesHelp}</p>
          <GrantTable rows={rows} label={text.table(text.roles)} />
        </section>
      )}
    </>
  )
}
