import type { ReactNode } from 'react'
import type { Passport } from '../../../src/api/schemas.ts'
import { formatElapsed, formatOffset, formatShare } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { FactCoverage, factReason } from './fact-table.tsx'
import { FieldText, TimeText } from './field-value.tsx'
import { Mark } from './status-mark.tsx'

/** The value with its status and coverage, its three times, clocks, owners and contracts. */
export function PassportValue({ passport }: { passport: Passport }) {
  const { words } = useLanguage()
  const text = words.passport
  return (
    <section className="panel" aria-labelledby="passport-value">
      <h2 id="passport-value">{text.value}</h2>
      {Object.keys(passport.values).length === 0 ? <p className="soft">{text.reasons['nothing-known']}</p> : <Values passport={passport} />}
      <dl className="facts">
        {rows(passport, text).map(([name, content]) => (
          <Row key={name} name={name}>
            {content}
          </Row>
        ))}
        <Clocks passport={passport} />
        <Row name={text.otOwner}>{passport.owners.ot.join(', ') || text.nobody}</Row>
        <Row name={text.itOwner}>{passport.owners.it.join(', ') || text.nobody}</Row>
        <Contracts passport={passport} />
      </dl>
    </section>
  )
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Values({ passport: { values, subject } }: { passport: Passport }) {
  const { locale, words } = useLanguage()
  return (
    <ul className="passport-values">
      {Object.entries(values).map(([name, { value, unit, status, statusCode, coverage, reasons }]) => (
        <li key={name}>
          {subject.kind === 'fact' && <span>{name} </span>}
          <b className="passport-number">
            <FieldText value={value} unit={unit} />
          </b>{' '}
          <span className={`status status-${status}`} title={statusCode}>
            <Mark of={status === 'Good' ? 0 : status === 'Uncertain' ? 1 : 2} /> {words.status[status]}
          </span>{' '}
          {coverage !== null && (
            <>
              <FactCoverage share={coverage} /> {formatShare(coverage, locale)}{' '}
            </>
          )}
          {reasons.length > 0 && <span className="soft">{reasons.map((reason) => factReason(reason, words)).join(' · ')}</span>}
        </li>
      ))}
    </ul>
  )
}

function rows({ times, subject }: Passport, text: ReturnType<typeof useLanguage>['words']['passport']): [string, ReactNode][] {
  const found: [string, ReactNode][] = []
  const add = (name: string, time: string | undefined) => {
    if (time !== undefined) found.push([name, <TimeText key={name} time={time} />])
  }
  add(subject.kind === 'fact' ? text.times.from : text.times.source, times.source)
  if (times.to !== undefined) found.push([text.times.to, times.to === null ? text.goesOn : <TimeText key="to" time={times.to} />])
  add(text.times.received, times.received)
  add(subject.kind === 'fact' ? text.times.known : text.times.recorded, times.recorded)
  return found
}

function Clocks({ passport: { clocks, ageSeconds } }: { passport: Passport }) {
  const { locale, words } = useLanguage()
  const text = words.passport
  return (
    <>
      {ageSeconds !== undefined && <Row name={text.age}>{formatElapsed(ageSeconds, locale)}</Row>}
      {clocks.length > 0 && (
        <Row name={text.clock}>
          {clocks
            .map(({ connection, method, uncertaintySeconds, offsetSeconds = 0 }) => {
              const known =
                uncertaintySeconds === undefined ? text.unmeasured : formatOffset(offsetSeconds * 1e6, uncertaintySeconds * 1e6, locale)
              return text.clockOf(connection, method === 'own' ? text.ownClock : known)
            })
            .join(' · ')}
        </Row>
      )}
    </>
  )
}

function Contracts({ passport: { contracts } }: { passport: Passport }) {
  const { words } = useLanguage()
  const text = words.passport
  return (
    <Row name={text.contracts}>
      {contracts.length === 0 && text.noContract}
      {contracts.map(({ contract, version, says, clause }) => (
        <p key={contract}>
          <a href={hrefTo('contracts', { at: contract })}>{`${contract} ${version}`}</a>
          {` · ${text.says[says]}${clause === undefined ? '' : ` · ${clause}`}`}
        </p>
      ))}
    </Row>
  )
}
