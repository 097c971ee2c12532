import { useEffect, useLayoutEffect, useMemo, useState } from 'react'
import type { Session } from '../../src/api/schemas.ts'
import { whoAmI } from './api.ts'
import { Frame } from './frame/frame.tsx'
import { recall, remember } from './frame/preferences.ts'
import { createPlant } from './live/plant.ts'
import { createStream } from './live/stream.ts'
import { LiveContext } from './live/use-live.ts'
import { ConduitPage } from './pages/conduit.tsx'
import { ConnectionsPage } from './pages/connections.tsx'
import { ContractsPage } from './pages/contracts.tsx'
import { EvidencePage } from './pages/evidence.tsx'
import { InvitationPage } from './pages/invitation.tsx'
import { KpisPage } from './pages/kpis.tsx'
import { LedgerPage } from './pages/ledger.tsx'
import { LineagePage } from './pages/lineage.tsx'
import { NamespacePage } from './pages/namespace.tsx'
import { NodePage } from './pages/node.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { PassportPage } from './pages/passport.tsx'
import { PeoplePage } from './pages/people.tsx'
import { PlanPage } from './pages/plan.tsx'
import { PolicyPage } from './pages/policy.tsx'
import { ProfilePage } from './pages/profile.tsx'
import { QualityPage } from './pages/quality.tsx'
import { RecordsPage } from './pages/records.tsx'
import { ResultsPage } from './pages/results.tsx'
import { SecondFactorPage } from './pages/second-factor.tsx'
import { SecurityPage } from './pages/security.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { SignalPage } from './pages/signal.tsx'
import { WelcomePage } from './pages/welcome.tsx'
import { ZonesPage } from './pages/zones.tsx'
import type { PassportOf } from './parts/passport-link.tsx'
import { go, hrefTo, usePlace } from './router.ts'
import { firstLocale, LanguageContext, type Locale, useLanguage, WORDS } from './words/index.ts'

/** Undefined until the node has said; null: nobody is signed in. */
type Who = Session | null | undefined

export function App() {
  const [locale, setLocale] = useState<Locale>(() => firstLocale(recall('locale'), navigator.languages))
  const [who, setWho] = useState<Who>(undefined)
  const { page, search } = usePlace()
  const language = useMemo(() => {
    const choose = (next: Locale) => {
      remember('locale', next)
      setLocale(next)
    }
    return { locale, words: WORDS[locale], setLocale: choose }
  }, [locale])
  // Before anything is asked: the node answers in the language of the page.
  useLayoutEffect(() => {
    document.documentElement.lang = locale
  }, [locale])
  useEffect(() => {
    void whoAmI().then((answer) => setWho(answer.ok ? answer.data : null))
  }, [])

  const enter = () => void whoAmI().then((answer) => setWho(answer.ok ? answer.data : null))
  let view = null
  const begin = () => {
    go(hrefTo('overview'))
    enter()
  }
  const leave = () => setWho(null)
  if (page === 'welcome') view = <WelcomePage token={search.get('token') ?? ''} onDone={begin} />
  else if (page === 'invitation') view = <InvitationPage token={search.get('token') ?? ''} onDone={begin} />
  else if (who === null) view = <SignInPage problem={search.get('problem') ?? ''} onDone={enter} />
  else if (who?.stage === 'second-factor') view = <SecondFactorPage who={who} onDone={enter} onSignedOut={leave} />
  else if (who?.stage === 'enrol') view = <Enrolling onWhole={enter} />
  else if (who) view = <SignedIn who={who} onSignedOut={() => setWho(null)} />
  return <LanguageContext value={language}>{view}</LanguageContext>
}

function SignedIn({ who, onSignedOut }: { who: Session; onSignedOut: () => void }) {
  // The pair lives as long as the session: a new sign-in starts from nothing.
  const [live] = useState(() => {
    const plant = createPlant()
    return { plant, stream: createStream(plant, onSignedOut), permissions: who.permissions }
  })
  const { locale } = useLanguage()
  // Made anew for another language: what the node says of faults comes with it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream asks in the language of the page
  useEffect(() => {
    live.stream.start()
    return live.stream.stop
  }, [live, locale])
  return (
    <LiveContext value={live}>
      <Frame who={who} onSignedOut={onSignedOut}>
        <Page who={who} />
      </Frame>
    </LiveContext>
  )
}

/** A second factor is required and missing: nothing else is shown. */
function Enrolling({ onWhole }: { onWhole: () => void }) {
  return (
    <main className="enrolling">
      <ProfilePage isRequired onWhole={onWhole} />
    </main>
  )
}

function Page({ who }: { who: Session }) {
  const { page, item, search } = usePlace()
  switch (page) {
    case 'namespace':
      return <NamespacePage query={search.get('q') ?? ''} status={search.get('status') ?? ''} at={search.get('at') ?? ''} />
    case 'signal':
      return (
        <SignalPage
          key={search.get('id')}
          id={search.get('id') ?? ''}
          period={search.get('range') ?? '1h'}
          from={search.get('from') ?? ''}
          to={search.get('to') ?? ''}
          lanes={search.getAll('band')}
        />
      )
    case 'security':
      return <SecurityPage state={search.get('state') ?? ''} />
    case 'zones':
      return item !== '' ? <ConduitPage key={item} name={item} /> : <ZonesPage filter={filterOf(search)} />
    case 'policy':
      return <PolicyPage question={questionOf(search)} />
    case 'quality':
      return <QualityPage query={search.get('q') ?? ''} period={search.get('period') ?? '24h'} />
    case 'records':
      return (
        <RecordsPage
          kind={search.get('kind') ?? ''}
          record={search.getAll('key')}
          version={search.get('version') ?? ''}
          view={search.get('view') ?? ''}
          query={search.get('q') ?? ''}
          knownAt={search.get('known') ?? ''}
          span={search.get('span') ?? ''}
        />
      )
    case 'results':
      return (
        <ResultsPage
          definition={search.get('of') ?? ''}
          fact={search.get('key') ?? ''}
          query={search.get('q') ?? ''}
          knownAt={search.get('known') ?? ''}
          span={search.get('span') ?? ''}
        />
      )
    case 'passport':
      return <PassportPage of={passportOf(search)} />
    case 'kpis':
      return <KpisPage at={search.get('at') ?? ''} />
    case 'lineage':
      return <LineagePage of={search.get('of') ?? ''} depth={search.get('depth') ?? ''} />
    case 'plan':
      return <PlanPage />
    case 'contracts':
      return <ContractsPage at={search.get('at') ?? ''} />
    case 'ledger':
      return <LedgerPage query={search.get('q') ?? ''} period={search.get('period') ?? 'all'} signals={search.get('signals') ?? ''} />
    case 'connections':
      return <ConnectionsPage at={search.get('at') ?? ''} />
    case 'node':
      return <NodePage at={search.get('at') ?? ''} query={search.get('q') ?? ''} which={search.get('which') ?? ''} />
    case 'evidence':
      return <EvidencePage kind={search.get('kind') ?? ''} period={search.get('period') ?? '-24h'} />
    case 'people':
      return <PeoplePage who={who} />
    case 'profile':
      return <ProfilePage />
    default:
      return <OverviewPage />
  }
}

const filterOf = (search: URLSearchParams) => {
  const [zone = '', to = '', state = '', query = ''] = ['zone', 'to', 'state', 'q'].map((name) => search.get(name) ?? '')
  return { zone, to, state, query }
}

const questionOf = (search: URLSearchParams) => {
  const [subject = '', action = '', object = ''] = ['subject', 'action', 'object'].map((name) => search.get(name) ?? '')
  return { subject, action, object }
}

const PASSPORT_NAMES = ['signal', 'definition', 'key', 'value', 'at', 'use', 'known'] as const

function passportOf(search: URLSearchParams): PassportOf {
  return Object.fromEntries(PASSPORT_NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name) as string]] : [])))
}
