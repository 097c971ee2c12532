import { formatNumber } from '../format.ts'
import type { Through } from '../live/zone-rows.ts'
import { useLanguage } from '../words/index.ts'
import { Mark } from './status-mark.tsx'

/** How reasons of the conduit begin in the ledger. */
const PREFIX = /^conduit-/

/** What went through, and what did not by reason, at each part of this node that it is the conduit of. */
export function ConduitTraffic({ crossings }: { crossings: readonly Through[] }) {
  const { locale, words } = useLanguage()
  const text = words.zones
  const reasonText = (reason: string) => text.reasons[reason.replace(PREFIX, '') as keyof typeof text.reasons] ?? reason
  const refusals = (refused: Readonly<Record<string, number>>) =>
    Object.entries(refused)
      .map(([reason, count]) => `${formatNumber(count, locale)} ${reasonText(reason)}`)
      .join(' · ')
  return (
    <div className="panel zone-panel">
      <h2>{text.traffic}</h2>
      {crossings.length === 0 && <p className="soft">{text.noCrossing}</p>}
      {crossings.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="scroll-x" aria-label={text.traffic} tabIndex={0}>
          <table className="samples">
            <thead>
              <tr>
                <th scope="col">{text.part}</th>
                <th scope="col">{text.crossing}</th>
                <th scope="col">{text.state}</th>
                <th scope="col" className="number">
                  {text.passed}
                </th>
                <th scope="col">{text.refused}</th>
              </tr>
            </thead>
            <tbody>
              {crossings.map(({ part, name, permitted, reason, counts }) => (
                <tr key={`${part} ${name}`}>
                  <td>{text.parts[part as keyof typeof text.parts] ?? part}</td>
                  <th scope="row">{name}</th>
                  <td>
                    {!permitted && <Mark of={2} />} {reasonText(reason)}
                  </td>
                  <td className="number">{counts ? formatNumber(counts.passed, locale) : text.notCounted}</td>
                  <td className="wraps">{(counts && refusals(counts.refused)) || text.refusedNone}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  )
}
