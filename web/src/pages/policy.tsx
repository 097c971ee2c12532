import type { PolicyAnswer } from '../../../src/api/schemas.ts'
import { type Question, readPolicy, readRights } from '../api.ts'
import { formatNumber } from '../format.ts'
import { useLive } from '../live/use-live.ts'
import { ExplainPanel } from '../parts/explain-panel.tsx'
import { CrossingMatrix, RightsMatrix } from '../parts/policy-matrix.tsx'
import { PolicyTests } from '../parts/policy-tests.tsx'
import { SimulatePanel } from '../parts/simulate-panel.tsx'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 30_000

/** Tests, matrices, and questions to the policy. */
export function PolicyPage({ question }: { question: Question }) {
  const { words } = useLanguage()
  const { permissions } = useLive()
  const text = words.policy
  const { data, problem } = useAnswer(readPolicy, AGAIN_MS)
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        <p className="soft">{text.intro}</p>
      </header>
      {problem && <p role="alert" className="problem">{`${words.zones.problem} · ${problem}`}</p>}
      {!data && !problem && <p className="soft">{words.account.working}…</p>}
      {data && <Tests of={data} />}
      {data?.zones.length === 0 && <p>{words.zones.noZones}</p>}
      {data && data.zones.length > 0 && (
        <div className="panel zone-panel">
          <h2>{text.crossings}</h2>
          <p className="soft">{text.crossingsHelp}</p>
          <CrossingMatrix of={data} />
        </div>
      )}
      {data && (permissions.includes('audit') ? <Audited of={data} question={question} /> : <p className="soft">{text.needsAudit}</p>)}
    </>
  )
}

function Tests({ of: { tests } }: { of: PolicyAnswer }) {
  const { locale, words } = useLanguage()
  const text = words.policy
  const holding = tests.filter(({ passed }) => passed).length
  return (
    <div className="panel zone-panel">
      <header className="panel-head">
        <h2>{text.tests}</h2>
        {tests.length > 0 && (
          <output className="soft">{text.holding(formatNumber(holding, locale), formatNumber(tests.length - holding, locale))}</output>
        )}
      </header>
      {tests.length === 0 ? <p className="soft">{text.noTests}</p> : <PolicyTests tests={tests} />}
    </div>
  )
}

/** What only those see who may audit. */
function Audited({ of: { zones, crossings }, question }: { of: PolicyAnswer; question: Question }) {
  const { words } = useLanguage()
  const { data, problem } = useAnswer(readRights, AGAIN_MS)
  const roles = [...new Set(data?.rights.map(({ role }) => role))]
  const zoneNames = zones.map(({ name }) => name)
  const subjects = [
    ...new Set([...crossings.map(({ name, part }) => (part === 'connection' || part === 'link-in' ? name : part)), ...zoneNames, ...roles]),
  ]
  return (
    <>
      {problem && <p role="alert" className="problem">{`${words.zones.problem} · ${problem}`}</p>}
      {data && data.rights.length > 0 && (
        <div className="panel zone-panel">
          <h2>{words.policy.rights}</h2>
          <RightsMatrix rights={data.rights} />
        </div>
      )}
      <ExplainPanel question={question} subjects={subjects} objects={zoneNames} />
      <SimulatePanel />
    </>
  )
}
