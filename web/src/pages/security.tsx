import { useCallback, useState } from 'react'
import { readBaseline, readFindings, readFlows } from '../api.ts'
import { formatNumber } from '../format.ts'
import { BaselinePanel } from '../parts/baseline-panel.tsx'
import { FindingCard } from '../parts/finding-card.tsx'
import { FlowTable } from '../parts/flow-table.tsx'
import { amend, hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'

const AGAIN_MS = 5_000
const readNewestFlows = () => readFlows()

/** `state` chooses findings; empty: all. */
export function SecurityPage({ state }: { state: string }) {
  const { locale, words } = useLanguage()
  const text = words.security
  const [beat, setBeat] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when one was acknowledged
  const read = useCallback(() => readFindings({ state }), [state, beat])
  const findings = useAnswer(read, AGAIN_MS)
  const flows = useAnswer(readNewestFlows, AGAIN_MS)
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when it was accepted
  const readAgain = useCallback(() => readBaseline(), [beat])
  const baseline = useAnswer(readAgain, AGAIN_MS)
  const again = () => setBeat((before) => before + 1)
  const left = (findings.data?.total ?? 0) - (findings.data?.findings.length ?? 0)
  const problem = findings.problem ?? flows.problem ?? baseline.problem
  return (
    <>
      <header className="page-head">
        <h1>{text.title}</h1>
        {findings.data && <p className="soft">{findings.data.sees[locale]}</p>}
      </header>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {!findings.data && !problem && <p className="soft">{words.account.working}…</p>}
      {findings.data && (
        <section className="zone-panel" aria-labelledby="security-findings">
          <header className="panel-head">
            <h2 id="security-findings">{text.findings}</h2>
            <output className="soft">{text.open(formatNumber(findings.data.open, locale))}</output>
            <label>
              {text.show}{' '}
              <select value={state} onChange={({ target }) => amend(hrefTo('security', { state: target.value }))}>
                <option value="">{text.all}</option>
                {Object.entries(text.states).map(([name, label]) => (
                  <option key={name} value={name}>
                    {label}
                  </option>
                ))}
              </select>
            </label>
          </header>
          {findings.data.findings.length === 0 && <p>{text.none}</p>}
          {left > 0 && <p className="soft">{text.more(formatNumber(left, locale))}</p>}
          {findings.data.findings.map((one) => (
            <FindingCard key={one.id} finding={one} onDone={again} />
          ))}
        </section>
      )}
      {baseline.data && <BaselinePanel of={baseline.data} onDone={again} />}
      {flows.data && <FlowTable list={flows.data} />}
    </>
  )
}
