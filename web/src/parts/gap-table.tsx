import type { GapList, NodeGap } from '../../../src/api/schemas.ts'
import { formatDate, formatNumber } from '../format.ts'
import { hrefTo } from '../router.ts'
import { useLanguage, type Words } from '../words/index.ts'

/** Records that are gone for good, newest first, with why. */
export function GapTable({ list, problem, at }: { list: GapList | undefined; problem: string | undefined; at: string }) {
  const { words } = useLanguage()
  const text = words.nodes
  return (
    <section className="panel gaps" aria-labelledby="node-gaps">
      <h2 id="node-gaps">{text.gaps}</h2>
      <p className="soft">{text.gapsHelp}</p>
      {at !== '' && (
        <p>
          {text.gapsOf(at)} · <a href={hrefTo('node')}>{text.gapsOfAll}</a>
        </p>
      )}
      {problem && <p className="problem">{problem}</p>}
      {list && !list.kept && <p>{text.gapsElsewhere}</p>}
      {list?.kept && list.gaps.length === 0 && <p>{text.noGaps}</p>}
      {list && list.gaps.length > 0 && <Rows gaps={list.gaps} />}
      {list?.truncated && <p className="soft">{text.gapsTruncated}</p>}
    </section>
  )
}

function Rows({ gaps }: { gaps: readonly NodeGap[] }) {
  const { locale, words } = useLanguage()
  const text = words.nodes
  const number = (count: number) => formatNumber(count, locale)
  return (
    <div className="scroll-x">
      <table className="samples">
        <thead>
          <tr>
            <th scope="col">{text.declared}</th>
            <th scope="col">{text.node}</th>
            <th scope="col">{text.cause}</th>
            <th scope="col" className="number">
              {text.range}
            </th>
            <th scope="col" className="number">
              {text.count}
            </th>
            <th scope="col" className="number">
              {text.lostSamples}
            </th>
          </tr>
        </thead>
        <tbody>
          {gaps.map(({ node, epoch, first, last, cause, samples, recordedTime }) => (
            <tr key={`${node} ${epoch} ${first}`}>
              <td>{formatDate(new Date(recordedTime), locale)}</td>
              <td>
                <a href={hrefTo('node', { at: node })}>{node}</a>
              </td>
              <td className="gap-cause" title={cause}>
                {causeText(cause, text)}
              </td>
              <td className="number">{`${number(first)} … ${number(last)}`}</td>
              <td className="number">{number(last - first + 1)}</td>
              <td className="number">{samples === undefined ? <span className="soft">{text.notCounted}</span> : number(samples)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A cause that another version may have given is shown as it is. */
function causeText(cause: string, { causes }: Words['nodes']): string {
  const known: Readonly<Record<string, string>> = causes
  return known[cause.startsWith('unreadable') ? 'unreadable' : cause] ?? cause
}
