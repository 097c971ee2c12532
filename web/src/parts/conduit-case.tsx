import type { ReactNode } from 'react'
import { formatBytes, formatNumber } from '../format.ts'
import type { Conduit } from '../live/zone-rows.ts'
import { useLanguage } from '../words/index.ts'

function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows.map(([title, value]) => (
        <div key={title}>
          <dt className="soft">{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const listOf = (entries: readonly string[], empty: string): ReactNode =>
  entries.length === 0 ? (
    <span className="soft">{empty}</span>
  ) : (
    <ul>
      {entries.map((entry) => (
        <li key={entry}>{entry}</li>
      ))}
    </ul>
  )

/** Why it is there, who answers for it, and how it is cut. */
export function ConduitCase({ of }: { of: Conduit }) {
  const { words } = useLanguage()
  const text = words.zones
  const { necessity, value, impact, dependencies, owner, riskOwner, isolation, place } = of
  return (
    <section className="panel" aria-labelledby="conduit-case">
      <h2 id="conduit-case">{text.case}</h2>
      <Facts
        rows={[
          [text.necessity, necessity],
          [text.value, value ?? '–'],
          [text.impact, impact],
          [text.dependencies, listOf(dependencies, words.policy.nothing)],
          [text.owner, owner],
          [text.riskOwner, riskOwner],
          [text.declaredAt, <code key="place">{place}</code>],
        ]}
      />
      <h3>{text.isolation}</h3>
      <Facts
        rows={[
          [text.by, listOf(isolation.by, words.policy.nothing)],
          [text.stops, listOf(isolation.stops, words.policy.nothing)],
          [text.manual, listOf(isolation.manual, words.policy.nothing)],
        ]}
      />
      <p className="soft">{text.howToCut}</p>
    </section>
  )
}

/** What it lets through; an empty list permits nothing. */
export function ConduitPermits({ of }: { of: Conduit }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const { signals, records, results, namesInputs, services, peers, transports, maxSamplesPerSecond, maxBytesPerDay } = of
  const nothing = words.policy.nothing
  return (
    <section className="panel" aria-labelledby="conduit-permits">
      <h2 id="conduit-permits">{text.permitted}</h2>
      <Facts
        rows={[
          [text.transports, transports.join(', ')],
          [text.signals, listOf(signals, nothing)],
          [text.records, listOf(records, nothing)],
          [
            text.results,
            <>
              {listOf(results, nothing)}
              {namesInputs && <span className="soft">{text.namesInputs}</span>}
            </>,
          ],
          [text.services, listOf(services, text.servicesAny)],
          [text.peers, listOf(peers, text.peersAny)],
          [text.rate, maxSamplesPerSecond === undefined ? text.noLimit : text.perSecond(formatNumber(maxSamplesPerSecond, locale))],
          [text.volume, maxBytesPerDay === undefined ? text.noLimit : text.perDay(formatBytes(maxBytesPerDay, locale))],
        ]}
      />
    </section>
  )
}
