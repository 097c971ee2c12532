import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import type uPlot from 'uplot'
import type { Signal } from '../../../src/api/schemas.ts'
import { formatNumber, formatSecond, formatUnit } from '../format.ts'
import { type Occurrence, valueAt } from '../live/overlay.ts'
import { shownUnit } from '../live/shown.ts'
import { useLanguage } from '../words/index.ts'
import { makePlot } from './plot.ts'

const HEIGHT = 260
/** Distances between marks of the axis, in seconds. */
const STEPS_S = [0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400, 604_800]
/** Steps of the arrow keys through the whole axis. */
const STEPS = 60

/** One pattern per event: grey lines that can be told apart without colour. */
export const DASHES: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 3],
  [10, 3, 2, 3],
  [4, 2],
  [1, 2],
  [12, 4],
  [6, 2, 1, 2],
  [3, 5],
  [9, 2, 3, 2, 3, 2],
]

interface OverlayChartProps {
  readonly signal: Signal
  readonly events: readonly Occurrence[]
  /** Seconds since the start of each event. */
  readonly time: readonly number[]
  readonly values: readonly (readonly (number | null | undefined)[])[]
  readonly before: number
  readonly after: number
}

/** Several events over one axis of time since their start; the newest is drawn in full ink. The line under it says the values at the cursor. */
export function OverlayChart({ signal, events, time, values, before, after }: OverlayChartProps) {
  const { locale, words } = useLanguage()
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(null)
  const [cursor, setCursor] = useState<number>()

  useEffect(() => {
    const place = box.current
    if (!place) return
    const { plot, dispose } = makePlot({
      place,
      height: HEIGHT,
      options: (axis, inks) => ({
        scales: { x: { time: false, range: [-before, after] } },
        axes: [
          { ...axis, size: 32, space: 70, incrs: [...STEPS_S], values: (_plot, ticks) => ticks.map((tick) => sinceText(tick, locale)) },
          { ...axis, size: 64, values: (_plot, ticks) => ticks.map((tick) => formatNumber(tick, locale)) },
        ],
        series: [
          {},
          ...events.map((_, i) => ({
            stroke: () => (i === 0 ? inks().line : inks().limit),
            width: i === 0 ? 2 : 1.2,
            dash: [...DASHES[i]],
            points: { show: false },
          })),
        ],
        hooks: { drawClear: [(shown) => paintStart(shown, inks().limit)] },
      }),
      data: [[...time], ...values.map((column) => [...column])],
      onCursor: setCursor,
    })
    chart.current = plot
    return dispose
  }, [events, time, values, before, after, locale])

  useEffect(() => {
    const plot = chart.current
    plot?.setCursor({ left: cursor === undefined ? -10 : plot.valToPos(cursor, 'x'), top: cursor === undefined ? -10 : HEIGHT / 2 })
  }, [cursor])

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -STEPS, End: STEPS }[event.key]
    if (step === undefined) return
    event.preventDefault()
    setCursor(Math.max(-before, Math.min(after, (cursor ?? 0) + (step * (before + after)) / STEPS)))
  }
  const unit = formatUnit(shownUnit(signal), locale)
  const said = (i: number) => {
    const value = valueAt({ time, values: values[i] }, cursor ?? 0)
    return `${formatSecond(new Date(events[i].from * 1000), locale)} : ${value === null ? words.value.none : `${formatNumber(value, locale, signal.decimals)} ${unit}`}`
  }
  return (
    <figure className="trend">
      {/* a canvas that the arrow keys read step by step is an application of its own */}
      <div
        ref={box}
        className="trend-canvas overlay-canvas"
        role="application"
        aria-label={words.overlay.chart(signal.id, formatNumber(events.length, locale))}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the application role takes keys
        tabIndex={0}
        onKeyDown={onKeyDown}
      />
      <figcaption aria-live="polite" className="trend-reading">
        {cursor === undefined ? words.overlay.hint : `${sinceText(cursor, locale)} · ${events.map((_, i) => said(i)).join(' · ')}`}
      </figcaption>
    </figure>
  )
}

/** Time since the start: `−30 s`, `+2 min`. */
function sinceText(seconds: number, locale: 'fr' | 'en'): string {
  const sign = seconds < 0 ? '−' : seconds > 0 ? '+' : ''
  const size = Math.abs(seconds)
  return size < 120
    ? `${sign}${formatNumber(size, locale, size < 10 && size % 1 !== 0 ? 1 : 0)} s`
    : `${sign}${formatNumber(size / 60, locale, size % 60 === 0 ? 0 : 1)} min`
}

function paintStart(plot: uPlot, stroke: string): void {
  const { ctx, bbox } = plot
  const x = Math.round(plot.valToPos(0, 'x', true))
  ctx.fillStyle = stroke
  ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height)
}
