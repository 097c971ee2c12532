import type { Definition } from '../../../src/api/schemas.ts'
import { readDefinitions } from '../api.ts'
import { formatSpan, labelOf } from '../format.ts'
import { isSlow, worseDefinition } from '../live/fact-rows.ts'
import { DefinitionState } from '../parts/definition-state.tsx'
import { EmptyPage } from '../parts/empty-page.tsx'
import { FactDetail } from '../parts/fact-detail.tsx'
import { FactTable } from '../parts/fact-table.tsx'
import { Mark } from '../parts/status-mark.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { Shown } from './records.tsx'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 10_000
/** What to write in the configuration; the same in every language. */
const EXAMPLE = `events:
  - id: jam
    for: baggage/carousel-*
    inputs: { current: motor/current, running: running }
    start: running && current > 16.0
    minimum: 5s
    attributes: { peak: { signal: motor/current, function: maximum } }

correlations:
  delivery:
    each: flight
    tolerance: 5s
    values:
      jams: { count: jam }
      stopped: { duration: jam }`

export interface ResultsPlace {
  readonly definition: string
  /** Key of the result that is open; empty: none is. */
  readonly fact: string
  readonly query: string
  readonly knownAt: string
  readonly span: string
}

/** What is computed from history: event frames, correlations, KPIs, derived signals; how far each is, and what it found. */
export function ResultsPage(place: ResultsPlace) {
  const { words } = useLanguage()
  const text = words.results
  const { data, problem } = useAnswer(readDefinitions, AGAIN_MS)
  const all = (data?.definitions ?? []).toSorted(worseDefinition)
  const chosen =
    all.find(({ name }) => name === place.definition) ??
    all.find(({ type }) => type === 'join') ??
    all.find(({ type }) => type !== 'signal') ??
    all[0]
  const change = (entries: { key?: string; q?: string; known?: string; span?: string }) => {
    const { definition, fact: key, query: q, knownAt: known, span } = place
    amend(hrefTo('results', { of: definition, key, q, known, span, ...entries }))
  }
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data && all.length === 0 && <EmptyPage title={text.emptyTitle} paragraphs={[text.emptyText, text.emptyHow]} example={EXAMPLE} />}
      {chosen && (
        <div className="split">
          <Definitions all={all} chosen={chosen.name} />
          <div className="split-main">
            <DefinitionState key={chosen.name} definition={chosen} />
            {chosen.type !== 'signal' && (
              <>
                <FactTable key={`facts ${chosen.name}`} definition={chosen} place={place} onChange={change} />
                {place.fact !== '' && (
                  <Shown at={place.fact}>
                    <FactDetail definition={chosen} factKey={place.fact} knownAt={place.knownAt} onClose={() => change({ key: '' })} />
                  </Shown>
                )}
              </>
            )}
          </div>
        </div>
      )}
    </>
  )
}

/** By type; those that stopped or wait for too long come first, with why. */
function Definitions({ all, chosen }: { all: readonly Definition[]; chosen: string }) {
  const { words } = useLanguage()
  const text = words.results
  return (
    <nav className="side-list" aria-label={text.definitions}>
      {(['event', 'join', 'kpi', 'signal'] as const).map((type) => {
        const some = all.filter((one) => one.type === type)
        if (some.length === 0) return null
        return (
          <div key={type}>
            <h2>{text.types[type]}</h2>
            <ul>
              {some.map((one) => (
                <li key={one.name}>
                  <DefinitionLink one={one} chosen={chosen === one.name} />
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}

function DefinitionLink({ one, chosen }: { one: Definition; chosen: boolean }) {
  const { locale, words } = useLanguage()
  const text = words.results
  const label = labelOf(one.label, locale)
  return (
    <a href={hrefTo('results', { of: one.name })} aria-current={chosen || undefined}>
      <b>
        {(one.isStopped || isSlow(one)) && <Mark of={one.isStopped ? 2 : 1} />} {label ?? one.name}
      </b>
      {label && <small className="soft">{one.name}</small>}
      {one.isStopped ? <small>{text.stopped}</small> : isSlow(one) && <small>{text.behind(formatSpan(one.lagSeconds, locale))}</small>}
    </a>
  )
}
