import type { UnknownEquipmentList } from '../../../src/api/schemas.ts'
import { formatNumber } from '../format.ts'
import { type UnknownName, yamlOf } from '../live/unknown-names.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { CopyButton } from './copy-button.tsx'

/** Names of equipment in records that nobody has declared, with the line to add for each. */
export function UnknownPanel({ list, problem }: { list: UnknownEquipmentList | undefined; problem: string | undefined }) {
  const { locale, words } = useLanguage()
  const text = words.records
  return (
    <section className="panel" aria-labelledby="unknown-names">
      <h2 id="unknown-names">{text.unknown}</h2>
      <p className="soft">{text.unknownHelp}</p>
      {problem && <p role="alert" className="problem">{`${text.problem} · ${problem}`}</p>}
      {list?.names.length === 0 && <p>{text.unknownNone}</p>}
      {list && list.names.length > 0 && (
        <div className="scroll-x">
          <table className="samples unknown">
            <thead>
              <tr>
                <th scope="col">{text.name}</th>
                <th scope="col">{text.kind}</th>
                <th scope="col">{text.source}</th>
                <th scope="col" className="number">
                  {text.title}
                </th>
                <th scope="col">{text.suggestions}</th>
              </tr>
            </thead>
            <tbody>
              {list.names.map((one) => (
                <tr key={`${one.kind} ${one.source} ${one.name}`}>
                  <th scope="row">{one.name}</th>
                  <td>
                    <a href={hrefTo('records', { kind: one.kind, q: `"${one.name}"` })}>{one.kind}</a>
                  </td>
                  <td>{one.source}</td>
                  <td className="number">{formatNumber(one.records, locale)}</td>
                  <td className="long">
                    <Suggestions of={one} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list?.truncated && <p className="quality-more">{text.unknownTruncated}</p>}
    </section>
  )
}

/** What a name may mean, and what to write for it. */
export function Suggestions({ of: name }: { of: UnknownName }) {
  const { words } = useLanguage()
  const text = words.records
  const places = name.suggestions.length > 0 ? name.suggestions : [{ name: '', path: text.somePlace }]
  const lines =
    name.system === undefined
      ? [{ near: '', ...yamlOf(name, '') }]
      : places.map(({ name: near, path }) => ({ near, ...yamlOf(name, path) }))
  return (
    <ul className="suggestions">
      {lines.map(({ near, where, line }) => (
        <li key={where}>
          <span>{near === '' ? text.noSuggestion : text.maybe(near)}</span>
          <code className="soft">{where}</code>
          <span>
            <code className="yaml-line">{line}</code> <CopyButton text={line} label={text.copyLine(line)} />
          </span>
        </li>
      ))}
    </ul>
  )
}
