import type { ReactNode } from 'react'
import type { OwnNode, Uplink } from '../../../src/api/schemas.ts'
import { formatBytes, formatInstant, formatNumber, formatSpan } from '../format.ts'
import { useLanguage } from '../words/index.ts'
import { CertificateDays } from './certificate-days.tsx'
import { Refusal } from './node-findings.tsx'
import { Mark } from './status-mark.tsx'

/** How the way on is doing, between attempts as well: a link that is refused stays refused while it tries again. */
function standingOf({ state, problem }: Uplink): Uplink['state'] {
  if (state !== 'connecting' || !problem) return state
  return problem.code ? 'refused' : 'waiting'
}

/** The way to the next node: its state, how far behind, why it is refused; or that this node stands alone. */
export function LinkPanel({ self, time }: { self: OwnNode; time: string }) {
  const { words } = useLanguage()
  const text = words.nodes
  const { uplink } = self
  const state = uplink && standingOf(uplink)
  return (
    <section className="panel" aria-labelledby="node-link">
      <h2 id="node-link">
        {state === 'refused' && <Mark of={2} />}
        {(state === 'waiting' || state === 'stopped') && <Mark of={1} />} {text.link}
      </h2>
      {uplink ? (
        <Way self={self} uplink={uplink} time={time} />
      ) : (
        <>
          <p>{text.standsAlone}</p>
          <p className="soft">{text.standsAloneHelp}</p>
        </>
      )}
    </section>
  )
}

function Way({ self, uplink, time }: { self: OwnNode; uplink: Uplink; time: string }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const number = (count: number, decimals?: number) => formatNumber(count, locale, decimals)
  const since = formatSpan((Date.parse(time) - Date.parse(uplink.downSince ?? uplink.since)) / 1000, locale)
  return (
    <>
      <dl className="counters">
        <Figure name={text.state} note={text.since(since)}>
          {text.states[standingOf(uplink)]}
        </Figure>
        <Figure name={text.peer} note={uplink.endpoint}>
          {uplink.peer === '' ? '—' : uplink.peer}
        </Figure>
        <Figure name={text.roundTrip}>{uplink.roundTripMs === undefined ? '—' : `${number(uplink.roundTripMs, 1)} ms`}</Figure>
        <Figure name={text.behind}>{text.records(number(uplink.behindRecords))}</Figure>
        <Figure name={text.sent} note={text.samples(number(uplink.sentSamples))}>
          {formatBytes(uplink.sentBytes, locale)}
        </Figure>
        <Figure name={text.attempts}>{number(uplink.attempts)}</Figure>
        <Figure name={text.certificate}>
          {self.certificate ? <CertificateDays days={self.certificate.daysLeft} /> : text.noCertificate}
        </Figure>
      </dl>
      {uplink.problem && (
        <div className="last-error">
          <h3>
            {text.lastProblem} <small className="soft">{formatInstant(new Date(uplink.problem.time), locale)}</small>
          </h3>
          {uplink.problem.code && <Refusal code={uplink.problem.code} node={self.node} />}
          <p className={uplink.problem.code && 'soft'} lang="en">
            {uplink.problem.message}
          </p>
        </div>
      )}
    </>
  )
}

function Figure({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note && <small className="soft">{note}</small>}
      </dd>
    </div>
  )
}
