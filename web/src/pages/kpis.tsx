import { useCallback } from 'react'
import type { Definition } from '../../../src/api/schemas.ts'
import { readDefinitions, readFacts } from '../api.ts'
import { labelOf } from '../format.ts'
import { kpiSeries, targetOf } from '../live/kpis.ts'
import { EmptyPage } from '../parts/empty-page.tsx'
import { KpiPanel } from '../parts/kpi-panel.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 15_000
/** Read again when something was published. */
const FACTS_AGAIN_MS = 600_000
/** Facts read of each KPI; periods drawn of each place. */
const FACTS = 1_000
const PERIODS = 24
/** KPIs asked for at once: the most that one request may name. */
const DEFINITIONS = 32

const EXAMPLE = `kpis:
  - name: availability
    label: { en: Availability, fr: Disponibilité }
    formula: up / planned
    unit: "%"
    range: [90, 100]
    trend: higher-is-better
    timing: 1h`

/** Every KPI at every place: its last periods, how much of each was really covered, and where its numbers come from. */
export function KpisPage({ at }: { at: string }) {
  const { words } = useLanguage()
  const text = words.kpis
  const definitions = useAnswer(readDefinitions, AGAIN_MS)
  const kpis = (definitions.data?.definitions ?? []).filter(({ type }) => type === 'kpi')
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {definitions.problem && <p role="alert" className="problem">{`${words.results.problem} · ${definitions.problem}`}</p>}
      {!definitions.data && !definitions.problem && <p className="soft">{words.account.working}…</p>}
      {definitions.data && kpis.length === 0 && (
        <EmptyPage title={text.emptyTitle} paragraphs={[text.emptyText, text.emptyHow]} example={EXAMPLE} />
      )}
      {kpis.length > 0 && <Panels kpis={kpis} at={at} />}
    </>
  )
}

function Panels({ kpis, at }: { kpis: readonly Definition[]; at: string }) {
  const { locale, words } = useLanguage()
  const text = words.kpis
  const asked = kpis
    .slice(0, DEFINITIONS)
    .map(({ name }) => name)
    .join('\n')
  const state = kpis.map(({ published, withdrawn }) => `${published} ${withdrawn}`).join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: `state` says when there is something new
  const read = useCallback(() => readFacts({ definition: asked.split('\n'), order: 'newest', limit: FACTS }), [asked, state])
  const { data, problem } = useAnswer(read, FACTS_AGAIN_MS)
  return (
    <>
      {problem && <p role="alert" className="problem">{`${words.results.problem} · ${problem}`}</p>}
      <ul className="legend legend-kpi">
        <li className="legend-value">{text.legend.value}</li>
        <li className="legend-uncovered">{text.legend.uncovered}</li>
        <li className="legend-limit">{text.legend.range}</li>
      </ul>
      <div className="cards">
        {kpis.map((kpi) => (
          <KpiPanel
            key={kpi.name}
            definition={kpi}
            title={labelOf(kpi.label, locale) ?? kpi.name}
            series={kpiSeries(
              kpi.name,
              (data?.facts ?? []).filter(({ definition }) => definition === kpi.name),
              PERIODS,
            )}
            target={targetOf(kpi)}
            chosen={kpi.name === at}
          />
        ))}
      </div>
      {kpis.length > DEFINITIONS && <p className="quality-more">{text.truncated}</p>}
    </>
  )
}
