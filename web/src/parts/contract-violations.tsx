import type { Contract } from '../../../src/api/schemas.ts'
import { formatDate, formatInstant, formatNumber, formatUnit, rawValue } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

type Violation = Contract['violations'][number]

interface ContractViolationsProps {
  violations: readonly Violation[]
  properties: Contract['properties']
  name: string
}

/** What broke the contract, the most frequent of the last hour first. */
export function ContractViolations({ violations, properties, name }: ContractViolationsProps) {
  const { locale, words } = useLanguage()
  const text = words.contracts
  const number = (value: number) => formatNumber(value, locale)
  const unitOf = (property: string) => formatUnit(properties.find((one) => one.name === property)?.unit, locale)
  return (
    <section className="scroll-x" aria-label={`${text.violations}: ${name}`}>
      <table className="samples violations">
        <thead>
          <tr>
            <th scope="col">{text.what}</th>
            <th scope="col">{text.property}</th>
            <th scope="col" className="number">
              {text.lastHour}
            </th>
            <th scope="col" className="number">
              {text.count}
            </th>
            <th scope="col">{text.when}</th>
            <th scope="col">{text.examples}</th>
          </tr>
        </thead>
        <tbody>
          {violations
            .toSorted((a, b) => b.lastHour - a.lastHour || b.count - a.count)
            .map((violation) => (
              <tr key={`${violation.property} ${violation.kind} ${violation.check}`}>
                <th scope="row">
                  {words.breaches[violation.kind]}
                  {violation.check && <small className="soft">{violation.check}</small>}
                </th>
                <td>{violation.property}</td>
                <td className="number">{violation.lastHour > 0 ? <b>{number(violation.lastHour)}</b> : '0'}</td>
                <td className="number">{number(violation.count)}</td>
                <td>
                  {formatDate(new Date(violation.firstTime), locale)}
                  <br />
                  {formatDate(new Date(violation.lastTime), locale)}
                </td>
                <td>
                  <Examples examples={violation.examples} unit={violation.kind === 'check' ? '' : unitOf(violation.property)} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}

function Examples({ examples, unit }: { examples: Violation['examples']; unit: string }) {
  const { locale, words } = useLanguage()
  return (
    <ul className="examples">
      {examples.map(({ signal, time, value }) => (
        <li key={`${signal} ${time}`}>
          <span className="value" data-raw={rawValue(value)}>
            {value === null ? words.value.none : typeof value === 'number' ? formatNumber(value, locale) : value}
          </span>{' '}
          {typeof value === 'number' && unit} · <time dateTime={time}>{formatDate(new Date(time), locale)}</time> ·{' '}
          <a href={hrefTo('signal', { id: signal })} title={formatInstant(new Date(time), locale)}>
            {signal}
          </a>
        </li>
      ))}
    </ul>
  )
}
