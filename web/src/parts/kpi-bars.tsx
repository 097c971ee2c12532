import { type KeyboardEvent, useId } from 'react'
import { barsOf, type KpiSeries, type KpiTarget, type Scale } from '../live/kpis.ts'

const WIDTH = 480
const HEIGHT = 64

interface KpiBarsProps {
  readonly series: KpiSeries
  readonly target: KpiTarget
  readonly scale: Scale
  /** The period that is read out beside it. */
  readonly at: number
  readonly label: string
  onPoint(at: number | undefined): void
}

/** A bar per period, oldest first; the right part of a bar is hatched by as much as its period was not covered. Arrows move from bar to bar. */
export function KpiBars({ series, target, scale, at, label, onPoint }: KpiBarsProps) {
  const hatch = useId()
  const { bars, limits } = barsOf(series, target, scale)
  const slot = WIDTH / Math.max(12, bars.length)
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    onPoint(Math.max(0, Math.min(bars.length - 1, to)))
  }
  return (
    <div
      className="kpi-bars"
      // bars that the arrow keys read one by one are an application of their own
      role="application"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the application role takes keys
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerLeave={() => onPoint(undefined)}
    >
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height={HEIGHT} aria-hidden="true">
        <defs>
          <pattern id={hatch} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <path className="kpi-hatch" d="M0 0V5" />
          </pattern>
        </defs>
        {bars.map(({ height, unknown, isOut, hasValue }, i) => {
          const [left, width, tall] = [i * slot + 1.5, slot - 3, Math.max(1, height * (HEIGHT - 2))]
          const solid = width * (1 - unknown)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            <g key={i} className={`kpi-bar${isOut ? ' kpi-out' : ''}${i === at ? ' kpi-at' : ''}`} onPointerEnter={() => onPoint(i)}>
              <rect className="kpi-slot" x={left} y={0} width={width} height={HEIGHT} />
              {hasValue && <rect className="kpi-solid" x={left} y={HEIGHT - tall} width={solid} height={tall} />}
              {unknown > 0 && (
                <rect
                  className="kpi-unknown"
                  fill={`url(#${hatch})`}
                  x={left + solid}
                  y={HEIGHT - tall}
                  width={width - solid}
                  height={tall}
                />
              )}
            </g>
          )
        })}
        {limits.map(
          (limit, i) =>
            limit !== undefined && (
              // biome-ignore lint/suspicious/noArrayIndexKey: the lower and the upper one
              <path key={i} className="kpi-limit" d={`M0 ${HEIGHT - limit * (HEIGHT - 2)}H${WIDTH}`} />
            ),
        )}
      </svg>
    </div>
  )
}
