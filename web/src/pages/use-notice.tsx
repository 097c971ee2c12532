import { type ReactNode, useEffect, useState } from 'react'
import type { SignInWays } from '../../../src/api/schemas.ts'
import { readWays } from '../api-people.ts'
import { useLanguage } from '../words/index.ts'

export interface NoticeReading {
  /** Undefined until the node has said how one signs in. */
  readonly ways: SignInWays | undefined
  /** Of the notice that the reader says to have read. */
  readonly id: string | undefined
  /** There is one, and it is still to be read. */
  readonly isUnread: boolean
  readonly panel: ReactNode
}

/** The notice that is shown before anybody signs in, with the mark by which they say that they have read it. */
export function useNotice(): NoticeReading {
  const { locale, words } = useLanguage()
  const [ways, setWays] = useState<SignInWays>()
  const [isRead, setRead] = useState(false)
  useEffect(() => {
    void readWays().then((answer) => answer.ok && setWays(answer.data))
  }, [])
  const notice = ways?.notice
  if (!notice) return { ways, id: undefined, isUnread: false, panel: null }
  const other = locale === 'fr' ? 'en' : 'fr'
  const language = notice[locale] === undefined ? other : locale
  const panel = (
    <div className="notice">
      <h2 id="notice">{words.account.notice}</h2>
      {/* Reached by the keyboard, since it may be longer than its frame. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable */}
      <section className="notice-text" lang={language} tabIndex={0} aria-labelledby="notice">
        {notice[language]}
      </section>
      <label className="check">
        <input type="checkbox" required checked={isRead} onChange={(event) => setRead(event.target.checked)} />
        <span>{words.account.noticeRead}</span>
      </label>
    </div>
  )
  return { ways, id: isRead ? notice.id : undefined, isUnread: !isRead, panel }
}
