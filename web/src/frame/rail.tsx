import { hrefTo, usePlace } from '../router.ts'
import { useLanguage } from '../words/index.ts'

const PAGES = [
  { page: 'overview', icon: 'M2 2h5v6H2zM9 2h5v4H9zM2 10h5v4H2zM9 8h5v6H9z' },
  { page: 'namespace', icon: 'M2 3h5M4 3v10h3M4 8h3M9 3h5M9 8h5M9 13h5' },
  { page: 'quality', icon: 'M2 13h12M3 10h3v3H3zM7 7h3v6H7zM11 3h3v10h-3z' },
  { page: 'records', icon: 'M2 2.5h12v11H2zM2 6h12M2 9.5h12M6 6v7.5' },
  { page: 'results', icon: 'M2 4h7v3H2zM6 9h8v3H6zM2 14.5h12' },
  { page: 'kpis', icon: 'M2 14h12M2 11l4-4 3 2.5 5-6M10.5 3.5H14V7' },
  { page: 'lineage', icon: 'M2 4h4v4H2zM10 2h4v4h-4zM10 10h4v4h-4zM6 6h2M8 4h2M8 12h2M8 4v8' },
  { page: 'contracts', icon: 'M3 1.5h7l3 3v10H3zM10 1.5v3h3M5.5 8h5M5.5 11h3' },
  { page: 'ledger', icon: 'M3 2h10v12H3zM5.5 5h5M5.5 8h5M5.5 11h2M9 11h1.5' },
  { page: 'connections', icon: 'M2 5h5v6H2zM9 5h5v6H9zM7 8h2M4 2v3M12 11v3' },
  { page: 'node', icon: 'M2 2h12v4H2zM2 10h12v4H2zM8 6v4M4.5 4h.01M4.5 12h.01' },
  { page: 'security', icon: 'M8 2l6.5 11.5h-13zM8 6.5v3.5M8 12h.01' },
  { page: 'evidence', icon: 'M8 1.5l5.5 2v4.5c0 3-2.5 5-5.5 6.5-3-1.5-5.5-3.5-5.5-6.5V3.5zM5.5 8l2 2 3.5-4' },
  {
    page: 'people',
    icon: 'M5.5 7a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1 14c0-3 2-5 4.5-5S10 11 10 14M11 3.5a2.5 2.5 0 0 1 0 5M12 10c1.8.5 3 2 3 4',
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
      {PAGES.map((entry) => (
        <a key={entry.page} href={hrefTo(entry.page)} aria-current={here === entry.page ? 'page' : undefined}>
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d={entry.icon} />
          </svg>
          <span>{words.nav[entry.page]}</span>
        </a>
      ))}
    </nav>
  )
}
