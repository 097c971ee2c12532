import { useCallback, useState } from 'react'
import type { FindingList, FlowList, PolicyAnswer } from '../../../src/api/schemas.ts'
import { readConduitFlows, readFindings } from '../api.ts'
import { formatDay, formatNumber, labelOf } from '../format.ts'
import { type ConduitRow, throughConduit } from '../live/zone-rows.ts'
import { ConduitCase, ConduitPermits } from '../parts/conduit-case.tsx'
import { ConduitStates, Dials, ReviewDays } from '../parts/conduit-states.tsx'
import { ConduitTraffic } from '../parts/conduit-traffic.tsx'
import { FindingCard } from '../parts/finding-card.tsx'
import { FlowTable } from '../parts/flow-table.tsx'
import { PolicyTests } from '../parts/policy-tests.tsx'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { useAnswer } from './use-answer.ts'
import { usePolicy } from './use-policy.ts'

const AGAIN_MS = 10_000

/** One conduit: why it is there, what may pass, what does, and what is wrong with it. */
export function ConduitPage({ name }: { name: string }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const { policy, rows, problem } = usePolicy()
  const [beat, setBeat] = useState(0)
  const flows = useAnswer(
    useCallback(() => readConduitFlows(name), [name]),
    AGAIN_MS,
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when one was acknowledged
  const read = useCallback(() => readFindings({ conduit: name }), [name, beat])
  const findings = useAnswer(read, AGAIN_MS)
  const row = rows.find(({ conduit }) => conduit?.name === name)
  const label = labelOf(row?.conduit?.label, locale)
  const trouble = problem ?? flows.problem ?? findings.problem
  return (
    <>
      <header className="page-head">
        <p>
          <a href={hrefTo('zones')}>{text.back}</a>
        </p>
        <h1>{label ? `${name} · ${label}` : name}</h1>
        {row && <Head row={row} />}
      </header>
      {trouble && <p role="alert" className="problem">{`${text.problem} · ${trouble}`}</p>}
      {!policy && !trouble && <p className="soft">{words.account.working}…</p>}
      {policy && !row && (
        <>
          <h2>{text.unknown}</h2>
          <p>{text.unknownText(name)}</p>
        </>
      )}
      {policy && row?.conduit && (
        <Whole
          name={name}
          policy={policy}
          row={row}
          flows={flows.data}
          findings={findings.data}
          onDone={() => setBeat((before) => before + 1)}
        />
      )}
    </>
  )
}

function Head({ row }: { row: ConduitRow }) {
  const { locale, words } = useLanguage()
  const { from, to, conduit, daysLeft = 0 } = row
  return (
    <p className="tools">
      <ConduitStates row={row} />
      <a href={hrefTo('zones', { zone: from ?? '', to: to ?? '' })}>{`${from} → ${to}`}</a>
      <span>
        <Dials row={row} />
      </span>
      <span>{conduit?.transports.join(', ')}</span>
      <span>
        {`${words.zones.review}: ${formatDay(new Date(conduit?.reviewBy ?? 0), locale)} · `}
        <ReviewDays daysLeft={daysLeft} />
      </span>
    </p>
  )
}

interface WholeProps {
  readonly name: string
  readonly policy: PolicyAnswer
  readonly row: ConduitRow
  readonly flows: FlowList | undefined
  readonly findings: FindingList | undefined
  readonly onDone: () => void
}

function Whole({ name, policy, row, flows, findings, onDone }: WholeProps) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const about = findings?.findings ?? []
  const left = (findings?.total ?? 0) - about.length
  const tests = policy.tests.filter(({ says }) => 'conduit' in says && says.conduit === name)
  return (
    <>
      <div className="zone-columns">
        {row.conduit && <ConduitCase of={row.conduit} />}
        {row.conduit && <ConduitPermits of={row.conduit} />}
      </div>
      <ConduitTraffic crossings={throughConduit(policy.crossings, name)} />
      <section className="zone-panel" aria-labelledby="conduit-findings">
        <h2 id="conduit-findings">{text.findings}</h2>
        {about.length === 0 && <p className="soft">{text.noFindings}</p>}
        {about.map((one) => (
          <FindingCard key={one.id} finding={one} onDone={onDone} />
        ))}
        {left > 0 && <p className="soft">{text.moreFindings(formatNumber(left, locale))}</p>}
        <p>
          <a href={hrefTo('security')}>{text.allFindings}</a>
        </p>
      </section>
      <section className="panel zone-panel" aria-labelledby="conduit-tests">
        <h2 id="conduit-tests">{text.tests}</h2>
        {tests.length === 0 ? <p className="soft">{text.noTests}</p> : <PolicyTests tests={tests} />}
      </section>
      {flows && <p className="soft">{flows.sees[locale]}</p>}
      {flows && <FlowTable list={{ ...flows, sensors: [] }} />}
    </>
  )
}
