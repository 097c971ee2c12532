import type { Health, OwnNode, Uplink } from '../../../src/api/schemas.ts'
import { formatBytes, formatInstant, formatNumber, formatSpan } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { CertificateDays } from './certificate-days.tsx'
import { Figure } from './figure.tsx'
import { Refusal } from './node-findings.tsx'
import { Mark } from './status-mark.tsx'

/** How the way on is doing, between attempts as well: a link that is refused stays refused while it tries again. */
function standingOf({ state, problem }: Pick<Uplink, 'state' | 'problem'>): Uplink['state'] {
  if (state !== 'connecting' || !problem) return state
  return problem.code ? 'refused' : 'waiting'
}

/** The way on, as small as a connection. */
export function LinkChip({ link }: { link: NonNullable<Health['link']> }) {
  const { words } = useLanguage()
  const state = standingOf(link)
  return (
    <a className="chip" href={hrefTo('node')}>
      <Mark of={state === 'connected' || state === 'connecting' ? 0 : state === 'refused' ? 2 : 1} />
      <b>{link.endpoint}</b>
      <span>{words.nodes.states[state]}</span>
    </a>
  )
}

/** The way to the next node: its state, how far behind, why it is refused; or that this node stands alone. */
export function LinkPanel({ self, time, receives }: { self: OwnNode; time: string; receives: boolean }) {
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
          <p>{receives ? text.endsHere : text.standsAlone}</p>
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
      <dl className="figures">
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
        <Figure name={text.certificate}>{self.certificate ? <CertificateDays of={self.certificate} /> : text.noCertificate}</Figure>
      </dl>
      {uplink.problem && (
        <div className="last-error">
          <h3>
            {text.lastProblem} <small className="soft">{formatInstant(new Date(uplink.problem.time), locale)}</small>
          </h3>
          {uplink.problem.code && <Refusal code={uplink.problem.code} node={self.node} />}
          <p className={uplink.problem.code && 'soft'} lang={uplink.problem.language}>
            {uplink.problem.message}
          </p>
        </div>
      )}
    </>
  )
}
