import type { ReactNode } from 'react'
import type { Session } from '../../../src/api/schemas.ts'
import { formatClock } from '../format.ts'
import { useStream } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { Rail } from './rail.tsx'
import { Strip } from './strip.tsx'

/** What surrounds every page: rail, strip, and the banner that says when nothing here is live any more. */
export function Frame({ who, onSignedOut, children }: { who: Session; onSignedOut: () => void; children: ReactNode }) {
  const { locale, words } = useLanguage()
  const { link, heardAt, problem, health } = useStream()
  return (
    <div className="frame" data-link={link}>
      <button type="button" className="skip" onClick={() => document.getElementById('content')?.focus()}>
        {words.nav.skip}
      </button>
      <Strip who={who} onSignedOut={onSignedOut} />
      <Rail />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <main id="content" tabIndex={0}>
        <div role="alert" className="banner-place">
          {link === 'lost' && (
            <div className="banner">
              <svg viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
                <path d="M1.5 6.5a9 9 0 0 1 13 0M4 9a5.5 5.5 0 0 1 8 0M8 12.5v.5M2 14 14 2" />
              </svg>
              <strong>{words.frame.lostTitle}</strong> <span>{words.frame.lostText(formatClock(new Date(heardAt), locale))}</span>
            </div>
          )}
          {problem && (
            <div className="banner">
              <strong>{words.frame.problem}</strong> <span>{problem}</span>
            </div>
          )}
        </div>
        {health ? children : <p className="soft starting">{words.frame.starting}…</p>}
      </main>
    </div>
  )
}
