import type { QualityRow } from '../../../src/api/schemas.ts'
import { formatShare } from '../format.ts'
import { SHARES } from '../live/quality.ts'
import { type Locale, useLanguage, type Words } from '../words/index.ts'

/** Heights, so that the bar reads without colour: what is worse stands taller. */
const HEIGHTS = { good: 5, uncertain: 8, bad: 10, unknown: 5 } as const

export const sharesText = (covered: QualityRow['covered'], locale: Locale, words: Words): string => {
  const [good, uncertain, bad, unknown] = SHARES.map((name) => formatShare(covered[name], locale))
  return words.quality.shares(good, uncertain, bad, unknown)
}

/** The period by status in force, as a bar for the eye and as a sentence for the ear. */
export function CoverageBar({ covered }: { covered: QualityRow['covered'] }) {
  const { locale, words } = useLanguage()
  const text = sharesText(covered, locale, words)
  let left = 0
  return (
    <span className="coverage" title={text}>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" width="100%" height="14" aria-hidden="true">
        {SHARES.map((name) => {
          const width = covered[name] * 100
          const start = left
          left += width
          // A minute of Bad in a week is still seen.
          const shown = width === 0 ? 0 : Math.max(width, name === 'good' ? 0 : 1)
          return (
            <rect
              key={name}
              className={`share-${name}`}
              x={Math.min(start, 100 - shown)}
              y={10 - HEIGHTS[name]}
              width={shown}
              height={HEIGHTS[name]}
            />
          )
        })}
      </svg>
      <span className="unseen">{text}</span>
    </span>
  )
}

export function ShareLegend() {
  const { words } = useLanguage()
  return (
    <ul className="legend legend-shares">
      {SHARES.map((name) => (
        <li key={name}>
          <svg viewBox="0 0 22 10" width="22" height="10" aria-hidden="true">
            <rect className={`share-${name}`} y={10 - HEIGHTS[name]} width="22" height={HEIGHTS[name]} />
          </svg>
          {words.quality.legend[name]}
        </li>
      ))}
    </ul>
  )
}
