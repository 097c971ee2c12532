import { Fragment } from 'react'
import { hrefTo, usePlace } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** At most nine, each with the pages that belong to it: those are listed under it while one of them is open. */
const ENTRIES = [
  { page: 'overview', icon: 'M2 2h5v6H2zM9 2h5v4H9zM2 10h5v4H2zM9 8h5v6H9z', others: [] },
  { page: 'namespace', icon: 'M2 3h5M4 3v10h3M4 8h3M9 3h5M9 8h5M9 13h5', others: [] },
  { page: 'quality', icon: 'M2 13h12M3 10h3v3H3zM7 7h3v6H7zM11 3h3v10h-3z', others: ['contracts', 'ledger'] },
  { page: 'records', icon: 'M2 2.5h12v11H2zM2 6h12M2 9.5h12M6 6v7.5', others: [] },
  { page: 'results', icon: 'M2 4h7v3H2zM6 9h8v3H6zM2 14.5h12', others: ['kpis'] },
  { page: 'lineage', icon: 'M2 4h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 6h2M8 4h2M8 12h2M8 4v8', others: [] },
  { page: 'connections', icon: 'M2 5h5v6H2zM9 5h5v6H9zM7 8h2M4 2v3M12 11v3', others: [] },
  { page: 'node', icon: 'M2 2h12v4H2zM2 10h12v4H2zM8 6v4M4.5 4h.01M4.5 12h.01', others: [] },
  {
    page: 'security',
    icon: 'M8 1.5l5.5 2v4.5c0 3-2.5 5-5.5 6.5-3-1.5-5.5-3.5-5.5-6.5V3.5zM8 5v4M8 11.5h.01',
    others: ['zones', 'policy', 'evidence', 'people'],
  },
] as const

export function Rail() {
  const { words } = useLanguage()
  const { page, search } = usePlace()
  const ofResult = page === 'passport' && search.has('definition')
  const owners: Readonly<Record<string, string>> = { signal: 'namespace', passport: 'namespace', plan: 'lineage', profile: 'people' }
  const here = ofResult ? 'results' : (owners[page] ?? page)
  return (
    <nav className="rail" aria-label={words.nav.main}>
      {ENTRIES.map(({ page: first, icon, others }) => {
        const isOpen = first === here || others.some((other) => other === here)
        return (
          <Fragment key={first}>
            <a href={hrefTo(first)} aria-current={here === first ? 'page' : undefined} className={isOpen ? 'rail-open' : undefined}>
              <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <path d={icon} />
              </svg>
              <span>{words.nav[first]}</span>
              {others.length > 0 && (
                <svg viewBox="0 0 16 16" width="10" height="10" aria-hidden="true" className="rail-more">
                  <path d={isOpen ? 'M3 5l5 6 5-6' : 'M5 3l6 5-6 5'} />
                </svg>
              )}
            </a>
            {isOpen && others.length > 0 && (
              <ul aria-label={words.nav.others(words.nav[first])}>
                {others.map((other) => (
                  <li key={other}>
                    <a href={hrefTo(other)} aria-current={here === other ? 'page' : undefined}>
                      {words.nav[other]}
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </Fragment>
        )
      })}
    </nav>
  )
}
