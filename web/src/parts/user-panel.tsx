import { type FormEvent, useState } from 'react'
import type { Invitation, User, UserList } from '../../../src/api/schemas.ts'
import { changeUser, inviteUser, newLinkFor, removeUser, signOutUser } from '../api-people.ts'
import { formatInstant, formatNumber, labelOf } from '../format.ts'
import { Field } from '../pages/account-form.tsx'
import type { Fresh } from '../pages/use-fresh.tsx'
import { useLanguage } from '../words/index.ts'
import { Checks } from './checks.tsx'
import { Once } from './once.tsx'

interface PanelProps {
  readonly list: UserList
  readonly fresh: Fresh
  onChanged(): void
}

/** Accounts: invited, given roles, disabled. */
export function UserPanel({ list, fresh, onChanged }: PanelProps) {
  const { locale, words } = useLanguage()
  const text = words.people
  const [made, setMade] = useState<Invitation>()
  const [editing, setEditing] = useState<string>()
  const choices = list.roles.map(({ name, label }) => ({ name, label: labelOf(label, locale) ?? name }))
  const invited = (invitation: Invitation) => {
    setMade(invitation)
    onChanged()
  }
  return (
    <section className="panel gaps" aria-labelledby="people-users">
      <h2 id="people-users">{text.users}</h2>
      <Invite choices={choices} fresh={fresh} onMade={invited} />
      {made && (
        <Once
          title={`${text.link(made.name)} ${text.until(formatInstant(new Date(made.until), locale))}`}
          secret={made.link}
          copy={text.copyLink}
        />
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll-x" aria-label={text.table(text.users)} tabIndex={0}>
        <table className="samples">
          <thead>
            <tr>
              {[text.name, text.roles, text.state, text.factor, text.sessions, text.lastSignIn, text.actions].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.users.map((user) => (
              <tr key={user.id}>
                <td>{user.name}</td>
                <td>
                  {editing === user.id ? (
                    <Roles
                      user={user}
                      choices={choices}
                      onSave={(roles) =>
                        fresh.act(
                          () => changeUser(user.id, { roles }),
                          () => {
                            setEditing(undefined)
                            onChanged()
                          },
                        )
                      }
                    />
                  ) : (
                    user.roles.join(', ') || text.noRoles
                  )}
                </td>
                <td>{user.provider ? `${text.states[user.state]} · ${text.viaProvider(user.provider)}` : text.states[user.state]}</td>
                <td>{factorOf(user, text)}</td>
                <td className="number">{formatNumber(user.sessions, locale)}</td>
                <td>{user.lastSignIn ? formatInstant(new Date(user.lastSignIn), locale) : text.never}</td>
                <td>
                  <Actions user={user} fresh={fresh} onChanged={onChanged} onLink={invited} onRoles={() => setEditing(user.id)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

type Text = ReturnType<typeof useLanguage>['words']['people']
type Choices = readonly { readonly name: string; readonly label: string }[]

function factorOf({ mfa, provider }: User, text: Text): string {
  const has = [...(mfa.code ? [text.app] : []), ...(mfa.passkeys > 0 ? [text.keys(String(mfa.passkeys))] : [])].join(', ')
  return has || (mfa.isRequired && !provider ? text.factorMissing : text.factorNone)
}

function Invite({ choices, fresh, onMade }: { choices: Choices; fresh: Fresh; onMade: (made: Invitation) => void }) {
  const { words } = useLanguage()
  const text = words.people
  const [name, setName] = useState('')
  const [roles, setRoles] = useState<readonly string[]>([])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    fresh.act(
      () => inviteUser(name, roles),
      (made) => {
        setName('')
        setRoles([])
        onMade(made)
      },
    )
  }
  return (
    <form className="people-form" onSubmit={submit}>
      <Field label={text.name} value={name} complete="off" onChange={setName} />
      <Checks legend={text.roles} choices={choices} chosen={roles} onChange={setRoles} />
      <button type="submit" className="strong">
        {text.invite}
      </button>
      <p className="soft">{text.inviteHelp}</p>
    </form>
  )
}

function Roles({ user, choices, onSave }: { user: User; choices: Choices; onSave: (roles: readonly string[]) => void }) {
  const { words } = useLanguage()
  const [roles, setRoles] = useState<readonly string[]>(user.roles)
  return (
    <div className="people-form">
      <Checks legend={words.people.rolesOf(user.name)} choices={choices} chosen={roles} onChange={setRoles} />
      <button type="button" className="quiet" onClick={() => onSave(roles)}>
        {words.people.short.save}
      </button>
    </div>
  )
}

interface ActionProps {
  readonly user: User
  readonly fresh: Fresh
  onChanged(): void
  onLink(made: Invitation): void
  onRoles(): void
}

function Actions({ user, fresh, onChanged, onLink, onRoles }: ActionProps) {
  const { words } = useLanguage()
  const text = words.people
  // It cannot be undone, so it takes two presses; another place of the keyboard takes the first back.
  const [isSure, setSure] = useState(false)
  const { id, name, state, provider, sessions, mfa } = user
  const change = (what: Parameters<typeof changeUser>[1]) => () => fresh.act(() => changeUser(id, what), onChanged)
  const actions: [string, string, () => void][] = [
    ...(provider
      ? []
      : ([
          [text.short.roles, text.rolesOf(name), onRoles],
          [text.short.link, text.newLink(name), () => fresh.act(() => newLinkFor(id), onLink)],
        ] as [string, string, () => void][])),
    ...(sessions > 0
      ? ([[text.short.signOut, text.signOut(name), () => fresh.act(() => signOutUser(id), onChanged)]] as [string, string, () => void][])
      : []),
    ...(mfa.code || mfa.passkeys > 0
      ? ([[text.short.resetMfa, text.resetMfa(name), change({ resetMfa: true })]] as [string, string, () => void][])
      : []),
    state === 'disabled'
      ? [text.short.enable, text.enable(name), change({ isDisabled: false })]
      : [text.short.disable, text.disable(name), change({ isDisabled: true })],
    isSure
      ? [text.short.removeSure, text.removeSure(name), () => fresh.act(() => removeUser(id), onChanged)]
      : [text.short.remove, text.removeUser(name), () => setSure(true)],
  ]
  return (
    <div className="people-actions">
      {actions.map(([title, label, act]) => (
        <button
          key={title === text.short.removeSure ? text.short.remove : title}
          type="button"
          className="quiet"
          aria-label={label}
          title={label}
          onClick={act}
          onBlur={() => setSure(false)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
