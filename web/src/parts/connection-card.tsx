import type { Connection } from '../../../src/api/schemas.ts'
import { formatAge, formatInstant, formatNumber, labelOf } from '../format.ts'
import { useNow } from '../live/use-live.ts'
import { useLanguage } from '../words/index.ts'
import { ClockFigure } from './clock-figure.tsx'
import { connectionStanding } from './connection-chip.tsx'
import { Figure } from './figure.tsx'
import { Mark } from './status-mark.tsx'

export function ConnectionCard({ connection, chosen }: { connection: Connection; chosen: boolean }) {
  const { locale, words } = useLanguage()
  const now = useNow()
  const text = words.connections
  const number = (value: number, decimals?: number) => formatNumber(value, locale, decimals)
  const ago = (time: string | undefined) => (time ? words.value.ago(formatAge(now - Date.parse(time), locale)) : text.never)
  const of = connectionStanding(connection)
  return (
    <article className={`panel card card-${of}`} id={`connection-${connection.name}`} aria-current={chosen || undefined}>
      <header>
        <h2>
          <Mark of={of} /> {labelOf(connection.label, locale) ?? connection.name}
        </h2>
        <p className="soft">
          {connection.kind} · <code>{connection.endpoint}</code>
        </p>
      </header>
      <dl className="figures">
        <Figure name={text.state} note={`${text.since} ${formatAge(now - Date.parse(connection.since), locale)}`}>
          {text.states[connection.state]}
        </Figure>
        <Figure name={text.liveness} note={ago(connection.lastHeardTime)}>
          {text.livenesses[connection.liveness]}
        </Figure>
        <Figure name={text.latency}>{connection.latencyMs === undefined ? '—' : `${number(connection.latencyMs, 1)} ms`}</Figure>
        <ClockFigure connection={connection} />
        {connection.records === undefined && (
          <>
            <Figure name={text.rate}>{`${number(connection.ratePerSecond, 1)} ${text.perSecond}`}</Figure>
            <Figure name={text.lastGood}>{ago(connection.lastGoodTime)}</Figure>
            <Figure name={text.pending} note={text.pendingHelp}>
              {number(connection.pending)}
            </Figure>
          </>
        )}
      </dl>
      <Counters connection={connection} />
      {connection.lastProblem && (
        <div className="last-error">
          <h3>{text.lastProblem}</h3>
          <p lang="en">{connection.lastProblem}</p>
        </div>
      )}
      {connection.lastError && (
        <div className="last-error">
          <h3>
            {text.lastError} <small className="soft">{formatInstant(new Date(connection.lastError.time), locale)}</small>
          </h3>
          <p lang={connection.lastError.language}>{connection.lastError.message}</p>
          {connection.lastError.hint && (
            <p>
              <b>{text.hint}</b> <span lang={connection.lastError.language}>{connection.lastError.hint}</span>
            </p>
          )}
        </div>
      )}
    </article>
  )
}

const OF_SAMPLES = ['signals', 'read', 'stored', 'good', 'uncertain', 'bad', 'gaps', 'attempts', 'reconnects'] as const
const OF_RECORDS = ['rows', 'known', 'versions', 'deleted', 'quarantined', 'blurred'] as const

function Counters({ connection }: { connection: Connection }) {
  const { locale, words } = useLanguage()
  const text = words.connections
  const { records } = connection
  const dropped = Object.entries(connection.dropped).filter(([, count]) => count > 0)
  return (
    <>
      <h3>{text.counters}</h3>
      <dl className="counters">
        {(records ? OF_RECORDS : []).map((name) => (
          <div key={name}>
            <dt>{text.ofRecords[name]}</dt>
            <dd>{formatNumber(records?.[name] ?? 0, locale)}</dd>
          </div>
        ))}
        {(records ? (['attempts', 'reconnects'] as const) : OF_SAMPLES).map((name) => (
          <div key={name}>
            <dt>{text[name]}</dt>
            <dd>{formatNumber(connection[name], locale)}</dd>
          </div>
        ))}
        <div>
          <dt>{text.dropped}</dt>
          <dd>
            {dropped.length === 0
              ? text.droppedNone
              : dropped.map(([reason, count]) => `${formatNumber(count, locale)} ${reason}`).join(', ')}
          </dd>
        </div>
      </dl>
    </>
  )
}
