import type { Contract } from '../../../src/api/schemas.ts'
import { formatNumber, formatSeconds, formatUnit } from '../format.ts'
import { hrefTo } from '../router.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'

type Property = Contract['properties'][number]

/** Properties, signals of one, and states of one that are listed; the rest is counted. */
const ROWS = 50
const SIGNALS = 6
const STATES = 12

/** What is promised, and the contract's other words: folded away, because the first look is for uses and violations. */
export function ContractProperties({ contract, open }: { contract: Contract; open: boolean }) {
  const { locale, words } = useLanguage()
  const text = words.contracts
  const number = (value: number) => formatNumber(value, locale)
  const { properties } = contract
  const bound = properties.reduce((sum, { signalCount }) => sum + signalCount, 0)
  const title = text.properties(number(properties.length), number(bound))
  const facts = [
    [text.timestampRule, contract.timestampRule, contract.language],
    [text.evidence, contract.acceptanceEvidence, contract.language],
    [text.change, contract.changeProcess, contract.language],
    [
      text.service,
      contract.service
        .map(({ property, element, value, unit }) =>
          [element, property, value, unit].filter((part) => part !== undefined && part !== '').join(' '),
        )
        .join(' · '),
    ],
    [text.file, contract.file],
  ].filter(([, value]) => value)
  return (
    <details className="explain" open={open}>
      <summary>{title}</summary>
      <section className="scroll-x" aria-label={title}>
        <table className="samples promises">
          <thead>
            <tr>
              <th scope="col">{text.property}</th>
              <th scope="col">{text.promise}</th>
              <th scope="col">{text.signals}</th>
            </tr>
          </thead>
          <tbody>
            {properties.slice(0, ROWS).map((property) => (
              <tr key={property.name}>
                <th scope="row">
                  {property.name}
                  {property.meaning && (
                    <small className="soft" lang={contract.language}>
                      {property.meaning}
                    </small>
                  )}
                </th>
                <td>{promiseText(property, locale, words)}</td>
                <td>
                  <Bound property={property} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {properties.length > ROWS && <p className="soft">{text.moreRows(number(properties.length - ROWS))}</p>}
      <dl className="facts">
        {facts.map(([name, value, lang]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd lang={lang}>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Bound({ property }: { property: Property }) {
  const { locale, words } = useLanguage()
  if (property.signalCount === 0) return <span className="soft">{words.contracts.unbound}</span>
  const named = property.signals.slice(0, SIGNALS)
  const more = property.signalCount - named.length
  return (
    <ul className="examples">
      {named.map((id) => (
        <li key={id}>
          <a href={hrefTo('signal', { id })}>{id}</a>
        </li>
      ))}
      {more > 0 && <li className="soft">{words.contracts.moreSignals(formatNumber(more, locale))}</li>}
    </ul>
  )
}

function promiseText(property: Property, locale: Locale, words: Words): string {
  const text = words.contracts
  const { minimum, maximum, exclusive, states } = property
  const unit = formatUnit(property.unit, locale)
  const quantity = (value: number) => [formatNumber(value, locale), unit].filter(Boolean).join(' ')
  const said: string[] = []
  if (minimum !== undefined && maximum !== undefined && !exclusive) said.push(`${formatNumber(minimum, locale)} … ${quantity(maximum)}`)
  else {
    if (minimum !== undefined) said.push(exclusive?.minimum ? text.above(quantity(minimum)) : text.atLeast(quantity(minimum)))
    if (maximum !== undefined) said.push(exclusive?.maximum ? text.below(quantity(maximum)) : text.atMost(quantity(maximum)))
    if (minimum === undefined && maximum === undefined && unit) said.push(unit)
  }
  if (states) said.push(text.states(`${states.slice(0, STATES).join(', ')}${states.length > STATES ? ' …' : ''}`))
  if (property.required) said.push(text.required)
  if (property.minimumStatus) said.push(text.minimumStatus(words.status[property.minimumStatus]))
  if (property.maxDelaySeconds !== undefined) said.push(text.maxDelay(formatSeconds(property.maxDelaySeconds, locale)))
  if (property.maxSilenceSeconds !== undefined) said.push(text.maxSilence(formatSeconds(property.maxSilenceSeconds, locale)))
  if (property.checks) said.push(text.checks(property.checks.slice(0, STATES).join(', ')))
  return said.length > 0 ? said.join(' · ') : text.nothingPromised
}
