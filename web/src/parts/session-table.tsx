import type { OpenSession } from '../../../src/api/schemas.ts'
import { endSession } from '../api-people.ts'
import { formatInstant } from '../format.ts'
import type { Fresh } from '../pages/use-fresh.tsx'
import { useLanguage } from '../words/index.ts'

/** Where one is signed in; each can be ended. */
export function SessionTable({ sessions, fresh, onChanged }: { sessions: readonly OpenSession[]; fresh: Fresh; onChanged: () => void }) {
  const { locale, words } = useLanguage()
  const text = words.people
  const end = (id: string) => fresh.act(() => endSession(id), onChanged)
  return (
    <section className="panel gaps" aria-labelledby="profile-sessions">
      <header className="panel-head">
        <h2 id="profile-sessions">{text.yourSessions}</h2>
        {sessions.length > 1 && (
          <button type="button" className="quiet" onClick={() => end('others')}>
            {text.endOthers}
          </button>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="scroll-x" aria-label={text.table(text.yourSessions)} tabIndex={0}>
        <table className="samples">
          <thead>
            <tr>
              {[text.began, text.lastUse, text.from, text.browser, text.actions].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sessions.map(({ id, beganTime, usedTime, from, agent, isOwn }) => (
              <tr key={id}>
                <td>{formatInstant(new Date(beganTime), locale)}</td>
                <td>{formatInstant(new Date(usedTime), locale)}</td>
                <td>{from}</td>
                <td>{agent || '–'}</td>
                <td>
                  {isOwn ? (
                    text.thisOne
                  ) : (
                    <button type="button" className="quiet" aria-label={text.end(from)} onClick={() => end(id)}>
                      {text.endShort}
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}
