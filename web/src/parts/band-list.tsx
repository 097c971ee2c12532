import { formatNumber, formatSecond, labelOf } from '../format.ts'
import type { Band, LaneChoice } from '../live/bands.ts'
import { shownKey } from '../live/fact-rows.ts'
import { hrefTo } from '../router.ts'
import { useLanguage } from '../words/index.ts'

/** Lanes drawn at once, and bands listed. */
const LANES = 6
const LISTED = 50

interface BandListProps {
  readonly choices: readonly LaneChoice[]
  readonly lanes: readonly string[]
  readonly bands: readonly Band[]
  named(lane: string): string
  onChoose(lanes: readonly string[]): void
}

/** Which events and records are drawn over the trend, and the same bands as a list. */
export function BandList({ choices, lanes, bands, named, onChoose }: BandListProps) {
  const { locale, words } = useLanguage()
  const text = words.bands
  const time = (instant: string) => formatSecond(new Date(instant), locale)
  const number = (count: number) => formatNumber(count, locale)
  const toggle = (lane: string) => onChoose(lanes.includes(lane) ? lanes.filter((one) => one !== lane) : [...lanes, lane].slice(-LANES))
  if (choices.length === 0) return <p className="soft">{text.none}</p>
  return (
    <div className="bands">
      <fieldset className="band-choices">
        <legend className="soft">{text.choose(String(LANES))}</legend>
        {choices.map(({ lane, name, label, here, elsewhere }) => (
          <label key={lane} className="check">
            <input type="checkbox" checked={lanes.includes(lane)} onChange={() => toggle(lane)} />
            <span>
              {labelOf(label, locale) ?? name}{' '}
              <span className="soft">
                {here > 0 ? text.here(number(here)) : elsewhere > 0 ? text.elsewhere(number(elsewhere)) : text.noneIn}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      {bands.length > 0 && (
        <ul className="band-list" aria-label={text.list}>
          {bands.slice(0, LISTED).map((band) => (
            <li key={`${band.lane} ${band.key} ${band.from}`}>
              <a href={hrefOf(band)}>{[named(band.lane), shownKey(band.text, time)].filter(Boolean).join(' · ')}</a>{' '}
              <span className="soft">
                {`${formatSecond(new Date(band.from * 1000), locale)} → ${Number.isFinite(band.to) ? formatSecond(new Date(band.to * 1000), locale) : words.results.goesOn}`}
                {band.isDoubtful && ` · ${text.doubtful}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      {bands.length > LISTED && <p className="soft">{text.more(number(bands.length - LISTED))}</p>}
    </div>
  )
}

function hrefOf({ lane, key }: Band): string {
  const [type, name] = [lane.slice(0, lane.indexOf(':')), lane.slice(lane.indexOf(':') + 1)]
  return type === 'fact'
    ? hrefTo('results', { of: name, key, span: 'all' })
    : hrefTo('records', { kind: name, key: JSON.parse(key) as string[] })
}
