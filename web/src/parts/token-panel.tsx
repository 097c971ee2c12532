import { type FormEvent, useState } from 'react'
import type { NewToken, TokenList } from '../../../src/api/schemas.ts'
import { makeToken, revokeToken } from '../api-people.ts'
import { formatInstant } from '../format.ts'
import { Field } from '../pages/account-form.tsx'
import type { Fresh } from '../pages/use-fresh.tsx'
import { useLanguage } from '../words/index.ts'
import { Checks } from './checks.tsx'
import { Once } from './once.tsx'

interface TokenProps {
  readonly list: TokenList
  readonly zones: readonly string[]
  readonly fresh: Fresh
  onChanged(): void
}

const GIVEN = ['read', 'query', 'operate', 'audit'] as const
const DAYS = '90'

/** Tokens of programs: made, shown once, listed with their last use, revoked. */
export function TokenPanel({ list, zones, fresh, onChanged }: TokenProps) {
  const { locale, words } = useLanguage()
  const text = words.people
  const [made, setMade] = useState<NewToken>()
  const moment = (time: string | undefined) => (time === undefined ? text.never : formatInstant(new Date(time), locale))
  return (
    <section className="panel gaps" aria-labelledby="people-tokens">
      <h2 id="people-tokens">{text.tokens}</h2>
      <p className="soft">{text.tokenHelp}</p>
      <Make
        zones={zones}
        fresh={fresh}
        onMade={(token) => {
          setMade(token)
          onChanged()
        }}
      />
      {made && <Once title={text.secret(made.token.name)} secret={made.secret} copy={text.copySecret} />}
      {list.tokens.length === 0 ? (
        <p>{text.noTokens}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x" aria-label={text.table(text.tokens)} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                {[text.name, text.may, text.zones, text.by, text.expires, text.used, text.actions].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {list.tokens.map(({ id, name, may, zones: over, createdBy, expiresTime, isExpired, usedTime, usedFrom }) => (
                <tr key={id}>
                  <td>{name}</td>
                  <td>{may.map((one) => text.permissions[one]).join(', ')}</td>
                  <td>{over.map((zone) => (zone === '*' ? text.everyZone : zone)).join(', ')}</td>
                  <td>{createdBy}</td>
                  <td>{isExpired ? text.expired : moment(expiresTime)}</td>
                  <td>{[moment(usedTime), usedFrom].filter(Boolean).join(' · ')}</td>
                  <td>
                    <button
                      type="button"
                      className="quiet"
                      aria-label={text.revoke(name)}
                      onClick={() => fresh.act(() => revokeToken(id), onChanged)}
                    >
                      {text.revokeShort}
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}

function Make({ zones, fresh, onMade }: { zones: readonly string[]; fresh: Fresh; onMade: (made: NewToken) => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [name, setName] = useState('')
  const [may, setMay] = useState<readonly string[]>(['read'])
  const [over, setOver] = useState<readonly string[]>([])
  const [days, setDays] = useState(DAYS)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fresh.act(
      () => makeToken({ name, may, zones: over, days: Number(days) }),
      (made) => {
        setName('')
        onMade(made)
      },
    )
  }
  return (
    <form className="people-form" onSubmit={submit}>
      <Field label={text.tokenName} value={name} complete="off" onChange={setName} />
      <Checks
        legend={text.may}
        choices={GIVEN.map((one) => ({ name: one, label: text.permissions[one] }))}
        chosen={may}
        onChange={setMay}
      />
      <Checks
        legend={text.zones}
        choices={[...new Set(['*', ...zones])].map((zone) => ({ name: zone, label: zone === '*' ? text.everyZone : zone }))}
        chosen={over}
        onChange={setOver}
      />
      <Field label={text.days} value={days} complete="off" onChange={setDays} />
      <button type="submit" className="strong">
        {text.makeToken}
      </button>
    </form>
  )
}
