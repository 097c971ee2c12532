import type { Sample, Signal } from '../../../src/api/schemas.ts'
import { formatNumber, formatUnit } from '../format.ts'
import { levelOf, place } from '../live/judge.ts'
import { shownRange, shownUnit } from '../live/shown.ts'
import { useLanguage } from '../words/index.ts'

const WIDTH = 120
/** The band of normal values takes the middle; the rest shows how far outside a value is. */
const BAND = [24, 96] as const

/** Moving analog indicator: a pointer over the band of normal values. Grey until the value leaves the band. */
export function Analog({ signal, sample }: { signal: Signal; sample: Sample | undefined }) {
  const { locale, words } = useLanguage()
  const at = place(signal, sample)
  const range = shownRange(signal)
  if (!range) return null
  const [low, high] = range
  const number = (value: number) => formatNumber(value, locale, signal.decimals)
  const label = words.value.range(number(low), number(high), formatUnit(shownUnit(signal), locale))
  const x = at === undefined ? undefined : Math.min(WIDTH - 5, Math.max(5, BAND[0] + at * (BAND[1] - BAND[0])))
  return (
    <svg
      className={`analog analog-${levelOf(signal, sample)}`}
      viewBox={`0 0 ${WIDTH} 16`}
      width={WIDTH}
      height="16"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <rect className="analog-scale" x="0.5" y="5.5" width={WIDTH - 1} height="7" />
      <rect className="analog-band" x={BAND[0]} y="5" width={BAND[1] - BAND[0]} height="8" />
      {x !== undefined && <path className="analog-pointer" d="M-4.5 0.5h9L0 8Z M0 8v6" transform={`translate(${x.toFixed(1)} 0)`} />}
    </svg>
  )
}
