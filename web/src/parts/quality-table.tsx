import type { QualityRow } from '../../../src/api/schemas.ts'
import { formatNumber, formatShare, labelOf } from '../format.ts'
import { CHARACTERISTICS, ranked, weakest } from '../live/quality.ts'
import { useLive, useShape } from '../live/use-live.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'
import { CoverageBar } from './coverage-bar.tsx'
import { anomalyText } from './reason-text.ts'

/** Kinds of anomaly named in a row; the rest is counted. */
const KINDS = 3
/** Share of unknown time from which it is said: silence is no anomaly of a reading, but nothing to trust either. */
const WORTH_SAYING = 0.001

export function QualityTable({ rows, busy }: { rows: readonly QualityRow[]; busy: boolean }) {
  const { words } = useLanguage()
  const text = words.quality
  // Labels come with the signals, which may arrive after the rows.
  useShape()
  return (
    <section className="scroll-x quality-box" aria-label={text.title} aria-busy={busy}>
      <table className="samples quality">
        <thead>
          <tr>
            <th scope="col">{words.value.signal}</th>
            <th scope="col" className="number" title={text.scoreHelp}>
              {text.score}
            </th>
            <th scope="col" title={text.coveredHelp}>
              {text.covered}
            </th>
            <th scope="col">{text.main}</th>
            {CHARACTERISTICS.map((name) => (
              <th key={name} scope="col" className="number quality-characteristic" title={words.characteristicQuestions[name]}>
                <span>{words.characteristics[name]}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <QualityLine key={row.signal} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function QualityLine({ row }: { row: QualityRow }) {
  const { locale, words } = useLanguage()
  const { plant } = useLive()
  const index = plant.indexOf(row.signal)
  const label = index === undefined ? undefined : labelOf(plant.signals[index]?.label, locale)
  const low = weakest(row)
  const good = words.quality.goodShare(formatShare(row.covered.good, locale))
  return (
    <tr>
      <th scope="row">
        <a href={hrefTo('signal', { id: row.signal, range: '24h' })}>{label ?? row.signal}</a>
        {label && <small className="soft">{row.signal}</small>}
      </th>
      <td className="number">
        <Share of={row.score} />
      </td>
      <td className="quality-covered">
        <CoverageBar covered={row.covered} />
        <span aria-hidden="true">{low.has('covered') ? <b>{good}</b> : good}</span>
      </td>
      <td className="quality-wrong">
        <Anomalies counts={row.anomalies} unknown={row.covered.unknown} />
      </td>
      {CHARACTERISTICS.map((name) => (
        <td key={name} className="number">
          <Share of={row.characteristics[name]} weak={low.has(name)} />
        </td>
      ))}
    </tr>
  )
}

/** A percentage; where it cannot be known a dash, said in words. */
function Share({ of, weak = false }: { of: number | null; weak?: boolean }) {
  const { locale, words } = useLanguage()
  if (of === null) {
    return (
      <span className="soft" title={words.quality.unknownShare}>
        <span aria-hidden="true">—</span>
        <span className="unseen">{words.quality.unknownShare}</span>
      </span>
    )
  }
  return weak ? <b>{formatShare(of, locale)}</b> : <span>{formatShare(of, locale)}</span>
}

/** For how long nothing is known, then the most frequent kinds with their counts; what does not fit is counted. */
export function Anomalies({ counts, unknown }: { counts: Readonly<Record<string, number>>; unknown: number }) {
  const { locale, words } = useLanguage()
  const kinds = ranked(counts)
  if (kinds.length === 0 && unknown < WORTH_SAYING) return <span className="soft">{words.quality.nothingWrong}</span>
  const more = kinds.length - KINDS
  const named = kinds.slice(0, more > 0 ? KINDS : undefined)
  return (
    <ul className="anomalies">
      {unknown >= WORTH_SAYING && <li>{words.quality.unheard(formatShare(unknown, locale))}</li>}
      {named.map(([kind, count]) => (
        <li key={kind}>
          <b>{formatNumber(count, locale)}</b> {anomalyText(kind, words)}
        </li>
      ))}
      {more > 0 && (
        <li
          className="soft"
          title={kinds
            .slice(KINDS)
            .map(([kind, count]) => `${formatNumber(count, locale)} ${anomalyText(kind, words)}`)
            .join(', ')}
        >
          {words.quality.others(formatNumber(more, locale))}
        </li>
      )}
    </ul>
  )
}
