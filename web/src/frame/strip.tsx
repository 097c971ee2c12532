import type { Session } from '../../../src/api/schemas.ts'
import { signOut } from '../api.ts'
import { formatAge, formatNumber, labelOf } from '../format.ts'
import { useLive, useNow, useStream } from '../live/use-live.ts'
import { Mark } from '../parts/status-mark.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { LanguageSwitch, ThemeSwitch } from './switches.tsx'

/** The fixed top line: where we are, what is worst, how old it is, whether it is live. */
export function Strip({ who, onSignedOut }: { who: Session; onSignedOut: () => void }) {
  const { locale, words } = useLanguage()
  const { health, link, missed } = useStream()
  const leave = () => void signOut().then(onSignedOut)
  return (
    <header className="strip">
      <a className="strip-name" href={hrefTo('overview')}>
        <img src="./mark.svg" alt="" width="22" height="22" /> Écluse
      </a>
      <span className="strip-site">
        <span className="unseen">{words.frame.site}: </span>
        {health ? (labelOf(health.site.label, locale) ?? health.site.id) : '…'}
      </span>
      <WorstCounts />
      <span className="strip-gap" />
      <DataAge />
      <output className={`link link-${link}`} title={missed > 0 ? words.frame.missed(formatNumber(missed, locale)) : undefined}>
        <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
          {link === 'live' ? <circle cx="8" cy="8" r="6" /> : <path d="m3 3 10 10M13 3 3 13" />}
        </svg>
        {words.frame[link]}
      </output>
      <LanguageSwitch />
      <ThemeSwitch />
      <a className="user" href={hrefTo('profile')}>
        <span className="unseen">{words.frame.user}: </span>
        {who.name}
      </a>
      <button type="button" className="quiet" onClick={leave}>
        {words.frame.signOut}
      </button>
    </header>
  )
}

function WorstCounts() {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  useNow()
  const { counts } = plant.branches.root
  return (
    <nav className="worst" aria-label={words.frame.abnormal}>
      {([2, 1, 3] as const).map((of) => {
        const status = of === 2 ? 'Bad' : of === 1 ? 'Uncertain' : 'waiting'
        const count = counts[of]
        if (of === 3 && count === 0) return null
        return (
          <a key={of} href={hrefTo('namespace', { status })} className={count > 0 ? 'worst-some' : 'worst-none'}>
            {count > 0 && <Mark of={of} />}
            <b>{formatNumber(count, locale)}</b> {words.status[status]}
          </a>
        )
      })}
    </nav>
  )
}

function DataAge() {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  const now = useNow()
  return (
    <span className="data-age">
      {words.frame.age} <b>{plant.newestMs > 0 ? formatAge(now - plant.newestMs, locale) : '—'}</b>
    </span>
  )
}
